//! An access key and what it stands for.

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::session::{FederatedSession, RoleSession, RootSession, SessionToken};
use crate::world::Identified;
use crate::world::key::id;

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
    /// The root user, for one task (AssumeRoot).
    RootSession(RootSession),
}

impl CredentialOwner {
    /// The session token that must come with each request; `None` for long-term credentials.
    pub fn session_token(&self) -> Option<&str> {
        match self {
            Self::Root | Self::User(_) => None,
            Self::RoleSession(session) => Some(&session.session_token),
            Self::SessionToken(session) => Some(&session.session_token),
            Self::FederatedUser(session) => Some(&session.session_token),
            Self::RootSession(session) => Some(&session.session_token),
        }
    }

    /// When temporary credentials stop working; `None` for long-term ones.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Root | Self::User(_) => None,
            Self::RoleSession(session) => Some(session.expires_at),
            Self::SessionToken(session) => Some(session.expires_at),
            Self::FederatedUser(session) => Some(session.expires_at),
            Self::RootSession(session) => Some(session.expires_at),
        }
    }

    /// Sets the session token of temporary credentials.
    pub fn set_session_token(&mut self, token: &str) {
        let place = match self {
            Self::Root | Self::User(_) => return,
            Self::RoleSession(session) => &mut session.session_token,
            Self::SessionToken(session) => &mut session.session_token,
            Self::FederatedUser(session) => &mut session.session_token,
            Self::RootSession(session) => &mut session.session_token,
        };
        token.clone_into(place);
    }
}

id! {
    /// The id of an access key.
    AccessKeyId(&'k str)
}

impl Identified for Credential {
    fn document_id(&self) -> AccessKeyId<'_> {
        AccessKeyId(&self.access_key_id)
    }
}
