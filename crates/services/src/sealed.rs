//! Sealed texts: only who has the key can read one, make one, or change one unnoticed.
//!
//! XChaCha20-Poly1305, whose nonces are long enough to be drawn at random. The key derives from another key, a
//! purpose and an owner, so that what was sealed for one purpose or owner does not open for another.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The length of a nonce, which must not be used twice with one key.
pub const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// How much longer a sealed text is.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// The key of one purpose and owner.
pub struct Seal(XChaCha20Poly1305);

impl Seal {
    /// The key for `purpose` and `owner` that follows from `key`.
    pub fn derive(key: &[u8; 32], purpose: &str, owner: &str) -> Self {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
        for part in [purpose, "/", owner] {
            mac.update(part.as_bytes());
        }
        Self(XChaCha20Poly1305::new(&mac.finalize().into_bytes()))
    }

    /// Seals a text. It grows by [`OVERHEAD_BYTES`].
    pub fn seal(&self, text: &str, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let sealed = self.0.encrypt(&XNonce::from(nonce), text.as_bytes());
        let sealed = sealed.expect("INVARIANT: no text here comes near the cipher's limit of 256 GB");
        [&nonce[..], &sealed].concat()
    }

    /// The text; `None` where it was not sealed with this key.
    pub fn open(&self, sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let text = self.0.decrypt(&XNonce::from(*nonce), sealed).ok()?;
        String::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_only_with_its_keys_and_unchanged() {
        let seal = |key, purpose, owner| Seal::derive(&[key; 32], purpose, owner);
        let text = "a text that is longer than one block, and hidden";
        let sealed = seal(1, "a", "b").seal(text, [5; NONCE_BYTES]);
        assert_eq!(sealed.len(), text.len() + OVERHEAD_BYTES);
        assert!(!sealed.windows(4).any(|window| text.as_bytes().windows(4).any(|part| part == window)));
        assert_eq!(seal(1, "a", "b").open(&sealed).as_deref(), Some(text));
        for other in [seal(2, "a", "b"), seal(1, "b", "b"), seal(1, "a", "a")] {
            assert_eq!(other.open(&sealed), None);
        }
        for place in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[place] ^= 1;
            assert_eq!(seal(1, "a", "b").open(&bent), None, "bent at {place}");
            assert_eq!(seal(1, "a", "b").open(&sealed[..place]), None, "cut at {place}");
        }
    }
}
