//! A request of accountd's own to another server: HTTP/1.1, over a connection of its own, with an answer of bounded size.
//! Who delivers or asks for keys sends few requests, so that a pool of connections would save little.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use listener::Payload;

/// Where a request goes.
pub struct Destination<'a> {
    /// A name or an address, without brackets.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// What TLS is spoken with, if it is.
    pub tls: Option<&'a TlsConnector>,
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// Nobody is there, or who is there breaks off.
    Unreachable(String),
    /// The destination or what it sends cannot be used.
    Unusable(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(reason) | Self::Unusable(reason) => formatter.write_str(reason),
        }
    }
}

fn unreachable(error: impl fmt::Display) -> NoAnswer {
    NoAnswer::Unreachable(error.to_string())
}

fn unusable(error: impl fmt::Display) -> NoAnswer {
    NoAnswer::Unusable(error.to_string())
}

/// Sends a request, and reads at most `most_bytes` of the answer's body. How long that may take is for the caller to say.
///
/// # Errors
/// See [`NoAnswer`].
pub async fn send(
    destination: &Destination<'_>,
    request: Request<Full<Bytes>>,
    most_bytes: usize,
) -> Result<Answer, NoAnswer> {
    let mut conversation = connect(destination).await?;
    let answer = conversation.ask(request.map(Payload::Whole)).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), most_bytes).collect().await.map_err(unusable)?;
    Ok(Answer { status, body: body.to_bytes() })
}

/// A connection for one request whose body and answer may be of any size. It ends when this is dropped.
pub struct Conversation {
    sender: http1::SendRequest<Payload>,
    connection: JoinHandle<()>,
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Connects to a destination. How long that may take is for the caller to say.
///
/// # Errors
/// See [`NoAnswer`].
pub async fn connect(destination: &Destination<'_>) -> Result<Conversation, NoAnswer> {
    let Some(tls) = destination.tls else { return converse(stream(destination).await?).await };
    let name = ServerName::try_from(destination.host.to_owned()).map_err(unusable)?;
    converse(tls.connect(name, stream(destination).await?).await.map_err(unreachable)?).await
}

async fn stream(destination: &Destination<'_>) -> Result<TcpStream, NoAnswer> {
    let stream = TcpStream::connect((destination.host, destination.port)).await.map_err(unreachable)?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Conversation, NoAnswer> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
    let connection = tokio::spawn(async move {
        // Whoever waits for the answer hears why there is none.
        let _ = connection.await;
    });
    Ok(Conversation { sender, connection })
}

impl Conversation {
    /// Sends the request, and gives the head of the answer when it has come.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn ask(&mut self, request: Request<Payload>) -> Result<Response<Incoming>, NoAnswer> {
        self.sender.send_request(request).await.map_err(unreachable)
    }
}
