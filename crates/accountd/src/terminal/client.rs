//! Requests to a running accountd: one connection each, over HTTP/1.1, with bodies of any size in both directions.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::configuration::Secret;
use crate::listener::Payload;
use crate::tls;

/// How long the answer may let wait for its next piece. An import of millions of documents takes minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// The most of an answer that is read into memory; an export is not.
const LARGEST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Where accountd answers, and what opens its own endpoints there.
#[derive(Debug)]
pub struct Endpoint {
    /// For example `http://127.0.0.1:4566`, without a path.
    pub url: String,
    /// What opens the own endpoints where they are closed.
    pub admin_token: Option<Secret>,
    /// The authorities that are trusted over TLS; those of this machine where there is none.
    pub ca_bundle: Option<PathBuf>,
}

impl Endpoint {
    /// Asks, and gives the status and the whole of the answer's text.
    ///
    /// # Errors
    /// One line: the endpoint is none, nobody answers there, or the answer is not HTTP.
    pub fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<(u16, String), String> {
        run(async {
            let answer = self.send(method, path, Payload::from(body)).await?;
            let status = answer.status().as_u16();
            let mut body = Limited::new(answer.into_body(), LARGEST_ANSWER_BYTES);
            let mut text = Vec::new();
            while let Some(piece) = next(&mut body).await {
                text.extend_from_slice(&piece.map_err(|reason| self.broke_off(&reason))?);
            }
            let text = String::from_utf8(text).map_err(|_| self.is_no_accountd())?;
            Ok((status, text))
        })?
    }

    /// Asks, and gives every piece of the answer to `take` as it comes. An answer other than 200 is an error that says
    /// what accountd said.
    ///
    /// # Errors
    /// As [`Self::ask`], and what `take` says.
    pub fn ask_for_pieces(
        &self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        run(async {
            let answer = self.send(Method::GET, path, Payload::from(Bytes::new())).await?;
            let status = answer.status().as_u16();
            let mut body = answer.into_body();
            let mut refusal = Vec::new();
            while let Some(piece) = next(&mut body).await {
                let piece = piece.map_err(|reason| self.broke_off(&reason))?;
                match status {
                    200 => take(&piece)?,
                    _ if refusal.len() < LARGEST_ANSWER_BYTES => refusal.extend_from_slice(&piece),
                    _ => {}
                }
            }
            match status {
                200 => Ok(()),
                _ => Err(self.refused(status, &String::from_utf8_lossy(&refusal))),
            }
        })?
    }

    /// Sends a body in pieces, and gives the status and the text of the answer.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn send_pieces(&self, path: &str, body: Payload) -> Result<(u16, String), String> {
        run(async {
            let answer = self.send(Method::POST, path, body).await?;
            let status = answer.status().as_u16();
            let body =
                answer.into_body().collect().await.map_err(|error| self.broke_off(&error.to_string()))?;
            Ok((status, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
        })?
    }

    /// What is told of an answer other than 200.
    pub fn refused(&self, status: u16, text: &str) -> String {
        let page: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        match page["message"].as_str() {
            Some(message) => format!("{} answers {status}: {message}", self.url),
            None => format!("{} answers {status} and does not say why: is accountd there?", self.url),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Payload) -> Result<Response<Incoming>, String> {
        let url = &self.url;
        let uri: Uri = url.parse().map_err(|_| format!("--endpoint: {url} is no URL"))?;
        let authority = uri.authority().ok_or_else(|| format!("--endpoint: {url} names no host"))?;
        let port = match (uri.scheme_str(), uri.path()) {
            (Some("http"), "" | "/") => 80,
            (Some("https"), "" | "/") => 443,
            _ => return Err(format!("--endpoint: {url} is not of the form http://HOST:PORT")),
        };
        let host = authority.host().trim_matches(['[', ']']);
        let unreachable = |error: std::io::Error| format!("no accountd answers at {url}: {error}");
        let stream =
            TcpStream::connect((host, authority.port_u16().unwrap_or(port))).await.map_err(unreachable)?;
        let _ = stream.set_nodelay(true);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, authority.as_str())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.admin_token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let request = request.body(body).map_err(|_| format!("--endpoint: {url} names no host"))?;
        if port == 80 {
            return self.converse(stream, request).await;
        }
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| format!("--endpoint: {host} is no name"))?;
        let connector = TlsConnector::from(tls::client(self.ca_bundle.as_deref())?);
        self.converse(connector.connect(name, stream).await.map_err(unreachable)?, request).await
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: Request<Payload>,
    ) -> Result<Response<Incoming>, String> {
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|_| self.is_no_accountd())?;
        tokio::spawn(connection);
        let answer = tokio::time::timeout(PATIENCE, sender.send_request(request)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(self.is_no_accountd()),
            Err(_) => Err(format!("{} does not answer within {} s", self.url, PATIENCE.as_secs())),
        }
    }

    fn is_no_accountd(&self) -> String {
        format!("what answers at {} is no accountd", self.url)
    }

    fn broke_off(&self, reason: &str) -> String {
        format!("the answer of {} broke off: {reason}", self.url)
    }
}

/// The next piece of a body, or why there is none. Trailers are passed over.
async fn next<B>(body: &mut B) -> Option<Result<Bytes, String>>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    loop {
        let frame = match tokio::time::timeout(PATIENCE, body.frame()).await {
            Ok(frame) => frame?,
            Err(_) => return Some(Err("nothing more came".to_owned())),
        };
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => return Some(Ok(data)),
            Ok(Err(_)) => {}
            Err(error) => return Some(Err(error.to_string())),
        }
    }
}

/// Runs one conversation on this thread; a person waits for it.
fn run<T>(conversation: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| format!("no connection can be made: {error}"))?.block_on(conversation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_endpoint_is_refused_in_one_line() {
        for (url, part) in [
            ("ftp://127.0.0.1:1", "the form http://"),
            ("http://127.0.0.1:1/path", "the form http://"),
            ("127.0.0.1", "the form http://"),
            ("http://", "no URL"),
            ("http://127.0.0.1:1", "no accountd answers at http://127.0.0.1:1: "),
        ] {
            let endpoint = Endpoint { url: url.to_owned(), admin_token: None, ca_bundle: None };
            let refused = endpoint.ask(Method::GET, "/", Bytes::new()).expect_err(url);
            assert!(refused.contains(part) && !refused.contains('\n'), "{refused}");
        }
    }

    #[test]
    fn what_accountd_said_is_told() {
        let endpoint = Endpoint { url: "http://a".to_owned(), admin_token: None, ca_bundle: None };
        assert_eq!(endpoint.refused(400, r#"{"message":"No."}"#), "http://a answers 400: No.");
        let unknown = "http://a answers 502 and does not say why: is accountd there?";
        assert_eq!(endpoint.refused(502, "<html>"), unknown);
    }
}
