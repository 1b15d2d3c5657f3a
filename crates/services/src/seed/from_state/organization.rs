//! The `organization` and the `organizational_units` of a state.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Members, State, policy};
use crate::organizations::policies::policy::FULL_AWS_ACCESS;

/// The organization that the file describes: a seed file has one, and the first is taken.
pub(super) struct Chosen<'s> {
    id: &'s str,
    document: &'s Value,
    /// Ids of policies, and what they are called in the file: by name, or by id where several have the name.
    names: BTreeMap<&'s str, &'s str>,
    has_service_control_policies: bool,
}

pub(super) fn chosen<'s>(state: &State<'s>) -> Option<Chosen<'s>> {
    let (id, document) = state.below("organization/").next()?;
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, policy) in policies(id, state) {
        let (Some(policy_id), Some(name)) = (policy["id"].as_str(), policy["name"].as_str()) else {
            continue;
        };
        ids.entry(name).or_default().push(policy_id);
    }
    let called = ids.into_iter().flat_map(|(name, ids)| {
        let is_alone = ids.len() == 1;
        ids.into_iter().map(move |id| (id, if is_alone { name } else { id }))
    });
    let mut names: BTreeMap<&str, &str> = called.collect();
    names.insert(FULL_AWS_ACCESS.id, FULL_AWS_ACCESS.name);
    let kinds = document["enabled_policy_types"].as_array();
    let has_service_control_policies =
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == FULL_AWS_ACCESS.kind.as_str()));
    Some(Chosen { id, document, names, has_service_control_policies })
}

fn policies<'s>(organization: &'s str, state: &State<'s>) -> impl Iterator<Item = (&'s str, &'s Value)> {
    state.below("policy/").filter(move |(_, policy)| policy["organization_id"] == organization)
}

impl<'s> Chosen<'s> {
    /// The place of an account in it, if it has one.
    pub(super) fn member(&self, account: &str, state: &State<'s>) -> Option<&'s Value> {
        let member = state.get(&format!("member/{account}"));
        (member["organization_id"] == self.id).then_some(member)
    }

    pub(super) fn is_managed_by(&self, account: &str) -> bool {
        self.document["management_account"] == account
    }

    /// `policies` and `full_aws_access` of a root, a unit or an account, in the order in which they were attached. AWS's own policy
    /// stands first by itself; where it does not, it is listed in its place.
    pub(super) fn put_attached(&self, target: &Value, members: &mut Members) {
        let mut attached: Vec<&str> =
            target["policies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if self.has_service_control_policies {
            if attached.first() == Some(&FULL_AWS_ACCESS.id) {
                attached.remove(0);
            } else {
                members.put("full_aws_access", json!(false));
            }
        }
        let named = attached.into_iter().map(|id| self.names.get(id).copied().unwrap_or(id));
        members.put("policies", named.collect());
    }
}

pub(super) fn organization(chosen: &Chosen<'_>, state: &State<'_>) -> Value {
    let document = chosen.document;
    let mut members = Members::default();
    members.copy(
        document,
        &[
            ("id", "id"),
            ("management_account", "management_account"),
            ("feature_set", "feature_set"),
            ("created", "created_at"),
            ("account_quota", "account_quota"),
        ],
    );
    let root = state.get(&format!("ou/{}", document["root_id"].as_str().unwrap_or_default()));
    let mut of_root = Members::default();
    of_root.put("id", document["root_id"].clone());
    chosen.put_attached(root, &mut of_root);
    of_root.put("tags", root["tags"].clone());
    members.put("root", of_root.into());
    members.put("trusted_services", keys(&document["trusted_services"]));
    let delegates = document["delegated_administrators"].as_object().into_iter().flatten();
    let delegates =
        delegates.map(|(account, services)| json!({"account": account, "services": keys(services)}));
    members.put("delegated_administrators", delegates.collect());
    // An empty list says that no type is enabled, which no list does not.
    let kinds = document["enabled_policy_types"].as_array().cloned().unwrap_or_default();
    members.0.insert("enabled_policy_types".to_owned(), Value::Array(kinds));
    let policies = policies(chosen.id, state).map(|(_, stored)| {
        let mut members = Members::default();
        members.copy(stored, &[("name", "name"), ("type", "kind"), ("id", "id")]);
        members.put(
            "description",
            Some(&stored["description"]).filter(|it| *it != "").cloned().unwrap_or_default(),
        );
        members.put("document", policy(&stored["document"]));
        members.put("tags", stored["tags"].clone());
        Value::from(members)
    });
    members.put("policies", policies.collect());
    members.into()
}

fn keys(mapping: &Value) -> Value {
    mapping.as_object().into_iter().flatten().map(|(key, _)| Value::from(key.as_str())).collect()
}

/// What is in each root and unit.
#[derive(Default)]
struct Inside<'s> {
    units: Vec<&'s Value>,
    accounts: Vec<&'s str>,
}

/// The tree of units below the root, with the accounts in each.
pub(super) fn units(chosen: &Chosen<'_>, state: &State<'_>) -> Value {
    let mut inside: BTreeMap<&str, Inside<'_>> = BTreeMap::new();
    for (_, unit) in state.below("ou/").filter(|(_, unit)| unit["organization_id"] == chosen.id) {
        if let Some(parent) = unit["parent_id"].as_str() {
            inside.entry(parent).or_default().units.push(unit);
        }
    }
    for (account, member) in state.below("member/") {
        if member["organization_id"] == chosen.id
            && state.documents.contains_key(&format!("account/{account}"))
        {
            inside
                .entry(member["parent_id"].as_str().unwrap_or_default())
                .or_default()
                .accounts
                .push(account);
        }
    }
    let root = chosen.document["root_id"].as_str().unwrap_or_default();
    // AWS allows five levels; a damaged state may have a circle.
    units_in(root, &inside, chosen, 32)
}

fn units_in(parent: &str, inside: &BTreeMap<&str, Inside<'_>>, chosen: &Chosen<'_>, deeper: u32) -> Value {
    let units = inside.get(parent).filter(|_| deeper > 0).into_iter().flat_map(|here| &here.units);
    let units = units.map(|unit| {
        let id = unit["id"].as_str().unwrap_or_default();
        let mut members = Members::default();
        members.copy(unit, &[("name", "name"), ("id", "id")]);
        chosen.put_attached(unit, &mut members);
        members.put("tags", unit["tags"].clone());
        let accounts = inside.get(id).map(|here| here.accounts.as_slice()).unwrap_or_default();
        members.put("accounts", accounts.iter().copied().map(Value::from).collect());
        members.put("organizational_units", units_in(id, inside, chosen, deeper - 1));
        Value::from(members)
    });
    units.collect()
}
