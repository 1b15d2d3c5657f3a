//! Session tokens that were opened, so that a session's next request need not open its token again.

use std::sync::Arc;

use constant_time_eq::constant_time_eq;
use quick_cache::sync::Cache;
use services::front::ports;
use services::state::identity::{Credential, SealingKey};

/// How many are remembered. One takes about 2 kB, and 20 kB with the largest session policies there are.
const REMEMBERED: usize = 5_000;

/// The newest opened token of each access key, in a cache of bounded size.
pub struct OpenedSessions {
    by_access_key: Cache<String, Opened>,
}

#[derive(Clone)]
struct Opened {
    key: SealingKey,
    credential: Arc<Credential>,
}

impl Opened {
    fn is_of(&self, key: &SealingKey, token: &str) -> bool {
        let known = self.credential.owner.session_token().unwrap_or_default();
        self.key == *key && constant_time_eq(known.as_bytes(), token.as_bytes())
    }
}

impl OpenedSessions {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self { by_access_key: Cache::new(REMEMBERED) }
    }
}

impl ports::OpenedSessions for OpenedSessions {
    fn remembered(&self, access_key_id: &str, token: &str, key: &SealingKey) -> Option<Arc<Credential>> {
        let opened = self.by_access_key.get(access_key_id)?;
        opened.is_of(key, token).then_some(opened.credential)
    }

    fn remember(&self, key: SealingKey, credential: &Arc<Credential>) {
        let opened = Opened { key, credential: Arc::clone(credential) };
        self.by_access_key.insert(credential.access_key_id.clone(), opened);
    }
}
