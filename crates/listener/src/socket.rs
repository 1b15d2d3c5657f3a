//! The socket of one connection, as hyper reads and writes it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Conversation;
use super::stream::Stream;

/// Reads to the end. Closing a socket with unread bytes in it would reset the connection, and the
/// client could lose the answer that says why (RFC 9112 §9.6).
pub(super) async fn discard_rest(stream: TcpStream) {
    let mut unread = [0; 4096];
    loop {
        match stream.try_read(&mut unread) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if stream.readable().await.is_err() {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

/// A socket that notes how much was read from it and written to it, and outlives hyper's use of it.
pub(super) struct Counted {
    /// There until dropped.
    stream: Option<Stream>,
    conversation: Arc<Conversation>,
    is_shut_down: bool,
    is_at_end: bool,
}

impl Counted {
    /// The socket of a conversation.
    pub(super) fn new(stream: Stream, conversation: Arc<Conversation>) -> Self {
        Self { stream: Some(stream), conversation, is_shut_down: false, is_at_end: false }
    }

    fn stream(&mut self) -> Pin<&mut Stream> {
        Pin::new(self.stream.as_mut().expect("INVARIANT: only dropping takes the socket away"))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.is_shut_down
            && !self.is_at_end
            && let Ok(mut closing) = self.conversation.closing.lock()
        {
            *closing = self.stream.take().map(Stream::into_socket);
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = self.stream().poll_read(context, buffer);
        let received = buffer.filled().len() - before;
        self.conversation.pulse.received(received);
        if received == 0 && polled.is_ready() {
            self.is_at_end = true;
        }
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write(context, bytes);
        self.conversation.pulse.sent(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write_vectored(context, slices);
        self.conversation.pulse.sent(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_shut_down = true;
        self.stream().poll_shutdown(context)
    }
}
