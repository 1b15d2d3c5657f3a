//! Randomness: a seed for every request and an id for every request.
//!
//! Both come from a generator of this thread (ChaCha, seeded and reseeded by the operating system),
//! so that a request costs no system call. One-time codes are derived from the seed: it is secret.

use rand::Rng;
use services::context::Seed;

/// A fresh seed for one request.
pub fn seed() -> Seed {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    Seed::new(bytes)
}

/// A fresh id in the form AWS gives its requests: a random UUID (RFC 9562 version 4), lower case.
pub fn request_id() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    uuid_text(bytes)
}

/// 32 secret random bytes, for a key that an installation keeps.
pub fn secret_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// An id that follows from a request's seed, so that a request that is run again gives it again.
pub fn derived_id(seed: &Seed, purpose: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&seed.bytes(purpose)[..16]);
    uuid_text(bytes)
}

fn uuid_text(mut bytes: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = [b'-'; 36];
    let mut place = 0;
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            place += 1;
        }
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 15)];
        place += 2;
    }
    std::str::from_utf8(&text).expect("INVARIANT: digits and hyphens are ASCII").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_version_4_uuid() {
        assert_eq!(uuid_text([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid_text([0; 16]), "00000000-0000-4000-8000-000000000000");
        let id = request_id();
        assert_eq!(id.len(), 36);
        assert_ne!(id, request_id());
    }

    #[test]
    fn every_seed_differs() {
        assert_ne!(seed().text("test", b"0123456789", 30), seed().text("test", b"0123456789", 30));
    }
}
