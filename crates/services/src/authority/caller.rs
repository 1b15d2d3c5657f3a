//! From a credential to the caller it stands for.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::session::{Session, SessionTerms};
use constant_time_eq::constant_time_eq;
use jiff::{SignedDuration, Timestamp};

use crate::state::identity::{
    Credential, CredentialOwner, FederatedSession, Role, RoleId, RoleSession, RootSession, SessionUser, User,
    UserId,
};
use crate::world::{Fault, World};

/// Why a known access key identifies nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotIdentified {
    /// The key is inactive, or its user or role is gone, or the session token is missing, another one, or came
    /// with long-term credentials.
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
    let owner = &credential.owner;
    if !credential.active || !is_expected(session_token, owner.session_token()) {
        return Ok(Err(NotIdentified::Invalid));
    }
    if owner.expires_at().is_some_and(|end| end <= now) {
        return Ok(Err(NotIdentified::Expired));
    }
    let account = credential.account;
    let identified = match owner {
        CredentialOwner::Root => Some((Principal::Root { account }, None)),
        CredentialOwner::User(name) => {
            let user = world.get::<User>(UserId::new(account, name))?;
            user.map(|user| (user_principal(&user), None))
        }
        CredentialOwner::SessionToken(session) => {
            let principal = match &session.user {
                None => Some(Principal::Root { account }),
                Some(user) => same_user(credential, user, world)?.map(|user| user_principal(&user)),
            };
            let attributes = Session {
                mfa_authenticated_at: session.mfa_authenticated_at,
                ..plain_session(session.issued_at, session.expires_at)
            };
            principal.map(|principal| (principal, Some(attributes)))
        }
        CredentialOwner::FederatedUser(session) => {
            let is_vouched_for = match &session.user {
                None => true,
                Some(user) => same_user(credential, user, world)?.is_some(),
            };
            let principal = Principal::FederatedUser { account, name: session.name.clone() };
            is_vouched_for.then(|| (principal, Some(federated_attributes(session))))
        }
        CredentialOwner::RootSession(session) => {
            Some((Principal::Root { account }, Some(task_attributes(session))))
        }
        CredentialOwner::RoleSession(session) => {
            let role = world.get::<Role>(RoleId::new(account, &session.role))?;
            // F-STSAPI-27: a role that was deleted and made anew under the same name is another role.
            let role = role.filter(|role| role.id == session.role_id);
            role.map(|role| {
                (principal_of_session(&role, &session.session_name), Some(session_attributes(session)))
            })
        }
    };
    let access_key_id = credential.access_key_id.clone();
    let caller = identified.map(|(principal, session)| Caller { principal, access_key_id, session });
    Ok(caller.ok_or(NotIdentified::Invalid))
}

/// The user with this name as a caller, for somebody who is believed without a credential; `None` where there is none.
///
/// # Errors
/// See [`Fault`].
pub fn of_user(
    account: AccountId,
    name: &str,
    access_key_id: String,
    world: &World<'_>,
) -> Result<Option<Caller>, Fault> {
    let user = world.get::<User>(UserId::new(account, name))?;
    Ok(user.map(|user| Caller { principal: user_principal(&user), access_key_id, session: None }))
}

/// A session of an hour of the role with this name, likewise.
///
/// # Errors
/// See [`Fault`].
pub fn of_role(
    (account, name): (AccountId, &str),
    session_name: &str,
    access_key_id: String,
    now: Timestamp,
    world: &World<'_>,
) -> Result<Option<Caller>, Fault> {
    let Some(role) = world.get::<Role>(RoleId::new(account, name))? else { return Ok(None) };
    let ends_at = now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
    let principal = principal_of_session(&role, session_name);
    let session = Some(plain_session(now, ends_at));
    Ok(Some(Caller { principal, access_key_id, session }))
}

/// Whether the right token came; with long-term credentials none may (F-STSAPI-36).
fn is_expected(given: Option<&str>, expected: Option<&str>) -> bool {
    match (given, expected) {
        (Some(given), Some(expected)) => constant_time_eq(given.as_bytes(), expected.as_bytes()),
        (None, None) => true,
        _ => false,
    }
}

/// F-STSAPI-27: the user of a session, if it is still the one that it was when the session began.
fn same_user(
    credential: &Credential,
    user: &SessionUser,
    world: &World<'_>,
) -> Result<Option<Arc<User>>, Fault> {
    let stored = world.get::<User>(UserId::new(credential.account, &user.name))?;
    Ok(stored.filter(|stored| stored.id == user.id))
}

/// A user as a principal.
pub fn user_principal(user: &User) -> Principal {
    Principal::User {
        account: user.account,
        path: user.path.clone(),
        name: user.name.clone(),
        id: user.id.clone(),
    }
}

fn plain_session(issued_at: Timestamp, expires_at: Timestamp) -> Session {
    Session {
        issued_at,
        expires_at,
        mfa_authenticated_at: None,
        federated_provider: None,
        source_identity: None,
        tags: Vec::new(),
        terms: SessionTerms::default(),
    }
}

/// Whether the caller has credentials of GetSessionToken or GetFederationToken.
pub fn is_token_session(caller: &Caller) -> bool {
    let is_of_role = matches!(caller.principal, Principal::AssumedRole { .. });
    caller.session.is_some() && !is_of_role && !is_root_at_a_task(caller)
}

/// Whether the caller is a root user with credentials of AssumeRoot: no other session of one has policies.
pub fn is_root_at_a_task(caller: &Caller) -> bool {
    let is_root = matches!(caller.principal, Principal::Root { .. });
    is_root && caller.session.as_ref().is_some_and(|session| !session.terms.policy_arns.is_empty())
}

fn task_attributes(session: &RootSession) -> Session {
    Session {
        source_identity: session.source_identity.clone(),
        terms: SessionTerms {
            policy_arns: BTreeSet::from([session.task_policy.clone()]),
            ..SessionTerms::default()
        },
        ..plain_session(session.issued_at, session.expires_at)
    }
}

fn principal_of_session(role: &Role, session_name: &str) -> Principal {
    Principal::AssumedRole {
        account: role.account,
        role_path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        session_name: session_name.to_owned(),
    }
}

fn session_attributes(session: &RoleSession) -> Session {
    Session {
        mfa_authenticated_at: session.mfa_authenticated_at,
        federated_provider: session.federated_provider.clone(),
        source_identity: session.source_identity.clone(),
        tags: session.tags.clone().into_iter().collect(),
        terms: SessionTerms {
            policy: session.policy.clone(),
            policy_arns: session.policy_arns.clone(),
            transitive_tag_keys: session.transitive_tag_keys.clone(),
            vouching_user: None,
        },
        ..plain_session(session.issued_at, session.expires_at)
    }
}

fn federated_attributes(session: &FederatedSession) -> Session {
    Session {
        tags: session.tags.clone().into_iter().collect(),
        terms: SessionTerms {
            policy: session.policy.clone(),
            policy_arns: session.policy_arns.clone(),
            transitive_tag_keys: BTreeSet::new(),
            vouching_user: session.user.as_ref().map(|user| user.name.clone()),
        },
        ..plain_session(session.issued_at, session.expires_at)
    }
}
