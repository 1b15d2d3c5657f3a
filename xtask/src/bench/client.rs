//! A small HTTP/1.1 client: one connection, one request at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection that is kept alive.
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The request's id, as services that speak JSON or a form say it; empty where there is none.
    pub request_id: String,
    /// The body.
    pub body: String,
}

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads its answer.
    pub fn send(&mut self, request: &str) -> Result<Answer, String> {
        self.try_send(request).map_err(|error| format!("no answer: {error}"))
    }

    fn try_send(&mut self, request: &str) -> std::io::Result<Answer> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut status = 0;
        let mut length = 0;
        let mut request_id = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            } else if let Some(value) = line.strip_prefix("x-amzn-requestid:") {
                value.trim().clone_into(&mut request_id);
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, request_id, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Sends one request over a connection of its own and insists on 200.
pub fn expect_success(address: SocketAddr, request: &str) -> Result<String, String> {
    let mut client = Client::connect(address).map_err(|error| format!("{address}: {error}"))?;
    let answer = client.send(request)?;
    if answer.status == 200 { Ok(answer.body) } else { Err(format!("{}: {}", answer.status, answer.body)) }
}

/// The body of an answer of any length, sent in pieces or not.
///
/// # Errors
/// Where there is none, or another status than 200.
pub fn read_to_the_end(address: SocketAddr, path: &str) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("{path}: {error}");
    let mut stream = TcpStream::connect(address).map_err(told)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(told)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(told)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or(format!("{path}: no answer"))?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(format!("{path}: {head}"));
    }
    let body = &answer[end + 4..];
    if head.contains("transfer-encoding: chunked") {
        joined(body).ok_or(format!("{path}: cut off"))
    } else {
        Ok(body.to_vec())
    }
}

/// Pieces put together; nothing where the last one is missing.
fn joined(mut pieces: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = pieces.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&pieces[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(pieces.get(line + 2..line + 2 + length)?);
        pieces = pieces.get(line + 2 + length + 2..)?;
    }
}
