//! Derived signing keys that are remembered, each with the secret it was derived from.

use std::sync::Arc;

use aws::secret::Secret;
use aws::sigv4::{Claim, SigningKey};
use quick_cache::sync::Cache;
use services::front::ports;

/// How many are remembered: one for each access key, day, Region and service in use. Deriving
/// one costs as much as the rest of a request, so 10,000 accounts in use must fit; each takes about 250 bytes.
const REMEMBERED: usize = 50_000;

/// The keys by the scope that they were derived for, in a cache of bounded size.
pub struct SigningKeys(Cache<String, Arc<Remembered>>);

/// A key with its secret, since a secret may be another one after a reset.
struct Remembered {
    secret: Secret,
    key: Arc<SigningKey>,
}

impl SigningKeys {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl ports::SigningKeys for SigningKeys {
    fn derive(&self, claim: &Claim<'_>, secret: &str) -> Arc<SigningKey> {
        if let Some(remembered) = self.0.get(claim.credential())
            && remembered.secret.expose() == secret
        {
            return Arc::clone(&remembered.key);
        }
        let key = Arc::new(SigningKey::derive(secret, claim.date(), claim.region(), claim.service()));
        let remembered = Remembered { secret: Secret::new(secret.to_owned()), key: Arc::clone(&key) };
        self.0.insert(claim.credential().to_owned(), Arc::new(remembered));
        key
    }
}
