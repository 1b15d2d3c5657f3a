//! Virtual MFA devices: a secret that IAM makes and tells once, for a phone to make codes of.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html>

use aws::refusal::Refusal;

use super::qr_code;
use crate::authority::second_factor::{self, BASE32};
use crate::failure::Failure;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::users::user;
use crate::iam::{On, directory, model, refusal, tag};
use crate::model::iam::{
    AssignmentStatusType, CreateVirtualMFADeviceRequest, CreateVirtualMFADeviceResponse,
    DeleteVirtualMFADeviceRequest, ListMFADeviceTagsRequest, ListMFADeviceTagsResponse,
    ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse, PathType, TagMFADeviceRequest,
    UntagMFADeviceRequest,
};
use crate::state::identity::{MfaDevice, MfaDeviceId, User, UserId};
use crate::world::{Fault, Identified, World};

/// F-MFA-2: the most virtual devices of an account: as many as it may have users.
pub const MOST: u32 = 5000;
/// The length of a secret in base 32, which is 320 bits.
const SEED_LENGTH: usize = 64;
const IN_USE: &str = "MFA VirtualDevice in use. Must deactivate first.";
const EXISTS: &str = "MFA device already exists.";

/// The account's own device with this serial number; `None` where there is none.
pub(super) fn own(on: &On<'_>, serial_number: &str, world: &World<'_>) -> Result<Option<MfaDevice>, Fault> {
    let found = second_factor::device(serial_number, on.account, world)?;
    Ok(found.filter(|device| device.account == on.account))
}

/// The same of virtual devices only: those of hardware are not made, tagged or deleted here (F-MFA-14).
fn own_virtual(on: &On<'_>, serial_number: &str, world: &World<'_>) -> Result<Option<MfaDevice>, Fault> {
    Ok(own(on, serial_number, world)?.filter(|device| device.hardware_serial().is_none()))
}

/// [`own_virtual`], or the refusal of [`open`].
fn open_virtual(on: &On<'_>, serial_number: &str, world: &World<'_>) -> Result<MfaDevice, Failure> {
    own_virtual(on, serial_number, world)?.ok_or_else(|| missing(serial_number).into())
}

fn missing(serial_number: &str) -> Refusal {
    refusal::no_such_entity(format!("MFA Device with serial number {serial_number} does not exist."))
}

/// [`own`], where the refusal of a device that is not there is IAM's usual one (recorded for DeactivateMFADevice).
pub(super) fn open(on: &On<'_>, serial_number: &str, world: &World<'_>) -> Result<MfaDevice, Failure> {
    own(on, serial_number, world)?.ok_or_else(|| missing(serial_number).into())
}

/// CreateVirtualMFADevice. F-MFA-2: the secret and the QR code are told here and never again.
///
/// # Errors
/// `EntityAlreadyExists`, `LimitExceeded` (text *assumed*), `InvalidInput`.
pub fn create(
    on: &On<'_>,
    input: CreateVirtualMFADeviceRequest,
    world: &mut World<'_>,
) -> Result<CreateVirtualMFADeviceResponse, Failure> {
    let name = input.virtual_mfa_device_name.into_string();
    let path = input.path.map_or_else(|| "/".to_owned(), PathType::into_string);
    let place = format!("{}{name}", &path[1..]);
    if world.get::<MfaDevice>(MfaDeviceId::new(on.account, &place))?.is_some() {
        return Err(refusal::already_exists(EXISTS).into());
    }
    let kept = directory::account(on.account, world)?;
    if kept.mfa_devices >= MOST {
        return Err(refusal::quota("VirtualMFADevicesPerAccount", MOST as usize).into());
    }
    let seed = on.context.seed.text("mfa seed", BASE32, SEED_LENGTH);
    let tags = tag::of_new(input.tags, tag::Keys::CaseSensitive)?;
    let device = MfaDevice { tags, ..MfaDevice::new(on.account, place, seed, on.context.now) };
    directory::change_account(on.account, world, |account| account.mfa_devices += 1)?;
    let account_name = kept.alias.unwrap_or_else(|| on.account.to_string());
    let png = qr_code::png(&provisioning_uri(&name, &account_name, &device.seed));
    let shown = model::VirtualMFADevice {
        serial_number: device.serial_number().into(),
        base_32_string_seed: Some(device.seed.clone().into_bytes().into()),
        qr_code_png: png.map(Into::into),
        user: None,
        enable_date: None,
        tags: tag::shown(&device.tags),
    };
    world.save(device);
    Ok(CreateVirtualMFADeviceResponse { virtual_mfa_device: shown })
}

/// F-MFA-2: what the QR code says, in the form that the API reference documents for it.
fn provisioning_uri(name: &str, account_name: &str, seed: &str) -> String {
    format!("otpauth://totp/{name}@{account_name}?secret={seed}")
}

/// DeleteVirtualMFADevice.
///
/// # Errors
/// `NoSuchEntity` (text *assumed*), `DeleteConflict` while it is assigned.
pub fn delete(
    on: &On<'_>,
    input: &DeleteVirtualMFADeviceRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let serial_number = input.serial_number.as_str();
    let missing = || {
        let text = format!("VirtualMFADevice with serial number {serial_number} doesn't exist.");
        refusal::no_such_entity(text)
    };
    let device = own_virtual(on, serial_number, world)?.ok_or_else(missing)?;
    if device.assignment.is_some() {
        return Err(refusal::delete_conflict(IN_USE).into());
    }
    directory::change_account(on.account, world, |account| {
        account.mfa_devices = account.mfa_devices.saturating_sub(1);
    })?;
    world.delete::<MfaDevice>(device.document_id());
    Ok(())
}

/// ListVirtualMFADevices, in the order of serial numbers.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(
    on: &On<'_>,
    input: ListVirtualMFADevicesRequest,
    world: &World<'_>,
) -> Result<ListVirtualMFADevicesResponse, Failure> {
    let status = input.assignment_status.unwrap_or(AssignmentStatusType::Any);
    let pages = Pages::new("ListVirtualMFADevices", on, [status.as_str()], input.marker, input.max_items)?;
    let page = pages.of_documents(&MfaDeviceId::within(on.account), world, |_, device: &MfaDevice| {
        let is_wanted = match status {
            AssignmentStatusType::Any => true,
            AssignmentStatusType::Assigned => device.assignment.is_some(),
            AssignmentStatusType::Unassigned => device.assignment.is_none(),
        };
        if is_wanted && device.hardware_serial().is_none() {
            listed(on, device, world).map(Some)
        } else {
            Ok(None)
        }
    })?;
    let Page { items, is_truncated, marker } = page;
    Ok(ListVirtualMFADevicesResponse { virtual_mfa_devices: items, is_truncated, marker })
}

/// A device as the list shows it: with its user and without its tags.
fn listed(on: &On<'_>, device: &MfaDevice, world: &World<'_>) -> Result<model::VirtualMFADevice, Fault> {
    let user = match &device.assignment {
        None => None,
        Some(assignment) => match &assignment.user {
            Some(name) => {
                world.get::<User>(UserId::new(device.account, name))?.map(|user| user::listed(&user))
            }
            None => Some(user::root(on, world)?),
        },
    };
    Ok(model::VirtualMFADevice {
        serial_number: device.serial_number().into(),
        base_32_string_seed: None,
        qr_code_png: None,
        user,
        enable_date: device.assignment.as_ref().map(|assignment| assignment.enabled_at),
        tags: None,
    })
}

/// TagMFADevice.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_tags(on: &On<'_>, input: TagMFADeviceRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut device = open_virtual(on, input.serial_number.as_str(), world)?;
    tag::add(&mut device.tags, input.tags, tag::Keys::CaseSensitive)?;
    world.save(device);
    Ok(())
}

/// UntagMFADevice.
///
/// # Errors
/// `NoSuchEntity`.
pub fn remove_tags(on: &On<'_>, input: &UntagMFADeviceRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut device = open_virtual(on, input.serial_number.as_str(), world)?;
    tag::remove(&mut device.tags, &input.tag_keys, tag::Keys::CaseSensitive);
    world.save(device);
    Ok(())
}

/// ListMFADeviceTags.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError` for a foreign marker.
pub fn list_tags(
    on: &On<'_>,
    input: ListMFADeviceTagsRequest,
    world: &World<'_>,
) -> Result<ListMFADeviceTagsResponse, Failure> {
    let serial_number = input.serial_number.as_str();
    let device = open_virtual(on, serial_number, world)?;
    let pages = Pages::new("ListMFADeviceTags", on, [serial_number], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(tag::listed(&device.tags));
    Ok(ListMFADeviceTagsResponse { tags: items, is_truncated, marker })
}
