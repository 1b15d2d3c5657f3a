//! Hidden and sealed texts: only who has the key can read one, make one, or change one unnoticed.
//!
//! A keystream (a keyed hash over a nonce and a counter) hides the text; a keyed hash over nonce and hidden text
//! seals it. Both keys derive from one key, a purpose and an owner, so that what was sealed for one purpose
//! or owner does not open for another.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The length of a nonce, which must not be used twice with one key.
pub const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 32;
/// How much longer a sealed text is.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// The two keys of one purpose and owner.
pub struct SealingKeys {
    hiding: Hmac<Sha256>,
    sealing: Hmac<Sha256>,
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn hash(keyed: &Hmac<Sha256>, parts: [&[u8]; 2]) -> [u8; 32] {
    let mut mac = keyed.clone();
    parts.into_iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

impl SealingKeys {
    /// The keys for `purpose` and `owner` that follow from `key`.
    pub fn derive(key: &[u8; 32], purpose: &str, owner: &str) -> Self {
        let key = keyed(key);
        let [hiding, sealing] = ["hidden", "sealed"]
            .map(|part| hash(&key, [format!("{purpose}, {part}/").as_bytes(), owner.as_bytes()]));
        Self { hiding: keyed(&hiding), sealing: keyed(&sealing) }
    }

    /// Hides or shows a text: the same step does both.
    fn apply_keystream(&self, text: &mut [u8], nonce: &[u8]) {
        for (counter, chunk) in (0u64..).zip(text.chunks_mut(32)) {
            let block = hash(&self.hiding, [nonce, &counter.to_be_bytes()]);
            chunk.iter_mut().zip(block).for_each(|(byte, mask)| *byte ^= mask);
        }
    }

    /// Hides and seals a text. It grows by [`OVERHEAD_BYTES`].
    pub fn seal(&self, text: &str, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let mut sealed = [&nonce[..], text.as_bytes()].concat();
        self.apply_keystream(&mut sealed[NONCE_BYTES..], &nonce);
        let tag = hash(&self.sealing, [&sealed, &[]]);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// The text; `None` where it was not sealed with these keys.
    pub fn open(&self, sealed: &[u8]) -> Option<String> {
        let (hidden, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let (nonce, text) = hidden.split_at_checked(NONCE_BYTES)?;
        let is_sealed: bool = hash(&self.sealing, [hidden, &[]]).as_slice().ct_eq(tag).into();
        if !is_sealed {
            return None;
        }
        let mut text = text.to_vec();
        self.apply_keystream(&mut text, nonce);
        String::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_only_with_its_keys_and_unchanged() {
        let keys = |key, purpose, owner| SealingKeys::derive(&[key; 32], purpose, owner);
        let text = "a text that is longer than one block of the keystream, and hidden";
        let sealed = keys(1, "a", "b").seal(text, [5; NONCE_BYTES]);
        assert_eq!(sealed.len(), text.len() + OVERHEAD_BYTES);
        assert!(!sealed.windows(4).any(|window| text.as_bytes().windows(4).any(|part| part == window)));
        assert_eq!(keys(1, "a", "b").open(&sealed).as_deref(), Some(text));
        for other in [keys(2, "a", "b"), keys(1, "b", "b"), keys(1, "a", "a")] {
            assert_eq!(other.open(&sealed), None);
        }
        for place in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[place] ^= 1;
            assert_eq!(keys(1, "a", "b").open(&bent), None, "bent at {place}");
            assert_eq!(keys(1, "a", "b").open(&sealed[..place]), None, "cut at {place}");
        }
    }
}
