//! Who may use the own endpoints.
//!
//! Health and readiness are open. For the rest: anyone while accountd listens on a loopback address,
//! elsewhere whoever knows the administrator's token. A web page in a browser on this machine can
//! reach a loopback address too, so a foreign name in `Host` (DNS rebinding), a page of another site and, where something
//! would change, any `Origin` (cross-site request forgery) are refused (F-EDGE-20 to F-EDGE-22).

use constant_time_eq::constant_time_eq;
use http::{HeaderMap, StatusCode, Uri, header};

use crate::configuration::Secret;
use crate::pages::{host_is_local, is_navigation, is_of_foreign_page};

/// Who may use the own endpoints of this process.
#[derive(Debug, Clone)]
pub enum Access {
    /// Anyone who reaches it.
    Loopback,
    /// Whoever knows this token; nobody where there is none.
    Token(Option<Secret>),
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// A token is needed, and none or a wrong one was sent (401).
    NeedsToken,
    /// Too many wrong ones came from there of late (429).
    TooManyWrongTokens,
    /// No token is configured (403).
    NoTokenConfigured,
    /// The request names a host that is not this machine (403).
    ForeignHost,
    /// The request was made by a web page (403).
    FromWebPage,
    /// The request was made by a web page of another site (403).
    FromForeignPage,
}

impl Forbidden {
    /// The text a person reads.
    pub fn message(self) -> &'static str {
        match self {
            Self::NeedsToken => "Send the administrator's token: Authorization: Bearer TOKEN.",
            Self::TooManyWrongTokens => "Too many wrong tokens came from there: wait a minute.",
            Self::NoTokenConfigured => {
                "Other machines can reach this address and no --admin-token is configured, so this is closed."
            }
            Self::ForeignHost => "The Host header names another machine: use localhost or 127.0.0.1.",
            Self::FromWebPage => "Web pages may not do this: the request has an Origin header.",
            Self::FromForeignPage => {
                "Web pages of other sites may not do this; --allow-origin names those that may."
            }
        }
    }
}

impl Forbidden {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NeedsToken => StatusCode::UNAUTHORIZED,
            Self::TooManyWrongTokens => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::FORBIDDEN,
        }
    }
}

impl Access {
    /// Whether this request tries a token where one opens.
    pub fn is_tried(&self, headers: &HeaderMap) -> bool {
        matches!(self, Self::Token(Some(_))) && headers.contains_key(header::AUTHORIZATION)
    }

    /// Whether this request is let in. `changes` says whether it would change something.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self, uri: &Uri, headers: &HeaderMap, changes: bool) -> Result<(), Forbidden> {
        match self {
            Self::Loopback => {
                if !host_is_local(uri, headers) {
                    return Err(Forbidden::ForeignHost);
                }
                if !changes && is_of_foreign_page(headers, &[]) && !is_navigation(headers) {
                    return Err(Forbidden::FromForeignPage);
                }
            }
            Self::Token(None) => return Err(Forbidden::NoTokenConfigured),
            Self::Token(Some(token)) => {
                if !has_token(headers, token) {
                    return Err(Forbidden::NeedsToken);
                }
            }
        }
        if changes && headers.contains_key(header::ORIGIN) {
            return Err(Forbidden::FromWebPage);
        }
        Ok(())
    }
}

/// Compares in constant time; only the token's length can be learnt.
fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return false };
    let Some((scheme, sent)) = value.as_bytes().split_at_checked(b"Bearer ".len()) else { return false };
    scheme.eq_ignore_ascii_case(b"Bearer ") && constant_time_eq(sent, token.expose().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    fn check(
        access: &Access,
        pairs: &[(&'static str, &'static str)],
        changes: bool,
    ) -> Result<(), Forbidden> {
        access.check(&Uri::from_static("/_accountd/outbox"), &headers(pairs), changes)
    }

    /// F-EDGE-20.
    #[test]
    fn on_loopback_anyone_may_but_no_foreign_name() {
        for host in ["localhost", "127.0.0.1:4566", "127.8.8.8", "[::1]:4566", "LocalHost:1", "a.localhost"] {
            assert_eq!(check(&Access::Loopback, &[("host", host)], true), Ok(()), "{host}");
        }
        assert_eq!(check(&Access::Loopback, &[("host", "localhost.localstack.cloud:4566")], true), Ok(()));
        assert_eq!(check(&Access::Loopback, &[], true), Ok(()));
        for host in ["evil.example", "notlocalhost", "10.0.0.1:4566", "127.0.0.1.evil.example", ""] {
            let refused = check(&Access::Loopback, &[("host", host)], false);
            assert_eq!(refused, Err(Forbidden::ForeignHost), "{host}");
        }
    }

    /// F-EDGE-21.
    #[test]
    fn a_web_page_changes_nothing() {
        let page = [("host", "127.0.0.1"), ("origin", "http://evil.example")];
        assert_eq!(check(&Access::Loopback, &page, true), Err(Forbidden::FromWebPage));
        // It does not even make the machine work.
        assert_eq!(check(&Access::Loopback, &page, false), Err(Forbidden::FromForeignPage));
        let image = [("host", "127.0.0.1"), ("sec-fetch-site", "cross-site")];
        assert_eq!(check(&Access::Loopback, &image, false), Err(Forbidden::FromForeignPage));
        let link = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert_eq!(
            check(&Access::Loopback, &[&image[..], &link].concat(), false),
            Ok(()),
            "a person follows it"
        );
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let framed = check(&Access::Loopback, &[&image[..], &frame].concat(), false);
        assert_eq!(framed, Err(Forbidden::FromForeignPage));
        let own = [("host", "127.0.0.1"), ("origin", "http://localhost:3000")];
        assert_eq!(check(&Access::Loopback, &own, false), Ok(()));
    }

    /// F-EDGE-22.
    #[test]
    fn elsewhere_only_the_token_opens() {
        let closed = Access::Token(None);
        assert_eq!(check(&closed, &[("host", "127.0.0.1")], false), Err(Forbidden::NoTokenConfigured));
        let access = Access::Token(Some(Secret::new("correct-token".to_owned())));
        assert_eq!(check(&access, &[("authorization", "Bearer correct-token")], true), Ok(()));
        assert_eq!(check(&access, &[("authorization", "bearer correct-token")], true), Ok(()));
        for wrong in ["Bearer correct-tokem", "Bearer correct-token2", "Bearer ", "Basic correct-token", ""] {
            let refused = check(&access, &[("authorization", wrong)], false);
            assert_eq!(refused, Err(Forbidden::NeedsToken), "{wrong}");
        }
        assert_eq!(check(&access, &[("host", "127.0.0.1")], false), Err(Forbidden::NeedsToken));
    }
}
