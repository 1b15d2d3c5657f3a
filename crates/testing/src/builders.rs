//! Documents as short as they can be: an account, an organization, a member, a policy's text.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;
use services::organizations::model::AccountJoinedMethod;
use services::state::account::Account;
use services::state::organization::{
    AttachedPolicies, FeatureSet, Membership, Organization, OrganizationalUnit,
};

/// The organization of the worlds that have one without creating it.
pub const ORGANIZATION: &str = "o-exampleorg";
/// Its root.
pub const ROOT: &str = "r-ab12";

/// An account without anything in it. Its address is `<id>@example.com`.
pub fn account(id: &str, created_at: Timestamp) -> Account {
    Account::new(id.parse().unwrap(), id.to_owned(), format!("{id}@example.com"), created_at)
}

/// [`ORGANIZATION`] with all features, and its root.
pub fn organization(
    management_account: AccountId,
    created_at: Timestamp,
) -> (Organization, OrganizationalUnit) {
    let organization = Organization {
        id: ORGANIZATION.to_owned(),
        management_account,
        feature_set: FeatureSet::All,
        root_id: ROOT.to_owned(),
        trusted_services: BTreeMap::new(),
        delegated_administrators: BTreeMap::new(),
        enabled_policy_types: BTreeSet::new(),
        root_features: BTreeSet::new(),
        created_at,
        account_quota: None,
    };
    let root = OrganizationalUnit {
        id: ROOT.to_owned(),
        organization_id: ORGANIZATION.to_owned(),
        parent_id: None,
        name: "Root".to_owned(),
        policies: AttachedPolicies::default(),
        tags: BTreeMap::new(),
    };
    (organization, root)
}

/// Membership of [`ORGANIZATION`], directly under its root.
pub fn membership(joined_at: Timestamp) -> Membership {
    Membership {
        organization_id: ORGANIZATION.to_owned(),
        parent_id: ROOT.to_owned(),
        joined_at,
        joined_method: AccountJoinedMethod::Created,
        policies: AttachedPolicies::default(),
        tags: BTreeMap::new(),
        closure: None,
    }
}

/// The text of a policy of one statement that allows or denies an action on everything.
pub fn policy(effect: &str, action: &str) -> String {
    let statement = format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}"#);
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}
