//! What is no request: a head that is too large, bytes that are not HTTP, and what HTTP forbids.

use listener::Limits;

use crate::Server;

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(Limits { head_bytes: 8192, ..Limits::default() }).await;
    let mut client = server.connect().await;
    client.send(format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n", "x".repeat(20_000_000))).await;
    assert!(client.rest().await.starts_with("HTTP/1.1 431"));
    let many: String = (0..101).map(|index| format!("X-{index}: y\r\n")).collect();
    let mut client = server.connect().await;
    client.send(format!("GET / HTTP/1.1\r\n{many}\r\n")).await;
    assert!(client.rest().await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn bytes_that_are_not_http_are_refused() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("how do you do\r\n\r\n").await;
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 400"), "{rest:?}");
    let mut client = server.connect().await;
    client.send("POST /m HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await;
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 400"), "{rest:?}");
}

/// F-EDGE-43: what names no host, two hosts, no host's name or no path is refused, and the connection closed.
#[tokio::test]
async fn a_head_that_http_forbids_is_refused() {
    let server = Server::start(Limits::default()).await;
    for head in [
        "POST /a HTTP/1.1\r\n",
        "POST /own HTTP/1.1\r\n",
        "POST /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n",
        "POST /a HTTP/1.0\r\nHost: h\r\nHost: i\r\n",
        "POST /a HTTP/1.1\r\nHost: 127.0.0.1:80@evil.example\r\n",
        "POST /a HTTP/1.1\r\nHost: a b\r\n",
        "POST . HTTP/1.1\r\nHost: h\r\n",
        "POST evil.example HTTP/1.1\r\nHost: h\r\n",
        "POST evil.example:443 HTTP/1.1\r\nHost: h\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
        let (answer, text) = client.answer().await;
        assert!(answer.contains(" 400 Bad Request\r\n"), "{head}: {answer}");
        assert!(text.starts_with("unread "), "{head}: {text}");
        assert_eq!(client.rest().await, "", "{head}");
    }
    for head in [
        "POST /a HTTP/1.0\r\n",
        "POST /a HTTP/1.1\r\nHost:\r\n",
        "POST /a HTTP/1.1\r\nHost: [::1]:4566\r\n",
        "POST http://h/a HTTP/1.1\r\nHost: h\r\n",
        // RFC 9112 §2.2 lets a server take these.
        "POST /a HTTP/1.1\nHost: h\n",
    ] {
        let mut client = server.connect().await;
        client.send(format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
        let (answer, text) = client.answer().await;
        assert!(answer.contains(" 200 OK\r\n") && text == "POST /a {}", "{head}: {answer}{text}");
    }
}

/// F-EDGE-43: of a body in chunks a bare LF ends no line.
#[tokio::test]
async fn a_chunk_whose_length_ends_in_a_bare_line_feed_is_refused() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("POST /m HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n").await;
    let rest = client.rest().await;
    assert!(rest.starts_with("HTTP/1.1 400"), "{rest:?}");
}
