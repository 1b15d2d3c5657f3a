//! A connection as bytes: bare, or within TLS. Both come to the same port, and the first byte tells them apart: 0x16 begins a
//! TLS handshake and no request.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Answer, Server};

/// The type of a TLS record that holds a handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 0x16;

/// Present in the extensions of a request that came within TLS.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// A connection.
pub(super) enum Stream {
    Bare(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The socket below, when nothing more is to be said.
    pub(super) fn into_socket(self) -> TcpStream {
        match self {
            Self::Bare(socket) => socket,
            Self::Tls(stream) => stream.into_inner().0,
        }
    }
}

/// The connection behind a socket; `None` where the client says nothing in time or what it says is no TLS. F-TLS-2
pub(super) async fn open<A: Answer>(
    server: &Server<A>,
    acceptor: Option<&TlsAcceptor>,
    socket: TcpStream,
) -> Option<Stream> {
    let Some(acceptor) = acceptor else { return Some(Stream::Bare(socket)) };
    let limits = &server.limits;
    let mut first = [0];
    match within(server, limits.first_byte_timeout, socket.peek(&mut first)).await? {
        Ok(1) if first[0] == HANDSHAKE => {}
        Ok(_) => return Some(Stream::Bare(socket)),
        Err(_) => return None,
    }
    match within(server, limits.head_timeout, acceptor.accept(socket)).await? {
        Ok(stream) => Some(Stream::Tls(Box::new(stream))),
        Err(error) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
    }
}

/// Waits for a client, but neither too long, nor while others wait for its place, nor beyond the end.
async fn within<A: Answer, T>(
    server: &Server<A>,
    patience: Duration,
    waited: impl Future<Output = T>,
) -> Option<T> {
    let begun = Instant::now();
    let mut waited = pin!(waited);
    let mut stopped = pin!(server.stop.wake.notified());
    stopped.as_mut().enable();
    // What has arrived is taken, whatever else is the case.
    let arrived = poll_fn(|context| {
        Poll::Ready(match waited.as_mut().poll(context) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    });
    if let Some(value) = arrived.await {
        return Some(value);
    }
    while !server.stop.stopping.load(Ordering::Acquire) {
        tokio::select! {
            biased;
            value = waited.as_mut() => return Some(value),
            () = stopped.as_mut() => return None,
            () = tokio::time::sleep_until(begun + patience) => return None,
            () = server.crowd.wake.notified() => {
                if begun.elapsed() >= server.limits.crowded_timeout {
                    return None;
                }
            }
        }
    }
    None
}

/// Hands on to whichever it is.
macro_rules! either {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream.get_mut() {
            Stream::Bare($inner) => {
                let $inner = Pin::new($inner);
                $call
            }
            Stream::Tls($inner) => {
                let $inner = Pin::new($inner.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, inner => inner.poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, inner => inner.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => inner.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Bare(socket) => socket.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => inner.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => inner.poll_shutdown(context))
    }
}
