//! A request's body for whoever takes it piece by piece: of any size, in little memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};

use super::Unread;

/// A body that may still be on its way.
pub struct Upload {
    source: Source,
    /// Whether its end was seen. A connection on which it was not cannot be used again.
    at_end: Arc<AtomicBool>,
}

enum Source {
    Whole(Option<Bytes>),
    Arriving { body: Incoming, patience: Duration },
}

impl Upload {
    /// A body that is there already.
    pub fn whole(body: Bytes) -> Self {
        Self { source: Source::Whole(Some(body)), at_end: Arc::new(AtomicBool::new(true)) }
    }

    /// A body of which each piece may take `patience`.
    pub(super) fn arriving(body: Incoming, patience: Duration) -> Self {
        let at_end = Arc::new(AtomicBool::new(body.is_end_stream()));
        Self { source: Source::Arriving { body, patience }, at_end }
    }

    /// Whether the end was seen, as it is from the beginning where there is no body.
    pub fn is_over(&self) -> bool {
        matches!(self.source, Source::Arriving { .. }) && self.at_end.load(Ordering::Relaxed)
    }

    /// The same, for when the body itself is gone.
    pub(super) fn end(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.at_end)
    }

    /// The next piece, or `None` at the end. Trailers are ignored.
    ///
    /// # Errors
    /// [`Unread::TooSlow`], [`Unread::Malformed`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Unread> {
        let (body, patience) = match &mut self.source {
            Source::Whole(body) => return Ok(body.take().filter(|body| !body.is_empty())),
            Source::Arriving { body, patience } => (body, *patience),
        };
        loop {
            let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
            match tokio::time::timeout(patience, frame).await {
                Err(_) => return Err(Unread::TooSlow),
                Ok(None) => {
                    self.at_end.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
                Ok(Some(frame)) => {
                    let frame = frame.map_err(|_| Unread::Malformed)?;
                    if body.is_end_stream() {
                        self.at_end.store(true, Ordering::Relaxed);
                    }
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// All of it, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// See [`Unread`].
    pub async fn read(mut self, limit: usize) -> Result<Bytes, Unread> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > limit {
                return Err(Unread::TooLarge);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}
