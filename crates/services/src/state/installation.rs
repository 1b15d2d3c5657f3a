//! What belongs to an installation rather than to an account: the key of its page tokens, and how far its service time
//! was moved. A restart and every other process on the same store know them; an export does not hold them, and a reset
//! or an import leaves them as they are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::context::TokenKey;
use crate::world::is_of_kind;

/// The id of the one document of each kind.
pub const CURRENT: &str = "current";

/// The key of page tokens. Key: `page-token-key/current`.
#[derive(Clone, Serialize, Deserialize)]
pub struct PageTokenKey {
    /// 32 bytes in Base64.
    key: String,
}

impl PageTokenKey {
    /// The document that keeps `key`.
    pub fn new(key: &TokenKey) -> Self {
        Self { key: STANDARD.encode(key.as_bytes()) }
    }

    /// The key; `None` if what is stored is no key.
    pub fn token_key(&self) -> Option<TokenKey> {
        let bytes = STANDARD.decode(&self.key).ok()?;
        bytes.try_into().ok().map(TokenKey::new)
    }
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
