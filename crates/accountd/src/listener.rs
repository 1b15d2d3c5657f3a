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

mod body;
mod watch;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header, request};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use watch::{Pulse, Verdict, Watch};

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
}

/// Why a request's body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than [`Limits::body_bytes`] (413).
    TooLarge,
    /// It did not arrive within [`Limits::body_timeout`] (408).
    TooSlow,
    /// Its framing is wrong or it ended early (400).
    Malformed,
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

/// What a client may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The longest body in bytes. API Gateway's own limit is the default (F-EDGE-1).
    pub body_bytes: u64,
    /// The longest request head over HTTP/1.1 in bytes; longer ones are answered 431 (F-EDGE-2).
    pub head_bytes: usize,
    /// Open connections; more wait in the kernel's queue until one closes.
    pub connections: u32,
    /// From the connection to its first byte. Whoever is too slow is cut off (F-EDGE-3).
    pub first_byte_timeout: Duration,
    /// From the first byte of a head to its last.
    pub head_timeout: Duration,
    /// From the end of a head to the last byte of its body.
    pub body_timeout: Duration,
    /// From one answer to the next request on the same connection.
    pub idle_timeout: Duration,
    /// How long the end waits for requests that were accepted.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 10_485_760,
            head_bytes: 64 * 1024,
            connections: 4096,
            first_byte_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(30),
            // Longer than the 90 s that common client pools keep a connection, so that the client
            // closes first and no request is ever sent into a closing connection.
            idle_timeout: Duration::from_secs(120),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

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
    let server = Arc::new(Server {
        builder: builder(&limits),
        answer,
        connections,
        slots: Arc::new(Semaphore::new(limits.connections as usize)),
        stop: Stop::default(),
        limits,
    });
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = accept(&server, &listener) => {}
        }
    }
    server.stop.stopping.store(true, Ordering::Release);
    // What waits in the kernel's queue was accepted as far as its client can tell.
    accept_queued(&server, &listener).await;
    drop(listener);
    server.stop.wake.notify_waiters();
    let all = server.slots.acquire_many(server.limits.connections);
    tokio::time::timeout(server.limits.drain_timeout, all).await.is_ok()
}

struct Server<A> {
    builder: auto::Builder<TokioExecutor>,
    answer: Arc<A>,
    limits: Limits,
    connections: Arc<Connections>,
    slots: Arc<Semaphore>,
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
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Accepts one connection and starts its task.
async fn accept<A: Answer>(server: &Arc<Server<A>>, listener: &TcpListener) {
    let slots = Arc::clone(&server.slots);
    let slot = slots.acquire_owned().await.expect("INVARIANT: nobody closes the semaphore");
    match listener.accept().await {
        Ok((stream, peer)) => {
            server.connections.accepted.fetch_add(1, Ordering::Relaxed);
            let server = Arc::clone(server);
            tokio::spawn(async move {
                let _closed = Closed(&server.connections, slot);
                converse(&server, stream, peer).await;
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

/// Notes the end of a connection, also where answering it panicked, and makes room for the next.
struct Closed<'a>(&'a Connections, #[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Accepts what waits in the kernel's queue, and nothing that comes later.
async fn accept_queued<A: Answer>(server: &Arc<Server<A>>, listener: &TcpListener) {
    let mut queued = pin!(async {
        loop {
            accept(server, listener).await;
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
async fn converse<A: Answer>(server: &Arc<Server<A>>, stream: TcpStream, peer: SocketAddr) {
    let _ = stream.set_nodelay(true);
    if server.stop.stopping.load(Ordering::Acquire) {
        // Taken from the queue after the end had begun: give its request a moment to be seen.
        let _ = tokio::time::timeout(Duration::from_millis(100), stream.readable()).await;
    }
    let conversation = Arc::new(Conversation {
        server: Arc::clone(server),
        pulse: Pulse::default(),
        peer,
        closing: Mutex::default(),
        is_cut_short: AtomicBool::new(false),
    });
    let io = TokioIo::new(Counted {
        stream: Some(stream),
        conversation: Arc::clone(&conversation),
        is_shut_down: false,
        is_at_end: false,
    });
    let is_cut_short = drive(&conversation, io).await || conversation.is_cut_short.load(Ordering::Relaxed);
    let closing = conversation.closing.lock().ok().and_then(|mut closing| closing.take());
    if is_cut_short && let Some(stream) = closing {
        let _ = tokio::time::timeout(LINGER, discard_rest(stream)).await;
    }
}

/// How long a connection that the listener closed may still send what nobody reads.
const LINGER: Duration = Duration::from_secs(2);

/// Reads to the end. Closing a socket with unread bytes in it would reset the connection, and the
/// client could lose the answer that says why (RFC 9112 §9.6).
async fn discard_rest(stream: TcpStream) {
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

/// Drives hyper's side of a connection to its end, watching over it. Returns whether the client broke
/// the protocol: it closed early, or hyper has answered what can be answered (400, 414, 431).
async fn drive<A: Answer>(conversation: &Arc<Conversation<A>>, io: TokioIo<Counted<A>>) -> bool {
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
    let mut registered = false;
    let mut told = false;
    poll_fn(|context| {
        if !registered {
            // The task's waker never changes, so registering it once is enough.
            let _ = stopped.as_mut().poll(context);
            let _ = timer.as_mut().poll(context);
            registered = true;
        }
        let mut polled = connection.as_mut().poll(context);
        // Looked at only now, so that what has arrived counts even if this process was held up.
        if polled.is_pending() && timer.is_elapsed() {
            let now = Instant::now();
            match watch.look(now, &conversation.pulse, &server.limits) {
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
struct Conversation<A> {
    server: Arc<Server<A>>,
    pulse: Pulse,
    peer: SocketAddr,
    /// The socket, once hyper is done with it and has closed the sending half.
    closing: Mutex<Option<TcpStream>>,
    /// Whether a request was answered without reading all of it.
    is_cut_short: AtomicBool,
}

/// One request and its answer.
async fn exchange<A: Answer>(
    conversation: Arc<Conversation<A>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, HangUp> {
    let Conversation { server, pulse, peer, .. } = &*conversation;
    let _finish = pulse.begin(request.version());
    let (head, body) = request.into_parts();
    let is_head = head.method == Method::HEAD;
    let response = match body::read(&head, body, pulse, &server.limits).await {
        Ok(body) => server.answer.answer(Request::from_parts(head, body), *peer).await,
        Err(why) => {
            let mut response = server.answer.refuse_unread(&head, why);
            if head.version < http::Version::HTTP_2 {
                conversation.is_cut_short.store(true, Ordering::Relaxed);
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    };
    if response.extensions().get::<HangUp>().is_some() {
        return Err(HangUp);
    }
    Ok(if is_head { without_body(response) } else { response.map(Full::new) })
}

/// The answer to a HEAD request: the length it would have had, and no body (RFC 9110 §9.3.2).
fn without_body(response: Response<Bytes>) -> Response<Full<Bytes>> {
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(head, Full::default())
}

/// A socket that notes how much was read from it and outlives hyper's use of it.
struct Counted<A> {
    /// There until dropped.
    stream: Option<TcpStream>,
    conversation: Arc<Conversation<A>>,
    is_shut_down: bool,
    is_at_end: bool,
}

impl<A> Counted<A> {
    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.stream.as_mut().expect("INVARIANT: only dropping takes the socket away"))
    }
}

impl<A> Drop for Counted<A> {
    fn drop(&mut self) {
        if self.is_shut_down
            && !self.is_at_end
            && let Ok(mut closing) = self.conversation.closing.lock()
        {
            *closing = self.stream.take();
        }
    }
}

impl<A: Answer> AsyncRead for Counted<A> {
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

impl<A: Answer> AsyncWrite for Counted<A> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, slices)
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
