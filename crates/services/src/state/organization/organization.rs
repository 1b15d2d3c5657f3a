//! An organization: its features, its services with trusted access, its delegated administrators.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::iam::FeatureType;
use crate::model::organizations::{OrganizationFeatureSet, PolicyType};
use crate::world::Identified;
use crate::world::key::id;

/// An organization. Key: `organization/<organization id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Organization {
    /// `o-` and 10 to 32 lower-case letters or digits.
    pub id: String,
    /// The management account.
    pub management_account: AccountId,
    /// Its features.
    pub feature_set: OrganizationFeatureSet,
    /// `r-…`
    pub root_id: String,
    /// Services with trusted access, by service principal, and since when.
    #[serde(default)]
    pub trusted_services: BTreeMap<String, Timestamp>,
    /// Delegated administrators: account, then service principal, and since when.
    #[serde(default)]
    pub delegated_administrators: BTreeMap<AccountId, BTreeMap<String, Timestamp>>,
    /// The policy types that are enabled in the root.
    #[serde(default)]
    pub enabled_policy_types: BTreeSet<PolicyType>,
    /// F-IAMAPI-ROOT-1: what it lets its management account do about the root users of members.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub root_features: BTreeSet<FeatureType>,
    /// When it was created.
    pub created_at: Timestamp,
    /// F-ORGS-QUOTA-2: how many accounts its seed file lets it have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_quota: Option<u32>,
}

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

/// How many things an organization has, for its quotas. Key: `organization-counts/<organization id>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct OrganizationCounts {
    /// Organizational units, without the root.
    #[serde(default)]
    pub units: u32,
    /// Policies by type, without those of AWS.
    #[serde(default)]
    pub policies: BTreeMap<PolicyType, u32>,
}

id! {
    /// The id of an organization.
    OrganizationId(&'k str)
}

impl Identified for Organization {
    fn document_id(&self) -> OrganizationId<'_> {
        OrganizationId(&self.id)
    }
}
