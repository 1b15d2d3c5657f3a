//! Derived signing keys that are remembered, each with the secret it was derived from.

use std::sync::Arc;

use aws::secret::Secret;
use aws::sigv4::{Claim, SigningKey};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use services::front::ports;

/// How much they may take, in bytes. One is remembered for each access key, day, Region and service in use. Deriving
/// one costs as much as the rest of a request, so 10,000 accounts in use must fit.
const MOST_BYTES: u64 = 16 << 20;

/// What a key takes besides the texts of its scope and its secret.
const KEY_BYTES: usize = 200;

/// The keys by the scope that they were derived for, in a cache of bounded size.
pub struct SigningKeys(Cache<String, Arc<Remembered>, Weight>);

/// A key with its secret, since a secret may be another one after a reset.
struct Remembered {
    secret: Secret,
    key: Arc<SigningKey>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Remembered>> for Weight {
    fn weight(&self, scope: &String, remembered: &Arc<Remembered>) -> u64 {
        (scope.len() + remembered.secret.expose().len() + KEY_BYTES) as u64
    }
}

impl SigningKeys {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        let likely = MOST_BYTES as usize / (KEY_BYTES + 100);
        Self(Cache::with_weighter(likely, MOST_BYTES, Weight))
    }
}

impl ports::SigningKeys for SigningKeys {
    fn remembered(&self, claim: &Claim<'_>, secret: &str) -> Option<Arc<SigningKey>> {
        let remembered = self.0.get(claim.credential())?;
        (remembered.secret.expose() == secret).then(|| Arc::clone(&remembered.key))
    }

    fn remember(&self, claim: &Claim<'_>, secret: &str, key: &Arc<SigningKey>) {
        let remembered = Remembered { secret: Secret::new(secret.to_owned()), key: Arc::clone(key) };
        self.0.insert(claim.credential().to_owned(), Arc::new(remembered));
    }
}
