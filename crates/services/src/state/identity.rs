//! Identities: users, groups, roles, their policies, and the credentials that stand for them.
//!
//! Users, groups, roles and managed policies are written through [`crate::iam::directory`] only, which keeps
//! the counts and indexes at the end of this file in step with them.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    /// Names of its groups in lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
}
json_document!(User, "user");

/// An IAM group. Key: `group/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Group {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AGPA…`
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
    /// How many users are in it; their names are [`GroupMember`] documents.
    #[serde(default)]
    pub members: u32,
}
json_document!(Group, "group");

/// That a user is in a group. Key: `group-member/<account id>/<group>/<user>`, names in lower case.
#[derive(Clone, Serialize, Deserialize)]
pub struct GroupMember {}
json_document!(GroupMember, "group-member");

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

/// That a role's trust policy names a user or role. Key: `trusted-principal/<ARN of the user or role> <account
/// id>/<name of the trusting role in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct TrustedPrincipal {}
json_document!(TrustedPrincipal, "trusted-principal");

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
json_document!(ManagedPolicy, "managed-policy");

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
json_document!(PolicyUse, "policy-use");

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
json_document!(PolicyEntity, "policy-entity");

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
json_document!(IamAccount, "iam-account");

/// Whose account alias it is, since aliases are unique over all accounts. Key: `account-alias/<alias>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountAlias {
    /// The account.
    pub account: AccountId,
}
json_document!(AccountAlias, "account-alias");

/// A deletion of a service-linked role. Key: `role-deletion/<account id>/<task id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RoleDeletion {
    /// The role's ARN.
    pub role: String,
    /// Why it failed; absent where the role is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}
json_document!(RoleDeletion, "role-deletion");

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

impl CredentialOwner {
    /// The session token that must come with each request; `None` for long-term credentials.
    pub fn session_token(&self) -> Option<&str> {
        match self {
            Self::Root | Self::User(_) => None,
            Self::RoleSession(session) => Some(&session.session_token),
            Self::SessionToken(session) => Some(&session.session_token),
            Self::FederatedUser(session) => Some(&session.session_token),
        }
    }

    /// When temporary credentials stop working; `None` for long-term ones.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Root | Self::User(_) => None,
            Self::RoleSession(session) => Some(session.expires_at),
            Self::SessionToken(session) => Some(session.expires_at),
            Self::FederatedUser(session) => Some(session.expires_at),
        }
    }

    /// Sets the session token of temporary credentials.
    pub fn set_session_token(&mut self, token: &str) {
        let place = match self {
            Self::Root | Self::User(_) => return,
            Self::RoleSession(session) => &mut session.session_token,
            Self::SessionToken(session) => &mut session.session_token,
            Self::FederatedUser(session) => &mut session.session_token,
        };
        token.clone_into(place);
    }
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
    /// The session token that must come with each request; not written into the token itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
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
}

/// An access key. Key: `credential/<access key id>`. Temporary credentials are stored only where a seed file
/// names them; those that STS issues are in their session tokens.
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

/// The key that seals session tokens. Key: `session-key/current`. Without it no session token opens, so it is in
/// an export, and gone after a reset.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionKey {
    /// The key.
    pub key: SealingKey,
    /// When it was drawn.
    pub created_at: Timestamp,
}
json_document!(SessionKey, "session-key");

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
