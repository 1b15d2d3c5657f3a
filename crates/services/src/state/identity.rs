//! Identities: users, roles, their policies, and the credentials that stand for them.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json_document;

/// An IAM user. Key: `user/<account id>/<name in lower case>`: names are unique without regard to case.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AIDA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
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
    /// Ids of its access keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_keys: Vec<String>,
}
json_document!(User, "user");

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
    /// The longest session it allows.
    pub max_session_duration_seconds: u32,
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
json_document!(Role, "role");

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
    /// The document that is in force.
    pub document: Policy,
}
json_document!(ManagedPolicy, "managed-policy");

/// What a credential stands for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialOwner {
    /// The root user.
    Root,
    /// The IAM user with this name.
    User(String),
    /// A session of the role with this name.
    RoleSession(RoleSession),
    /// A user, or the root user, with temporary credentials (GetSessionToken).
    SessionToken(SessionToken),
    /// Somebody a user, or the root user, vouches for (GetFederationToken).
    FederatedUser(FederatedSession),
}

/// A user as it was when a session began.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionUser {
    /// The friendly name.
    pub name: String,
    /// The user's id: a user made anew under the same name is another user.
    pub id: String,
}

/// The part of a credential that only GetSessionToken's have.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionToken {
    /// The user; `None` for the root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SessionUser>,
    /// The session token that must come with each request.
    pub session_token: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// The part of a credential that only GetFederationToken's have.
#[derive(Clone, Serialize, Deserialize)]
pub struct FederatedSession {
    /// The user whose permissions bound the session; `None` for the root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SessionUser>,
    /// The name that was given to the federated user.
    pub name: String,
    /// The session token that must come with each request.
    pub session_token: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The inline session policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// ARNs of managed session policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub policy_arns: BTreeSet<String>,
    /// Session tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The part of a credential that only role sessions have.
#[derive(Clone, Serialize, Deserialize)]
pub struct RoleSession {
    /// The role's friendly name.
    pub role: String,
    /// The role's id when the session began: a role made anew under the same name is another role.
    pub role_id: String,
    /// The session's name.
    pub session_name: String,
    /// The session token that must come with each request.
    pub session_token: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Session policies: inline first, then managed ones by ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// ARNs of managed session policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub policy_arns: BTreeSet<String>,
    /// Session tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Keys of the session tags that go on to the sessions this one opens.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub transitive_tag_keys: BTreeSet<String>,
    /// The source identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
}

/// An access key. Key: `credential/<access key id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credential {
    /// `AKIA…` or `ASIA…`
    pub access_key_id: String,
    /// The secret access key. Never printed, never logged.
    pub secret_access_key: String,
    /// The account it belongs to.
    pub account: AccountId,
    /// What it stands for.
    pub owner: CredentialOwner,
    /// An inactive key is refused like an unknown one.
    pub active: bool,
    /// When it was created.
    pub created_at: Timestamp,
}
json_document!(Credential, "credential");
