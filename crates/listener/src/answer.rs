//! What the listener serves.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response, request};

use super::{Payload, Unread, Upload};

/// What the listener serves: a whole request in, a whole answer out.
pub trait Answer: Send + Sync + 'static {
    /// Answers a request whose body was read completely.
    ///
    /// A client that closes its HTTP/1.1 connection does not stop it, but resetting an HTTP/2 stream
    /// and the end of the process drop it where it waits: what must happen must not depend on it.
    fn answer(
        &self,
        request: Request<Bytes>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Bytes>> + Send;

    /// The answer to a request whose body was not read. The connection is closed after it.
    fn refuse_unread(&self, head: &request::Parts, why: Unread) -> Response<Bytes>;

    /// Whether such a request goes to [`Answer::answer_in_pieces`]: its body or its answer may be of any size.
    fn takes_pieces(&self, _head: &request::Parts) -> bool {
        false
    }

    /// Answers a request whose body may still be on its way.
    fn answer_in_pieces(
        &self,
        request: Request<Upload>,
        _peer: SocketAddr,
    ) -> impl Future<Output = Response<Payload>> + Send {
        let (head, _) = request.into_parts();
        std::future::ready(self.refuse_unread(&head, Unread::Malformed).map(Payload::from))
    }

    /// The end has come: answers that would go on by themselves are to end.
    fn end(&self) {}
}

/// An answer that is on its way.
type Coming<'a, B> = Pin<Box<dyn Future<Output = Response<B>> + Send + 'a>>;

/// The same behind pointers: the listener and the HTTP below it are compiled once, for speed, whatever they serve.
pub(super) trait Answering: Send + Sync {
    fn whole(&self, request: Request<Bytes>, peer: SocketAddr) -> Coming<'_, Bytes>;
    fn unread(&self, head: &request::Parts, why: Unread) -> Response<Bytes>;
    fn is_in_pieces(&self, head: &request::Parts) -> bool;
    fn in_pieces(&self, request: Request<Upload>, peer: SocketAddr) -> Coming<'_, Payload>;
    fn end_of_serving(&self);
}

impl<A: Answer> Answering for A {
    fn whole(&self, request: Request<Bytes>, peer: SocketAddr) -> Coming<'_, Bytes> {
        Box::pin(self.answer(request, peer))
    }

    fn unread(&self, head: &request::Parts, why: Unread) -> Response<Bytes> {
        self.refuse_unread(head, why)
    }

    fn is_in_pieces(&self, head: &request::Parts) -> bool {
        self.takes_pieces(head)
    }

    fn in_pieces(&self, request: Request<Upload>, peer: SocketAddr) -> Coming<'_, Payload> {
        Box::pin(self.answer_in_pieces(request, peer))
    }

    fn end_of_serving(&self) {
        self.end();
    }
}
