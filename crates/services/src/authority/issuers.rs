//! Issuers of OpenID Connect, whose published keys say whether a token is theirs.

use std::sync::Arc;

use serde_json::Value;

/// Why an issuer's keys are not at hand although it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFetched {
    /// It did not answer in time, or there is nobody.
    Unreachable,
    /// What it answers is no discovery document, or no key set.
    Unusable,
}

/// The keys that issuers of web identities publish under their URLs. Rules ask nobody: what is not remembered is fetched
/// when a run says so ([`Wanted::IssuerKeys`](crate::world::Wanted::IssuerKeys)), and the request is run again.
pub trait IssuerKeys {
    /// The key set of the issuer at this URL, if it was fetched lately. One that lacks the key with this id is remembered for
    /// a short time only, since issuers change their keys.
    fn remembered(&self, issuer: &str, key_id: Option<&str>) -> Option<Result<Arc<Value>, NotFetched>>;
}

/// An issuer's URL as providers and condition keys name it. F-WEB-5 (*own*): one on loopback may do without TLS, so that a
/// test can be its own issuer; any other has `https://`.
pub fn name_of_issuer(issuer: &str) -> Option<&str> {
    issuer.strip_prefix("https://").or_else(|| is_loopback_url(issuer).then(|| &issuer["http://".len()..]))
}

/// Whether a URL is to this very machine, over TLS or not.
pub fn is_on_loopback(url: &str) -> bool {
    is_loopback_url(url)
        || url.strip_prefix("https://").is_some_and(|rest| is_loopback_url(&format!("http://{rest}")))
}

/// Whether a URL is of plain HTTP to this very machine.
pub fn is_loopback_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    ["127.0.0.1", "localhost", "[::1]"].contains(&host) && port.parse::<u16>().is_ok()
}
