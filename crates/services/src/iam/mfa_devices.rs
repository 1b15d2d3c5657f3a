//! Multi-factor authentication devices. They cannot be created here yet, and questions about them are answered truthfully:
//! nobody has any (F-IAMAPI-NONE-1).

use super::On;
use super::model::{ListMFADevicesRequest, ListMFADevicesResponse, ListVirtualMFADevicesResponse};
use super::users::user::owner_of_list;
use crate::failure::Failure;
use crate::world::World;

/// ListMFADevices.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn mfa_devices(
    on: &On<'_>,
    input: &ListMFADevicesRequest,
    world: &World<'_>,
) -> Result<ListMFADevicesResponse, Failure> {
    owner_of_list(on, input.user_name.as_ref().map(|name| name.as_str()), world)?;
    Ok(ListMFADevicesResponse { mfa_devices: Vec::new(), is_truncated: Some(false), marker: None })
}

/// ListVirtualMFADevices.
pub fn virtual_mfa_devices() -> ListVirtualMFADevicesResponse {
    ListVirtualMFADevicesResponse { virtual_mfa_devices: Vec::new(), is_truncated: Some(false), marker: None }
}
