//! The principal that a question names.

use std::sync::Arc;

use aws::arn::{AccountId, Arn, PARTITION};
use aws::principal::{Caller, Principal};
use aws::session::{Session, SessionTerms};
use jiff::Timestamp;

use super::{Stop, not_found, wrong};
use crate::authority::trust::role_with_arn;
use crate::state::account::Account;
use crate::state::identity::{Role, RoleId, User, UserId};
use crate::world::World;

/// How a session is called that nobody opened.
const IMAGINED_SESSION: &str = "session";

/// The caller that an ARN or an account's id stands for.
pub(super) fn caller(text: &str, now: Timestamp, world: &World<'_>) -> Result<Caller, Stop> {
    if let Ok(account) = text.parse::<AccountId>() {
        return root(account, world);
    }
    let parts = Arn::parse(text).and_then(|arn| Some((arn, arn.account.parse::<AccountId>().ok()?)));
    let Some((arn, account)) = parts else {
        return Err(wrong(format!(
            "`principal` is the ARN of a user, a role or a session, or an account's id for its root user, not \
             \"{text}\"."
        )));
    };
    match (arn.service, arn.resource.split_once('/')) {
        ("iam", None) if arn.resource == "root" => root(account, world),
        ("iam", Some(("user", path_and_name))) => {
            let name = path_and_name.rsplit('/').next().unwrap_or_default();
            let user = world.get::<User>(UserId::new(account, name))?;
            let user = user.map(|user| of_user(&user)).filter(|caller| caller.principal.arn() == text);
            user.ok_or_else(|| not_found(format!("There is no user {text}.")))
        }
        ("iam", Some(("role", _))) => {
            let role = role_with_arn(text, world)?;
            let role = role.ok_or_else(|| not_found(format!("There is no role {text}.")))?;
            Ok(of_role(&role, IMAGINED_SESSION, now))
        }
        ("sts", Some(("assumed-role", rest))) => {
            let (name, session) = rest.split_once('/').unwrap_or((rest, IMAGINED_SESSION));
            let role: Option<Arc<Role>> = world.get(RoleId::new(account, name))?;
            let role =
                role.ok_or_else(|| not_found(format!("There is no role {name} in account {account}.")))?;
            Ok(of_role(&role, session, now))
        }
        ("sts", Some(("federated-user", _))) => Err(wrong(
            "What a federated user may do depends on who vouches for it: explain one of its calls, by `event`.",
        )),
        _ => Err(wrong(format!("{text} is the ARN of no user, role or session."))),
    }
}

fn root(account: AccountId, world: &World<'_>) -> Result<Caller, Stop> {
    if world.get::<Account>(account)?.is_none() {
        return Err(not_found(format!("There is no account {account}.")));
    }
    Ok(of_root(account))
}

/// The root user of an account.
pub(super) fn of_root(account: AccountId) -> Caller {
    of(Principal::Root { account }, None)
}

/// A user with a long-term key.
pub(super) fn of_user(user: &User) -> Caller {
    let User { account, path, name, id, .. } = user;
    let principal =
        Principal::User { account: *account, path: path.clone(), name: name.clone(), id: id.clone() };
    of(principal, None)
}

/// A session of a role that was opened now, without tags and session policies.
pub(super) fn of_role(role: &Role, session_name: &str, now: Timestamp) -> Caller {
    let principal = Principal::AssumedRole {
        account: role.account,
        role_path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        session_name: session_name.to_owned(),
    };
    of(principal, Some(session(now)))
}

/// The ARN of a role.
pub(super) fn role_arn(role: &Role) -> String {
    format!("arn:{PARTITION}:iam::{}:role{}{}", role.account, role.path, role.name)
}

/// A session of nothing but its beginning.
pub(super) fn session(issued_at: Timestamp) -> Session {
    Session {
        issued_at,
        expires_at: issued_at,
        mfa_authenticated_at: None,
        federated_provider: None,
        source_identity: None,
        tags: Vec::new(),
        terms: SessionTerms::default(),
    }
}

fn of(principal: Principal, session: Option<Session>) -> Caller {
    Caller { principal, access_key_id: String::new(), session }
}
