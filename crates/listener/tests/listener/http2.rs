//! HTTP/2 frames written by hand, after RFC 9113 and RFC 7541.

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{Client, PATIENCE, Server, short};
use listener::Limits;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// `:method POST`, `:scheme http`, `:path /` from the static table, and `:authority h`.
const POST_ROOT: &[u8] = &[0x83, 0x86, 0x84, 0x01, 0x01, b'h'];

async fn next_frame(client: &mut Client) -> (u8, u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    timeout(PATIENCE, client.0.read_exact(&mut head)).await.unwrap().unwrap();
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    timeout(PATIENCE, client.0.read_exact(&mut payload)).await.unwrap().unwrap();
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    (head[3], head[4], stream, payload)
}

/// The status (as its index in the static table) and the body of the answer on `stream`.
async fn answer(client: &mut Client, stream: u32) -> (u8, String) {
    let (mut status, mut body) = (0, Vec::new());
    loop {
        let (kind, flags, on, payload) = next_frame(client).await;
        if on == stream && kind == HEADERS {
            status = payload[0];
        } else if on == stream && kind == DATA {
            body.extend(payload);
        }
        if on == stream && flags & END_STREAM != 0 {
            return (status, String::from_utf8(body).unwrap());
        }
    }
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_answered() {
    let mut server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
    for stream in [1, 3] {
        client.send(frame(HEADERS, END_HEADERS, stream, POST_ROOT)).await;
        client.send(frame(DATA, END_STREAM, stream, b"over two")).await;
        // 0x88 is `:status 200` in the static table.
        assert_eq!(answer(&mut client, stream).await, (0x88, "POST / over two".to_owned()));
    }
    server.stop();
    while next_frame(&mut client).await.0 != GOAWAY {}
    drop(client);
    assert!(server.ended().await);
}

#[tokio::test]
async fn an_idle_http2_connection_is_told_to_go_away() {
    let server = Server::start(short()).await;
    let mut client = server.connect().await;
    client.send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, POST_ROOT)).await;
    answer(&mut client, 1).await;
    while next_frame(&mut client).await.0 != GOAWAY {}
    client.rest().await;
}

/// F-EDGE-3.
#[tokio::test]
async fn an_http2_body_that_does_not_come_is_answered_408() {
    let server = Server::start(short()).await;
    let mut client = server.connect().await;
    client.send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
    client.send(frame(HEADERS, END_HEADERS, 1, POST_ROOT)).await;
    assert_eq!(answer(&mut client, 1).await.1, "unread /");
}
