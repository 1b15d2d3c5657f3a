//! Session tokens that were opened, so that a session's next request need not open its token again.
//!
//! Nothing depends on what is remembered: a token opens to the same credentials whenever its key is the same,
//! and whether they still stand for somebody is asked of the state each time.

use std::sync::Arc;

use constant_time_eq::constant_time_eq;
use quick_cache::sync::Cache;
use services::state::identity::{Credential, SealingKey};
use services::sts::session_token;
use services::world::{Fault, World};

/// How many are remembered. One takes about 2 kB, and 20 kB with the largest session policies there are.
const REMEMBERED: usize = 5_000;

/// See the module's text.
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

    /// The credentials that `token` holds for this access key id; `None` where it was not issued here.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn find(
        &self,
        access_key_id: &str,
        token: &str,
        world: &World<'_>,
    ) -> Result<Option<Arc<Credential>>, Fault> {
        let Some(key) = session_token::key(world)? else { return Ok(None) };
        if let Some(opened) = self.by_access_key.get(access_key_id)
            && opened.is_of(&key, token)
        {
            return Ok(Some(opened.credential));
        }
        let Some(credential) = session_token::open(&key, access_key_id, token) else { return Ok(None) };
        let credential = Arc::new(credential);
        let opened = Opened { key, credential: Arc::clone(&credential) };
        self.by_access_key.insert(access_key_id.to_owned(), opened);
        Ok(Some(credential))
    }
}
