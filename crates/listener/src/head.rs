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
    host.is_empty() || (!host.contains(&b'@') && Authority::try_from(host).is_ok())
}

/// RFC 9112 §3.2.3: a target such as `.` that is neither a path nor a whole URI is for CONNECT only.
fn names_only_an_authority(head: &request::Parts) -> bool {
    head.uri.scheme().is_none() && head.uri.authority().is_some() && head.method != Method::CONNECT
}
