//! Answers that would go on by themselves: they end with serving, so that the end waits for none of them, and where nobody
//! reads them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, request};
use listener::{Answer, Connections, HangUp, Limits, Payload, Unread, Upload, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::{PATIENCE, short};

/// Answers with one piece and keeps the answer open; or without an end, as fast as it is read, where somebody is to be told
/// that nobody reads it any more.
#[derive(Default)]
struct Endless {
    kept: Mutex<Option<mpsc::Sender<Result<Bytes, HangUp>>>>,
    unread: Option<Arc<Notify>>,
}

impl Answer for Endless {
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
        match self.unread.clone() {
            None => *self.kept.lock().unwrap() = Some(pieces),
            Some(unread) => {
                tokio::spawn(async move {
                    while pieces.send(Ok(Bytes::from_static(&[b'x'; 65536]))).await.is_ok() {}
                    unread.notify_one();
                });
            }
        }
        Response::new(Payload::Pieces(payload))
    }

    fn end(&self) {
        self.kept.lock().unwrap().take();
    }
}

/// F-EDGE-4
#[tokio::test]
async fn an_answer_without_an_end_ends_with_serving() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (answer, connections) = (Arc::new(Endless::default()), Arc::new(Connections::default()));
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

/// F-EDGE-38
#[tokio::test]
async fn a_client_that_reads_nothing_of_its_answer_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let unread = Arc::new(Notify::new());
    let answer = Arc::new(Endless { unread: Some(Arc::clone(&unread)), ..Endless::default() });
    let serving = tokio::spawn(serve(listener, answer, short(), Arc::default(), std::future::pending()));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    timeout(PATIENCE, unread.notified()).await.expect("the server closes");
    serving.abort();
}
