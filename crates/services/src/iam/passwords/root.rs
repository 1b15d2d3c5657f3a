//! The password of a member's root user, which somebody else sees to (AssumeRoot): there is none until it is made
//! possible to recover one.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>

use jiff::Timestamp;

use crate::failure::Failure;
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{CreateLoginProfileResponse, GetLoginProfileResponse};
use crate::world::World;

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

fn missing() -> Failure {
    refusal::no_such_entity(format!("Login Profile for User {NAME} cannot be found.")).into()
}

/// CreateLoginProfile: the password may be recovered from now on.
///
/// # Errors
/// `EntityAlreadyExists`.
pub fn create(on: &On<'_>, world: &mut World<'_>) -> Result<CreateLoginProfileResponse, Failure> {
    if directory::account(on.account, world)?.root_login_profile_at.is_some() {
        return Err(refusal::already_exists(format!("Login Profile for user {NAME} already exists.")).into());
    }
    let now = on.context.now;
    directory::change_account(on.account, world, |account| account.root_login_profile_at = Some(now))?;
    Ok(CreateLoginProfileResponse { login_profile: shown(now) })
}

/// GetLoginProfile.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(on: &On<'_>, world: &World<'_>) -> Result<GetLoginProfileResponse, Failure> {
    let created_at = directory::account(on.account, world)?.root_login_profile_at.ok_or_else(missing)?;
    Ok(GetLoginProfileResponse { login_profile: shown(created_at) })
}

/// DeleteLoginProfile.
///
/// # Errors
/// `NoSuchEntity`.
pub fn delete(on: &On<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    directory::account(on.account, world)?.root_login_profile_at.ok_or_else(missing)?;
    Ok(directory::change_account(on.account, world, |account| account.root_login_profile_at = None)?)
}
