//! What a rule is told about the request besides its input: the time, a seed, the delays, the quotas.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::bucket::TrailBucket;
use crate::quotas::Quotas;
use crate::sealed::NONCE_BYTES;

/// How long the service takes for what AWS does in the background.
///
/// The state machine is data: each change is stored with the instant it completes, so a delay only
/// decides that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// From EnableRegion until the Region is `ENABLED`.
    pub region_enable: Duration,
    /// From DisableRegion until the Region is `DISABLED`.
    pub region_disable: Duration,
    /// From CreateAccount until the account is there.
    pub account_creation: Duration,
    /// From AcceptPrimaryEmailUpdate until the new address is in force.
    pub email_completion: Duration,
    /// From RequestServiceQuotaIncrease until it is granted or not.
    pub quota_decision: Duration,
}

impl Delays {
    /// The default: long enough to see every state, short enough for a test.
    pub const SHORT: Self = Self {
        region_enable: Duration::from_secs(2),
        region_disable: Duration::from_secs(1),
        account_creation: Duration::from_secs(1),
        email_completion: Duration::from_secs(1),
        quota_decision: Duration::from_secs(1),
    };

    /// Everything completes at once.
    pub const INSTANT: Self = Self {
        region_enable: Duration::ZERO,
        region_disable: Duration::ZERO,
        account_creation: Duration::ZERO,
        email_completion: Duration::ZERO,
        quota_decision: Duration::ZERO,
    };

    /// What AWS was observed to take (about 2 min to enable, about 1 min to
    /// disable). The others were not recorded; a minute each, and half an hour for a quota, is *assumed*.
    pub const AWS: Self = Self {
        region_enable: Duration::from_secs(120),
        region_disable: Duration::from_secs(60),
        account_creation: Duration::from_secs(60),
        email_completion: Duration::from_secs(60),
        quota_decision: Duration::from_secs(1800),
    };
}

/// How strictly the patterns of the model are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// Every constraint of the model.
    Strict,
    /// Lengths, required members and enums, but no patterns, so that fixtures with masked values pass.
    Masked,
}

/// What every rule is told about its request.
#[derive(Debug, Clone)]
pub struct Context {
    /// Service time: the same for the whole request.
    pub now: Timestamp,
    /// Real time, by which temporary credentials live and die, as signatures do.
    pub real_now: Timestamp,
    /// The request's id, as the answer's header and the event log show it.
    pub request_id: String,
    /// Configured delays.
    pub delays: Delays,
    /// Configured quotas of Organizations.
    pub quotas: Quotas,
    /// Configured strictness.
    pub validation: Validation,
    /// The request's seed. All randomness a rule may use comes from it.
    pub seed: Seed,
    /// The key of this installation's page tokens.
    pub token_key: TokenKey,
    /// What is known of the bucket that the request names for a trail.
    pub trail_bucket: TrailBucket,
    /// Whether the request was sent to the endpoint of STS that is of no Region (F-STSAPI-43).
    pub at_global_endpoint: bool,
}

impl Context {
    /// The instant `delay` from now.
    pub fn after(&self, delay: Duration) -> Timestamp {
        self.now.saturating_add(delay).unwrap_or(Timestamp::MAX)
    }
}

/// The key that makes page tokens tamper-proof. It belongs to an installation and never leaves it.
#[derive(Clone)]
pub struct TokenKey {
    bytes: [u8; 32],
    /// What the times in event ids are hidden by: it follows from the key, and says nothing of it.
    event_ids: [u8; 16],
}

impl TokenKey {
    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        let derived = Sha256::new().chain_update(bytes).chain_update(b"event id").finalize();
        let mut event_ids = [0; 16];
        event_ids.copy_from_slice(&derived[..16]);
        Self { bytes, event_ids }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The key of a keyed hash for event ids.
    pub(crate) fn of_event_ids(&self) -> &[u8; 16] {
        &self.event_ids
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenKey(…)")
    }
}

/// 32 bytes of entropy, drawn once per request. They determine one-time codes, so they are never shown.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seed(…)")
    }
}

impl Seed {
    /// A seed from bytes of the operating system's generator, or fixed ones in a test.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A text of `length` characters, each drawn evenly from `alphabet`.
    ///
    /// `purpose` keeps two texts drawn from one seed independent of each other.
    pub fn text(&self, purpose: &str, alphabet: &[u8], length: usize) -> String {
        let mut text = String::with_capacity(length);
        let limit = 256 - 256 % alphabet.len();
        let mut block = 0u32;
        while text.len() < length {
            for byte in self.block(purpose, block) {
                // Values past the last whole multiple are skipped, so that no character is likelier.
                if usize::from(byte) < limit && text.len() < length {
                    text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
                }
            }
            block += 1;
        }
        text
    }

    /// 32 bytes that nobody can tell from random without the seed.
    pub fn bytes(&self, purpose: &str) -> [u8; 32] {
        self.block(purpose, 0)
    }

    /// An id in the form of a request's, which a request that is run again gives again.
    pub fn id(&self, purpose: &str) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes(purpose)[..16]);
        uuid_text(bytes)
    }

    /// A nonce for a sealed text.
    pub fn nonce(&self, purpose: &str) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&self.bytes(purpose)[..NONCE_BYTES]);
        nonce
    }

    fn block(&self, purpose: &str, block: u32) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(&block.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Random bytes as the id of a request: a UUID (RFC 9562 version 4), lower case.
pub fn uuid_text(mut bytes: [u8; 16]) -> String {
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
    fn an_id_is_a_version_4_uuid() {
        assert_eq!(uuid_text([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid_text([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn a_seed_gives_the_same_text_for_the_same_purpose_only() {
        let seed = Seed::new([7; 32]);
        let otp = seed.text("otp", b"0123456789", 40);
        assert_eq!(otp, seed.text("otp", b"0123456789", 40));
        assert_ne!(otp, seed.text("id", b"0123456789", 40));
        assert_eq!(otp.len(), 40);
        assert!(otp.bytes().all(|byte| byte.is_ascii_digit()));
    }
}
