//! accountd's own endpoints, under `/_accountd/`: for the person who runs it, never for AWS clients.
//!
//! Everything answers JSON (metrics apart), errors as `{"message": …}`. What they need from the rest
//! of the process is the trait [`Engine`].

pub mod access;
mod credentials;
mod endpoint;
pub mod events;
pub mod faults;
pub mod guesses;
mod issuer;
pub mod metrics;
mod outbox;
mod process;
pub mod unanswered;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use services::explain::{self, NotExplained, Question};
use services::front::credentials::{Given, Holder, NotGiven};
use services::state::message::Message;

use crate::clock::Clock;
use crate::configuration::{Signatures, parse_duration};
use crate::store::LogSize;
use access::{Access, Forbidden};
use endpoint::Endpoint;
pub use endpoint::is_own;
use events::{EventsAsked, EventsPage};
use faults::{Faults, Rule};
use guesses::Guesses;
use listener::{Payload, Unread, Upload};
use metrics::Metrics;
use unanswered::UnansweredCalls;

/// What the own endpoints need from the store.
pub trait Engine: Send + Sync + 'static {
    /// Whether requests can be answered now; the reason if not.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;

    /// Every message in the outbox, newest first, under its key.
    fn messages(&self) -> impl Future<Output = Result<Vec<(String, Message)>, String>> + Send;

    /// Empties the outbox and says how many messages it held.
    fn clear_messages(&self) -> impl Future<Output = Result<u64, String>> + Send;

    /// How much of the event log there was when it was last measured.
    fn log_size(&self) -> LogSize {
        LogSize::default()
    }

    /// Events of the log.
    fn events(&self, asked: EventsAsked) -> impl Future<Output = Result<EventsPage, String>> + Send;

    /// Explains why a call is allowed or refused.
    fn explain(
        &self,
        question: Question,
    ) -> impl Future<Output = Result<explain::Answer, NotAnswered>> + Send;

    /// Credentials of somebody whom the person who runs accountd names.
    fn credentials(
        &self,
        holder: Holder,
    ) -> impl Future<Output = Result<Result<Given, NotGiven>, String>> + Send;

    /// Takes over how other processes on the same store moved service time, and the faults that were ordered there.
    fn follow(&self) -> impl Future<Output = Result<(), String>> + Send {
        std::future::ready(Ok(()))
    }

    /// Lets every process on the same store know the faults that are ordered.
    fn keep_faults(&self, _rules: Vec<Rule>) -> impl Future<Output = Result<(), String>> + Send {
        std::future::ready(Ok(()))
    }

    /// The URL of the issuer with this id and the keys that it publishes; `None` where no account has it.
    fn issuer(&self, id: String) -> impl Future<Output = Result<Option<(String, Value)>, String>> + Send;

    /// Keeps how service time was moved, so that a restart goes on there.
    fn keep_time(&self) -> impl Future<Output = Result<(), String>> + Send;

    /// Puts the store back to what it held after its first start (the seed, or nothing).
    fn reset(&self) -> impl Future<Output = Result<(), String>> + Send;

    /// All state as one JSON document, with the event log or without, as it is read.
    fn export(&self, log: Log) -> impl Future<Output = Result<Payload, String>> + Send;

    /// Replaces all state by an exported document, or changes nothing.
    fn import(&self, document: Upload) -> impl Future<Output = Result<(), NotImported>> + Send;
}

/// Whether an export holds the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// It does.
    Whole,
    /// It does not: `?events=none`.
    None,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAnswered {
    /// It is wrong (400), or what it names is not there (404).
    NotExplained(NotExplained),
    /// The store failed (500).
    Failed(String),
}

/// Why nothing was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotImported {
    /// The document is wrong (400).
    Wrong(String),
    /// The document did not come whole (408, 400).
    Unread(Unread),
    /// The store failed (500).
    Failed(String),
}

/// What the health page says that never changes.
#[derive(Debug, Clone)]
pub struct Facts {
    /// How strictly signatures are checked.
    pub signatures: Signatures,
    /// The kind of storage.
    pub storage: &'static str,
    /// The services that are answered, by their signing names.
    pub services: &'static [&'static str],
    /// When the process started.
    pub started: Instant,
}

/// Where a request comes from; put into its extensions by whoever took it from a socket.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The own endpoints.
pub struct Admin<E> {
    /// Who may use them.
    pub access: Access,
    /// Who tried to without the right token.
    pub guesses: Guesses,
    /// What the health page says.
    pub facts: Facts,
    /// Both times.
    pub clock: Arc<Clock>,
    /// Faults that were ordered.
    pub faults: Arc<Faults>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// What was asked for and is not here.
    pub unanswered: Arc<UnansweredCalls>,
    /// The store.
    pub engine: E,
}

type Answer = Response<Payload>;

/// The longest body in bytes, but for an import, which may have any length. Faults have the longest.
const BODY_BYTES: usize = 1 << 20;

impl<E: Engine> Admin<E> {
    /// Answers a request whose path [`is_own`]. Unknown paths and methods: F-EDGE-23.
    pub async fn answer(&self, request: Request<Upload>) -> Answer {
        let (head, body) = request.into_parts();
        let Some(endpoint) = Endpoint::of(head.uri.path()) else {
            return error(StatusCode::NOT_FOUND, "There is no such endpoint.");
        };
        if !endpoint.allows(&head.method) {
            let mut answer =
                error(StatusCode::METHOD_NOT_ALLOWED, "This endpoint does not know that method.");
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(endpoint.allow()));
            return answer;
        }
        if head.method == Method::OPTIONS {
            let mut answer = with_status(StatusCode::NO_CONTENT);
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(endpoint.allow()));
            return answer;
        }
        let reads = matches!(head.method, Method::GET | Method::HEAD);
        let peer = head.extensions.get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0);
        if !endpoint.is_open()
            && let Err(forbidden) = self.let_in(peer, &head.uri, &head.headers, !reads)
        {
            return refuse(forbidden);
        }
        self.carry_out(endpoint, &head, body).await
    }

    /// Whether a request is let in, as [`Access::check`] says; wrong tokens are counted, and bounded. F-EDGE-44
    ///
    /// # Errors
    /// Says why not.
    pub fn let_in(
        &self,
        peer: IpAddr,
        uri: &Uri,
        headers: &HeaderMap,
        changes: bool,
    ) -> Result<(), Forbidden> {
        let (tries, now) = (self.access.is_tried(headers), Instant::now());
        if tries && self.guesses.must_wait(peer, now) {
            return Err(Forbidden::TooManyWrongTokens);
        }
        let checked = self.access.check(uri, headers, changes);
        if tries && checked == Err(Forbidden::NeedsToken) {
            self.guesses.note_wrong(peer, now);
        }
        checked
    }

    async fn carry_out(&self, endpoint: Endpoint, head: &http::request::Parts, body: Upload) -> Answer {
        if endpoint == Endpoint::Import {
            return match self.engine.import(body).await {
                Ok(()) => ok(&json!({})),
                Err(NotImported::Wrong(reason)) => error(StatusCode::BAD_REQUEST, &reason),
                Err(NotImported::Unread(why)) => unread(why),
                Err(NotImported::Failed(reason)) => failed(&reason),
            };
        }
        let body = match body.read(BODY_BYTES).await {
            Ok(body) => body,
            Err(why) => return unread(why),
        };
        let query = head.uri.query().unwrap_or_default();
        match (endpoint, &head.method) {
            (Endpoint::Index, _) => ok(&endpoint::index()),
            (Endpoint::Health, _) => ok(&self.health()),
            (Endpoint::Information, _) => ok(&self.information()),
            (Endpoint::Stages, _) => ok(&endpoint::stages()),
            (Endpoint::Stage, _) => ok(&endpoint::stage(head.uri.path())),
            (Endpoint::Ready, _) => self.ready().await,
            (Endpoint::Metrics, _) => {
                let (page, content_type) = self.metrics.page_for(&head.headers);
                typed(Bytes::from(page), content_type)
            }
            (Endpoint::Clock, &Method::POST) => self.move_clock(&body).await,
            (Endpoint::Clock, _) => done(self.engine.follow().await, |()| self.clock_page(self.clock.now())),
            (Endpoint::Outbox, &Method::DELETE) => {
                done(self.engine.clear_messages().await, |deleted| json!({ "deleted": deleted }))
            }
            (Endpoint::Outbox, _) => match self.engine.messages().await {
                Ok(messages) => outbox::list(&messages, query),
                Err(reason) => failed(&reason),
            },
            (Endpoint::Events, _) => match events::asked(query) {
                Ok(asked) => match self.engine.events(asked).await {
                    Ok(page) => events::page(&page),
                    Err(reason) => failed(&reason),
                },
                Err(wrong) => *wrong,
            },
            (Endpoint::Reset, _) => self.reset(head.uri.path()).await,
            (Endpoint::Export, _) => self.export(query).await,
            (Endpoint::Import, _) => unread(Unread::Malformed),
            (Endpoint::Explain, _) => self.explain(&body).await,
            (Endpoint::Credentials, _) => self.credentials(&body).await,
            (Endpoint::Faults, &Method::PUT) => self.replace_faults(&body).await,
            (Endpoint::Faults, &Method::DELETE) => self.change_faults(Vec::new()).await,
            (Endpoint::Faults, _) => done(self.engine.follow().await, |()| json!(self.faults.rules())),
            (Endpoint::Issuer, _) => issuer::answer(&self.engine, head.uri.path(), &head.headers).await,
            (Endpoint::Unanswered, &Method::DELETE) => ok(&json!({ "deleted": self.unanswered.clear() })),
            (Endpoint::Unanswered, _) => ok(&self.unanswered.page()),
        }
    }

    async fn export(&self, query: &str) -> Answer {
        let log = match query {
            "" | "events=all" => Log::Whole,
            "events=none" => Log::None,
            _ => return error(StatusCode::BAD_REQUEST, "An export knows events=none and events=all."),
        };
        match self.engine.export(log).await {
            Ok(document) => typed(document, "application/json"),
            Err(reason) => failed(&reason),
        }
    }

    /// `services` has the form that LocalStack's tools look for.
    fn health(&self) -> Value {
        let services: serde_json::Map<String, Value> =
            self.facts.services.iter().map(|service| ((*service).to_owned(), json!("running"))).collect();
        let log = self.engine.log_size();
        let oldest = Timestamp::from_second(log.oldest).ok().filter(|_| log.oldest != 0);
        json!({
            "status": "running",
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_seconds": self.facts.started.elapsed().as_secs(),
            "signatures": match self.facts.signatures {
                Signatures::Strict => "strict",
                Signatures::Lenient => "lenient",
            },
            "storage": self.facts.storage,
            "services": services,
            "log": { "records": log.records, "bytes": log.bytes, "oldest": oldest.map(|it| it.to_string()) },
        })
    }

    /// What LocalStack's tools ask before they begin.
    fn information(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "edition": "accountd",
            "is_license_activated": false,
            "system": std::env::consts::OS,
            "server_time_utc": self.clock.real_now().to_string(),
            "uptime": self.facts.started.elapsed().as_secs(),
        })
    }

    /// F-EDGE-26: state, faults and time are as they were after the first start.
    async fn reset(&self, path: &str) -> Answer {
        if let Err(reason) = self.engine.reset().await {
            return failed(&reason);
        }
        self.faults.clear();
        // moto's clients look for the word.
        ok(&if path.starts_with("/moto-api/") { json!({ "status": "ok" }) } else { json!({}) })
    }

    async fn ready(&self) -> Answer {
        match self.engine.ready().await {
            Ok(()) => ok(&json!({ "ready": true })),
            Err(reason) => {
                tracing::warn!(reason, "not ready");
                error(StatusCode::SERVICE_UNAVAILABLE, "Requests cannot be answered now; the log says why.")
            }
        }
    }

    /// F-WHY-6: the answer to a question about a call.
    async fn explain(&self, body: &[u8]) -> Answer {
        let question: Question = match serde_json::from_slice(body) {
            Ok(question) => question,
            Err(reason) => return error(StatusCode::BAD_REQUEST, &reason.to_string()),
        };
        match self.engine.explain(question).await {
            Ok(answer) => ok(&answer),
            Err(NotAnswered::NotExplained(why)) => {
                let status = match why {
                    NotExplained::Wrong(_) => StatusCode::BAD_REQUEST,
                    NotExplained::NotFound(_) => StatusCode::NOT_FOUND,
                };
                error(status, why.message())
            }
            Err(NotAnswered::Failed(reason)) => failed(&reason),
        }
    }

    /// F-EDGE-29: credentials in the form that the AWS CLI's `credential_process` reads.
    async fn credentials(&self, body: &[u8]) -> Answer {
        let holder = match credentials::read(body) {
            Ok(holder) => holder,
            Err(reason) => return error(StatusCode::BAD_REQUEST, &reason),
        };
        match self.engine.credentials(holder).await {
            Ok(Ok(given)) => ok(&credentials::page(&given)),
            Ok(Err(why @ NotGiven::NoSuchHolder(_))) => error(StatusCode::NOT_FOUND, why.message()),
            Ok(Err(why @ NotGiven::KeysInactive(_))) => error(StatusCode::CONFLICT, why.message()),
            Err(reason) => failed(&reason),
        }
    }

    fn clock_page(&self, now: Timestamp) -> Value {
        json!({ "now": now.to_string(), "mode": self.clock.mode().to_string() })
    }

    async fn move_clock(&self, body: &[u8]) -> Answer {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Move {
            advance: Option<String>,
            set: Option<Timestamp>,
        }
        let wanted: Move = match serde_json::from_slice(body) {
            Ok(wanted) => wanted,
            Err(reason) => return error(StatusCode::BAD_REQUEST, &reason.to_string()),
        };
        if let Err(reason) = self.engine.follow().await {
            return failed(&reason);
        }
        let moved = match (wanted.advance, wanted.set) {
            (Some(step), None) => match parse_duration(&step) {
                Ok(step) => self.clock.advance(SignedDuration::try_from(step).unwrap_or(SignedDuration::MAX)),
                Err(reason) => return error(StatusCode::BAD_REQUEST, &reason.to_string()),
            },
            (None, Some(target)) => self.clock.set(target),
            _ => {
                let expected = r#"Send {"advance":"24h"} or {"set":"2027-01-01T00:00:00Z"}."#;
                return error(StatusCode::BAD_REQUEST, expected);
            }
        };
        match moved {
            Ok(now) => done(self.engine.keep_time().await, |()| self.clock_page(now)),
            Err(reason) => error(StatusCode::BAD_REQUEST, &reason.to_string()),
        }
    }

    async fn replace_faults(&self, body: &[u8]) -> Answer {
        match serde_json::from_slice::<Vec<Rule>>(body) {
            Ok(rules) => self.change_faults(rules).await,
            Err(reason) => error(StatusCode::BAD_REQUEST, &reason.to_string()),
        }
    }

    async fn change_faults(&self, rules: Vec<Rule>) -> Answer {
        match self.faults.replace(rules) {
            Ok(()) => {
                let rules = self.faults.rules();
                done(self.engine.keep_faults(rules).await, |()| json!(self.faults.rules()))
            }
            Err(reason) => error(StatusCode::BAD_REQUEST, &reason),
        }
    }
}

fn refuse(forbidden: Forbidden) -> Answer {
    let mut answer = error(forbidden.status(), forbidden.message());
    if forbidden == Forbidden::TooManyWrongTokens {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(guesses::WINDOW.as_secs()));
    }
    if forbidden == Forbidden::NeedsToken {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

fn done<T>(result: Result<T, String>, page: impl FnOnce(T) -> Value) -> Answer {
    match result {
        Ok(value) => ok(&page(value)),
        Err(reason) => failed(&reason),
    }
}

/// The store failed: the reason is for the log, not for the caller.
fn failed(reason: &str) -> Answer {
    tracing::error!(reason, "an own endpoint failed");
    error(StatusCode::INTERNAL_SERVER_ERROR, "The store failed; the log says why.")
}

fn ok(page: &impl serde::Serialize) -> Answer {
    let text = serde_json::to_vec(page).expect("INVARIANT: pages have string keys and no failing serializer");
    typed(Bytes::from(text), "application/json")
}

/// A body that did not come, or not whole.
fn unread(why: Unread) -> Answer {
    match why {
        Unread::TooLarge => error(StatusCode::PAYLOAD_TOO_LARGE, "The body is too long for this endpoint."),
        Unread::TooSlow => error(StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
        Unread::Malformed | Unread::Crowded => error(StatusCode::BAD_REQUEST, "The body could not be read."),
    }
}

fn error(status: StatusCode, message: &str) -> Answer {
    let mut answer = ok(&json!({ "message": message }));
    *answer.status_mut() = status;
    answer
}

fn typed(body: impl Into<Payload>, content_type: &'static str) -> Answer {
    let mut answer = Response::new(body.into());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn with_status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Payload::from(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests;
