//! Whose MFA device it is: enabled with two codes, deactivated, synchronized, listed.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html>

use aws::arn::AccountId;
use aws::principal::Principal;
use aws::refusal::Refusal;

use super::virtual_device::{open, own};
use crate::authority::second_factor;
use crate::failure::Failure;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::users::user::{named_or_self, owner_of_list};
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{
    DeactivateMFADeviceRequest, EnableMFADeviceRequest, GetMFADeviceRequest, GetMFADeviceResponse,
    ListMFADevicesRequest, ListMFADevicesResponse, ResyncMFADeviceRequest,
};
use crate::state::identity::{MfaAssignment, MfaDevice, MfaDeviceId, User};
use crate::world::{Fault, World};

/// F-MFA-2: the most devices of one user.
pub const MOST_OF_USER: usize = 8;
const NOT_OF_USER: &str = "MFA Device invalid for user.";
const NEEDS_SECOND_FACTOR: &str = "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.";
const WRONG_CODES: &str = "Authentication code for device is not valid.";
/// F-MFA-7: GetMFADevice knows security keys only, which cannot be registered here.
const NO_SECURITY_KEY: &str = "The MFA device serial number sent in the request is invalid or not supported by this API. \
     Currently, only hardware FIDO security keys are supported. Please use the compatible device or API.";

/// F-MFA-9: a user who has a device adds and removes its own only in a session with a second factor (recorded).
fn refuse_without_second_factor(on: &On<'_>, user: &User) -> Result<(), Refusal> {
    let is_self = match &on.caller.principal {
        Principal::User { name, .. } => name.eq_ignore_ascii_case(&user.name),
        _ => false,
    };
    let has_second_factor =
        on.caller.session.as_ref().is_some_and(|session| session.mfa_authenticated_at.is_some());
    if is_self && !user.mfa_devices.is_empty() && !has_second_factor {
        return Err(Refusal::new("AccessDenied", 403, NEEDS_SECOND_FACTOR));
    }
    Ok(())
}

fn wrong_codes() -> Refusal {
    Refusal::new("InvalidAuthenticationCode", 403, WRONG_CODES)
}

/// EnableMFADevice. F-MFA-3
///
/// # Errors
/// `NoSuchEntity`, `EntityAlreadyExists`, `InvalidAuthenticationCode`, `LimitExceeded` (text *assumed*), `AccessDenied`.
pub fn enable(on: &On<'_>, input: &EnableMFADeviceRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    refuse_without_second_factor(on, &user)?;
    let mut device = open(on, input.serial_number.as_str(), world)?;
    if device.is_of(&user.name) {
        let text = format!("MFA Device for user {} already exists.", user.name);
        return Err(refusal::already_exists(text).into());
    }
    if device.assignment.is_some() {
        return Err(refusal::already_exists("MFA Device is already in use.").into());
    }
    if user.mfa_devices.len() >= MOST_OF_USER {
        return Err(refusal::quota("MFADevicesPerUser", MOST_OF_USER).into());
    }
    let codes = [input.authentication_code_1.as_str(), input.authentication_code_2.as_str()];
    if !second_factor::show_pair(&mut device, codes, on.context.real_now) {
        return Err(wrong_codes().into());
    }
    device.assignment = Some(MfaAssignment { user: Some(user.name.clone()), enabled_at: on.context.now });
    user.mfa_devices.push(device.place.clone());
    count_in_use(on.account, 1, world)?;
    world.save(device);
    Ok(directory::save(user, world)?)
}

fn count_in_use(account: AccountId, more: i32, world: &mut World<'_>) -> Result<(), Fault> {
    directory::change_account(account, world, |account| {
        account.mfa_devices_in_use = account.mfa_devices_in_use.saturating_add_signed(more);
    })
}

/// DeactivateMFADevice: the device stays, unassigned.
///
/// # Errors
/// `NoSuchEntity`, `AccessDenied`, `ValidationError` where nobody is named by who is no user.
pub fn deactivate(
    on: &On<'_>,
    input: &DeactivateMFADeviceRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let name = named_or_self(on, input.user_name.as_ref().map(|name| name.as_str()))?;
    let mut user = directory::open::<User>(on.account, name, world)?;
    refuse_without_second_factor(on, &user)?;
    let mut device = open(on, input.serial_number.as_str(), world)?;
    if !device.is_of(&user.name) {
        return Err(refusal::no_such_entity(NOT_OF_USER).into());
    }
    device.assignment = None;
    user.mfa_devices.retain(|place| *place != device.place);
    count_in_use(on.account, -1, world)?;
    world.save(device);
    Ok(directory::save(user, world)?)
}

/// ResyncMFADevice. F-MFA-6
///
/// # Errors
/// `NoSuchEntity`, `InvalidAuthenticationCode`.
pub fn resync(on: &On<'_>, input: &ResyncMFADeviceRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let user = directory::find::<User>(on.account, input.user_name.as_str(), world)?;
    let mut device = open(on, input.serial_number.as_str(), world)?;
    if !device.is_of(&user.name) {
        return Err(refusal::no_such_entity(NOT_OF_USER).into());
    }
    let codes = [input.authentication_code_1.as_str(), input.authentication_code_2.as_str()];
    if !second_factor::show_pair(&mut device, codes, on.context.real_now) {
        return Err(wrong_codes().into());
    }
    world.save(device);
    Ok(())
}

/// ListMFADevices, in the order of serial numbers. F-IAMAPI-PAGE-3
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn list(
    on: &On<'_>,
    input: ListMFADevicesRequest,
    world: &World<'_>,
) -> Result<ListMFADevicesResponse, Failure> {
    let user = owner_of_list(on, input.user_name.as_ref().map(|name| name.as_str()), world)?;
    let filter = user.as_ref().map_or("", |user| user.name.as_str());
    let pages = Pages::new("ListMFADevices", on, [filter], input.marker, input.max_items)?;
    let places = match &user {
        Some(user) => user.mfa_devices.clone(),
        None => directory::account(on.account, world)?.root_mfa_devices,
    };
    let mut devices = Vec::new();
    for place in &places {
        let Some(device) = world.get::<MfaDevice>(MfaDeviceId::new(on.account, place))? else { continue };
        let Some(assignment) = &device.assignment else { continue };
        devices.push((
            device.place.clone(),
            model::MFADevice {
                // F-MFA-7 (*assumed*): the root user's devices are shown under this name.
                user_name: assignment.user.as_deref().unwrap_or("<root_account>").into(),
                serial_number: device.serial_number().into(),
                enable_date: assignment.enabled_at,
            },
        ));
    }
    devices.sort_by(|one, next| one.0.cmp(&next.0));
    let Page { items, is_truncated, marker } = pages.of_list(devices);
    Ok(ListMFADevicesResponse { mfa_devices: items, is_truncated, marker })
}

/// GetMFADevice.
///
/// # Errors
/// F-MFA-7: `ValidationError` for a virtual device (recorded), `NoSuchEntity` for any other.
pub fn get(
    on: &On<'_>,
    input: &GetMFADeviceRequest,
    world: &World<'_>,
) -> Result<GetMFADeviceResponse, Failure> {
    let serial_number = input.serial_number.as_str();
    if own(on, serial_number, world)?.is_some() {
        return Err(refusal::validation(NO_SECURITY_KEY).into());
    }
    let text = format!("MFA Device with serial number {serial_number} does not exist.");
    Err(refusal::no_such_entity(text).into())
}

/// Carries a user's devices over to another name.
///
/// # Errors
/// See [`Fault`].
pub fn rename_owner(user: &User, world: &mut World<'_>) -> Result<(), Fault> {
    for place in &user.mfa_devices {
        let Some(stored) = world.get::<MfaDevice>(MfaDeviceId::new(user.account, place))? else { continue };
        let mut device = MfaDevice::clone(&stored);
        if let Some(assignment) = &mut device.assignment {
            assignment.user = Some(user.name.clone());
        }
        world.save(device);
    }
    Ok(())
}
