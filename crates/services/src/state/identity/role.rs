//! An IAM role, whom its trust policy names, and the deletion of a service-linked one.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An IAM role. Key: `role/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Role {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AROA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who may assume it.
    pub trust_policy: Policy,
    /// What it is for; empty where nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The longest session it allows.
    pub max_session_duration_seconds: u32,
    /// The longest session of a sign-in to the console with it; `None` where none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_signin_session_duration_seconds: Option<u32>,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, Policy>,
    /// ARNs of attached managed policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attached_policies: BTreeSet<String>,
    /// ARN of the managed policy that is the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Tags, as `aws:PrincipalTag/…` sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// That a role's trust policy names a user or role. Key: `trusted-principal/<ARN of the user or role> <account
/// id>/<name of the trusting role in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct TrustedPrincipal {}

/// A deletion of a service-linked role. Key: `role-deletion/<account id>/<task id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RoleDeletion {
    /// The role's ARN.
    pub role: String,
    /// Why it failed; absent where the role is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}
