//! The `organization` and `organizational_units` of a seed file: reading them.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;

use super::constraints::Shape;
use super::item::{Fields, Given, Item};
use crate::iam::tag::Keys;
use crate::model::organizations::PolicyType;
use crate::quotas::{MOST, Quotas, number};
use crate::state::organization::{FeatureSet, PolicyDocument};

/// The keys of an account that make sense only within an organization.
pub(super) const ORGANIZATION_KEYS: [&str; 7] = [
    "organizational_unit",
    "organization_account_access_role",
    "policies",
    "full_aws_access",
    "tags",
    "joined",
    "joined_method",
];

/// What is attached to the root, an organizational unit or an account.
pub(super) struct Attachments<'n> {
    /// Names or ids of policies, as written.
    pub policies: Vec<Given<'n, String>>,
    /// Whether the AWS-managed FullAWSAccess is attached too, as it is wherever nobody detached it.
    pub full_aws_access: bool,
}

/// The organization as the file describes it.
pub(super) struct OrganizationDraft<'n> {
    pub item: Item<'n>,
    pub id: Option<String>,
    pub management_account: Given<'n, AccountId>,
    pub feature_set: FeatureSet,
    pub created_at: Option<Timestamp>,
    pub account_quota: Option<Given<'n, u32>>,
    pub root_id: Option<String>,
    pub root: Attachments<'n>,
    pub root_tags: BTreeMap<String, String>,
    pub trusted_services: Vec<Given<'n, String>>,
    pub delegated_administrators: Vec<DelegationDraft<'n>>,
    pub enabled_policy_types: BTreeSet<PolicyType>,
    pub policies: Vec<PolicyDraft<'n>>,
}

/// One delegated administrator.
pub(super) struct DelegationDraft<'n> {
    pub account: Given<'n, AccountId>,
    pub services: Vec<Given<'n, String>>,
}

/// A policy of the organization.
pub(super) struct PolicyDraft<'n> {
    pub item: Item<'n>,
    pub id: Option<String>,
    pub kind: PolicyType,
    pub name: String,
    pub description: String,
    pub document: PolicyDocument,
    pub tags: BTreeMap<String, String>,
}

/// An organizational unit.
pub(super) struct UnitDraft<'n> {
    pub item: Item<'n>,
    /// The names from below the root down to this unit's own.
    pub names: Vec<String>,
    /// The place of its parent in the list of all units; `None` below the root.
    pub parent: Option<usize>,
    pub id: Option<String>,
    pub attachments: Attachments<'n>,
    pub tags: BTreeMap<String, String>,
    pub accounts: Vec<Given<'n, AccountId>>,
}

/// Reads `policies` and `full_aws_access` of a root, an organizational unit or an account.
pub(super) fn read_attachments<'n>(fields: &Fields<'n>) -> Option<Attachments<'n>> {
    let policies = fields.each("policies", |policy| policy.given(|it| it.text().map(str::to_owned)));
    let full_aws_access = fields.optional("full_aws_access", |flag| flag.flag());
    Some(Attachments { policies: policies?, full_aws_access: full_aws_access?.unwrap_or(true) })
}

/// Reads `organization`.
pub(super) fn read_organization<'n>(item: Item<'n>) -> Option<OrganizationDraft<'n>> {
    let fields = item.fields(&[
        "id",
        "management_account",
        "feature_set",
        "created",
        "account_quota",
        "root",
        "trusted_services",
        "delegated_administrators",
        "enabled_policy_types",
        "policies",
    ])?;
    let id = fields.optional_text("id", Shape::OrganizationId);
    let management_account = fields.required("management_account").and_then(|it| it.given(Item::account_id));
    let feature_set = fields.optional("feature_set", |set| {
        set.choice(&[("ALL", FeatureSet::All), ("CONSOLIDATED_BILLING", FeatureSet::ConsolidatedBilling)])
    });
    let created_at = fields.optional("created", |created| created.timestamp());
    let account_quota = fields.optional("account_quota", |quota| quota.given(|it| it.whole_number(1, MOST)));
    let root = read_root(&fields);
    let trusted_services = fields.each("trusted_services", service);
    let delegated_administrators = fields.each("delegated_administrators", read_delegation);
    let feature_set_or_all = feature_set.flatten().unwrap_or(FeatureSet::All);
    let enabled_policy_types = read_policy_types(&fields, feature_set_or_all);
    let policies = fields.each("policies", read_policy);
    feature_set?;
    let (root_id, root, root_tags) = root?;
    Some(OrganizationDraft {
        id: id?,
        management_account: management_account?,
        feature_set: feature_set_or_all,
        created_at: created_at?,
        account_quota: account_quota?,
        root_id,
        root,
        root_tags,
        trusted_services: trusted_services?,
        delegated_administrators: delegated_administrators?,
        enabled_policy_types: enabled_policy_types?,
        policies: policies?,
        item,
    })
}

type Root<'n> = (Option<String>, Attachments<'n>, BTreeMap<String, String>);

fn read_root<'n>(organization: &Fields<'n>) -> Option<Root<'n>> {
    let Some(item) = organization.get("root") else {
        return Some((None, Attachments { policies: Vec::new(), full_aws_access: true }, BTreeMap::new()));
    };
    let fields = item.fields(&["id", "policies", "full_aws_access", "tags"])?;
    let id = fields.optional_text("id", Shape::RootId);
    let attachments = read_attachments(&fields);
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    Some((id?, attachments?, tags?.unwrap_or_default()))
}

fn service(item: Item<'_>) -> Option<Given<'_, String>> {
    item.given(|item| item.checked(Shape::ServicePrincipal))
}

fn read_delegation(item: Item<'_>) -> Option<DelegationDraft<'_>> {
    let fields = item.fields(&["account", "services"])?;
    let account = fields.required("account").and_then(|account| account.given(Item::account_id));
    let named = fields.required("services");
    let services = fields.each("services", service);
    if services.as_ref().is_some_and(Vec::is_empty) {
        named?.report("names no service");
        return None;
    }
    Some(DelegationDraft { account: account?, services: services? })
}

/// The policy types of the Organizations model, by name.
fn policy_types() -> Vec<(&'static str, PolicyType)> {
    PolicyType::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect()
}

fn read_policy_types(fields: &Fields<'_>, feature_set: FeatureSet) -> Option<BTreeSet<PolicyType>> {
    if fields.get("enabled_policy_types").is_none() {
        // With all features the console and CreateOrganization leave this type enabled; without them no
        // type can be.
        let scp = (feature_set == FeatureSet::All).then_some(PolicyType::ServiceControlPolicy);
        return Some(scp.into_iter().collect());
    }
    let words = policy_types();
    let types = fields.each("enabled_policy_types", |kind| kind.choice(&words))?;
    Some(types.into_iter().collect())
}

fn read_policy(item: Item<'_>) -> Option<PolicyDraft<'_>> {
    let fields = item.fields(&["name", "id", "type", "description", "document", "tags"])?;
    let name = fields.required_text("name", Shape::PolicyName);
    let id = fields.optional_text("id", Shape::PolicyId);
    let kind = fields.optional("type", |kind| kind.choice(&policy_types()));
    let kind = kind.map(|kind| kind.unwrap_or(PolicyType::ServiceControlPolicy));
    let description = fields.optional_text("description", Shape::PolicyDescription);
    let document = fields.required("document");
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    // What a document may be depends on its type.
    let kind = kind?;
    let document = document.and_then(|document| document.organization_policy(kind));
    Some(PolicyDraft {
        id: id?,
        kind,
        name: name?,
        description: description?.unwrap_or_default(),
        document: document?,
        tags: tags?.unwrap_or_default(),
        item,
    })
}

/// Reads `organizational_units`: each unit before those within it.
pub(super) fn read_units<'n>(top: &Fields<'n>) -> Option<Vec<UnitDraft<'n>>> {
    let mut units = Vec::new();
    read_siblings(top, None, &mut units)?;
    Some(units)
}

fn read_siblings<'n>(
    fields: &Fields<'n>,
    parent: Option<usize>,
    units: &mut Vec<UnitDraft<'n>>,
) -> Option<()> {
    let mut names = BTreeSet::new();
    fields.each("organizational_units", |item| {
        let place = read_unit(item.clone(), parent, units)?;
        // F-SEED-2: names are unique among the units of one parent (CreateOrganizationalUnit,
        // DuplicateOrganizationalUnitException).
        let name = units[place].names.last()?.clone();
        if !names.insert(name.clone()) {
            item.report(format!("an organizational unit named `{name}` is in this parent already"));
            return None;
        }
        Some(())
    })?;
    Some(())
}

/// Reads a unit and those within it, and says where in the list it stands.
fn read_unit<'n>(item: Item<'n>, parent: Option<usize>, units: &mut Vec<UnitDraft<'n>>) -> Option<usize> {
    let fields = item.fields(&[
        "name",
        "id",
        "policies",
        "full_aws_access",
        "tags",
        "accounts",
        "organizational_units",
    ])?;
    let name = fields.required_text("name", Shape::OrganizationalUnitName);
    let id = fields.optional_text("id", Shape::OrganizationalUnitId);
    let attachments = read_attachments(&fields);
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    let accounts = fields.each("accounts", |account| account.given(Item::account_id));
    let mut names = parent.map(|parent| units[parent].names.clone()).unwrap_or_default();
    names.push(name?);
    // F-SEED-11: units lie no deeper than AWS allows.
    let most = number(Quotas::AWS.unit_depth);
    if names.len() > most {
        item.report(format!("is more than {most} levels below the root"));
        return None;
    }
    let (id, attachments, tags) = (id?, attachments?, tags?.unwrap_or_default());
    let place = units.len();
    units.push(UnitDraft { item, names, parent, id, attachments, tags, accounts: accounts? });
    read_siblings(&fields, Some(place), units)?;
    Some(place)
}
