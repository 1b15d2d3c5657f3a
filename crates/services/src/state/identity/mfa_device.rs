//! A device for multi-factor authentication: the secret that it shares with IAM, and what was done with its codes. Virtual
//! ones are made here, hardware ones come from a seed file.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::{AccountId, PARTITION};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::Identified;
use crate::world::key::Named;

/// What the place of a hardware device begins with. No name holds a colon, so that a virtual device with such a path has a
/// slash behind it, which no serial number holds.
const HARDWARE: &str = "hardware:";

/// An MFA device. Key: `mfa-device/<account id>/<place in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct MfaDevice {
    /// The account.
    pub account: AccountId,
    /// Path and name without the first slash, as the serial number ends: `phone`, `devices/phone`. Of a hardware device
    /// [`Self::hardware_place`].
    pub place: String,
    /// The shared secret in base 32. Never printed, never logged; told once, to who creates the device.
    pub seed: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whom it belongs to; `None` while it is unassigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<MfaAssignment>,
    /// How far the device's clock is ahead, in steps of 30 seconds, as its last pair of codes showed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drift_steps: i64,
    /// Steps whose codes were taken, since a code is good once. Only those near the present are kept.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub used_steps: BTreeSet<i64>,
    /// Wrong codes since the last right one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_codes: Option<WrongCodes>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Whose device it is.
#[derive(Clone, Serialize, Deserialize)]
pub struct MfaAssignment {
    /// The user's friendly name; `None` for the root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Since when.
    pub enabled_at: Timestamp,
}

/// Wrong codes in a row, which are counted so that nobody can try them all.
#[derive(Clone, Serialize, Deserialize)]
pub struct WrongCodes {
    /// When the first of them came, in real time.
    pub since: Timestamp,
    /// How many there were.
    pub count: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl MfaDevice {
    /// A device as it begins: unassigned, and none of its codes taken.
    pub fn new(account: AccountId, place: String, seed: String, created_at: Timestamp) -> Self {
        Self {
            account,
            place,
            seed,
            created_at,
            assignment: None,
            drift_steps: 0,
            used_steps: BTreeSet::new(),
            wrong_codes: None,
            tags: BTreeMap::new(),
        }
    }

    /// The place of the hardware device with this serial number.
    pub fn hardware_place(serial_number: &str) -> String {
        format!("{HARDWARE}{serial_number}")
    }

    /// The serial number of the hardware device at a place; `None` of a virtual one's.
    pub fn serial_at(place: &str) -> Option<&str> {
        place.strip_prefix(HARDWARE).filter(|serial| !serial.contains('/'))
    }

    /// The serial number of a hardware device; `None` of a virtual one.
    pub fn hardware_serial(&self) -> Option<&str> {
        Self::serial_at(&self.place)
    }

    /// The serial number, which is a virtual device's ARN, and what is printed on one of hardware.
    pub fn serial_number(&self) -> String {
        let arn = || format!("arn:{PARTITION}:iam::{}:mfa/{}", self.account, self.place);
        self.hardware_serial().map_or_else(arn, str::to_owned)
    }

    /// Whether it belongs to the user with this name.
    pub fn is_of(&self, user: &str) -> bool {
        let owner = self.assignment.as_ref().and_then(|assignment| assignment.user.as_deref());
        owner.is_some_and(|owner| owner.eq_ignore_ascii_case(user))
    }
}

/// The id of an MFA device: its account and its place.
pub type MfaDeviceId<'k> = Named<'k, MfaDevice>;

impl Identified for MfaDevice {
    fn document_id(&self) -> MfaDeviceId<'_> {
        Named::new(self.account, &self.place)
    }
}
