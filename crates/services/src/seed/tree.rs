//! The organization as documents: ids, attachments and places, every reference resolved.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;

use super::account::AccountDraft;
use super::ids;
use super::item::{Given, Item};
use super::organization::{Attachments, OrganizationDraft, UnitDraft};
use crate::model::organizations::{AccountJoinedMethod, PolicyType};
use crate::organizations::policies::policy::{FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS};
use crate::organizations::policies::policy_type::needed_service;
use crate::quotas::{self, Quotas};
use crate::state::organization::{
    AttachedPolicies, FeatureSet, Membership, Organization, OrganizationPolicy, OrganizationalUnit,
};

/// The service that takes one delegated administrator only (Account Management guide).
const ACCOUNT_MANAGEMENT: &str = "account.amazonaws.com";

/// An organization's documents.
pub(super) struct Tree {
    pub organization: Organization,
    /// The root first.
    pub units: Vec<OrganizationalUnit>,
    pub policies: Vec<OrganizationPolicy>,
    pub members: BTreeMap<AccountId, Membership>,
}

/// Resolves the organization. Where something does not fit, the problem is reported and the result is of
/// no use.
pub(super) fn resolve(
    draft: &OrganizationDraft<'_>,
    units: &[UnitDraft<'_>],
    accounts: &[AccountDraft<'_>],
    now: Timestamp,
) -> Tree {
    let id = draft.id.clone().unwrap_or_else(|| ids::organization(draft.management_account.value.as_str()));
    let root_id = draft.root_id.clone().unwrap_or_else(|| ids::root(&id));
    check_features(draft);
    let policies = policies(draft, &id);
    let targets = Targets { draft, policies: &policies };
    let units_of_tree = unit_documents(draft, units, &targets, &id, &root_id);
    let places = places(units, accounts, &units_of_tree);
    let members: BTreeMap<AccountId, &AccountDraft<'_>> = accounts
        .iter()
        .filter(|account| account.in_organization)
        .map(|account| (account.id.value, account))
        .collect();
    check_administrators(draft, &members);
    let management_account = draft.management_account.value;
    let created_at = members.get(&management_account).map_or(now, |account| account.created_at);
    let created_at = draft.created_at.unwrap_or(created_at);
    let memberships: BTreeMap<AccountId, Membership> = members
        .iter()
        .map(|(account, member)| {
            // AWS lists the management account as invited; it was there before its organization.
            let created = member.created_by_organizations && *account != management_account;
            let membership = Membership {
                organization_id: id.clone(),
                parent_id: places.get(account).unwrap_or(&root_id).clone(),
                joined_at: member.joined_at,
                joined_method: if created {
                    AccountJoinedMethod::Created
                } else {
                    AccountJoinedMethod::Invited
                },
                policies: targets.attached(&member.item, &member.attachments),
                tags: member.tags.clone(),
                closure: None,
            };
            (*account, membership)
        })
        .collect();
    let mut organization = organization_document(draft, id, root_id, created_at);
    organization.account_quota = Some(account_quota(draft, memberships.len()));
    Tree { organization, units: units_of_tree, policies, members: memberships }
}

fn organization_document(
    draft: &OrganizationDraft<'_>,
    id: String,
    root_id: String,
    created_at: Timestamp,
) -> Organization {
    let since = |service: &Given<'_, String>| (service.value.clone(), created_at);
    Organization {
        id,
        management_account: draft.management_account.value,
        feature_set: draft.feature_set,
        root_id,
        trusted_services: draft.trusted_services.iter().map(since).collect(),
        delegated_administrators: draft
            .delegated_administrators
            .iter()
            .map(|delegate| (delegate.account.value, delegate.services.iter().map(since).collect()))
            .collect(),
        enabled_policy_types: draft.enabled_policy_types.clone(),
        root_features: BTreeSet::new(),
        created_at,
        account_quota: None,
    }
}

/// F-ORGS-QUOTA-2: the accounts that the organization may have: as the file says, and otherwise some more than it has.
fn account_quota(draft: &OrganizationDraft<'_>, accounts: usize) -> u32 {
    let accounts = u32::try_from(accounts).unwrap_or(u32::MAX);
    match &draft.account_quota {
        Some(quota) => {
            if quota.value < accounts {
                quota.item.report(format!("is less than the {accounts} accounts of the organization"));
            }
            quota.value
        }
        None => accounts.saturating_add(quotas::ROOM_IN_A_SEED),
    }
}

/// F-SEED-3: without all features there are no policies, no trusted access and no delegation.
fn check_features(draft: &OrganizationDraft<'_>) {
    let uses_features = !draft.policies.is_empty()
        || !draft.trusted_services.is_empty()
        || !draft.delegated_administrators.is_empty()
        || !draft.enabled_policy_types.is_empty();
    if draft.feature_set == FeatureSet::ConsolidatedBilling && uses_features {
        draft.item.report(
            "has only CONSOLIDATED_BILLING, but policies, trusted services and delegated administrators \
             need ALL",
        );
    }
    // F-SEED-15: EnablePolicyType answers SERVICE_ACCESS_NOT_ENABLED.
    let trusts = |service: &str| draft.trusted_services.iter().any(|trusted| trusted.value == service);
    for kind in draft.enabled_policy_types.iter().copied() {
        if let Some(service) = needed_service(kind).filter(|service| !trusts(service)) {
            let kind = kind.as_str();
            draft.item.report(format!("enables {kind}, which needs {service} among its trusted_services"));
        }
    }
}

fn policies(draft: &OrganizationDraft<'_>, organization_id: &str) -> Vec<OrganizationPolicy> {
    let (mut names, mut policy_ids) = (BTreeSet::new(), BTreeSet::new());
    for managed in [&FULL_AWS_ACCESS, &RCP_FULL_AWS_ACCESS] {
        names.insert((managed.kind, managed.name));
        policy_ids.insert(managed.id.to_owned());
    }
    let mut policies = Vec::new();
    for policy in &draft.policies {
        let kind = policy.kind;
        let id = policy.id.clone().unwrap_or_else(|| ids::policy(organization_id, kind, &policy.name));
        // F-SEED-14: names are unique among the policies of one type (CreatePolicy, DuplicatePolicyException).
        if !names.insert((kind, policy.name.as_str())) {
            let (kind, name) = (kind.as_str(), &policy.name);
            policy.item.report(format!("a {kind} named `{name}` is there already"));
        } else if !policy_ids.insert(id.clone()) {
            policy.item.report(format!("the policy id `{id}` is in use already"));
        }
        policies.push(OrganizationPolicy {
            id,
            organization_id: organization_id.to_owned(),
            kind,
            name: policy.name.clone(),
            description: policy.description.clone(),
            document: policy.document.clone(),
            tags: policy.tags.clone(),
            updated_at: None,
        });
    }
    policies
}

/// What can be attached, and where.
struct Targets<'a, 'n> {
    draft: &'a OrganizationDraft<'n>,
    policies: &'a [OrganizationPolicy],
}

impl Targets<'_, '_> {
    /// The policies that are attached to a root, unit or account, in the order of the file.
    fn attached(&self, target: &Item<'_>, attachments: &Attachments<'_>) -> AttachedPolicies {
        let mut attached = AttachedPolicies::default();
        let mut counts: BTreeMap<PolicyType, usize> = BTreeMap::new();
        // F-SEED-8: FullAWSAccess is attached everywhere unless the file detaches it.
        let has_scps = self.is_enabled(PolicyType::ServiceControlPolicy);
        if has_scps && attachments.full_aws_access {
            attached.attach(FULL_AWS_ACCESS.id);
            counts.insert(FULL_AWS_ACCESS.kind, 1);
        }
        // RCPFullAWSAccess is there without being stored, and counts.
        counts.insert(RCP_FULL_AWS_ACCESS.kind, 1);
        let mut all_fit = true;
        for policy in &attachments.policies {
            let Some((id, kind)) = self.find(policy) else {
                all_fit = false;
                continue;
            };
            // F-SEED-12: AttachPolicy answers PolicyTypeNotEnabledException.
            if !self.is_enabled(kind) {
                policy.item.report(format!("{} is not among the enabled policy types", kind.as_str()));
                all_fit = false;
            } else if !attached.contains(id) {
                attached.attach(id);
                *counts.entry(kind).or_default() += 1;
            }
        }
        for (kind, count) in &counts {
            let most = Quotas::AWS.policies_per_target(*kind);
            if *count > most {
                let kind = kind.as_str();
                target.report(format!("has more than {most} policies of {kind}, AWS's own included"));
            }
        }
        if has_scps && all_fit && !counts.contains_key(&PolicyType::ServiceControlPolicy) {
            target.report("must keep at least one SERVICE_CONTROL_POLICY when full_aws_access is false");
        }
        attached
    }

    fn is_enabled(&self, kind: PolicyType) -> bool {
        self.draft.enabled_policy_types.contains(&kind)
    }

    /// Id and type of the policy that is named, by its name or its id.
    fn find(&self, named: &Given<'_, String>) -> Option<(&str, PolicyType)> {
        let name = named.value.as_str();
        if name == FULL_AWS_ACCESS.name || name == FULL_AWS_ACCESS.id {
            return Some((FULL_AWS_ACCESS.id, FULL_AWS_ACCESS.kind));
        }
        let drafts = || self.policies.iter().zip(&self.draft.policies);
        let mut found = drafts().filter(|(policy, _)| policy.name == name);
        let by_name = found.next();
        if found.next().is_some() {
            named.item.report(format!("`{name}` is the name of several policies; write the id of one"));
            return None;
        }
        let found = by_name.or_else(|| drafts().find(|(policy, _)| policy.id == name));
        if found.is_none() {
            named.item.report(format!("`{name}` is not a policy of this organization"));
        }
        found.map(|(policy, draft)| (policy.id.as_str(), draft.kind))
    }
}

/// The root, then the units in the order of the drafts.
fn unit_documents(
    draft: &OrganizationDraft<'_>,
    units: &[UnitDraft<'_>],
    targets: &Targets<'_, '_>,
    organization_id: &str,
    root_id: &str,
) -> Vec<OrganizationalUnit> {
    let mut documents = vec![OrganizationalUnit {
        id: root_id.to_owned(),
        organization_id: organization_id.to_owned(),
        parent_id: None,
        name: "Root".to_owned(),
        policies: targets.attached(&draft.item, &draft.root),
        tags: draft.root_tags.clone(),
    }];
    let mut unit_ids = BTreeSet::new();
    for unit in units {
        let names: Vec<&str> = unit.names.iter().map(String::as_str).collect();
        let id = unit.id.clone().unwrap_or_else(|| ids::organizational_unit(root_id, &names));
        if !unit_ids.insert(id.clone()) {
            unit.item.report(format!("the organizational unit id `{id}` is in use already"));
        }
        // Parents stand before their units, and the root before all.
        let parent = unit.parent.map_or(0, |parent| parent + 1);
        documents.push(OrganizationalUnit {
            id,
            organization_id: organization_id.to_owned(),
            parent_id: Some(documents[parent].id.clone()),
            name: unit.names.last().cloned().unwrap_or_default(),
            policies: targets.attached(&unit.item, &unit.attachments),
            tags: unit.tags.clone(),
        });
    }
    documents
}

/// In which unit each account is, where it is not in the root.
fn places(
    units: &[UnitDraft<'_>],
    accounts: &[AccountDraft<'_>],
    documents: &[OrganizationalUnit],
) -> BTreeMap<AccountId, String> {
    let mut places = BTreeMap::new();
    // The root's document stands in front of those of the units.
    let units = || units.iter().zip(&documents[1..]);
    let paths: BTreeMap<String, &str> =
        units().map(|(unit, document)| (unit.names.join("/"), document.id.as_str())).collect();
    for account in accounts.iter().filter(|account| account.in_organization) {
        let Some(path) = &account.unit_path else { continue };
        match paths.get(&path.value) {
            Some(id) => {
                places.insert(account.id.value, (*id).to_owned());
            }
            None => path.item.report(format!(
                "no organizational unit has the path `{}`; write the names from the top, with / between them",
                path.value
            )),
        }
    }
    let known: BTreeMap<AccountId, bool> =
        accounts.iter().map(|account| (account.id.value, account.in_organization)).collect();
    for (unit, document) in units() {
        for account in &unit.accounts {
            if known.get(&account.value) != Some(&true) {
                account.item.report("is not an account of this file that is in the organization");
            } else if places.insert(account.value, document.id.clone()).is_some() {
                account.item.report("is placed in an organizational unit already");
            }
        }
    }
    places
}

/// F-SEED-4: the management account is there; delegated administrators are members other than it, of
/// services with trusted access, and Account Management has one at most.
fn check_administrators(draft: &OrganizationDraft<'_>, members: &BTreeMap<AccountId, &AccountDraft<'_>>) {
    let management_account = &draft.management_account;
    if !members.contains_key(&management_account.value) {
        management_account.item.report("is not an account of this file that is in the organization");
    }
    let trusted: BTreeSet<&str> =
        draft.trusted_services.iter().map(|service| service.value.as_str()).collect();
    let mut delegates = BTreeSet::new();
    let mut account_management_delegated = false;
    for delegate in &draft.delegated_administrators {
        let account = &delegate.account;
        if account.value == management_account.value {
            account.item.report("is the management account, which cannot be a delegated administrator");
        } else if !members.contains_key(&account.value) {
            account.item.report("is not an account of this file that is in the organization");
        } else if !delegates.insert(account.value) {
            account.item.report("is listed twice; name all its services in one place");
        }
        for service in &delegate.services {
            if !trusted.contains(service.value.as_str()) {
                service.item.report("has no trusted access; add it to trusted_services first");
            }
            if service.value == ACCOUNT_MANAGEMENT {
                if account_management_delegated {
                    service.item.report("has a delegated administrator already, and takes only one");
                }
                account_management_delegated = true;
            }
        }
    }
}
