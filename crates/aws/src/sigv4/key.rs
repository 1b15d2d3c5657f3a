//! The signing key that a secret becomes for one day, Region and service.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A derived signing key. It is wiped when dropped and never shown.
///
/// Deriving costs four HMACs, so a caller keeps keys by (access key id, date, Region, service). What is kept is the
/// HMAC that has taken the key in: half of what signing a short text costs.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key as
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    /// says. `date` is the scope's date, `YYYYMMDD`.
    pub fn derive(secret: &str, date: &str, region: &str, service: &str) -> Self {
        let mut seed = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        seed.extend_from_slice(b"AWS4");
        seed.extend_from_slice(secret.as_bytes());
        let by_date = sha256_mac(&seed, date.as_bytes());
        let by_region = sha256_mac(&by_date[..], region.as_bytes());
        let by_service = sha256_mac(&by_region[..], service.as_bytes());
        Self(keyed(&sha256_mac(&by_service[..], b"aws4_request")[..]))
    }

    /// The signature over `message`.
    pub(super) fn sign(&self, message: &[u8]) -> Zeroizing<[u8; 32]> {
        finish(self.0.clone(), message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

/// HMAC-SHA256.
fn sha256_mac(key: &[u8], message: &[u8]) -> Zeroizing<[u8; 32]> {
    finish(keyed(key), message)
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn finish(mut mac: Hmac<Sha256>, message: &[u8]) -> Zeroizing<[u8; 32]> {
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_key_shows_nothing_of_itself() {
        let key = SigningKey::derive("secret", "20150830", "us-east-1", "iam");
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }

    #[test]
    fn the_documented_example_derives_the_documented_key() {
        // AWS General Reference, "Examples of how to derive a signing key".
        let documented: Vec<u8> = (0..64)
            .step_by(2)
            .map(|at| {
                let hex = &"c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"[at..at + 2];
                u8::from_str_radix(hex, 16).expect("hex")
            })
            .collect();
        let key =
            SigningKey::derive("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam");
        assert_eq!(key.sign(b"a text"), sha256_mac(&documented, b"a text"));
    }
}
