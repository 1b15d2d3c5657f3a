//! A phone: the time-based codes (RFC 6238) that an app shows for a secret it was told. It shares no code with the rules
//! that judge them.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;

/// The code that a phone with this secret in base 32 shows `steps` times 30 seconds after `now`.
pub fn code(base32: &str, now: Timestamp, steps: i64) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String =
        base32.chars().map(|letter| format!("{:05b}", letters.find(letter).unwrap())).collect();
    let secret: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |byte, bit| byte * 2 + (bit - b'0')))
        .collect();
    let step = u64::try_from(now.as_second() / 30 + steps).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let place = usize::from(digest[19] % 16);
    let four: [u8; 4] = digest[place..place + 4].try_into().unwrap();
    format!("{:06}", u32::from_be_bytes(four) % (1 << 31) % 1_000_000)
}
