//! What IAM counts and keeps once per account, and the account alias.

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::key::id;

/// What IAM counts and keeps once per account. Key: `iam-account/<account id>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct IamAccount {
    /// Number of users.
    #[serde(default)]
    pub users: u32,
    /// Number of groups.
    #[serde(default)]
    pub groups: u32,
    /// Number of roles, service-linked ones included.
    #[serde(default)]
    pub roles: u32,
    /// Number of customer-managed policies.
    #[serde(default)]
    pub policies: u32,
    /// The account alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Ids of the root user's access keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_access_keys: Vec<String>,
    /// When the newest credential report was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_report_at: Option<Timestamp>,
}

/// Whose account alias it is, since aliases are unique over all accounts. Key: `account-alias/<alias>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountAlias {
    /// The account.
    pub account: AccountId,
}

id! {
    /// An account alias.
    AccountAliasId(&'k str)
}
