//! Sessions of temporary credentials, and the key that seals their tokens.

use std::collections::{BTreeMap, BTreeSet};

use aws::policy::Policy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::role::Role;

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
    /// The session token that must come with each request; not written into the token itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session_token: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When a second factor was shown, in service time; `None` for a session without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_authenticated_at: Option<Timestamp>,
}

/// The part of a credential that only GetFederationToken's have.
#[derive(Clone, Serialize, Deserialize)]
pub struct FederatedSession {
    /// The user whose permissions bound the session; `None` for the root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<SessionUser>,
    /// The name that was given to the federated user.
    pub name: String,
    /// The session token that must come with each request; not written into the token itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
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

/// The part of a credential that only sessions of a root user for one task have (AssumeRoot).
#[derive(Clone, Serialize, Deserialize)]
pub struct RootSession {
    /// The session token that must come with each request; not written into the token itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session_token: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The ARN of the policy that says what the task is.
    pub task_policy: String,
    /// The source identity of the session that opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
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
    /// The session token that must come with each request; not written into the token itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
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
    /// When a second factor was shown, in service time; `None` for a session without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_authenticated_at: Option<Timestamp>,
    /// The ARN of the identity provider that vouched for who opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federated_provider: Option<String>,
}

impl RoleSession {
    /// A session of nothing but its role, its name and its time.
    pub fn new(role: &Role, session_name: String, issued_at: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            role: role.name.clone(),
            role_id: role.id.clone(),
            session_name,
            session_token: String::new(),
            issued_at,
            expires_at,
            policy: None,
            policy_arns: BTreeSet::new(),
            tags: BTreeMap::new(),
            transitive_tag_keys: BTreeSet::new(),
            source_identity: None,
            mfa_authenticated_at: None,
            federated_provider: None,
        }
    }
}

/// The key that seals session tokens. Key: `session-key/current`. Without it no session token opens, so it is in
/// an export, and gone after a reset.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionKey {
    /// The key.
    pub key: SealingKey,
    /// When it was drawn.
    pub created_at: Timestamp,
}

/// A secret key of 32 bytes, written in base 64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// A key from 32 secret random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<SealingKey> for String {
    fn from(key: SealingKey) -> Self {
        STANDARD.encode(key.0)
    }
}

impl TryFrom<String> for SealingKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("a key is 32 bytes in base 64")
    }
}
