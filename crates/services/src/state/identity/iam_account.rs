//! What IAM counts and keeps once per account, and the account alias.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::outbound_issuer::OutboundFederation;
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
    /// Number of instance profiles.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub instance_profiles: u32,
    /// Number of server certificates.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub server_certificates: u32,
    /// Number of OpenID Connect providers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub oidc_providers: u32,
    /// Number of SAML providers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub saml_providers: u32,
    /// Number of virtual MFA devices.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mfa_devices: u32,
    /// Number of those that are assigned.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mfa_devices_in_use: u32,
    /// Places of the root user's MFA devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_mfa_devices: Vec<String>,
    /// Outbound identity federation, where it was ever enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound_federation: Option<OutboundFederation>,
    /// Uses of access keys before the log begins, as a seed file tells them, by access key id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_uses: BTreeMap<String, KeyUse>,
    /// What is asked of passwords, where something was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<PasswordPolicy>,
    /// F-IAMAPI-PROP-1: whether the role manager is enabled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub role_acquisition: bool,
    /// F-IAMAPI-ROOT-3: since when the root user may recover its password, where that was made possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_login_profile_at: Option<Timestamp>,
    /// F-IAMAPI-ROOT-4: whether the root user's password was taken away, of whatever kind it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub root_password_taken_away: bool,
    /// Whether STS's global endpoint gives tokens that are good in every Region.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub global_tokens_good_everywhere: bool,
}

/// A use of an access key.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyUse {
    /// When.
    pub at: Timestamp,
    /// Of which service, by its short name.
    pub service: String,
    /// In which Region.
    pub region: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What an account asks of passwords.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub minimum_length: u32,
    /// Whether a symbol must be in it.
    #[serde(default)]
    pub requires_symbols: bool,
    /// Whether a digit must be in it.
    #[serde(default)]
    pub requires_numbers: bool,
    /// Whether a capital letter must be in it.
    #[serde(default)]
    pub requires_uppercase: bool,
    /// Whether a small letter must be in it.
    #[serde(default)]
    pub requires_lowercase: bool,
    /// Whether users may change their own; what a policy allows them they may do in any case.
    #[serde(default)]
    pub users_may_change: bool,
    /// Days after which one expires; `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_age_days: Option<u32>,
    /// How many of the last ones cannot be set again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<u32>,
    /// Whether one that has expired cannot be changed by its user; `None` where it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard_expiry: Option<bool>,
}

impl PasswordPolicy {
    /// The fewest characters where an account sets a policy and does not say.
    pub const DEFAULT_LENGTH: u32 = 6;
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: Self::DEFAULT_LENGTH,
            requires_symbols: false,
            requires_numbers: false,
            requires_uppercase: false,
            requires_lowercase: false,
            users_may_change: false,
            longest_age_days: None,
            remembered: None,
            hard_expiry: None,
        }
    }
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
