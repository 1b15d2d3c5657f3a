//! One visit: what a browser asked for, as whom, and whether the console answers it at all.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, header, request};
use jiff::Timestamp;
use maud::{Markup, html};
use percent_encoding::percent_decode_str;
use services::front::acting::Actor;

use super::fields::Fields;
use super::outcome::Outcome;
use super::{Note, acting, somebody};
use crate::clock::TimeMode;

/// What lies below this is the console's own whoever asks: style, script and what the script asks for.
pub const ASSETS: &str = "/_accountd/console/";

/// Where all state is had as a file.
const EXPORT: &str = "/control/export";

/// Where an exported document goes that may be of any size: alone, and not in the parts of a form.
const IMPORT: &str = "/control/import";

/// The header with the token of the form that an import comes from.
pub const TOKEN_HEADER: &str = "x-accountd-token";

/// Where a page asks for its news.
pub const NEWS: &str = "/_accountd/console/news";

/// The first parts of the console's addresses.
const PLACES: [&str; 14] = [
    "",
    "accounts",
    "act",
    "acting",
    "calls",
    "control",
    "identities",
    "policies",
    "search",
    "sign-in",
    "theme",
    "units",
    "what-if",
    "why",
];

/// Everything that a page is made for, besides the state.
pub struct Visit {
    /// `GET`, `HEAD` or `POST`.
    pub method: Method,
    /// The parts of the path, decoded.
    pub segments: Vec<String>,
    /// The path and the query as they were sent.
    pub address: String,
    /// The query.
    pub query: Fields,
    /// The body, where it is a form that [was read](Self::read_form).
    pub form: Fields,
    body: Bytes,
    /// The headers.
    pub headers: HeaderMap,
    /// Where the browser is.
    pub peer: IpAddr,
    /// Whom the browser acts as.
    pub actor: Option<Actor>,
    /// Service time.
    pub now: Timestamp,
    /// How service time passes.
    pub mode: TimeMode,
    /// How far service time is from real time, in seconds.
    pub ahead_seconds: i64,
    /// What every form must carry.
    pub token: String,
    /// What came of the operation that this page answers.
    pub outcome: Option<Outcome>,
    /// What there is to say otherwise.
    pub note: Option<Note>,
    /// The address as it was sent.
    pub uri: Uri,
}

impl Visit {
    /// Reads a request.
    pub fn read(request: Request<Bytes>, peer: IpAddr) -> Self {
        let (head, body) = request.into_parts();
        let address = head.uri.path_and_query().map_or("/", |text| text.as_str()).to_owned();
        let mut visit = Self {
            method: head.method,
            segments: Vec::new(),
            address: String::new(),
            query: Fields::default(),
            form: Fields::default(),
            body,
            headers: head.headers,
            peer,
            actor: None,
            now: Timestamp::UNIX_EPOCH,
            mode: TimeMode::Real,
            ahead_seconds: 0,
            token: String::new(),
            outcome: None,
            note: None,
            uri: head.uri,
        };
        visit.go_to(&address);
        visit.actor = visit.cookie(acting::COOKIE).and_then(|text| somebody::read(&text));
        visit
    }

    /// Reads the form in the body, which takes as long as it is: only of whoever was let in, or of so many bytes.
    pub fn read_form(&mut self, most_bytes: usize) {
        if self.body.len() <= most_bytes
            && let Ok(text) = std::str::from_utf8(&self.body)
        {
            self.form = form(&self.headers, text);
        }
    }

    /// Shows another address of the console.
    pub fn go_to(&mut self, address: &str) {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let part = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        self.segments = path.split('/').filter(|part| !part.is_empty()).map(part).collect();
        self.query = Fields::read(query);
        self.address = address.to_owned();
    }

    /// The parts of the path, to be matched.
    pub fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(known, _)| *known == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// The field that every form must carry.
    pub fn hidden_token(&self) -> Markup {
        html! { input type="hidden" name="token" value=(self.token); }
    }

    fn host(&self) -> Option<&str> {
        let named = self.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        self.uri.authority().map(|authority| authority.as_str()).or(named)
    }

    /// The URL that clients of this accountd are given, as the browser knows it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.host().unwrap_or("127.0.0.1:4566"))
    }

    /// Whether a form was sent by a page of this very console: browsers say where a form comes from.
    pub fn is_of_this_origin(&self) -> bool {
        let Some(origin) = self.headers.get(header::ORIGIN) else { return true };
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        matches!((origin, self.host()), (Some((_, origin)), Some(host)) if origin == host)
    }
}

/// The fields of a body that is a form.
fn form(headers: &HeaderMap, body: &str) -> Fields {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (kind, rest) =
        content_type.unwrap_or_default().split_once(';').unwrap_or((content_type.unwrap_or_default(), ""));
    match (kind.trim(), rest.trim().strip_prefix("boundary=")) {
        ("application/x-www-form-urlencoded", _) => Fields::read(body),
        ("multipart/form-data", Some(boundary)) => Fields::read_multipart(body, boundary.trim_matches('"')),
        _ => Fields::default(),
    }
}

/// Whether the console answers a request: one for its addresses, by somebody who would rather read HTML than anything
/// else and has not signed anything. Clients of AWS never are.
pub fn is_for_console<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(ASSETS)
        || is_of_place(request.method(), request.uri(), request.headers())
}

/// Whether it or its answer comes in pieces: all state as a file, which may be of any size, and news as they come.
pub fn is_in_pieces(head: &request::Parts) -> bool {
    match head.uri.path() {
        EXPORT => head.method != Method::POST && is_of_place(&head.method, &head.uri, &head.headers),
        IMPORT => {
            head.method == Method::POST
                && head.headers.contains_key(TOKEN_HEADER)
                && is_of_place(&head.method, &head.uri, &head.headers)
        }
        NEWS => head.method == Method::GET,
        _ => false,
    }
}

fn is_of_place(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let first = uri.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    matches!(*method, Method::GET | Method::HEAD | Method::POST)
        && PLACES.contains(&first)
        && prefers_html(headers)
        && !is_signed(headers, uri.query().unwrap_or_default())
}

fn is_signed(headers: &HeaderMap, query: &str) -> bool {
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let is_bearer = |value: &[u8]| value.len() > 7 && value[..7].eq_ignore_ascii_case(b"bearer ");
    let is_in_query =
        ["X-Amz-", "AWSAccessKeyId=", "SignatureVersion=", "Action="].iter().any(|it| query.contains(it));
    authorization.is_some_and(|value| !is_bearer(value))
        || headers.contains_key("x-amz-target")
        || headers.contains_key("x-amz-date")
        || is_in_query
}

/// Whether `Accept` names HTML, and nothing with a higher quality.
fn prefers_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let (mut html, mut others) = (0.0_f32, 0.0_f32);
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse);
        let quality = quality.unwrap_or(0.0);
        let best = if name == "text/html" { &mut html } else { &mut others };
        *best = best.max(quality);
    }
    html > 0.0 && html >= others
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<Bytes> {
        let mut builder = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Bytes::new()).unwrap()
    }

    const BROWSER: (&str, &str) =
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8");

    /// F-CONSOLE-1
    #[test]
    fn only_who_would_rather_read_html_is_shown_the_console() {
        for path in ["/", "/accounts/111122223333", "/calls?refused=on", "/why?event=1", "/control"] {
            assert!(is_for_console(&head("GET", path, &[BROWSER])), "{path}");
            assert!(is_for_console(&head("POST", path, &[BROWSER])), "{path}");
            assert!(!is_for_console(&head("PUT", path, &[BROWSER])), "{path}");
            assert!(!is_for_console(&head("GET", path, &[])), "{path}");
            for accept in ["*/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0"] {
                assert!(!is_for_console(&head("GET", path, &[("accept", accept)])), "{path} {accept}");
            }
        }
        assert!(is_for_console(&head("GET", "/_accountd/console/style.css", &[])));
        for path in ["/listRegions", "/_accountd/health", "/accountsx", "/acts/1"] {
            assert!(!is_for_console(&head("GET", path, &[BROWSER])), "{path}");
        }
    }

    /// F-CONSOLE-1
    #[test]
    fn whoever_signs_speaks_to_aws() {
        for signed in [
            ("authorization", "AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/iam/aws4_request"),
            ("authorization", "AWS test:signature"),
            ("x-amz-target", "AWSOrganizationsV20161128.ListRoots"),
            ("x-amz-date", "20261127T000000Z"),
        ] {
            assert!(!is_for_console(&head("POST", "/", &[BROWSER, signed])), "{signed:?}");
        }
        assert!(is_for_console(&head("GET", "/", &[BROWSER, ("authorization", "Bearer token")])));
        for query in ["X-Amz-Signature=1", "AWSAccessKeyId=1&Signature=2", "Action=ListUsers"] {
            assert!(!is_for_console(&head("GET", &format!("/?{query}"), &[BROWSER])), "{query}");
        }
    }

    /// F-CONSOLE-3
    #[test]
    fn a_form_comes_from_this_origin_or_from_a_program() {
        let visit = |headers: &[(&str, &str)]| {
            Visit::read(head("POST", "/act", headers), IpAddr::from([127, 0, 0, 1]))
        };
        let host = ("host", "localhost:4566");
        assert!(visit(&[host]).is_of_this_origin());
        assert!(visit(&[host, ("origin", "http://localhost:4566")]).is_of_this_origin());
        for origin in ["http://localhost:4567", "http://evil.example", "null", ""] {
            assert!(!visit(&[host, ("origin", origin)]).is_of_this_origin(), "{origin}");
        }
        assert!(!visit(&[("origin", "http://localhost:4566")]).is_of_this_origin());
    }
}
