//! The keys that issuers of web identities publish, fetched over HTTP and remembered for a while.
//!
//! An issuer is asked for its discovery document, and then for the key set which that names
//! (<https://openid.net/specs/openid-connect-discovery-1_0.html>). It has a few seconds for both, must answer directly, and
//! may send no more than a key set needs. Only issuers that an account has made a provider of are asked at all.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use serde_json::Value;
use services::authority::issuers::{IssuerKeys, NotFetched, is_loopback_url};
use services::world::{Fault, Wanted};
use tokio::sync::{OnceCell, Semaphore};
use tokio_rustls::TlsConnector;

use crate::outgoing::{self, Destination, NoAnswer};
use crate::tls;

use crate::store::StoreError;

/// F-WEB-5: how long an issuer has to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// F-WEB-5: the largest answer that is read.
const LARGEST_ANSWER_BYTES: usize = 256 * 1024;
/// F-WEB-5: how long keys are remembered, and how long it is remembered that there were none, or not the right one.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);
const FAILURE_KEPT_FOR: SignedDuration = SignedDuration::from_secs(10);
/// How many issuers are remembered, and how many are asked at a time.
const REMEMBERED: usize = 1_000;
const ASKED_AT_A_TIME: usize = 8;

/// Issuers, and what they said lately.
pub struct Issuers {
    fetched: Cache<String, Fetched>,
    asking: Semaphore,
    tls: OnceCell<TlsConnector>,
}

#[derive(Clone)]
struct Fetched {
    at: Timestamp,
    keys: Result<Arc<Value>, NotFetched>,
}

impl Fetched {
    /// Whether it may still be used for a token that names this key.
    fn is_good(&self, key_id: Option<&str>, now: Timestamp) -> bool {
        let has_key = |keys: &Value| {
            let mut ids = keys["keys"].as_array().into_iter().flatten().map(|key| key["kid"].as_str());
            key_id.is_none_or(|wanted| ids.any(|known| known == Some(wanted)))
        };
        let is_complete = self.keys.as_ref().is_ok_and(|keys| has_key(keys));
        now.duration_since(self.at) < if is_complete { KEPT_FOR } else { FAILURE_KEPT_FOR }
    }
}

impl Issuers {
    /// Nobody was asked yet.
    pub fn new() -> Self {
        Self {
            fetched: Cache::new(REMEMBERED),
            asking: Semaphore::new(ASKED_AT_A_TIME),
            tls: OnceCell::new(),
        }
    }

    /// Asks the issuer whose keys a run wanted, if that is why it failed. What it said answers the next run.
    pub async fn was_asked<T>(&self, outcome: &Result<T, StoreError>) -> bool {
        let Err(StoreError::Fault(Fault::Wanted(wanted))) = outcome else { return false };
        let Wanted::IssuerKeys(issuer) = &**wanted else { return false };
        self.fetch(issuer).await;
        true
    }

    /// Asks an issuer for its keys and remembers what it said. It takes no longer than an issuer has time.
    async fn fetch(&self, issuer: &str) {
        let ask = async {
            let _turn = self.asking.acquire().await.map_err(|_| NotFetched::Unreachable)?;
            self.key_set(issuer).await
        };
        let keys = tokio::time::timeout(PATIENCE, ask).await.unwrap_or(Err(NotFetched::Unreachable));
        if let Err(why) = keys {
            tracing::debug!(issuer, ?why, "an issuer's keys were not fetched");
        }
        let fetched = Fetched { at: Timestamp::now(), keys: keys.map(Arc::new) };
        self.fetched.insert(issuer.to_owned(), fetched);
    }

    async fn key_set(&self, issuer: &str) -> Result<Value, NotFetched> {
        let discovery = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let configuration = self.get(&discovery).await?;
        // The document must be of the issuer that was asked, and its keys no less protected.
        if configuration["issuer"].as_str() != Some(issuer) {
            return Err(NotFetched::Unusable);
        }
        let place = configuration["jwks_uri"].as_str().ok_or(NotFetched::Unusable)?;
        if !is_as_protected(issuer, place) {
            return Err(NotFetched::Unusable);
        }
        let keys = self.get(place).await?;
        if keys["keys"].is_array() { Ok(keys) } else { Err(NotFetched::Unusable) }
    }

    async fn get(&self, url: &str) -> Result<Value, NotFetched> {
        let uri: Uri = url.parse().map_err(|_| NotFetched::Unusable)?;
        let (Some(authority), Some(path)) = (uri.authority(), uri.path_and_query()) else {
            return Err(NotFetched::Unusable);
        };
        let host = authority.host().trim_matches(['[', ']']);
        let is_secure = uri.scheme_str() == Some("https");
        if !is_secure && !is_loopback_url(url) {
            return Err(NotFetched::Unusable);
        }
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let request = Request::get(path.as_str())
            .header(header::HOST, authority.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "accountd");
        let request = request.body(Full::default()).map_err(|_| NotFetched::Unusable)?;
        let tls = if is_secure { Some(self.tls.get_or_try_init(connector).await?) } else { None };
        let answer = outgoing::send(&Destination { host, port, tls }, request, LARGEST_ANSWER_BYTES).await;
        let answer = answer.map_err(|why| match why {
            NoAnswer::Unreachable(_) => NotFetched::Unreachable,
            NoAnswer::Unusable(_) => NotFetched::Unusable,
        })?;
        if answer.status != StatusCode::OK {
            return Err(NotFetched::Unusable);
        }
        serde_json::from_slice(&answer.body).map_err(|_| NotFetched::Unusable)
    }
}

/// F-WEB-5: whether a place is protected as well as the issuer that names it. Who is asked over TLS may not lead to where
/// there is none, such as to a server on this machine.
fn is_as_protected(issuer: &str, place: &str) -> bool {
    let is_secure = |url: &str| url.parse::<Uri>().is_ok_and(|url| url.scheme_str() == Some("https"));
    is_secure(place) || !is_secure(issuer)
}

/// F-WEB-5: certificates are judged by the roots of this machine; thumbprints of a provider are not looked at.
async fn connector() -> Result<TlsConnector, NotFetched> {
    // The roots are files, so they are not read on a thread that answers.
    let config =
        tokio::task::spawn_blocking(|| tls::client(None)).await.map_err(|_| NotFetched::Unreachable)?;
    Ok(TlsConnector::from(config.map_err(|_| NotFetched::Unreachable)?))
}

impl IssuerKeys for Issuers {
    fn remembered(&self, issuer: &str, key_id: Option<&str>) -> Option<Result<Arc<Value>, NotFetched>> {
        let fetched = self.fetched.get(issuer)?;
        fetched.is_good(key_id, Timestamp::now()).then_some(fetched.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// F-WEB-5
    #[test]
    fn an_issuer_over_tls_leads_nowhere_without_it() {
        for (issuer, place, is_taken) in [
            ("https://issuer.example", "https://keys.example/jwks", true),
            ("https://issuer.example", "http://127.0.0.1:4566/jwks", false),
            ("https://issuer.example", "http://keys.example/jwks", false),
            ("HTTPS://issuer.example", "http://127.0.0.1/jwks", false),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000/jwks", true),
            ("http://127.0.0.1:9000", "https://keys.example/jwks", true),
        ] {
            assert_eq!(is_as_protected(issuer, place), is_taken, "{issuer} {place}");
        }
    }

    /// F-WEB-5
    #[test]
    fn keys_are_remembered_for_a_while_and_failures_for_a_moment() {
        let at = Timestamp::UNIX_EPOCH;
        let fetched = |keys| Fetched { at, keys };
        let found = fetched(Ok(Arc::new(json!({ "keys": [{ "kid": "one" }] }))));
        let after = |seconds| at + SignedDuration::from_secs(seconds);
        for (fetched, key_id, good_for) in [
            (&found, Some("one"), 299),
            (&found, None, 299),
            (&found, Some("two"), 9),
            (&fetched(Err(NotFetched::Unreachable)), Some("one"), 9),
        ] {
            assert!(fetched.is_good(key_id, after(good_for)), "{key_id:?}");
            assert!(!fetched.is_good(key_id, after(good_for + 1)), "{key_id:?}");
        }
    }
}
