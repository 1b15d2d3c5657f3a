//! What the path of a request remembers from one request to the next. No answer depends on it but that of a throttled
//! call; whoever runs the path keeps it, with caches of its own.

use std::sync::Arc;

use aws::sigv4::{Claim, SigningKey};
use aws::throttle::Rate;
use jiff::Timestamp;

use super::identify::AcceptedKeys;
use crate::authority::issuers::IssuerKeys;
use crate::service::Bucket;
use crate::state::identity::{Credential, SealingKey};

/// What requests are judged by besides the state.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Which access keys are taken, and how strictly signatures are judged.
    pub keys: &'a AcceptedKeys,
    /// Derived signing keys.
    pub signing_keys: &'a dyn SigningKeys,
    /// Session tokens that were opened.
    pub sessions: &'a dyn OpenedSessions,
    /// The published request rates.
    pub buckets: &'a dyn Buckets,
    /// Keys that issuers of web identities publish.
    pub issuers: &'a dyn IssuerKeys,
}

/// Derived signing keys: deriving one costs as much as the rest of a request.
pub trait SigningKeys {
    /// The key that `secret` became in the scope of `claim`, if that is remembered.
    fn remembered(&self, claim: &Claim<'_>, secret: &str) -> Option<Arc<SigningKey>>;

    /// Offers the key that `secret` becomes in the scope of `claim`. Only what verified a signature is offered: nobody
    /// who does not know the secret makes anything be remembered.
    fn remember(&self, claim: &Claim<'_>, secret: &str, key: &Arc<SigningKey>);
}

/// Session tokens that were opened, so that a session's next request need not open its token again.
pub trait OpenedSessions {
    /// The credentials that `token` was once opened to with `key` for this access key id, if that is remembered.
    fn remembered(&self, access_key_id: &str, token: &str, key: &SealingKey) -> Option<Arc<Credential>>;

    /// Offers the credentials that a token was opened to with `key`.
    fn remember(&self, key: SealingKey, credential: &Arc<Credential>);
}

/// The request rates.
pub trait Buckets {
    /// Takes a token from each bucket for one request; `false` where one has none. A request that is run again does not pay
    /// twice.
    fn take(&self, from: &[(Bucket, Rate)], now: Timestamp) -> bool;
}
