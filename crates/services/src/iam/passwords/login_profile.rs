//! The passwords of users.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords.html>

use aws::principal::Principal;
use aws::refusal::Refusal;

use super::password_policy::{digest, is_same, refuse_weak, violation};
use super::root;
use crate::authority::caller::is_root_at_a_task;
use crate::failure::Failure;
use crate::iam::users::user::named_or_self;
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{
    ChangePasswordRequest, CreateLoginProfileRequest, CreateLoginProfileResponse, DeleteLoginProfileRequest,
    GetLoginProfileRequest, GetLoginProfileResponse, UpdateLoginProfileRequest,
};
use crate::state::identity::{LoginProfile, PasswordPolicy, User};
use crate::world::World;

/// How many earlier passwords are remembered: as many as a policy may ask for.
const REMEMBERED: usize = 24;

/// F-IAMAPI-LOGIN-4 (text *assumed*).
const SET_AND_RESET: &str =
    "MaxSigninSessionDuration and ResetMaxSigninSessionDuration cannot be specified together.";

fn shown(user: &User, profile: &LoginProfile) -> model::LoginProfile {
    model::LoginProfile {
        user_name: user.name.as_str().into(),
        create_date: profile.created_at,
        password_reset_required: Some(profile.reset_required),
        max_signin_session_duration: profile
            .max_signin_session_duration_seconds
            .and_then(|seconds| i32::try_from(seconds).ok()),
    }
}

/// F-IAMAPI-LOGIN-1: `User` is written with a capital here.
fn missing(user: &User) -> Refusal {
    refusal::no_such_entity(format!("Login Profile for User {} cannot be found.", user.name))
}

/// The user and its password.
fn open(user: User) -> Result<(User, LoginProfile), Refusal> {
    match user.login_profile.clone() {
        Some(profile) => Ok((user, profile)),
        None => Err(missing(&user)),
    }
}

fn salt(on: &On<'_>) -> String {
    on.context.seed.text("salt", b"abcdefghijklmnopqrstuvwxyz234567", 16)
}

/// CreateLoginProfile.
///
/// # Errors
/// `NoSuchEntity`, `EntityAlreadyExists`, `PasswordPolicyViolation`, `ValidationError`.
pub fn create(
    on: &On<'_>,
    input: CreateLoginProfileRequest,
    world: &mut World<'_>,
) -> Result<CreateLoginProfileResponse, Failure> {
    let name = input.user_name.as_ref().map(|name| name.as_str());
    if name.is_none() && is_root_at_a_task(on.caller) {
        return root::create(on, world);
    }
    let name = named_or_self(on, name)?;
    let mut user = directory::open::<User>(on.account, name, world)?;
    if user.login_profile.is_some() {
        // F-IAMAPI-LOGIN-1: and here it is not.
        let text = format!("Login Profile for user {} already exists.", user.name);
        return Err(refusal::already_exists(text).into());
    }
    // F-IAMAPI-LOGIN-3: the model lets it out for root users, whose passwords are not here.
    let password = input.password.ok_or_else(|| refusal::validation("A password must be specified."))?;
    refuse_weak(directory::account(on.account, world)?.password_policy.as_ref(), password.as_str())?;
    let profile = LoginProfile {
        created_at: on.context.now,
        reset_required: input.password_reset_required.unwrap_or(false),
        max_signin_session_duration_seconds: seconds(input.max_signin_session_duration),
        password: digest(password.as_str(), salt(on)),
        changed_at: on.context.now,
        earlier: Vec::new(),
        last_used_at: None,
    };
    let login_profile = shown(&user, &profile);
    user.login_profile = Some(profile);
    directory::save(user, world)?;
    Ok(CreateLoginProfileResponse { login_profile })
}

fn seconds(given: Option<i32>) -> Option<u32> {
    given.and_then(|seconds| u32::try_from(seconds).ok())
}

/// GetLoginProfile.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn get(
    on: &On<'_>,
    input: &GetLoginProfileRequest,
    world: &World<'_>,
) -> Result<GetLoginProfileResponse, Failure> {
    let name = input.user_name.as_ref().map(|name| name.as_str());
    if name.is_none() && is_root_at_a_task(on.caller) {
        return root::get(on, world);
    }
    let name = named_or_self(on, name)?;
    let (user, profile) = open(directory::open::<User>(on.account, name, world)?)?;
    Ok(GetLoginProfileResponse { login_profile: shown(&user, &profile) })
}

/// UpdateLoginProfile: what is not given stays.
///
/// # Errors
/// `NoSuchEntity`, `PasswordPolicyViolation`; F-IAMAPI-LOGIN-4: `InvalidInput`.
pub fn update(on: &On<'_>, input: UpdateLoginProfileRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    let (mut user, mut profile) = open(user)?;
    if let Some(required) = input.password_reset_required {
        profile.reset_required = required;
    }
    let resets = input.reset_max_signin_session_duration == Some(true);
    if resets && input.max_signin_session_duration.is_some() {
        return Err(refusal::invalid_input(SET_AND_RESET).into());
    }
    if resets || input.max_signin_session_duration.is_some() {
        profile.max_signin_session_duration_seconds = seconds(input.max_signin_session_duration);
    }
    if let Some(password) = input.password {
        let policy = directory::account(on.account, world)?.password_policy;
        set(on, &mut profile, policy.as_ref(), password.as_str())?;
    }
    user.login_profile = Some(profile);
    Ok(directory::save(user, world)?)
}

/// DeleteLoginProfile.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn delete(on: &On<'_>, input: &DeleteLoginProfileRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let name = input.user_name.as_ref().map(|name| name.as_str());
    if name.is_none() && is_root_at_a_task(on.caller) {
        return root::delete(on, world);
    }
    let name = named_or_self(on, name)?;
    let (user, _) = open(directory::open::<User>(on.account, name, world)?)?;
    Ok(directory::save(User { login_profile: None, ..user }, world)?)
}

/// ChangePassword: a user changes its own. F-IAMAPI-PWD-6: one that has expired too, whatever `HardExpiry` says: that is about
/// AWS's sign-in pages, and who signs a call has an access key.
///
/// # Errors
/// F-IAMAPI-LOGIN-2: `InvalidUserType` for anybody but a user, `NoSuchEntity` without a password, `AccessDenied` for a wrong
/// old one (*assumed*), `PasswordPolicyViolation`.
pub fn change(on: &On<'_>, input: &ChangePasswordRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let Principal::User { name, .. } = &on.caller.principal else {
        let text = "Only IAM Users can change their own password";
        return Err(Refusal::new("InvalidUserType", 400, text).into());
    };
    let (mut user, mut profile) = open(directory::open::<User>(on.account, name, world)?)?;
    if !is_same(&profile.password, input.old_password.as_str()) {
        return Err(Refusal::new("AccessDenied", 403, "The old password was incorrect.").into());
    }
    let policy = directory::account(on.account, world)?.password_policy;
    set(on, &mut profile, policy.as_ref(), input.new_password.as_str())?;
    profile.reset_required = false;
    user.login_profile = Some(profile);
    Ok(directory::save(user, world)?)
}

/// F-IAMAPI-PWD-4: sets another password, if it is none of those that the account asks to remember.
fn set(
    on: &On<'_>,
    profile: &mut LoginProfile,
    policy: Option<&PasswordPolicy>,
    password: &str,
) -> Result<(), Refusal> {
    refuse_weak(policy, password)?;
    let remembered = policy.and_then(|policy| policy.remembered).unwrap_or(0) as usize;
    let known = std::iter::once(&profile.password).chain(&profile.earlier);
    if known.take(remembered).any(|known| is_same(known, password)) {
        return Err(violation());
    }
    let old = std::mem::replace(&mut profile.password, digest(password, salt(on)));
    profile.earlier.insert(0, old);
    profile.earlier.truncate(REMEMBERED);
    profile.changed_at = on.context.now;
    Ok(())
}
