//! The whole of accountd behind its listener: what depends on the two of them together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use listener::{Connections, Limits};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::audit::application;
use crate::cast::*;
use crate::world::{post, signed};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let application = Arc::new(application().await);
    let connections = Arc::new(Connections::default());
    tokio::spawn(listener::serve(
        listener,
        application,
        Limits::default(),
        connections,
        std::future::pending(),
    ));
    address
}

/// The answer to one request, head and body, without the framing of a body in chunks.
async fn ask(address: SocketAddr, request: Request<Bytes>) -> (String, Vec<u8>) {
    let asking = async {
        let mut client = TcpStream::connect(address).await.unwrap();
        let (head, body) = request.into_parts();
        let mut wire = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", head.method, head.uri);
        wire += &format!("content-length: {}\r\n", body.len());
        for (name, value) in &head.headers {
            wire += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        client.write_all((wire + "\r\n").as_bytes()).await.unwrap();
        client.write_all(&body).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, asking).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    let body = &answer[end + 4..];
    let is_in_chunks = head.contains("transfer-encoding: chunked");
    (head, if is_in_chunks { without_chunks(body) } else { body.to_vec() })
}

fn without_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|bytes| bytes == b"\r\n").expect("the answer is whole");
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..][..length]);
        body = &body[end + 2 + length + 2..];
    }
}

fn own(method: &str, path: &str, body: Bytes) -> Request<Bytes> {
    Request::builder().method(method).uri(path).header("host", "localhost").body(body).unwrap()
}

/// F-COST-5: an export of more than a body of AWS may have is imported again, and is the same then.
#[tokio::test]
async fn an_export_of_any_size_is_imported_again() {
    let address = start().await;
    let (head, small) = ask(address, own("GET", "/_accountd/export", Bytes::new())).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let mut export: serde_json::Value = serde_json::from_slice(&small).unwrap();
    let event = |number: u32| {
        let time = format!("2026-11-27T00:00:{:02}Z", number % 60);
        json!({"account": MEMBER, "time": time, "record": {"eventTime": time, "padding": "x".repeat(900)}})
    };
    export["events"] = (0..15_000).map(event).collect();
    let large = Bytes::from(export.to_string());
    assert!(large.len() as u64 > Limits::default().body_bytes);
    let (head, answer) = ask(address, own("POST", "/_accountd/import", large.clone())).await;
    assert!(head.starts_with("http/1.1 200"), "{head} {}", String::from_utf8_lossy(&answer));
    let (_, again) = ask(address, own("GET", "/_accountd/export?events=all", Bytes::new())).await;
    assert!(again == large, "{} bytes went in, {} came out", large.len(), again.len());
    let (_, without) = ask(address, own("GET", "/_accountd/export?events=none", Bytes::new())).await;
    export["events"] = json!([]);
    assert!(without == export.to_string().as_bytes());
    let half = large.slice(..large.len() / 2);
    let (head, answer) = ask(address, own("POST", "/_accountd/import", half)).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert!(String::from_utf8_lossy(&answer).contains("not an export of accountd (line 1, column "));
}

fn list_regions(headers: &[(&'static str, &'static str)]) -> Request<Bytes> {
    let mut request = post("/listRegions", "application/json", "{}");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    signed(request, &MANAGEMENT_ADMIN.key, "account", "us-east-1")
}

/// F-COST-11, F-COST-12
#[tokio::test]
async fn a_page_of_another_site_uses_no_service_and_one_of_this_machine_reads_the_answers() {
    let address = start().await;
    for headers in
        [&[("origin", "http://evil.example")][..], &[("origin", "null")], &[("sec-fetch-site", "cross-site")]]
    {
        let (head, body) = ask(address, list_regions(headers)).await;
        assert!(head.starts_with("http/1.1 403") && head.contains("accessdeniedexception"), "{head}");
        assert!(String::from_utf8(body).unwrap().contains("--allow-origin"));
        let mut export = own("GET", "/_accountd/export", Bytes::new());
        for (name, value) in headers {
            export.headers_mut().insert(*name, value.parse().unwrap());
        }
        assert!(ask(address, export).await.0.starts_with("http/1.1 403"));
    }
    let mut rebound = list_regions(&[]);
    rebound.headers_mut().insert("host", "evil.example:4566".parse().unwrap());
    assert!(ask(address, rebound).await.0.starts_with("http/1.1 403"));
    let origin = [("origin", "http://localhost:3000")];
    let identity = post("/?Action=GetCallerIdentity&Version=2011-06-15", "text/plain", "");
    let mut identity = signed(identity, &MANAGEMENT_ADMIN.key, "sts", "us-east-1");
    identity.headers_mut().insert("origin", origin[0].1.parse().unwrap());
    for request in [list_regions(&origin), identity] {
        let (head, _) = ask(address, request).await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("access-control-allow-origin: http://localhost:3000\r\n"), "{head}");
        assert!(head.contains("access-control-expose-headers: x-amzn-requestid"), "{head}");
    }
    let preflight = Request::builder().method("OPTIONS").uri("/").header("host", "localhost");
    let preflight = preflight.header("origin", origin[0].1).body(Bytes::new()).unwrap();
    let (head, _) = ask(address, preflight).await;
    assert!(head.contains("access-control-allow-origin: http://localhost:3000\r\n"), "{head}");
    assert!(head.contains("access-control-allow-headers: authorization, content-type"), "{head}");
}
