//! The second factor: time-based codes (RFC 6238) of MFA devices, and what becomes of a device when one is shown.
//!
//! A code is six digits made of the device's secret and of the number of 30-second steps since 1970. Codes are judged by
//! real time, which is the time that phones and signatures have.

use aws::arn::{AccountId, Arn, PARTITION};
use constant_time_eq::constant_time_eq;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha1::Sha1;

use crate::state::identity::{MfaDevice, MfaDeviceId, WrongCodes};
use crate::world::{Fault, World};

/// The length of a step.
const STEP_SECONDS: i64 = 30;
/// F-MFA-5: how far a code may be from the device's own time, in steps. Two were recorded to pass and ten not to; three is
/// *assumed*.
const SIGN_IN_STEPS: i64 = 3;
/// F-MFA-6: how far a pair of codes may be from the true time. Ten steps were recorded to pass; twenty is *assumed*.
const PAIR_STEPS: i64 = 20;
/// F-MFA-8 (*own*): wrong codes in a row after which a device takes none for a while.
const MOST_WRONG_CODES: u32 = 10;
/// F-MFA-8 (*own*): how long that is, from the first of them.
const WRONG_CODES_COUNT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// What a code of a device is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// It is right, and was not taken before.
    Good,
    /// It was right once.
    Used,
    /// It is not right now.
    Wrong,
    /// The device was shown so many wrong codes that it takes none for a while.
    Closed,
}

/// The device with this serial number: of the account that the number names, or, as the number of a hardware device names
/// none, of `home`.
///
/// # Errors
/// See [`Fault`].
pub fn device(serial_number: &str, home: AccountId, world: &World<'_>) -> Result<Option<MfaDevice>, Fault> {
    let (account, place) = match Arn::parse(serial_number) {
        None => (home, MfaDevice::hardware_place(serial_number)),
        Some(arn) if arn.service == "iam" && arn.partition == PARTITION => {
            match (arn.account.parse(), arn.resource.strip_prefix("mfa/")) {
                (Ok(account), Some(place)) => (account, place.to_owned()),
                _ => return Ok(None),
            }
        }
        Some(_) => return Ok(None),
    };
    let found = world.get::<MfaDevice>(MfaDeviceId::new(account, &place))?;
    // Case counts in a serial number, though no two of them differ in nothing else.
    Ok(found.filter(|device| device.serial_number() == serial_number).map(|device| MfaDevice::clone(&device)))
}

/// Shows a code to a device at sign-in and takes note of it. F-MFA-4: a code that was taken is not good again.
pub fn show(device: &mut MfaDevice, code: &str, real_now: Timestamp) -> Code {
    if is_closed(device, real_now) {
        return Code::Closed;
    }
    let Some(secret) = secret(&device.seed) else { return Code::Wrong };
    let shows = |step: &i64| constant_time_eq(code_of(&secret, *step).as_bytes(), code.as_bytes());
    if device.used_steps.iter().any(shows) {
        count_wrong(device, real_now);
        return Code::Used;
    }
    let own_step = step_at(real_now) + device.drift_steps;
    let near = (own_step - SIGN_IN_STEPS)..=(own_step + SIGN_IN_STEPS);
    let Some(step) = near.into_iter().find(shows) else {
        count_wrong(device, real_now);
        return Code::Wrong;
    };
    take(device, step, real_now);
    Code::Good
}

/// Shows two codes that follow each other, which tell how far the device's clock is ahead. F-MFA-3: only the second one is
/// taken (recorded); one that was taken before is not good again.
pub fn show_pair(device: &mut MfaDevice, codes: [&str; 2], real_now: Timestamp) -> bool {
    let Some(secret) = secret(&device.seed) else { return false };
    let shows = |code: &str, step| constant_time_eq(code_of(&secret, step).as_bytes(), code.as_bytes());
    let now = step_at(real_now);
    // The true time first, then ever farther from it, so that the likeliest pair is found.
    let steps = (0..=PAIR_STEPS).flat_map(|away| [now - away, now + away]);
    let [first, second] = codes;
    let found = steps
        .filter(|step| !device.used_steps.contains(step))
        .find(|step| shows(first, step - 1) && shows(second, *step));
    let Some(step) = found else { return false };
    device.drift_steps = step - now;
    take(device, step, real_now);
    true
}

fn take(device: &mut MfaDevice, step: i64, real_now: Timestamp) {
    let now = step_at(real_now);
    device.used_steps.insert(step);
    // What no code can be mistaken for any more need not be remembered.
    device.used_steps.retain(|used| (used - now).abs() <= PAIR_STEPS + SIGN_IN_STEPS);
    device.wrong_codes = None;
}

fn is_closed(device: &MfaDevice, real_now: Timestamp) -> bool {
    let counted = device.wrong_codes.as_ref().filter(|wrong| counts(wrong, real_now));
    counted.is_some_and(|wrong| wrong.count >= MOST_WRONG_CODES)
}

fn counts(wrong: &WrongCodes, real_now: Timestamp) -> bool {
    real_now.duration_since(wrong.since) < WRONG_CODES_COUNT_FOR
}

fn count_wrong(device: &mut MfaDevice, real_now: Timestamp) {
    let counted = device.wrong_codes.take().filter(|wrong| counts(wrong, real_now));
    let begun = counted.unwrap_or(WrongCodes { since: real_now, count: 0 });
    device.wrong_codes = Some(WrongCodes { count: begun.count + 1, ..begun });
}

fn step_at(real_now: Timestamp) -> i64 {
    real_now.as_second().div_euclid(STEP_SECONDS)
}

/// The code of a step (RFC 4226 section 5.3, with the number of the step as the counter).
fn code_of(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let place = usize::from(digest[19] & 15);
    let number = digest[place..place + 4].iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The letters of base 32 (RFC 4648 section 6).
pub const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The bytes of a secret in base 32; `None` where it is none.
pub fn secret(base32: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::with_capacity(base32.len() * 5 / 8));
    for letter in base32.trim_end_matches('=').bytes() {
        let value = BASE32.iter().position(|known| *known == letter)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws::arn::AccountId;

    /// The secret of RFC 6238's test vectors, `12345678901234567890`.
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn device() -> MfaDevice {
        MfaDevice::new(AccountId::from_number(1), "phone".to_owned(), SEED.to_owned(), Timestamp::UNIX_EPOCH)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn code(step: i64) -> String {
        code_of(&secret(SEED).expect("base 32"), step)
    }

    /// F-MFA-1: appendix B of RFC 6238, of which six digits are asked here.
    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (second, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(step_at(at(second))), expected, "{second}");
        }
        assert_eq!(secret("not base 32"), None);
        assert_eq!(secret(""), None);
    }

    /// F-MFA-4, F-MFA-5
    #[test]
    fn a_code_is_good_once_and_near_its_time() {
        let (now, step) = (at(1_800_000_000), 60_000_000);
        for away in -3..=3 {
            let mut device = device();
            assert_eq!(show(&mut device, &code(step + away), now), Code::Good, "{away}");
            assert_eq!(show(&mut device, &code(step + away), now), Code::Used, "{away}");
        }
        for away in [-10, -4, 4, 10] {
            assert_eq!(show(&mut device(), &code(step + away), now), Code::Wrong, "{away}");
        }
    }

    /// F-MFA-3, F-MFA-6
    #[test]
    fn a_pair_follows_and_moves_the_devices_clock() {
        let (now, step) = (at(1_800_000_000), 60_000_000);
        let mut device = device();
        for wrong in [[0, 0], [0, -1], [-2, 0], [21, 22]] {
            let codes = wrong.map(|away| code(step + away));
            assert!(!show_pair(&mut device, [&codes[0], &codes[1]], now), "{wrong:?}");
        }
        assert!(show_pair(&mut device, [&code(step + 9), &code(step + 10)], now));
        assert_eq!(device.drift_steps, 10);
        assert!(!show_pair(&mut device, [&code(step + 9), &code(step + 10)], now), "taken");
        // The first of the pair is not taken, and the true time is now too far away.
        assert_eq!(show(&mut device, &code(step), now), Code::Wrong);
        assert_eq!(show(&mut device, &code(step + 9), now), Code::Good);
    }

    /// F-MFA-8
    #[test]
    fn a_device_that_was_shown_many_wrong_codes_takes_none_for_five_minutes() {
        let (now, step) = (at(1_800_000_000), 60_000_000);
        let mut device = device();
        for _ in 0..MOST_WRONG_CODES {
            assert_eq!(show(&mut device, "none", now), Code::Wrong);
        }
        assert_eq!(show(&mut device, &code(step), now), Code::Closed);
        let later = at(1_800_000_000 + 300);
        assert_eq!(show(&mut device, &code(step + 10), later), Code::Good, "open again");
        assert!(device.wrong_codes.is_none());
    }
}
