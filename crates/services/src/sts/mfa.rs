//! The parameters of multi-factor authentication. No user has a device here, so none can be right.

use aws::refusal::Refusal;

use super::access_denied;

const BOTH: &str =
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
const NO_SUCH_DEVICE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  \
     Please verify your MFA serial number is valid and associated with this user.";

/// Refuses a second factor, since there are none.
///
/// # Errors
/// F-STSAPI-8: `AccessDenied` in the words that STS is known for.
pub fn check(serial_number: Option<&str>, token_code: Option<&str>) -> Result<(), Refusal> {
    match (serial_number, token_code) {
        (None, None) => Ok(()),
        (Some(_), Some(_)) => Err(access_denied(NO_SUCH_DEVICE)),
        _ => Err(access_denied(BOTH)),
    }
}
