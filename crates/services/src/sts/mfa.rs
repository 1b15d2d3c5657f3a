//! The parameters of multi-factor authentication: a device's serial number and one of its codes.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>

use aws::principal::{Caller, Principal};
use serde_json::Value;

use super::access_denied;
use super::model::{Operation, Unchecked};
use crate::authority::guarded::{Guarded, Unpermitted};
use crate::authority::second_factor::{self, Code};
use crate::context::Context;
use crate::failure::Failure;
use crate::state::identity::MfaDevice;

const BOTH: &str =
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
const NO_SUCH_DEVICE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  \
     Please verify your MFA serial number is valid and associated with this user.";
const WRONG_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

/// Whether the call comes with a second factor, which is judged and taken here. F-MFA-4
///
/// # Errors
/// F-STSAPI-8: `AccessDenied` in the words that STS is known for: one parameter without the other, a device that is not the
/// caller's, a code that was taken before, a code that is wrong.
pub fn shown(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    context: &Context,
    world: &mut Guarded<'_>,
) -> Result<bool, Failure> {
    let (serial_number, code) = match Unchecked::of(operation, members) {
        Unchecked::AssumeRole(members) => (members.serial_number(), members.token_code()),
        Unchecked::GetSessionToken(members) => (members.serial_number(), members.token_code()),
        _ => return Ok(false),
    };
    let (serial_number, code) = match (serial_number, code) {
        (None, None) => return Ok(false),
        (Some(serial_number), Some(code)) => (serial_number, code),
        _ => return Err(access_denied(BOTH).into()),
    };
    let device = second_factor::device(serial_number, caller.account(), world)?;
    let mut device =
        device.filter(|device| belongs_to(device, caller)).ok_or_else(|| access_denied(NO_SUCH_DEVICE))?;
    let shown = second_factor::show(&mut device, code, context.real_now);
    if shown == Code::Closed {
        // Nothing is written for who goes on trying.
        return Err(access_denied(WRONG_CODE).into());
    }
    world.change_without_permit(Unpermitted::SecondFactorShown).save(device);
    let refused = |text: &str| Err(Failure::RefusedAfterChange(Box::new(access_denied(text))));
    match shown {
        Code::Good => Ok(true),
        Code::Used => refused(NO_SUCH_DEVICE),
        Code::Wrong | Code::Closed => refused(WRONG_CODE),
    }
}

/// Only users and the root user have devices; who comes as a role has left its own behind.
fn belongs_to(device: &MfaDevice, caller: &Caller) -> bool {
    let Some(assignment) = device.assignment.as_ref().filter(|_| device.account == caller.account()) else {
        return false;
    };
    match &caller.principal {
        Principal::Root { .. } => assignment.user.is_none(),
        Principal::User { name, .. } => device.is_of(name),
        Principal::AssumedRole { .. } | Principal::FederatedUser { .. } | Principal::WebIdentity { .. } => {
            false
        }
    }
}
