//! What belongs to an installation rather than to an account: the key of its page tokens, and how far its service time
//! was moved. A restart and every other process on the same store know them; an export does not hold them, and a reset
//! or an import leaves them as they are.

use serde::{Deserialize, Serialize};

use crate::state::identity::SealingKey;
use crate::world::is_of_kind;

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

/// Whether the document under `key` belongs to the installation.
pub fn is_of_installation(key: &str) -> bool {
    is_of_kind::<PageTokenKey>(key) || is_of_kind::<ServiceTime>(key)
}
