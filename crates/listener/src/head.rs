//! What RFC 9112 has a server refuse of a request's head, and hyper takes. F-EDGE-43
//!
//! A line that ends in a bare LF is taken: hyper's parser recognizes it, as RFC 9112 §2.2 allows, and nobody behind it
//! sees how a line ended.

use http::uri::Authority;
use http::{HeaderMap, Method, Version, header, request};

/// Whether a request may be answered at all.
pub(super) fn is_well_formed(head: &request::Parts) -> bool {
    names_one_host(&head.headers, head.version) && !names_only_an_authority(head)
}

/// RFC 9112 §3.2: HTTP/1.1 needs one `Host`, and nobody may send two, or one that is no host.
fn names_one_host(headers: &HeaderMap, version: Version) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version != Version::HTTP_11,
        (Some(host), None) => is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A name or an address, with or without a port; or nothing, where what is asked for has none.
fn is_host(host: &[u8]) -> bool {
    host.is_empty() || is_plain(host) || (!host.contains(&b'@') && Authority::try_from(host).is_ok())
}

/// What nearly everybody sends: letters, digits, dots and hyphens, and a port. An [`Authority`] would be a copy of it, made for
/// each request.
fn is_plain(host: &[u8]) -> bool {
    let (name, port) = host.split_at(host.iter().position(|byte| *byte == b':').unwrap_or(host.len()));
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    !name.is_empty() && name.iter().all(is_of_name) && port.iter().skip(1).all(u8::is_ascii_digit)
}

/// RFC 9112 §3.2.3: a target such as `.` that is neither a path nor a whole URI is for CONNECT only.
fn names_only_an_authority(head: &request::Parts) -> bool {
    head.uri.scheme().is_none() && head.uri.authority().is_some() && head.method != Method::CONNECT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_an_authority() {
        for host in ["h", "a-b.example", "a-b.example:443", "127.0.0.1:4566", "h:", "h:999999", "-", "."] {
            assert!(is_plain(host.as_bytes()) && Authority::try_from(host.as_bytes()).is_ok(), "{host}");
        }
        for host in ["", ":80", "[::1]:80", "a b", "a@b", "a:b", "a:1:2", "a/b", "a_b", "\u{e4}"] {
            assert!(!is_plain(host.as_bytes()), "{host}");
        }
    }
}
