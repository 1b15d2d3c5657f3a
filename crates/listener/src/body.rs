//! Reading a request's body: bounded in length and time, and without a copy where it comes in one piece.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http::{Version, header, request};
use hyper::body::{Body, Incoming};

use super::budget::Share;
use super::watch::Pulse;
use super::{Limits, Unread};

/// How many times the limit is read and thrown away, so that a client which only listens after it
/// has sent everything sees the refusal rather than a reset connection.
const DISCARD_FACTOR: u64 = 4;

/// A body in pieces gets at least this much room at first, in bytes, if it declared so much.
const SMALLEST_BUFFER: usize = 16 * 1024;

/// Reads the whole body. What it takes is taken of `share`.
pub(super) async fn read(
    head: &request::Parts,
    body: Incoming,
    pulse: &Pulse,
    limits: &Limits,
    share: &mut Share<'_>,
) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let gathering = gather(head, body, pulse, limits.body_bytes, share);
    if head.version == Version::HTTP_2 {
        // Streams run in tasks of their own, which the connection's watch does not wake.
        return tokio::time::timeout(limits.body_timeout, gathering).await.unwrap_or(Err(Unread::TooSlow));
    }
    pulse.awaiting_body(true);
    let result = gathering.await;
    pulse.awaiting_body(false);
    result
}

async fn gather(
    head: &request::Parts,
    mut body: Incoming,
    pulse: &Pulse,
    limit: u64,
    share: &mut Share<'_>,
) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > limit {
        return refuse_too_large(head, body, pulse, limit).await;
    }
    let Some(first) = next(&mut body, pulse).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() && first.len() as u64 <= limit {
        return Ok(first);
    }
    // What was declared is at most the limit here, and not taken before it comes.
    let rest = body.size_hint();
    let declared = first.len() + usize::try_from(rest.lower()).unwrap_or(0);
    let known = rest.exact().map(|_| declared);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut whole = BytesMut::new();
    let mut piece = first;
    loop {
        let length = whole.len() + piece.len();
        if length as u64 > limit {
            return refuse_too_large(head, body, pulse, limit).await;
        }
        if length > whole.capacity() {
            let roomy = (length * 2).min(declared.max(length)).max(SMALLEST_BUFFER.min(declared));
            share.make_room(length, known, most, pulse).await?;
            whole.reserve(roomy - whole.len());
        }
        whole.extend_from_slice(&piece);
        match next(&mut body, pulse).await? {
            Some(next) => piece = next,
            None => return Ok(whole.freeze()),
        }
    }
}

/// The next piece of data, or `None` at the end. Trailers are ignored.
async fn next(body: &mut Incoming, pulse: &Pulse) -> Result<Option<Bytes>, Unread> {
    loop {
        let frame = poll_fn(|context| {
            if pulse.body_is_given_up() {
                return Poll::Ready(Some(Err(Unread::TooSlow)));
            }
            let polled = Pin::new(&mut *body).poll_frame(context);
            polled.map(|frame| frame.map(|result| result.map_err(|_| Unread::Malformed)))
        });
        match frame.await {
            None => return Ok(None),
            Some(Err(why)) => return Err(why),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Throws the rest of a body that is too large away, within bounds.
///
/// A client that asked `Expect: 100-continue` is waiting for permission and simply does not get it.
async fn refuse_too_large(
    head: &request::Parts,
    mut body: Incoming,
    pulse: &Pulse,
    limit: u64,
) -> Result<Bytes, Unread> {
    let most = limit.saturating_mul(DISCARD_FACTOR);
    if head.headers.contains_key(header::EXPECT) || body.size_hint().lower() > most {
        return Err(Unread::TooLarge);
    }
    let mut discarded = 0;
    while discarded < most {
        match next(&mut body, pulse).await {
            Ok(Some(piece)) => discarded += piece.len() as u64,
            Ok(None) | Err(_) => break,
        }
    }
    Err(Unread::TooLarge)
}
