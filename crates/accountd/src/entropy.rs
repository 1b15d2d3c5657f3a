//! Randomness: a seed for every request, and an id for it and for its record.
//!
//! Both come from a generator of this thread (ChaCha, seeded and reseeded by the operating system),
//! so that a request costs no system call. One-time codes are derived from the seed: it is secret.

use jiff::Timestamp;
use rand::Rng;
use services::context::{Seed, TokenKey, uuid_text};
use services::event_id;

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

/// A fresh id for the record of a request that came at `now`.
pub fn event_id(now: Timestamp, key: &TokenKey) -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    event_id::seal(bytes, now, key)
}

/// 32 secret random bytes, for a key that an installation keeps.
pub fn secret_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_id_differs() {
        let id = request_id();
        assert_eq!(id.len(), 36);
        assert_ne!(id, request_id());
    }

    #[test]
    fn every_seed_differs() {
        assert_ne!(seed().text("test", b"0123456789", 30), seed().text("test", b"0123456789", 30));
    }
}
