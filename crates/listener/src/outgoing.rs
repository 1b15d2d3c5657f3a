//! The body of an answer on its way: while one in pieces is not at its end, its connection is not idle.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::{Conversation, HangUp, Payload};

/// A body, and the connection it goes out on.
pub(super) struct Outgoing {
    payload: Payload,
    _streaming: Option<Streaming>,
}

impl Outgoing {
    /// Sends `payload` on the connection of `conversation`.
    pub(super) fn new(payload: Payload, conversation: &Arc<Conversation>) -> Self {
        let is_in_pieces = matches!(payload, Payload::Pieces(_));
        Self { payload, _streaming: is_in_pieces.then(|| Streaming::begin(conversation)) }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HangUp>>> {
        Pin::new(&mut self.payload).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.payload.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.payload.size_hint()
    }
}

/// An answer in pieces that is not at its end.
struct Streaming(Arc<Conversation>);

impl Streaming {
    fn begin(conversation: &Arc<Conversation>) -> Self {
        conversation.pulse.streaming(true);
        Self(Arc::clone(conversation))
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.0.pulse.streaming(false);
    }
}
