//! The listener over real sockets of this machine, with bytes as clients send them.

#![expect(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

mod endless;
mod heads;
mod http2;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, request};
use listener::{Answer, Connections, HangUp, Limits, Payload, Unread, Upload, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers with method, path and body; `/wait` only after `release`.
#[derive(Default)]
struct Echo {
    entered: Notify,
    release: Notify,
}

impl Answer for Echo {
    async fn answer(&self, request: Request<Bytes>, peer: SocketAddr) -> Response<Bytes> {
        assert!(peer.ip().is_loopback());
        if request.uri().path() == "/wait" {
            self.entered.notify_one();
            self.release.notified().await;
        }
        let text = format!(
            "{} {} {}",
            request.method(),
            request.uri().path(),
            String::from_utf8_lossy(request.body())
        );
        let mut response = Response::new(Bytes::from(text));
        if request.uri().path() == "/hang-up" {
            response.extensions_mut().insert(HangUp);
        }
        response
    }

    fn takes_pieces(&self, head: &request::Parts) -> bool {
        head.uri.path() == "/own"
    }

    async fn answer_in_pieces(&self, request: Request<Upload>, _: SocketAddr) -> Response<Payload> {
        let body = request.into_body().read(100).await.unwrap();
        Response::new(Bytes::from([b"own ", &body[..]].concat()).into())
    }

    fn refuse_unread(&self, head: &request::Parts, why: Unread) -> Response<Bytes> {
        let status = match why {
            Unread::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Unread::Malformed => StatusCode::BAD_REQUEST,
            Unread::Crowded => StatusCode::SERVICE_UNAVAILABLE,
        };
        let body = Bytes::from(format!("unread {}", head.uri.path()));
        Response::builder().status(status).body(body).unwrap()
    }
}

struct Server {
    address: SocketAddr,
    echo: Arc<Echo>,
    connections: Arc<Connections>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<bool>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (echo, connections) = (Arc::new(Echo::default()), Arc::new(Connections::default()));
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, Arc::clone(&echo), limits, Arc::clone(&connections), async {
            let _ = stopped.await;
        });
        Self { address, echo, connections, stop: Some(stop), task: tokio::spawn(serving) }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Whether everything ended in time.
    async fn ended(self) -> bool {
        timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// One answer: its head and its body (by `Content-Length`).
    async fn answer(&mut self) -> (String, String) {
        let head = self.head().await;
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        timeout(PATIENCE, self.0.read_exact(&mut body)).await.unwrap().unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(PATIENCE, self.0.read_u8()).await.unwrap();
            head.push(byte.unwrap_or_else(|_| panic!("closed after {:?}", String::from_utf8_lossy(&head))));
        }
        String::from_utf8(head).unwrap()
    }

    /// What still comes until the server closes. A reset counts as closed.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the server closes");
        String::from_utf8_lossy(&rest).into_owned()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Every limit is short here, since the tests wait for them.
fn short() -> Limits {
    Limits {
        first_byte_timeout: Duration::from_millis(200),
        head_timeout: Duration::from_millis(200),
        body_timeout: Duration::from_millis(200),
        reader_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_millis(400),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_many_requests() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    for body in ["one", "", "three"] {
        client.send(post("/a", body)).await;
        let (head, text) = client.answer().await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(header(&head, "date").is_some(), "{head}");
        assert_eq!(text, format!("POST /a {body}"));
    }
    assert_eq!(server.connections.open(), 1);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    let wire: String = (0..50).map(|index| post(&format!("/{index}"), &"x".repeat(index))).collect();
    client.send(wire).await;
    for index in 0..50 {
        let (_, text) = client.answer().await;
        assert_eq!(text, format!("POST /{index} {}", "x".repeat(index)));
    }
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_next_request() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(post("/a", "b") + "POST /c HTTP/1.1\r\nHo").await;
    assert_eq!(client.answer().await.1, "POST /a b");
    client.send("st: h\r\nContent-Length: 1\r\n\r\nd").await;
    assert_eq!(client.answer().await.1, "POST /c d");
}

#[tokio::test]
async fn a_body_in_pieces_arrives_whole() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    client.send("4\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n").await;
    assert_eq!(client.answer().await.1, "POST /a abcdefg");
    let large = "y".repeat(3_000_000);
    client.send(post("/b", &large)).await;
    assert_eq!(client.answer().await.1, format!("POST /b {large}"));
}

#[tokio::test]
async fn expect_100_continue_is_answered_before_the_body() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n").await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("body").await;
    assert_eq!(client.answer().await.1, "POST /a body");
}

/// F-EDGE-1: API Gateway's limit of 10485760 bytes, here smaller.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_connection_closed() {
    let server = Server::start(Limits { body_bytes: 1000, ..Limits::default() }).await;
    let mut client = server.connect().await;
    client.send(post("/fits", &"x".repeat(1000))).await;
    assert!(client.answer().await.0.starts_with("HTTP/1.1 200"));
    let chunk = format!("1f5\r\n{}\r\n", "x".repeat(501));
    let chunked =
        format!("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    for wire in [post("/c", &"x".repeat(1001)), post("/c", &"x".repeat(3000)), chunked] {
        let mut client = server.connect().await;
        client.send(wire).await;
        let (head, text) = client.answer().await;
        assert!(head.starts_with("HTTP/1.1 413"), "{head}");
        assert_eq!(header(&head, "connection"), Some("close"));
        assert_eq!(text, "unread /c");
        assert_eq!(client.rest().await, "");
    }
    let mut client = server.connect().await;
    client.send("POST /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n").await;
    assert!(client.answer().await.0.starts_with("HTTP/1.1 413"), "without 100 Continue first");
}

/// F-EDGE-2.
/// F-COST-4
#[tokio::test]
async fn a_body_waits_for_room_and_a_small_one_does_not() {
    let server = Server::start(Limits { all_bodies_bytes: 16 * 1024, ..short() }).await;
    let mut large = server.connect().await;
    large.send(post("/large", &"x".repeat(200_000))).await;
    let mut small = server.connect().await;
    small.send(post("/small", "a")).await;
    assert_eq!(small.answer().await.1, "POST /small a");
    let (head, text) = large.answer().await;
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert_eq!(text, "unread /large");
}

/// F-EDGE-3.
#[tokio::test]
async fn clients_that_send_nothing_or_trickle_are_cut_off() {
    let server = Server::start(short()).await;
    let begun = Instant::now();
    for bytes in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: h\r\n"] {
        let mut client = server.connect().await;
        client.send(bytes).await;
        assert_eq!(client.rest().await, "", "{bytes:?}");
    }
    assert!(begun.elapsed() >= short().head_timeout * 4);
    // One byte at a time does not help, since the head as a whole has to be there in time.
    let (mut read, mut write) = server.connect().await.0.into_split();
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while write.write_all(b"G").await.is_ok() {
            ticks.tick().await;
        }
    });
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, read.read_to_end(&mut rest)).await.expect("the server closes");
    timeout(PATIENCE, trickle).await.unwrap().unwrap();
}

/// F-EDGE-3.
#[tokio::test]
async fn a_body_that_does_not_come_is_answered_408() {
    let server = Server::start(short()).await;
    let mut client = server.connect().await;
    client.send("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf").await;
    let (head, text) = client.answer().await;
    assert!(head.starts_with("HTTP/1.1 408"), "{head}");
    assert_eq!(header(&head, "connection"), Some("close"));
    assert_eq!(text, "unread /slow");
    assert_eq!(client.rest().await, "");
}

/// Comes back when the server has closed two connections, one after the other, that were used once and then left
/// alone: twice the idle timeout has passed, however slow this machine is.
async fn outlast_two_idle_connections(address: SocketAddr) {
    for _ in 0..2 {
        let mut idle = Client(TcpStream::connect(address).await.unwrap());
        idle.send(post("/a", "")).await;
        idle.answer().await;
        assert_eq!(idle.rest().await, "");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_but_not_while_it_is_used_or_answered() {
    let server = Server::start(short()).await;
    let mut client = server.connect().await;
    let beside = tokio::spawn(outlast_two_idle_connections(server.address));
    while !beside.is_finished() {
        client.send(post("/a", "b")).await;
        client.answer().await;
    }
    beside.await.unwrap();
    client.send(post("/wait", "")).await;
    server.echo.entered.notified().await;
    outlast_two_idle_connections(server.address).await;
    server.echo.release.notify_one();
    assert_eq!(client.answer().await.1, "POST /wait ");
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn head_has_a_length_and_no_body() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!(header(&head, "content-length"), Some("8"));
    client.send(post("/b", "")).await;
    assert_eq!(client.answer().await.1, "POST /b ", "nothing came in between");
}

#[tokio::test]
async fn a_client_that_has_closed_its_half_is_answered() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(post("/wait", "last")).await;
    client.0.shutdown().await.unwrap();
    server.echo.entered.notified().await;
    server.echo.release.notify_one();
    assert!(client.rest().await.ends_with("POST /wait last"));
}

#[tokio::test]
async fn an_ordered_hang_up_closes_without_an_answer() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(post("/hang-up", "")).await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let server =
        Server::start(Limits { connections: 1, crowded_timeout: PATIENCE, ..Limits::default() }).await;
    let mut first = server.connect().await;
    first.send(post("/first", "")).await;
    first.answer().await;
    let mut second = server.connect().await;
    second.send(post("/second", "")).await;
    first.send(post("/first", "")).await;
    first.answer().await;
    assert_eq!(server.connections.open(), 1);
    drop(first);
    assert_eq!(second.answer().await.1, "POST /second ");
}

/// F-EDGE-4.
/// F-COST-9: whoever holds connections without using them does not hold them against others.
#[tokio::test]
async fn idle_connections_make_room_for_those_that_wait() {
    let limits = Limits { connections: 3, crowded_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(limits).await;
    let mut busy = server.connect().await;
    busy.send(post("/wait", "")).await;
    server.echo.entered.notified().await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(server.connect().await);
    }
    let mut client = server.connect().await;
    client.send(post("/a", "b")).await;
    assert_eq!(client.answer().await.1, "POST /a b");
    server.echo.release.notify_one();
    assert_eq!(busy.answer().await.1, "POST /wait ");
}

/// F-COST-9
#[tokio::test]
async fn where_all_connections_are_in_use_the_own_endpoints_are_still_answered() {
    let limits = Limits { connections: 1, crowded_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(limits).await;
    let mut busy = server.connect().await;
    busy.send(post("/wait", "")).await;
    server.echo.entered.notified().await;
    let (mut own, mut other) = (server.connect().await, server.connect().await);
    own.send(post("/own", "a")).await;
    assert_eq!(own.answer().await.1, "own a");
    other.send(post("/other", "a")).await;
    assert!(other.answer().await.0.starts_with("HTTP/1.1 503 "));
    server.echo.release.notify_one();
    assert_eq!(busy.answer().await.1, "POST /wait ");
}

#[tokio::test]
async fn the_end_waits_for_what_was_accepted() {
    let mut server = Server::start(Limits::default()).await;
    let mut idle = server.connect().await;
    idle.send(post("/a", "")).await;
    idle.answer().await;
    let mut busy = server.connect().await;
    busy.send(post("/wait", "")).await;
    server.echo.entered.notified().await;
    let mut silent = server.connect().await;
    server.stop();
    assert_eq!(idle.rest().await, "", "idle connections are closed at once");
    assert_eq!(silent.rest().await, "");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
    server.echo.release.notify_one();
    let (head, text) = busy.answer().await;
    assert_eq!(text, "POST /wait ");
    assert_eq!(header(&head, "connection"), Some("close"));
    assert!(server.ended().await);
}

/// F-EDGE-4.
#[tokio::test]
async fn requests_that_wait_in_the_queue_at_the_end_are_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for index in 0..10 {
        let mut client = Client(TcpStream::connect(address).await.unwrap());
        client.send(post(&format!("/{index}"), "")).await;
        waiting.push(client);
    }
    let drained =
        serve(listener, Arc::new(Echo::default()), Limits::default(), Arc::default(), async {}).await;
    assert!(drained);
    for (index, client) in waiting.iter_mut().enumerate() {
        assert_eq!(client.answer().await.1, format!("POST /{index} "));
    }
}

/// F-EDGE-4.
#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let limits = Limits { drain_timeout: Duration::from_millis(100), ..Limits::default() };
    let mut server = Server::start(limits).await;
    let mut busy = server.connect().await;
    busy.send(post("/wait", "")).await;
    server.echo.entered.notified().await;
    server.stop();
    assert!(!server.ended().await);
}
