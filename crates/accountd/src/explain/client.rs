//! One request to a running accountd, over a socket of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use http::Uri;

use crate::configuration::Secret;

const PATH: &str = "/_accountd/explain";
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most that is read of an answer.
const LARGEST_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// Sends the question and gives the status and the body of the answer.
///
/// # Errors
/// One line: the endpoint is none, nobody answers there, or the answer is not HTTP.
pub fn post(endpoint: &str, admin_token: Option<&Secret>, body: &str) -> Result<(u16, String), String> {
    let uri: Uri = endpoint.parse().map_err(|_| format!("--endpoint: {endpoint} is no URL"))?;
    if uri.scheme_str() != Some("http") {
        return Err(format!(
            "--endpoint: {endpoint} does not begin with http://, which is all that is spoken here"
        ));
    }
    let authority = uri.authority().ok_or_else(|| format!("--endpoint: {endpoint} names no host"))?;
    let host = authority.host().trim_matches(['[', ']']);
    let unreachable = |error: std::io::Error| format!("no accountd answers at {endpoint}: {error}");
    let mut stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).map_err(unreachable)?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(unreachable)?;
    stream.set_write_timeout(Some(TIMEOUT)).map_err(unreachable)?;
    let token = admin_token.map(|token| format!("Authorization: Bearer {}\r\n", token.expose()));
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n{}\r\n",
        body.len(),
        token.as_deref().unwrap_or_default()
    );
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()))
        .map_err(unreachable)?;
    let mut answer = Vec::new();
    stream.take(LARGEST_ANSWER_BYTES).read_to_end(&mut answer).map_err(unreachable)?;
    read(&answer).ok_or_else(|| format!("what answers at {endpoint} is no accountd"))
}

/// The status and the body of an answer that ends with its connection.
fn read(answer: &[u8]) -> Option<(u16, String)> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_what_is_none_is_refused() {
        let answer = b"HTTP/1.1 404 Not Found\r\nx: y\r\n\r\n{\"a\":\"\r\n\r\n\"}";
        assert_eq!(read(answer), Some((404, "{\"a\":\"\r\n\r\n\"}".to_owned())));
        assert_eq!(read(b"SSH-2.0\r\n"), None);
        for (endpoint, part) in
            [("https://127.0.0.1:1", "http://"), ("127.0.0.1", "http://"), ("http://", "no URL")]
        {
            let refused = post(endpoint, None, "{}").expect_err(endpoint);
            assert!(refused.contains(part), "{refused}");
        }
    }
}
