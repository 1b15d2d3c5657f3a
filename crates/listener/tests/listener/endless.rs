//! Answers that would go on by themselves: they end with serving, so that the end waits for none of them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, request};
use listener::{Answer, Connections, HangUp, Limits, Payload, Unread, Upload, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::PATIENCE;

/// Answers with one piece and keeps the answer open.
#[derive(Default)]
struct Open(Mutex<Option<mpsc::Sender<Result<Bytes, HangUp>>>>);

impl Answer for Open {
    async fn answer(&self, _: Request<Bytes>, _: SocketAddr) -> Response<Bytes> {
        Response::new(Bytes::new())
    }

    fn refuse_unread(&self, _: &request::Parts, _: Unread) -> Response<Bytes> {
        Response::new(Bytes::new())
    }

    fn takes_pieces(&self, _: &request::Parts) -> bool {
        true
    }

    async fn answer_in_pieces(&self, _: Request<Upload>, _: SocketAddr) -> Response<Payload> {
        let (pieces, payload) = mpsc::channel(1);
        pieces.send(Ok(Bytes::from_static(b"begun"))).await.unwrap();
        *self.0.lock().unwrap() = Some(pieces);
        Response::new(Payload::Pieces(payload))
    }

    fn end(&self) {
        self.0.lock().unwrap().take();
    }
}

/// F-EDGE-4
#[tokio::test]
async fn an_answer_without_an_end_ends_with_serving() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (answer, connections) = (Arc::new(Open::default()), Arc::new(Connections::default()));
    let serving = tokio::spawn(serve(listener, answer, Limits::default(), connections, async {
        let _ = stopped.await;
    }));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"begun\r\n") {
        seen.push(timeout(PATIENCE, client.read_u8()).await.unwrap().unwrap());
    }
    stop.send(()).unwrap();
    timeout(PATIENCE, client.read_to_end(&mut seen)).await.unwrap().unwrap();
    assert!(seen.ends_with(b"\r\n0\r\n\r\n"), "{}", String::from_utf8_lossy(&seen));
    assert!(timeout(PATIENCE, serving).await.unwrap().unwrap(), "nothing was cut off");
}
