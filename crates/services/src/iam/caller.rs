//! From a credential to the caller it stands for.

use aws::principal::{Caller, Principal, Session};
use jiff::Timestamp;

use crate::state::identity::{Credential, CredentialOwner, Role, RoleSession, User};
use crate::world::{Fault, World};

/// Why a known access key identifies nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotIdentified {
    /// The key is inactive, or its user or role is gone, or the session token is missing or another one.
    Invalid,
    /// The session has ended.
    Expired,
}

/// The caller that `credential` stands for. The signature must have been verified before.
///
/// # Errors
/// See [`Fault`]; the inner result says why the credential identifies nobody.
pub fn identify(
    credential: &Credential,
    session_token: Option<&str>,
    now: Timestamp,
    world: &World<'_>,
) -> Result<Result<Caller, NotIdentified>, Fault> {
    if !credential.active {
        return Ok(Err(NotIdentified::Invalid));
    }
    let account = credential.account;
    let (principal, session) = match &credential.owner {
        CredentialOwner::Root => (Principal::Root { account }, None),
        CredentialOwner::User(name) => {
            let Some(user) = world.get::<User>(&id_in_account(credential, name))? else {
                return Ok(Err(NotIdentified::Invalid));
            };
            let (path, name, id) = (user.path.clone(), user.name.clone(), user.id.clone());
            (Principal::User { account, path, name, id }, None)
        }
        CredentialOwner::RoleSession(session) => {
            if session_token.is_none_or(|given| !is_same(given, &session.session_token)) {
                return Ok(Err(NotIdentified::Invalid));
            }
            if session.expires_at <= now {
                return Ok(Err(NotIdentified::Expired));
            }
            let role = world.get::<Role>(&id_in_account(credential, &session.role))?;
            // A role that was deleted and made anew under the same name is another role.
            let Some(role) = role.filter(|role| role.id == session.role_id) else {
                return Ok(Err(NotIdentified::Invalid));
            };
            (session_principal(&role, session), Some(session_attributes(session)))
        }
    };
    Ok(Ok(Caller { principal, access_key_id: credential.access_key_id.clone(), session }))
}

fn id_in_account(credential: &Credential, name: &str) -> String {
    format!("{}/{}", credential.account, name.to_lowercase())
}

fn is_same(given: &str, expected: &str) -> bool {
    use subtle::ConstantTimeEq;
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

fn session_principal(role: &Role, session: &RoleSession) -> Principal {
    Principal::AssumedRole {
        account: role.account,
        role_path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        session_name: session.session_name.clone(),
    }
}

fn session_attributes(session: &RoleSession) -> Session {
    Session {
        issued_at: session.issued_at,
        expires_at: session.expires_at,
        mfa_authenticated: false,
        source_identity: session.source_identity.clone(),
        tags: session.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
    }
}
