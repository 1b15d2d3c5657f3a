//! Multi-factor authentication devices. They cannot be created here yet, and questions about them are answered truthfully:
//! nobody has any (F-IAMAPI-NONE-1).

use super::On;
use super::directory::page::Pages;
use super::model::{
    ListMFADevicesRequest, ListMFADevicesResponse, ListVirtualMFADevicesRequest,
    ListVirtualMFADevicesResponse,
};
use super::users::user::owner_of_list;
use crate::failure::Failure;
use crate::world::World;

/// ListMFADevices. F-IAMAPI-PAGE-3: a list that holds nothing refuses a marker of another list, too.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn mfa_devices(
    on: &On<'_>,
    input: ListMFADevicesRequest,
    world: &World<'_>,
) -> Result<ListMFADevicesResponse, Failure> {
    owner_of_list(on, input.user_name.as_ref().map(|name| name.as_str()), world)?;
    Pages::new("ListMFADevices", on, [], input.marker, None)?;
    Ok(ListMFADevicesResponse { mfa_devices: Vec::new(), is_truncated: Some(false), marker: None })
}

/// ListVirtualMFADevices.
///
/// # Errors
/// `ValidationError`.
pub fn virtual_mfa_devices(
    on: &On<'_>,
    input: ListVirtualMFADevicesRequest,
) -> Result<ListVirtualMFADevicesResponse, Failure> {
    Pages::new("ListVirtualMFADevices", on, [], input.marker, None)?;
    let (virtual_mfa_devices, is_truncated, marker) = (Vec::new(), Some(false), None);
    Ok(ListVirtualMFADevicesResponse { virtual_mfa_devices, is_truncated, marker })
}
