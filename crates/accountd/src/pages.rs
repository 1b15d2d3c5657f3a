//! A web page in a browser is no client.
//!
//! A page from anywhere can reach a loopback address, and where the well-known credentials are taken it knows them. So
//! there a request is refused that names a foreign host (DNS rebinding), comes from a foreign origin, or was made by a
//! page of another site without saying of which (an image, a form). Pages of this machine and of the origins that a
//! person allowed may use the services, and their scripts may read the answers. F-COST-11
//!
//! Where credentials are a person's own, no page knows them, and every origin is allowed, as it is at AWS.

use std::fmt;
use std::net::IpAddr;

use aws::protocol::header_text;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HOST, ORIGIN, VARY};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri};

use crate::admin::access::Forbidden;

/// The headers of answers that scripts of other origins may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-amzn-requestid, x-amzn-errortype, x-amz-apigw-id, date");

/// Where a page comes from: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads what a browser sends: `https://console.example`, with a port if it is not the scheme's own.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let authority: Authority = authority.parse().ok()?;
        let is_plain = !scheme.is_empty() && !authority.as_str().contains(['@', '*']);
        (is_plain && !authority.host().is_empty()).then(|| Self(text.to_ascii_lowercase()))
    }

    fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        without_port(authority)
    }

    fn is_local(&self) -> bool {
        is_local_name(self.host())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How much stands between pages and the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing: no page knows the credentials.
    None,
    /// Only this machine is meant, by one of its own names.
    Loopback,
    /// The well-known credentials are taken from elsewhere too: by addresses, and by names that nobody can own in the
    /// public DNS, as those of containers are.
    PrivateNames,
}

impl Guard {
    fn knows(self, host: &str) -> bool {
        match self {
            Self::None => true,
            Self::Loopback => is_local_name(host),
            Self::PrivateNames => is_local_name(host) || is_private_name(host),
        }
    }
}

/// Which pages may use the services.
#[derive(Debug, Clone)]
pub struct Pages {
    guard: Guard,
    allowed: Vec<Origin>,
}

impl Pages {
    /// Pages of this machine and of `allowed`; any where there is no guard.
    pub fn new(guard: Guard, allowed: Vec<Origin>) -> Self {
        Self { guard, allowed }
    }

    /// The origin that an answer may be read from; `None` where the request names none.
    ///
    /// # Errors
    /// Says why the request is refused.
    pub fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<Option<HeaderValue>, Forbidden> {
        if self.guard == Guard::None {
            return Ok(headers.contains_key(ORIGIN).then(|| HeaderValue::from_static("*")));
        }
        let is_allowed =
            |host: &str| self.allowed.iter().any(|origin| origin.host().eq_ignore_ascii_case(host));
        if !host_is(uri, headers, |host| self.guard.knows(host) || is_allowed(host)) {
            return Err(Forbidden::ForeignHost);
        }
        if is_of_foreign_page(headers, &self.allowed) {
            return Err(Forbidden::FromForeignPage);
        }
        Ok(headers.get(ORIGIN).cloned())
    }
}

/// Lets scripts of the admitted origin read an answer. F-COST-12
pub fn let_read(origin: Option<HeaderValue>, answer: &mut HeaderMap) {
    if let Some(origin) = origin {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        answer.append(VARY, HeaderValue::from_static("origin"));
    }
}

/// Whether a page made the request that is neither of this machine nor of one of `allowed`.
pub fn is_of_foreign_page(headers: &HeaderMap, allowed: &[Origin]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site"),
        (Some(origin), None) => {
            let origin = origin.to_str().ok().and_then(Origin::parse);
            origin.is_none_or(|origin| !origin.is_local() && !allowed.contains(&origin))
        }
        (Some(_), Some(_)) => true,
    }
}

/// Whether a person follows a link to here, in a window of its own: what only shows something may be linked to.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    let is = |name: &str, wanted: &str| headers.get(name).is_some_and(|value| value == wanted);
    is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document") && !headers.contains_key(ORIGIN)
}

/// Whether the host that a request names is one that `is_meant`. Only programs leave it out, not browsers.
fn host_is(uri: &Uri, headers: &HeaderMap, is_meant: impl Fn(&str) -> bool) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let authority = match (uri.authority(), hosts.next(), hosts.next()) {
        (Some(authority), ..) => Some(authority.as_str()),
        (None, None, _) => return true,
        (None, Some(host), None) => header_text(host),
        (None, Some(_), Some(_)) => None,
    };
    authority
        .filter(|authority| !authority.contains('@'))
        .is_some_and(|authority| is_meant(without_port(authority)))
}

/// Whether the host that a request names is this machine.
pub fn host_is_local(uri: &Uri, headers: &HeaderMap) -> bool {
    host_is(uri, headers, is_local_name)
}

fn without_port(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(address, _)| address);
    }
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

fn is_local_name(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return address.is_loopback();
    }
    let host = host.to_ascii_lowercase();
    // RFC 6761 gives the whole of `localhost` to this machine. The last is a public name for
    // 127.0.0.1 that LocalStack's tools use, with any name in front.
    ["localhost", "localhost.localstack.cloud"]
        .iter()
        .any(|name| host == *name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether a name cannot be in the public DNS, where somebody could let it point here: an address, a name without a dot,
/// or one below a name that is set aside (RFC 6761, RFC 6762, and `internal`).
fn is_private_name(host: &str) -> bool {
    let is_set_aside = |host: &str| {
        ["test", "local", "internal", "svc"].iter().any(|name| {
            host.get(host.len().saturating_sub(name.len() + 1)..)
                .is_some_and(|end| end.strip_prefix('.').is_some_and(|end| end.eq_ignore_ascii_case(name)))
        })
    };
    host.parse::<IpAddr>().is_ok() || (!host.is_empty() && !host.contains('.')) || is_set_aside(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(pages: &Pages, pairs: &[(&'static str, &'static str)]) -> Result<Option<String>, Forbidden> {
        let pairs = pairs.iter().map(|(name, value)| {
            (name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_static(value))
        });
        let admitted = pages.admit(&Uri::from_static("/"), &pairs.collect())?;
        Ok(admitted.map(|origin| origin.to_str().unwrap().to_owned()))
    }

    /// F-COST-11
    #[test]
    fn only_pages_of_this_machine_and_those_that_were_allowed_are_admitted() {
        let pages = Pages::new(Guard::Loopback, vec![Origin::parse("https://console.example").unwrap()]);
        for (pairs, expected) in [
            (&[("host", "127.0.0.1:4566")][..], Ok(None)),
            (&[], Ok(None)),
            (
                &[("host", "localhost"), ("origin", "http://localhost:3000")],
                Ok(Some("http://localhost:3000")),
            ),
            (
                &[("host", "console.example"), ("origin", "https://console.example")],
                Ok(Some("https://console.example")),
            ),
            (&[("host", "[::1]:1"), ("sec-fetch-site", "same-origin")], Ok(None)),
            (&[("host", "evil.example:4566")], Err(Forbidden::ForeignHost)),
            (&[("host", "127.0.0.1:80@evil.example")], Err(Forbidden::ForeignHost)),
            (&[("host", "localhost"), ("origin", "http://evil.example")], Err(Forbidden::FromForeignPage)),
            (&[("host", "localhost"), ("origin", "http://console.example")], Err(Forbidden::FromForeignPage)),
            (
                &[("host", "localhost"), ("origin", "http://localhost.evil.example")],
                Err(Forbidden::FromForeignPage),
            ),
            (&[("host", "localhost"), ("origin", "null")], Err(Forbidden::FromForeignPage)),
            (&[("host", "localhost"), ("sec-fetch-site", "cross-site")], Err(Forbidden::FromForeignPage)),
        ] {
            assert_eq!(admit(&pages, pairs), expected.map(|origin| origin.map(str::to_owned)), "{pairs:?}");
        }
    }

    #[test]
    fn where_no_page_knows_the_credentials_every_page_may_ask() {
        let pages = Pages::new(Guard::None, Vec::new());
        let page = [("host", "accountd.example"), ("origin", "http://evil.example")];
        assert_eq!(admit(&pages, &page), Ok(Some("*".to_owned())));
        assert_eq!(admit(&pages, &[("host", "accountd.example")]), Ok(None));
    }

    #[test]
    fn where_the_well_known_credentials_are_taken_from_elsewhere_no_public_name_is_known() {
        let pages = Pages::new(Guard::PrivateNames, Vec::new());
        for host in
            ["accountd:4566", "10.0.0.7", "[fd00::1]:80", "host.docker.internal", "a.ns.svc", "localhost"]
        {
            assert_eq!(admit(&pages, &[("host", host)]), Ok(None), "{host}");
        }
        for host in
            ["evil.example", "10.0.0.7.evil.example", "internal.evil.example", "evilinternal.example", ""]
        {
            assert_eq!(admit(&pages, &[("host", host)]), Err(Forbidden::ForeignHost), "{host}");
        }
        let page = [("host", "accountd"), ("origin", "http://evil.example")];
        assert_eq!(admit(&pages, &page), Err(Forbidden::FromForeignPage));
    }
}
