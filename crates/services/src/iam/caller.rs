//! From a credential to the caller it stands for.

use std::sync::Arc;

use aws::principal::{Caller, Principal, Session};
use jiff::Timestamp;

use crate::state::identity::{Credential, CredentialOwner, Role, RoleSession, SessionUser, User};
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
            (user_principal(&user), None)
        }
        CredentialOwner::SessionToken(session) => {
            let lifetime = (session.issued_at, session.expires_at);
            if let Err(why) = usable(session_token, &session.session_token, session.expires_at, now) {
                return Ok(Err(why));
            }
            let principal = match &session.user {
                None => Principal::Root { account },
                Some(user) => match same_user(credential, user, world)? {
                    Some(user) => user_principal(&user),
                    None => return Ok(Err(NotIdentified::Invalid)),
                },
            };
            (principal, Some(plain_session(lifetime)))
        }
        CredentialOwner::FederatedUser(session) => {
            if let Err(why) = usable(session_token, &session.session_token, session.expires_at, now) {
                return Ok(Err(why));
            }
            if let Some(user) = &session.user
                && same_user(credential, user, world)?.is_none()
            {
                return Ok(Err(NotIdentified::Invalid));
            }
            let tags = session.tags.clone().into_iter().collect();
            let principal = Principal::FederatedUser { account, name: session.name.clone() };
            let lifetime = (session.issued_at, session.expires_at);
            (principal, Some(Session { tags, ..plain_session(lifetime) }))
        }
        CredentialOwner::RoleSession(session) => {
            if let Err(why) = usable(session_token, &session.session_token, session.expires_at, now) {
                return Ok(Err(why));
            }
            let role = world.get::<Role>(&id_in_account(credential, &session.role))?;
            // F-STSAPI-27: a role that was deleted and made anew under the same name is another role.
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

/// Whether the right token came, and in time.
fn usable(
    given: Option<&str>,
    expected: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), NotIdentified> {
    if given.is_none_or(|given| !is_same(given, expected)) {
        return Err(NotIdentified::Invalid);
    }
    if expires_at <= now { Err(NotIdentified::Expired) } else { Ok(()) }
}

/// F-STSAPI-27: the user of a session, if it is still the one that it was when the session began.
fn same_user(
    credential: &Credential,
    user: &SessionUser,
    world: &World<'_>,
) -> Result<Option<Arc<User>>, Fault> {
    let stored = world.get::<User>(&id_in_account(credential, &user.name))?;
    Ok(stored.filter(|stored| stored.id == user.id))
}

fn user_principal(user: &User) -> Principal {
    Principal::User {
        account: user.account,
        path: user.path.clone(),
        name: user.name.clone(),
        id: user.id.clone(),
    }
}

fn plain_session((issued_at, expires_at): (Timestamp, Timestamp)) -> Session {
    Session { issued_at, expires_at, mfa_authenticated: false, source_identity: None, tags: Vec::new() }
}

/// Whether the caller has credentials of GetSessionToken or GetFederationToken.
pub fn is_token_session(caller: &Caller) -> bool {
    caller.session.is_some() && !matches!(caller.principal, Principal::AssumedRole { .. })
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
