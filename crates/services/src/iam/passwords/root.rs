//! The password of a root user: whoever signs up has one. An account that its organization created has none until somebody else
//! (AssumeRoot) makes it possible to recover one, and any member's can be taken away.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::failure::Failure;
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{CreateLoginProfileResponse, GetLoginProfileResponse};
use crate::model::organizations::AccountJoinedMethod;
use crate::state::account::Account;
use crate::state::organization::Membership;
use crate::world::{Fault, World};

/// F-IAMAPI-ROOT-3 (*assumed*): what stands for a name, which the model requires.
const NAME: &str = "root";

fn shown(created_at: Timestamp) -> model::LoginProfile {
    model::LoginProfile {
        user_name: NAME.into(),
        create_date: created_at,
        password_reset_required: Some(false),
        max_signin_session_duration: None,
    }
}

/// Since when the root user has a password; `None` where it has none. F-IAMAPI-ROOT-4
///
/// # Errors
/// See [`Fault`].
pub fn since(account: AccountId, world: &World<'_>) -> Result<Option<Timestamp>, Fault> {
    let kept = directory::account(account, world)?;
    if kept.root_login_profile_at.is_some() || kept.root_password_taken_away {
        return Ok(kept.root_login_profile_at);
    }
    let joined = world.get::<Membership>(account)?.map(|membership| membership.joined_method);
    if joined == Some(AccountJoinedMethod::Created) {
        return Ok(None);
    }
    Ok(world.get::<Account>(account)?.map(|account| account.created_at))
}

fn missing() -> Failure {
    refusal::no_such_entity(format!("Login Profile for User {NAME} cannot be found.")).into()
}

/// CreateLoginProfile: the password may be recovered from now on.
///
/// # Errors
/// `EntityAlreadyExists`.
pub fn create(on: &On<'_>, world: &mut World<'_>) -> Result<CreateLoginProfileResponse, Failure> {
    if since(on.account, world)?.is_some() {
        return Err(refusal::already_exists(format!("Login Profile for user {NAME} already exists.")).into());
    }
    let now = on.context.now;
    directory::change_account(on.account, world, |account| {
        account.root_login_profile_at = Some(now);
        account.root_password_taken_away = false;
    })?;
    Ok(CreateLoginProfileResponse { login_profile: shown(now) })
}

/// GetLoginProfile.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(on: &On<'_>, world: &World<'_>) -> Result<GetLoginProfileResponse, Failure> {
    let created_at = since(on.account, world)?.ok_or_else(missing)?;
    Ok(GetLoginProfileResponse { login_profile: shown(created_at) })
}

/// DeleteLoginProfile.
///
/// # Errors
/// `NoSuchEntity`.
pub fn delete(on: &On<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    since(on.account, world)?.ok_or_else(missing)?;
    Ok(directory::change_account(on.account, world, |account| {
        account.root_login_profile_at = None;
        account.root_password_taken_away = true;
    })?)
}
