//! What belongs to an installation rather than to an account: the key of its page tokens, how far its service time was
//! moved, and how far its log is delivered. A restart and every other process on the same store know it; an export does
//! not hold it. A reset or an import leaves the first two as they are, and delivery begins anew.

use aws::throttle::TokenBucket;
use serde::{Deserialize, Serialize};

use crate::state::identity::SealingKey;
use crate::state::trail::{Delivery, DeliveryLease, DigestChain, DigestKey};
use crate::world::is_of_kind;
use crate::world::key::{Current, Key};

/// The key of page tokens. Key: `page-token-key/current`.
#[derive(Clone, Serialize, Deserialize)]
pub struct PageTokenKey {
    /// The key.
    pub key: SealingKey,
}

/// How service time was moved. Key: `service-time/current`. There is none until it is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTime {
    /// Whether it stands still.
    pub stands_still: bool,
    /// In microseconds: where it stands, or how far it is ahead of real time.
    pub microseconds: i64,
}

/// The faults that a person ordered, where several processes share a store. Key: `ordered-faults/current`. There is none
/// where none are ordered.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrderedFaults {
    /// The rules, as the own endpoints take them: whoever carries them out reads them.
    pub rules: String,
}

/// The tokens of one bucket, where several processes share a store and apply request rates. Key:
/// `rate-tokens/<payer>/<service>/<operation>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RateTokens {
    /// What is left, and since when.
    pub bucket: TokenBucket,
}

/// The keys of what every request looks at where several processes share a store.
pub fn looked_at_by_all() -> [String; 2] {
    [Key::<ServiceTime>::of(Current).into_string(), Key::<OrderedFaults>::of(Current).into_string()]
}

/// Whether the document under `key` belongs to the installation.
pub fn is_of_installation(key: &str) -> bool {
    is_of_kind::<PageTokenKey>(key)
        || is_of_kind::<ServiceTime>(key)
        || is_of_kind::<OrderedFaults>(key)
        || is_of_kind::<RateTokens>(key)
        || is_of_kind::<Delivery>(key)
        || is_of_kind::<DeliveryLease>(key)
        || is_of_kind::<DigestChain>(key)
        || is_of_kind::<DigestKey>(key)
}
