//! The listener: sockets in, whole requests out.
//!
//! An accept loop of our own on hyper, because its limits and its ending are part of what accountd
//! promises: HTTP/1.1 with keep-alive and pipelining, HTTP/2 with prior knowledge, bounded heads and
//! bodies, slow clients cut off, and an orderly end. It knows nothing about AWS: what a request
//! means, and in which words one that was never read is refused, is decided behind [`Answer`].
//!
//! This is the hot path. Per request there is no spawn, no timer, no clock reading, and a body that
//! arrives in one piece is not copied; what guards against slow clients is one timer per connection
//! (see [`watch`]).

mod answer;
mod body;
mod budget;
mod head;
mod limits;
mod outgoing;
mod payload;
mod peers;
mod socket;
mod stream;
mod upload;
mod watch;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

pub use answer::Answer;
pub use limits::Limits;
pub use payload::Payload;
pub use stream::OverTls;
pub use upload::Upload;

use answer::Answering;
use budget::Budget;
use outgoing::Outgoing;
use peers::Peers;
use socket::{Counted, discard_rest};
use watch::{Pulse, Verdict, Watch};

/// Why a request's body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than [`Limits::body_bytes`] (413).
    TooLarge,
    /// It did not arrive within [`Limits::body_timeout`] (408).
    TooSlow,
    /// Its framing is wrong or it ended early, or its head is none that may be answered (400).
    Malformed,
    /// There are as many connections as there may be, and this one was only taken for the own endpoints (503).
    Crowded,
}

/// Put into an answer's extensions, this makes the listener close the connection without answering.
/// Faults that a person ordered are made of it.
#[derive(Debug, Clone, Copy)]
pub struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is closed on purpose")
    }
}

impl std::error::Error for HangUp {}

/// Counters of the listener, for the metrics.
#[derive(Debug, Default)]
pub struct Connections {
    /// Connections accepted since the start.
    pub accepted: AtomicU64,
    /// Connections closed since the start.
    pub closed: AtomicU64,
}

impl Connections {
    /// Connections open now.
    pub fn open(&self) -> u64 {
        let closed = self.closed.load(Ordering::Relaxed);
        self.accepted.load(Ordering::Relaxed).saturating_sub(closed)
    }
}

/// Tells every connection that the end has come. A connection's task registers its waker once and
/// afterwards only looks at the flag, so that the hot path takes no lock.
#[derive(Default)]
struct Stop {
    stopping: AtomicBool,
    wake: Notify,
}

/// Tells every connection that others wait for one, as [`Stop`] does.
#[derive(Default)]
struct Crowd {
    calls: AtomicU64,
    wake: Notify,
}

/// Serves `listener` until `stop` completes, then answers what was accepted and returns (F-EDGE-4).
///
/// Returns whether every connection ended within [`Limits::drain_timeout`].
pub async fn serve<A: Answer>(
    listener: TcpListener,
    answer: Arc<A>,
    limits: Limits,
    connections: Arc<Connections>,
    stop: impl Future<Output = ()>,
) -> bool {
    serve_both(listener, None, answer, limits, connections, stop).await
}

/// The same, with TLS on the same port where there is an acceptor for it.
pub async fn serve_both<A: Answer>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    answer: Arc<A>,
    limits: Limits,
    connections: Arc<Connections>,
    stop: impl Future<Output = ()>,
) -> bool {
    let answer: Arc<dyn Answering> = answer;
    let server = Arc::new(Server {
        builder: builder(&limits),
        tls,
        answer,
        connections,
        slots: Arc::new(Semaphore::new(limits.connections as usize)),
        reserve: Arc::new(Semaphore::new(limits.reserve as usize)),
        bodies: Budget::new(limits.all_bodies_bytes),
        peers: Peers::new(limits.connections_per_peer),
        crowd: Crowd::default(),
        stop: Stop::default(),
        limits,
    });
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = accepting(&server, &listener) => {}
        }
    }
    server.stop.stopping.store(true, Ordering::Release);
    server.answer.end_of_serving();
    // What waits in the kernel's queue was accepted as far as its client can tell.
    accept_queued(&server, &listener).await;
    drop(listener);
    server.stop.wake.notify_waiters();
    let all = async {
        let _all = server.slots.acquire_many(server.limits.connections).await;
        let _reserve = server.reserve.acquire_many(server.limits.reserve).await;
    };
    tokio::time::timeout(server.limits.drain_timeout, all).await.is_ok()
}

struct Server {
    builder: auto::Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    answer: Arc<dyn Answering>,
    limits: Limits,
    connections: Arc<Connections>,
    slots: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    bodies: Budget,
    peers: Peers,
    crowd: Crowd,
    stop: Stop,
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // hyper would allocate and register one timer per request; the watch needs none.
        .header_read_timeout(None)
        .max_buf_size(limits.head_bytes)
        // hyper's `pipeline_flush` stays off: with it an answer waits while a part of the next request
        // is there, and its own 400 and 431 are never sent.
        // A client may close its sending half and still wait for the answer, and a change that is
        // being committed is not abandoned because its caller left.
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(256)
        // What a connection sends that nobody reads yet is held for it.
        .initial_connection_window_size(256 * 1024)
        .initial_stream_window_size(64 * 1024)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Accepts one connection. Behind a pointer, so that all of it is compiled here and not where [`serve`] is called.
fn accepting<'a>(
    server: &'a Arc<Server>,
    listener: &'a TcpListener,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    Box::pin(accept(server, listener))
}

/// Accepts one connection and starts its task.
async fn accept(server: &Arc<Server>, listener: &TcpListener) {
    let (slot, is_reserve) = free_slot(server).await;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let Some(seat) = server.peers.seat(peer.ip()) else {
                tracing::debug!(%peer, "too many connections from there");
                return;
            };
            server.connections.accepted.fetch_add(1, Ordering::Relaxed);
            let server = Arc::clone(server);
            tokio::spawn(async move {
                let _closed = Closed(&server.connections, slot);
                let _seat = seat;
                converse(&server, stream, peer, is_reserve).await;
            });
        }
        Err(error) if is_of_one_connection(&error) => {}
        Err(error) => {
            // Most likely no file descriptor is left. Trying again at once would burn a core.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Room for a connection. Where there is none, connections from which nothing is awaited make it, and where those are
/// all in use a few of the reserve are left; the answer says whether it is one of them.
async fn free_slot(server: &Server) -> (OwnedSemaphorePermit, bool) {
    if let Ok(slot) = Arc::clone(&server.slots).try_acquire_owned() {
        return (slot, false);
    }
    let begun = Instant::now();
    let mut waiting = pin!(Arc::clone(&server.slots).acquire_owned());
    loop {
        server.crowd.calls.fetch_add(1, Ordering::Release);
        server.crowd.wake.notify_waiters();
        let looked = tokio::time::timeout(server.limits.crowded_timeout / 4, waiting.as_mut()).await;
        if let Ok(slot) = looked {
            return (slot.expect("INVARIANT: nobody closes the semaphore"), false);
        }
        if begun.elapsed() > server.limits.crowded_timeout * 3 / 2
            && let Ok(slot) = Arc::clone(&server.reserve).try_acquire_owned()
        {
            return (slot, true);
        }
    }
}

/// Notes the end of a connection, also where answering it panicked, and makes room for the next.
struct Closed<'a>(&'a Connections, #[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Accepts what waits in the kernel's queue, and nothing that comes later.
async fn accept_queued(server: &Arc<Server>, listener: &TcpListener) {
    let mut queued = pin!(async {
        loop {
            accepting(server, listener).await;
        }
    });
    poll_fn(|context| {
        let _ = queued.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

/// Whether accepting failed for this connection only, because its client was gone already.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

/// One connection from its first byte to its last.
async fn converse(server: &Arc<Server>, stream: TcpStream, peer: SocketAddr, is_reserve: bool) {
    let _ = stream.set_nodelay(true);
    if server.stop.stopping.load(Ordering::Acquire) {
        // Taken from the queue after the end had begun: give its request a moment to be seen.
        let _ = tokio::time::timeout(Duration::from_millis(100), stream.readable()).await;
    }
    let Some(stream) = stream::open(server, server.tls.as_ref(), stream).await else { return };
    let conversation = Arc::new(Conversation {
        server: Arc::clone(server),
        pulse: Pulse::default(),
        peer,
        is_tls: stream.is_tls(),
        is_reserve,
        closing: Mutex::default(),
        is_cut_short: AtomicBool::new(false),
    });
    let io = TokioIo::new(Counted::new(stream, Arc::clone(&conversation)));
    let is_cut_short = drive(&conversation, io).await || conversation.is_cut_short.load(Ordering::Relaxed);
    let closing = conversation.closing.lock().ok().and_then(|mut closing| closing.take());
    if is_cut_short && let Some(stream) = closing {
        let _ = tokio::time::timeout(LINGER, discard_rest(stream)).await;
    }
}

/// How long a connection that the listener closed may still send what nobody reads.
const LINGER: Duration = Duration::from_secs(2);

/// Drives hyper's side of a connection to its end, watching over it. Returns whether the client broke
/// the protocol: it closed early, or hyper has answered what can be answered (400, 414, 431).
async fn drive(conversation: &Arc<Conversation>, io: TokioIo<Counted>) -> bool {
    let server = &conversation.server;
    let service = service_fn({
        let conversation = Arc::clone(conversation);
        move |request| exchange(Arc::clone(&conversation), request)
    });
    let mut connection = pin!(server.builder.serve_connection(io, service));

    let mut stopped = pin!(server.stop.wake.notified());
    stopped.as_mut().enable();
    let watch = &mut Watch::new(Instant::now());
    let mut timer = pin!(tokio::time::sleep(watch::interval(&server.limits)));
    let mut crowded = pin!(server.crowd.wake.notified());
    let mut calls = server.crowd.calls.load(Ordering::Acquire);
    let mut registered = false;
    let mut told = false;
    poll_fn(|context| {
        if !registered {
            // The task's waker never changes, so registering it once is enough.
            let _ = stopped.as_mut().poll(context);
            let _ = timer.as_mut().poll(context);
            let _ = crowded.as_mut().poll(context);
            registered = true;
        }
        let mut polled = connection.as_mut().poll(context);
        let is_crowded = server.crowd.calls.load(Ordering::Relaxed) != calls;
        if is_crowded {
            calls = server.crowd.calls.load(Ordering::Acquire);
            crowded.set(server.crowd.wake.notified());
            let _ = crowded.as_mut().poll(context);
        }
        // Looked at only now, so that what has arrived counts even if this process was held up.
        if polled.is_pending() && (timer.is_elapsed() || is_crowded) {
            let now = Instant::now();
            match watch.look(now, &conversation.pulse, &server.limits, is_crowded) {
                Verdict::Wait => {}
                Verdict::BodyTooSlow => {
                    conversation.pulse.give_up_body();
                    polled = connection.as_mut().poll(context);
                }
                Verdict::Close if conversation.pulse.is_multiplexed() && !told => {
                    // GOAWAY first, so that a request which is on its way is not lost.
                    told = true;
                    connection.as_mut().graceful_shutdown();
                    polled = connection.as_mut().poll(context);
                }
                Verdict::Close => return Poll::Ready(false),
            }
            timer.as_mut().reset(now + watch::interval(&server.limits));
            let _ = timer.as_mut().poll(context);
        }
        if polled.is_pending() && !told && server.stop.stopping.load(Ordering::Acquire) {
            // After a poll as well, so that a request which has arrived is still answered.
            told = true;
            connection.as_mut().graceful_shutdown();
            polled = connection.as_mut().poll(context);
        }
        polled.map(|result| result.is_err())
    })
    .await
}

/// What the requests of one connection share.
struct Conversation {
    server: Arc<Server>,
    pulse: Pulse,
    peer: SocketAddr,
    is_tls: bool,
    /// Whether this connection was only taken for the own endpoints.
    is_reserve: bool,
    /// The socket, once hyper is done with it and has closed the sending half.
    closing: Mutex<Option<TcpStream>>,
    /// Whether a request was answered without reading all of it.
    is_cut_short: AtomicBool,
}

/// One request and its answer.
async fn exchange(
    conversation: Arc<Conversation>,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, HangUp> {
    let Conversation { server, pulse, peer, .. } = &*conversation;
    let _finish = pulse.begin(request.version());
    let (mut head, body) = request.into_parts();
    if conversation.is_tls {
        head.extensions.insert(OverTls);
    }
    let (is_head, version) = (head.method == Method::HEAD, head.version);
    let mut share = server.bodies.share();
    let (mut response, is_read) = if !head::is_well_formed(&head) {
        (server.answer.unread(&head, Unread::Malformed).map(Payload::from), false)
    } else if server.answer.is_in_pieces(&head) {
        let upload = Upload::arriving(body, server.limits.body_timeout);
        let end = upload.end();
        let request = Request::from_parts(head, upload);
        let response = server.answer.in_pieces(request, *peer).await;
        (response, end.load(Ordering::Relaxed))
    } else if conversation.is_reserve {
        (server.answer.unread(&head, Unread::Crowded).map(Payload::from), false)
    } else {
        match body::read(&head, body, pulse, &server.limits, &mut share).await {
            Ok(body) => {
                let response = server.answer.whole(Request::from_parts(head, body), *peer).await;
                (response.map(Payload::from), true)
            }
            Err(why) => (server.answer.unread(&head, why).map(Payload::from), false),
        }
    };
    if !is_read && version < http::Version::HTTP_2 {
        conversation.is_cut_short.store(true, Ordering::Relaxed);
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if response.extensions().get::<HangUp>().is_some() {
        return Err(HangUp);
    }
    let response = if is_head { without_body(response) } else { response };
    Ok(response.map(|payload| Outgoing::new(payload, &conversation)))
}

/// The answer to a HEAD request: the length it would have had, where that is known, and no body (RFC 9110 §9.3.2).
fn without_body(response: Response<Payload>) -> Response<Payload> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(head, Payload::from(Bytes::new()))
}
