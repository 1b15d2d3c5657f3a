//! A customer-managed policy, its versions, and who uses which policy.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A customer-managed policy. Key: `managed-policy/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `ANPA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The document of the default version, which is the one in force.
    pub document: Policy,
    /// What it is for; empty where nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The number of the default version.
    #[serde(default = "first_version")]
    pub default_version: u32,
    /// When the default version was created; absent for one as old as the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_created_at: Option<Timestamp>,
    /// The highest number that was ever given; numbers are not used twice.
    #[serde(default = "first_version")]
    pub latest_version: u32,
    /// The versions that are not the default one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_versions: BTreeMap<u32, PolicyVersion>,
    /// When the policy was changed last; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

fn first_version() -> u32 {
    1
}

/// A version of a customer-managed policy that is not in force.
#[derive(Clone, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// Its document.
    pub document: Policy,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How often a managed policy is used in an account. Key: `policy-use/<account id>/<policy key>`, the policy
/// key being `aws:<name>` or `own:<name in lower case>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct PolicyUse {
    /// Users, groups and roles it is attached to.
    #[serde(default)]
    pub attachments: u32,
    /// Users and roles whose permissions boundary it is.
    #[serde(default)]
    pub boundaries: u32,
}

/// How one identity uses one managed policy. Key: `policy-entity/<account id>/<policy key>/<kind>/<name in
/// lower case>`, the kind being `group`, `role` or `user`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyEntity {
    /// It is attached.
    #[serde(default)]
    pub attached: bool,
    /// It is the permissions boundary.
    #[serde(default)]
    pub boundary: bool,
}
