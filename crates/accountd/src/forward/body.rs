//! Bodies on their way to another emulator and back, in little memory.

use std::sync::Arc;
use std::time::Duration;

use aws::sigv4::{Chunks, WrongChunk};
use bytes::Bytes;
use http::{header, request};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::declared_bytes;
use listener::{HangUp, Payload, Unread, Upload};

/// Pieces that wait to be taken. One has at most some 64 KiB.
const PIECES_AHEAD: usize = 4;

/// How much of a body is read that is refused in the middle.
const MOST_DISCARDED_BYTES: usize = 32 * 1024 * 1024;

/// F-FWD-10: how long the next piece of an answer may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// F-FWD-8: the longest body that is gathered, and what all together may take: a function of Lambda whose code has 50
/// MiB, in base64.
const MOST_GATHERED_KIB: u32 = 72 * 1024;

/// How long a body that is gathered may take, with its turn.
const GATHERED_WITHIN: Duration = Duration::from_secs(60);

/// What a request announces of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Announced {
    /// Nothing.
    Nothing,
    /// Its SHA-256, in hexadecimal.
    Hash(Vec<u8>),
    /// That it is not signed, or that each of its chunks is; the signature before them says whether these can be known.
    Unsigned,
}

impl Announced {
    pub(super) fn by(head: &request::Parts) -> Self {
        let in_query = || {
            let mut pairs = head.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| name.eq_ignore_ascii_case("x-amz-content-sha256")).map(|(_, value)| value)
        };
        let in_header = head.headers.get("x-amz-content-sha256").map(|value| value.as_bytes());
        let is_presigned = !head.headers.contains_key(header::AUTHORIZATION);
        let in_query = if is_presigned { in_query().map(str::as_bytes) } else { None };
        match in_query.or(in_header).unwrap_or_default() {
            b"UNSIGNED-PAYLOAD" => Self::Unsigned,
            value if value.starts_with(b"STREAMING-") => Self::Unsigned,
            [] => Self::Nothing,
            // What is no hash is none of any body.
            value => Self::Hash(value.to_ascii_lowercase()),
        }
    }

    /// Whether a call of a service can be judged before its body is read. A form says in its body what is asked for.
    pub(super) fn is_enough(&self, head: &request::Parts, service: &str) -> bool {
        let kind = head.headers.get(header::CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
        let is_form = kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded");
        // The signature of a presigned request is in its query, and S3 does not sign the bodies of such.
        let is_presigned = !head.headers.contains_key(header::AUTHORIZATION) && service == "s3";
        !is_form && (*self != Self::Nothing || is_presigned)
    }
}

/// What a body is held to while it goes on.
pub(super) enum Promise {
    /// Nothing.
    Nothing,
    /// To have this hash, of which so much was seen.
    Hash(Vec<u8>, Box<Sha256>),
    /// To be of the chunks that were signed (F-FWD-16).
    Chunks(Box<Chunks>),
}

impl Promise {
    /// What was announced, and the signed chunks where there are some.
    pub(super) fn of(announced: Announced, chunks: Option<Box<Chunks>>) -> Self {
        match (announced, chunks) {
            (_, Some(chunks)) => Self::Chunks(chunks),
            (Announced::Hash(hash), None) => Self::Hash(hash, Box::default()),
            (Announced::Nothing | Announced::Unsigned, None) => Self::Nothing,
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Broken> {
        match self {
            Self::Nothing => Ok(()),
            Self::Hash(_, seen) => {
                seen.update(piece);
                Ok(())
            }
            Self::Chunks(chunks) => chunks.take(piece).map_err(|WrongChunk| Broken::Chunk),
        }
    }

    fn end(&mut self) -> Result<(), Broken> {
        match self {
            Self::Nothing => Ok(()),
            Self::Hash(announced, seen) => {
                let digest = std::mem::take(&mut **seen).finalize();
                let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                let hexadecimal = digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]);
                if hexadecimal.eq(announced.iter().copied()) { Ok(()) } else { Err(Broken::Mismatch) }
            }
            Self::Chunks(chunks) => chunks.end().map_err(|WrongChunk| Broken::Chunk),
        }
    }
}

/// Why a body did not go on as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It did not come.
    Unread(Unread),
    /// F-FWD-8: it is not the one that was signed.
    Mismatch,
    /// F-FWD-16: a chunk of it is not.
    Chunk,
}

/// A body that is on its way.
pub(super) struct Sent {
    /// What is sent.
    pub(super) payload: Payload,
    /// How it ended.
    pub(super) ended: oneshot::Receiver<Result<(), Broken>>,
}

/// Sends a body on as it comes. F-FWD-8: the last piece waits until all of it is known to be what was announced, so that
/// nobody takes another body for whole. F-FWD-16: of chunks that are signed no piece goes on with which one ends that is not
/// what was signed.
///
/// # Errors
/// See [`Broken`]: of a body that has one piece at most.
pub(super) async fn send(mut upload: Upload, mut promise: Promise) -> Result<Sent, Broken> {
    let (ending, ended) = oneshot::channel();
    let first = upload.next().await.map_err(Broken::Unread)?;
    let Some(first) = first else {
        promise.end()?;
        return Ok(Sent { payload: Payload::from(Bytes::new()), ended });
    };
    let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
    tokio::spawn(async move {
        let outcome = pump(first, &mut upload, promise, &sender).await;
        if outcome.is_err() {
            // What did not come must not look like the end.
            let _ = sender.send(Err(HangUp)).await;
        }
        if outcome == Err(Broken::Chunk) {
            // Who is still sending hears nothing before it has sent.
            discard(&mut upload).await;
        }
        let _ = ending.send(outcome);
    });
    Ok(Sent { payload: Payload::Pieces(pieces), ended })
}

async fn pump(
    first: Bytes,
    upload: &mut Upload,
    mut promise: Promise,
    sender: &mpsc::Sender<Result<Bytes, HangUp>>,
) -> Result<(), Broken> {
    let mut held = first;
    loop {
        promise.take(&held)?;
        let next = upload.next().await.map_err(Broken::Unread)?;
        if next.is_none() {
            promise.end()?;
        }
        // Whoever answers may do so before it has read everything, and close.
        if sender.send(Ok(held)).await.is_err() {
            return Ok(());
        }
        match next {
            Some(next) => held = next,
            None => return Ok(()),
        }
    }
}

/// Throws away what is still to come of a body, within bounds.
async fn discard(upload: &mut Upload) {
    let mut left = MOST_DISCARDED_BYTES;
    while left > 0 {
        let Ok(Some(piece)) = upload.next().await else { return };
        left = left.saturating_sub(piece.len());
    }
}

/// An answer's body as it comes, and what is held until it has come.
pub(super) fn coming(mut body: Incoming, held: impl Send + 'static) -> Payload {
    let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
    tokio::spawn(async move {
        let _held = held;
        loop {
            let frame = tokio::select! {
                () = sender.closed() => return,
                frame = tokio::time::timeout(PATIENCE, body.frame()) => frame,
            };
            let piece = match frame {
                Ok(None) => return,
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Ok(data),
                    Err(_) => continue,
                },
                // What breaks off must not look like the end.
                Ok(Some(Err(_))) | Err(_) => Err(HangUp),
            };
            let is_broken = piece.is_err();
            if sender.send(piece).await.is_err() || is_broken {
                return;
            }
        }
    });
    Payload::Pieces(pieces)
}

/// Room for bodies that must be whole before their calls can be judged.
pub(super) struct Gathered(Arc<Semaphore>);

impl Gathered {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST_GATHERED_KIB as usize)))
    }

    /// Gathers a body; the permit is held as long as it is in memory.
    ///
    /// # Errors
    /// See [`Unread`].
    pub(super) async fn gather(
        &self,
        head: &request::Parts,
        upload: Upload,
    ) -> Result<(Upload, Bytes, Option<OwnedSemaphorePermit>), Unread> {
        if upload.is_over() {
            return Ok((upload, Bytes::new(), None));
        }
        let most = u64::from(MOST_GATHERED_KIB) * 1024;
        let declared = declared_bytes(head);
        if declared.is_some_and(|declared| declared > most) {
            return Err(Unread::TooLarge);
        }
        let gathering = async {
            let kib = declared.map_or(MOST_GATHERED_KIB, kib_of);
            let mut room = Arc::clone(&self.0).acquire_many_owned(kib).await.map_err(|_| Unread::Crowded)?;
            let limit = usize::try_from(declared.unwrap_or(most / 2)).unwrap_or(usize::MAX);
            let body = upload.read(limit).await?;
            // What a body of unknown length did not need is for others, while this one waits for its answer.
            drop(room.split(room.num_permits().saturating_sub(kib_of(body.len() as u64) as usize)));
            Ok((Upload::whole(body.clone()), body, Some(room)))
        };
        tokio::time::timeout(GATHERED_WITHIN, gathering).await.unwrap_or(Err(Unread::TooSlow))
    }
}

/// The room that a body takes: twice its length, since a buffer that grows is there twice for a moment.
fn kib_of(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(512)).map_or(MOST_GATHERED_KIB, |kib| kib.min(MOST_GATHERED_KIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(length: Option<u64>) -> request::Parts {
        let request = http::Request::post("/");
        let request = match length {
            Some(length) => request.header(header::CONTENT_LENGTH, length),
            None => request,
        };
        request.body(()).expect("a request").into_parts().0
    }

    /// F-FWD-8: who waits for an answer holds no more than its body takes.
    #[tokio::test]
    async fn bodies_that_are_gathered_share_what_there_is_f_fwd_8() {
        let gathered = Gathered::new();
        let body = Bytes::from_static(&[0; 4096]);
        let (_, whole, room) =
            gathered.gather(&head(None), Upload::whole(body.clone())).await.expect("it is read");
        assert_eq!(whole, body);
        assert_eq!(gathered.0.available_permits(), MOST_GATHERED_KIB as usize - 8);
        let (_, _, other) =
            gathered.gather(&head(Some(4096)), Upload::whole(body)).await.expect("it is read");
        assert_eq!(gathered.0.available_permits(), MOST_GATHERED_KIB as usize - 16);
        drop((room, other));
        let too_large = gathered.gather(&head(Some(80 << 20)), Upload::whole(Bytes::new())).await;
        assert!(matches!(too_large, Err(Unread::TooLarge)));
        assert_eq!(gathered.0.available_permits(), MOST_GATHERED_KIB as usize);
    }

    /// F-FWD-8.
    #[tokio::test]
    async fn another_body_than_was_announced_does_not_end_f_fwd_8() {
        let announced =
            |text: &[u8]| Announced::Hash(format!("{:x}", HexOf(Sha256::digest(text).to_vec())).into());
        for (announced, is_kept) in [
            (announced(b"body"), true),
            (announced(b"other"), false),
            (Announced::Hash(b"no hash".to_vec()), false),
            (Announced::Unsigned, true),
            (Announced::Nothing, true),
        ] {
            let sent = send(Upload::whole(Bytes::from_static(b"body")), Promise::of(announced.clone(), None))
                .await
                .expect("it begins");
            let Payload::Pieces(mut pieces) = sent.payload else { panic!("it comes in pieces") };
            let first = pieces.recv().await.expect("a piece");
            assert_eq!(first.is_ok(), is_kept, "{announced:?}");
            let ended = sent.ended.await.expect("it says how it ended");
            assert_eq!(ended.is_ok(), is_kept, "{announced:?}");
        }
        let empty = send(Upload::whole(Bytes::new()), Promise::of(announced(b"body"), None)).await;
        assert!(matches!(empty, Err(Broken::Mismatch)));
    }

    struct HexOf(Vec<u8>);

    impl std::fmt::LowerHex for HexOf {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
        }
    }
}
