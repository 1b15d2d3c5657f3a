//! Style, script and icon: in the binary, the same for everybody.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header};

use super::shell;
use super::visit::Visit;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\">\
    <path d=\"M8 2v4M3 14v-4h10v4M8 6v4\" fill=\"none\" stroke=\"#1d4ed8\" stroke-width=\"2\"/></svg>";

/// The file at the address of a visit, if that is one.
pub fn find(visit: &Visit) -> Option<Response<Bytes>> {
    let ["_accountd", "console", name] = visit.path()[..] else { return None };
    if !matches!(visit.method, Method::GET | Method::HEAD) {
        return None;
    }
    let (body, content_type) = match name {
        "style.css" => (STYLE, "text/css; charset=utf-8"),
        "script.js" => (SCRIPT, "text/javascript; charset=utf-8"),
        "icon.svg" => (ICON, "image/svg+xml"),
        _ => return None,
    };
    let mut answer = shell::answer(Bytes::from_static(body.as_bytes()), content_type);
    // Another accountd may answer here in a moment, so that it is kept for a short time only.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    Some(answer)
}
