//! Organizations: the organization, its tree, who is where, and the policies on the way.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json_document;

/// Which features an organization has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeatureSet {
    /// All features.
    All,
    /// Consolidated billing only: no policies, no trusted access.
    ConsolidatedBilling,
}

/// An organization. Key: `organization/<organization id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Organization {
    /// `o-` and 10 to 32 lower-case letters or digits.
    pub id: String,
    /// The management account.
    pub management_account: AccountId,
    /// Its features.
    pub feature_set: FeatureSet,
    /// `r-…`
    pub root_id: String,
    /// Services with trusted access, by service principal, and since when.
    #[serde(default)]
    pub trusted_services: BTreeMap<String, Timestamp>,
    /// Delegated administrators: account, then service principal, and since when.
    #[serde(default)]
    pub delegated_administrators: BTreeMap<AccountId, BTreeMap<String, Timestamp>>,
    /// The policy types that are enabled in the root, for example `SERVICE_CONTROL_POLICY`.
    #[serde(default)]
    pub enabled_policy_types: BTreeSet<String>,
    /// When it was created.
    pub created_at: Timestamp,
}
json_document!(Organization, "organization");

impl Organization {
    /// Whether this service principal has trusted access.
    pub fn trusts(&self, service_principal: &str) -> bool {
        self.trusted_services.contains_key(service_principal)
    }

    /// Whether `account` is a delegated administrator for this service principal.
    pub fn delegates(&self, service_principal: &str, account: AccountId) -> bool {
        self.delegated_administrators
            .get(&account)
            .is_some_and(|services| services.contains_key(service_principal))
    }
}

/// A root or an organizational unit. Key: `ou/<r-… or ou-…>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `r-…` or `ou-…`
    pub id: String,
    /// The organization it belongs to.
    pub organization_id: String,
    /// `None` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Ids of the policies attached here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub policies: BTreeSet<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}
json_document!(OrganizationalUnit, "ou");

/// An account's place in an organization. Key: `member/<account id>`. The management account has one too.
#[derive(Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization_id: String,
    /// The root or organizational unit the account is in.
    pub parent_id: String,
    /// When it joined.
    pub joined_at: Timestamp,
    /// `CREATED` or `INVITED`.
    pub joined_method: String,
    /// Ids of the policies attached to the account itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub policies: BTreeSet<String>,
    /// The account's tags in Organizations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}
json_document!(Membership, "member");

/// A policy of an organization. Key: `policy/<p-…>`. The AWS-managed `p-FullAWSAccess` is not stored: it
/// is the same everywhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrganizationPolicy {
    /// `p-…`
    pub id: String,
    /// The organization.
    pub organization_id: String,
    /// `SERVICE_CONTROL_POLICY`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default)]
    pub description: String,
    /// Its document.
    pub document: Policy,
}
json_document!(OrganizationPolicy, "policy");
