//! A browser without a window: it keeps cookies, reads pages and sends their forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use accountd::admin::access::Access;
use accountd::application::Application;
use accountd::clock::Clock;
use accountd::configuration::{self, Configuration};
use accountd::startup::Edges;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use listener::{Answer, Payload, Upload};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What browsers send of what they would like to read.
pub const ACCEPT: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// The host that the browser knows.
pub const HOST: &str = "localhost:4566";

/// An accountd and a browser that looks at it.
pub struct Browser {
    /// The accountd.
    pub application: Application,
    cookies: BTreeMap<String, String>,
}

/// A page as it came.
pub struct Seen {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The text.
    pub text: String,
}

fn configured(flags: &[&str]) -> Configuration {
    // Requests that are signed name a host of AWS's.
    let origin = format!("https://{}", testing::signer::HOST);
    let own = ["accountd", "--in-memory", "--time", "manual", "--allow-origin", &origin];
    let arguments = own.iter().chain(flags).copied();
    match configuration::read(arguments) {
        Ok(configuration::Request::Serve(configuration)) => *configuration,
        _ => panic!("these flags serve"),
    }
}

async fn opened(flags: &[&str], access: Access) -> Application {
    let configuration = configured(flags);
    let edges = Edges {
        clock: Arc::new(Clock::new(configuration.time)),
        faults: Arc::default(),
        connections: Arc::default(),
        access,
        started: Instant::now(),
    };
    Application::open(&configuration, edges).await.unwrap()
}

/// Writes the company of the tests as a seed file of its own.
fn company_file() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("accountd-console-{}-{number}.yaml", std::process::id()));
    std::fs::write(&path, testing::server::COMPANY).unwrap();
    path
}

impl Browser {
    /// A browser at an accountd that knows nobody.
    pub async fn empty() -> Self {
        Self { application: opened(&[], Access::Loopback).await, cookies: BTreeMap::new() }
    }

    /// A browser at the company of the tests.
    pub async fn company() -> Self {
        Self::company_with(Access::Loopback).await
    }

    /// The same where others can reach it.
    pub async fn company_with(access: Access) -> Self {
        let file = company_file();
        let flags = ["--seed", file.to_str().unwrap()];
        let application = opened(&flags, access).await;
        std::fs::remove_file(&file).unwrap();
        Self { application, cookies: BTreeMap::new() }
    }

    /// Sends any request.
    pub async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        let (head, body) = request.into_parts();
        if !self.application.takes_pieces(&head) {
            return self.application.answer(Request::from_parts(head, body), peer).await;
        }
        let request = Request::from_parts(head, Upload::whole(body));
        let (head, body) = self.application.answer_in_pieces(request, peer).await.into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }

    fn request(&self, method: &str, address: &str, body: String) -> Request<Bytes> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut builder = Request::builder().method(method).uri(address);
        builder = builder.header("host", HOST).header("accept", ACCEPT).header("cookie", cookies.join("; "));
        if method == "POST" {
            builder = builder
                .header("origin", format!("http://{HOST}"))
                .header("content-type", "application/x-www-form-urlencoded");
        }
        builder.body(Bytes::from(body)).unwrap()
    }

    async fn seen(&mut self, request: Request<Bytes>) -> Seen {
        let answer = self.send(request).await;
        for cookie in answer.headers().get_all("set-cookie") {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Seen {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: String::from_utf8(answer.body().to_vec()).unwrap(),
        }
    }

    /// Looks at a page.
    pub async fn look(&mut self, address: &str) -> Seen {
        let request = self.request("GET", address, String::new());
        self.seen(request).await
    }

    /// Begins an answer that goes on while somebody reads it.
    pub async fn open(&self, address: &str) -> Stream {
        let (head, _) = self.request("GET", address, String::new()).into_parts();
        assert!(self.application.takes_pieces(&head), "{address} is answered in pieces");
        let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        let request = Request::from_parts(head, Upload::whole(Bytes::new()));
        let answer = self.application.answer_in_pieces(request, peer).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Stream(answer.into_body())
    }

    /// What a page is told at once of what is new since it was made.
    pub async fn news(&self, page: &Seen) -> String {
        self.open(&page.news_address()).await.next().await.expect("it is told something")
    }

    /// Sends the form of a page whose fields hold these, with what its hidden fields hold.
    pub async fn submit(&mut self, page: &Seen, action: &str, fields: &[(&str, &str)]) -> Seen {
        let mut all = vec![("token", page.token())];
        all.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.post(action, &all).await
    }

    /// Sends fields without a page.
    pub async fn post(&mut self, action: &str, fields: &[(&str, String)]) -> Seen {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = self.request("POST", action, pairs.join("&"));
        self.seen(request).await
    }

    /// Acts as somebody from now on.
    pub async fn act_as(&mut self, who: &str) {
        let page = self.look("/acting").await;
        let chosen = self.submit(&page, "/acting", &[("as", who), ("back", "/")]).await;
        assert_eq!((chosen.status, chosen.headers["location"].to_str().unwrap()), (303, "/"));
    }

    /// Asks for an operation from a page.
    pub async fn act(&mut self, back: &str, operation: &str, fields: &[(&str, &str)]) -> Seen {
        let page = self.look(back).await;
        let mut all = vec![("operation", operation), ("back", back), ("form", "test")];
        all.extend(fields);
        self.submit(&page, "/act", &all).await
    }
}

/// An answer on its way.
pub struct Stream(Payload);

impl Stream {
    /// Its next piece; `None` where it has ended.
    pub async fn next(&mut self) -> Option<String> {
        let piece = self.0.frame().await?.unwrap().into_data().unwrap();
        Some(String::from_utf8(piece.to_vec()).unwrap())
    }
}

impl Seen {
    /// Where the page asks for its news.
    pub fn news_address(&self) -> String {
        let (_, rest) = self.text.split_once("data-news=\"").expect("the page is told news");
        rest.split('"').next().unwrap().replace("&amp;", "&")
    }

    /// What the page's forms must carry.
    pub fn token(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"token\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Whether the page has this text.
    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// Asserts that the page has this text.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.has(text), "{text:?} is not in:\n{}", self.text);
        self
    }
}
