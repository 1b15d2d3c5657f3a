//! The own endpoints, without a socket.

use std::sync::Mutex;

use http_body_util::BodyExt;
use hyper::body::Body;

use super::*;
use crate::clock::TimeMode;
use listener::Connections;
use services::state::message::Channel;

#[derive(Default)]
struct Fake {
    messages: Mutex<Vec<(String, Message)>>,
    resets: Mutex<u32>,
    imported: Mutex<Option<Bytes>>,
    broken: bool,
}

impl Engine for Fake {
    async fn issuer(&self, id: String) -> Result<Option<(String, Value)>, String> {
        Ok((id == "known").then(|| ("https://known.invalid".to_owned(), json!({ "keys": [] }))))
    }

    async fn ready(&self) -> Result<(), String> {
        if self.broken { Err("disk full".to_owned()) } else { Ok(()) }
    }

    async fn messages(&self) -> Result<Vec<(String, Message)>, String> {
        if self.broken { Err("disk full".to_owned()) } else { Ok(self.messages.lock().unwrap().clone()) }
    }

    async fn clear_messages(&self) -> Result<u64, String> {
        Ok(self.messages.lock().unwrap().drain(..).count() as u64)
    }

    fn log_size(&self) -> LogSize {
        LogSize { records: Some(7), bytes: 9000, oldest: 1_795_774_200 }
    }

    async fn events(&self, asked: EventsAsked) -> Result<EventsPage, String> {
        let next = asked.after.unwrap_or(services::world::EventPosition { commit: 1, index: 0 });
        if self.broken { Err("disk full".to_owned()) } else { Ok(EventsPage { events: Vec::new(), next }) }
    }

    async fn explain(&self, question: Question) -> Result<explain::Answer, NotAnswered> {
        let why = match question.event.as_deref() {
            Some("broken") => return Err(NotAnswered::Failed("disk full".to_owned())),
            Some(id) => NotExplained::NotFound(format!("There is no event {id}.")),
            None => NotExplained::Wrong("Give `event`.".to_owned()),
        };
        Err(NotAnswered::NotExplained(why))
    }

    async fn credentials(&self, holder: Holder) -> Result<Result<Given, NotGiven>, String> {
        Ok(match holder {
            Holder::User(..) => Err(NotGiven::NoSuchHolder("There is no such user.".to_owned())),
            Holder::Role(..) => Err(NotGiven::KeysInactive("They are inactive.".to_owned())),
            Holder::Administrator(_) => Ok(Given {
                access_key_id: "AKIA1".to_owned(),
                secret_access_key: "secret".to_owned(),
                session: Some(("token".to_owned(), "2090-01-01T00:00:00Z".parse().unwrap())),
            }),
        })
    }

    async fn keep_time(&self) -> Result<(), String> {
        if self.broken { Err("disk full".to_owned()) } else { Ok(()) }
    }

    async fn reset(&self) -> Result<(), String> {
        *self.resets.lock().unwrap() += 1;
        Ok(())
    }

    async fn export(&self, log: Log) -> Result<Payload, String> {
        Ok(Bytes::from(format!("{{\"log\":{}}}", log == Log::Whole)).into())
    }

    async fn import(&self, document: Upload) -> Result<(), NotImported> {
        let document = document.read(usize::MAX).await.map_err(NotImported::Unread)?;
        if document.is_empty() {
            return Err(NotImported::Wrong("it is empty".to_owned()));
        }
        *self.imported.lock().unwrap() = Some(document);
        Ok(())
    }
}

fn message(to: &str, account: &str) -> Message {
    Message {
        channel: Channel::Email,
        account: account.parse().unwrap(),
        to: to.to_owned(),
        subject: "Subject".to_owned(),
        body: "Your code is 123456".to_owned(),
        code: "123456".to_owned(),
        sent_at: "2026-11-21T00:00:00Z".parse().unwrap(),
        delivered_at: None,
        lease: None,
    }
}

fn admin() -> Admin<Fake> {
    let engine = Fake::default();
    engine.messages.lock().unwrap().extend([
        ("message/2".to_owned(), message("b+c@example.com", "222222222222")),
        ("message/1".to_owned(), message("A@example.com", "111111111111")),
    ]);
    Admin {
        guesses: Default::default(),
        access: Access::Loopback,
        facts: Facts {
            signatures: Signatures::Lenient,
            storage: "memory",
            services: &["account", "sts"],
            started: Instant::now(),
        },
        clock: Arc::new(Clock::new(TimeMode::Manual)),
        faults: Arc::default(),
        metrics: Arc::new(Metrics::new(Arc::new(Connections::default()), Arc::default(), Vec::new)),
        unanswered: Arc::default(),
        engine,
    }
}

fn nothing() -> Upload {
    Upload::whole(Bytes::new())
}

async fn ask(admin: &Admin<Fake>, method: &str, target: &str, body: &str) -> (u16, Value) {
    let request =
        Request::builder().method(method).uri(target).header("host", "localhost:4566").body(body.to_owned());
    let answer = admin.answer(request.unwrap().map(|body| Upload::whole(body.into()))).await;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn health_says_what_runs_at_both_paths() {
    let admin = admin();
    for path in ["/_accountd/health", "/_localstack/health"] {
        assert!(is_own(path));
        let (status, page) = ask(&admin, "GET", path, "").await;
        assert_eq!(status, 200);
        assert_eq!(page["status"], "running");
        assert_eq!(page["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(page["signatures"], "lenient");
        assert_eq!(page["storage"], "memory");
        assert_eq!(page["uptime_seconds"], 0);
        assert_eq!(page["services"], json!({"account": "running", "sts": "running"}));
        // F-TRAIL-18
        assert_eq!(page["log"], json!({"records": 7, "bytes": 9000, "oldest": "2026-11-27T10:10:00Z"}));
    }
}

/// F-EDGE-25.
#[tokio::test]
async fn what_tools_of_other_emulators_ask_is_answered() {
    let admin = admin();
    let (_, index) = ask(&admin, "GET", "/_accountd/", "").await;
    assert_eq!(ask(&admin, "GET", "/_accountd", "").await, (200, index.clone()));
    assert_eq!(index["endpoints"][1]["paths"][0], "/_accountd/health");
    let (status, page) = ask(&admin, "GET", "/_localstack/info", "").await;
    assert_eq!((status, &page["version"]), (200, &json!(env!("CARGO_PKG_VERSION"))));
    let (status, page) = ask(&admin, "GET", "/_localstack/init", "").await;
    assert_eq!((status, &page["completed"]["READY"], &page["scripts"]), (200, &json!(true), &json!([])));
    for (stage, is_completed) in [("ready", true), ("shutdown", false)] {
        let (status, page) = ask(&admin, "GET", &format!("/_localstack/init/{stage}"), "").await;
        assert_eq!((status, &page["completed"]), (200, &json!(is_completed)));
    }
    for (path, answer) in
        [("/moto-api/reset", json!({"status": "ok"})), ("/_localstack/state/reset", json!({}))]
    {
        assert_eq!(ask(&admin, "POST", path, "").await, (200, answer));
    }
    assert_eq!(*admin.engine.resets.lock().unwrap(), 2);
    assert_eq!(ask(&admin, "GET", "/moto-api/data.json", "").await.0, 404);
}

#[tokio::test]
async fn ready_follows_the_store() {
    let mut admin = admin();
    assert_eq!(ask(&admin, "GET", "/_accountd/ready", "").await, (200, json!({"ready": true})));
    admin.engine.broken = true;
    let (status, page) = ask(&admin, "GET", "/_accountd/ready", "").await;
    assert_eq!(status, 503);
    assert!(!page.to_string().contains("disk"), "{page}");
    assert_eq!(ask(&admin, "GET", "/_accountd/outbox", "").await.0, 500);
}

/// F-EDGE-23.
#[tokio::test]
async fn unknown_endpoints_and_methods_are_refused() {
    let admin = admin();
    let (status, page) = ask(&admin, "GET", "/_accountd/nothing", "").await;
    assert_eq!((status, page["message"].is_string()), (404, true));
    for (method, path, allow) in [
        ("POST", "/_accountd/health", "GET, HEAD, OPTIONS"),
        ("GET", "/_accountd/reset", "POST, OPTIONS"),
        ("PATCH", "/_accountd/faults", "GET, HEAD, PUT, DELETE, OPTIONS"),
    ] {
        let request = Request::builder().method(method).uri(path).body(nothing()).unwrap();
        let answer = admin.answer(request).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], allow);
    }
    let request = Request::options("/_accountd/clock").body(nothing()).unwrap();
    let answer = admin.answer(request).await;
    assert_eq!((answer.status().as_u16(), answer.body().size_hint().exact()), (204, Some(0)));
    assert_eq!(answer.headers()["allow"], "GET, HEAD, POST, OPTIONS");
}

/// F-EDGE-24.
#[tokio::test]
async fn the_clock_moves_forward_only() {
    let admin = admin();
    let (_, before) = ask(&admin, "GET", "/_accountd/clock", "").await;
    assert_eq!(before["mode"], "manual");
    let before: Timestamp = before["now"].as_str().unwrap().parse().unwrap();
    let (status, after) = ask(&admin, "POST", "/_accountd/clock", r#"{"advance":"24h"}"#).await;
    let after: Timestamp = after["now"].as_str().unwrap().parse().unwrap();
    assert_eq!((status, after.duration_since(before)), (200, SignedDuration::from_hours(24)));
    let set = r#"{"set":"2199-01-01T00:00:00Z"}"#;
    let expected = json!({"now": "2199-01-01T00:00:00Z", "mode": "manual"});
    assert_eq!(ask(&admin, "POST", "/_accountd/clock", set).await, (200, expected.clone()));
    for wrong in [
        r#"{"set":"2027-01-01T00:00:00Z"}"#,
        r#"{"advance":"-1h"}"#,
        r#"{"advance":"soon"}"#,
        r#"{"advance":"1h","set":"2300-01-01T00:00:00Z"}"#,
        r#"{"advance":"3000000d"}"#,
        r#"{"back":"1h"}"#,
        "{}",
        "",
    ] {
        let (status, page) = ask(&admin, "POST", "/_accountd/clock", wrong).await;
        assert_eq!((status, page["message"].is_string()), (400, true), "{wrong}");
    }
    assert_eq!(ask(&admin, "GET", "/_accountd/clock", "").await, (200, expected));
}

#[tokio::test]
async fn the_outbox_lists_filters_and_clears() {
    let admin = admin();
    let ids = |page: &Value| -> Vec<String> {
        let messages = page["messages"].as_array().unwrap().iter();
        messages.map(|message| message["id"].as_str().unwrap().to_owned()).collect()
    };
    let (status, page) = ask(&admin, "GET", "/_accountd/outbox", "").await;
    assert_eq!((status, ids(&page)), (200, vec!["message/2".to_owned(), "message/1".to_owned()]));
    assert_eq!(page["messages"][1]["code"], "123456");
    assert_eq!(page["messages"][1]["channel"], "email");
    for (query, expected) in [
        ("to=a@EXAMPLE.com", vec!["message/1"]),
        ("to=b+c%40example.com", vec!["message/2"]),
        ("account=222222222222", vec!["message/2"]),
        ("account=111111111111&to=b%2Bc@example.com", vec![]),
        ("limit=1", vec!["message/2"]),
    ] {
        let (_, page) = ask(&admin, "GET", &format!("/_accountd/outbox?{query}"), "").await;
        assert_eq!(ids(&page), expected, "{query}");
    }
    assert_eq!(ask(&admin, "GET", "/_accountd/outbox?from=x", "").await.0, 400);
    assert_eq!(ask(&admin, "GET", "/_accountd/outbox?limit=0", "").await.0, 400);
    assert_eq!(ask(&admin, "DELETE", "/_accountd/outbox", "").await, (200, json!({"deleted": 2})));
    assert_eq!(ask(&admin, "GET", "/_accountd/outbox", "").await, (200, json!({"messages": []})));
}

#[tokio::test]
async fn reset_export_import_and_faults_reach_what_they_name() {
    let admin = admin();
    assert_eq!(ask(&admin, "POST", "/_accountd/reset", "").await, (200, json!({})));
    assert_eq!(*admin.engine.resets.lock().unwrap(), 1);
    for (target, log) in [("export", true), ("export?events=all", true), ("export?events=none", false)] {
        let answer = ask(&admin, "GET", &format!("/_accountd/{target}"), "").await;
        assert_eq!(answer, (200, json!({"log": log})));
    }
    assert_eq!(ask(&admin, "GET", "/_accountd/export?events=some", "").await.0, 400);
    assert_eq!(ask(&admin, "POST", "/_accountd/import", "{}").await, (200, json!({})));
    assert_eq!(admin.engine.imported.lock().unwrap().as_deref(), Some(&b"{}"[..]));
    let refused = ask(&admin, "POST", "/_accountd/import", "").await;
    assert_eq!(refused, (400, json!({"message": "it is empty"})));

    let rules =
        r#"[{"operation":"ListRegions","fail":{"status":500,"code":"Boom","message":"m"},"times":1}]"#;
    let shown: Value = serde_json::from_str(rules).unwrap();
    assert_eq!(ask(&admin, "PUT", "/_accountd/faults", rules).await, (200, shown.clone()));
    assert_eq!(ask(&admin, "PUT", "/_accountd/faults", "[{}]").await.0, 400);
    assert_eq!(ask(&admin, "GET", "/_accountd/faults", "").await, (200, shown));
    assert!(admin.faults.decide("account", "ListRegions").is_some());
    assert_eq!(ask(&admin, "DELETE", "/_accountd/faults", "").await, (200, json!([])));

    // F-EDGE-26.
    assert_eq!(ask(&admin, "PUT", "/_accountd/faults", rules).await.0, 200);
    assert_eq!(ask(&admin, "POST", "/_accountd/reset", "").await.0, 200);
    assert_eq!(ask(&admin, "GET", "/_accountd/faults", "").await, (200, json!([])));
    assert_eq!(admin.faults.decide("account", "ListRegions"), None);
}

#[tokio::test]
async fn only_health_and_ready_are_open_elsewhere() {
    let mut admin = admin();
    admin.access = Access::Token(None);
    for path in ["/_accountd/health", "/_localstack/health", "/_accountd/ready", "/_localstack/init/ready"] {
        assert_eq!(ask(&admin, "GET", path, "").await.0, 200);
    }
    for path in ["metrics", "clock", "outbox", "export", "faults", "unanswered", ""] {
        assert_eq!(ask(&admin, "GET", &format!("/_accountd/{path}"), "").await.0, 403, "{path}");
    }
    for path in ["/_accountd/reset", "/_localstack/state/reset", "/moto-api/reset"] {
        assert_eq!(ask(&admin, "POST", path, "").await.0, 403, "{path}");
    }
    assert_eq!(*admin.engine.resets.lock().unwrap(), 0);
    admin.access = Access::Token(Some(crate::configuration::Secret::new("0123456789".to_owned())));
    let request = Request::get("/_accountd/metrics").body(nothing()).unwrap();
    let answer = admin.answer(request).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    let request = Request::get("/_accountd/metrics").header("authorization", "Bearer 0123456789");
    let answer = admin.answer(request.body(nothing()).unwrap()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], metrics::PLAIN_TEXT);
}

/// F-EDGE-44
#[tokio::test]
async fn wrong_tokens_are_bounded_and_health_is_open_all_the_same_f_edge_44() {
    let mut admin = admin();
    admin.access = Access::Token(Some(crate::configuration::Secret::new("0123456789".to_owned())));
    let ask = async |path: &str, token: &str, peer: &str| {
        let mut request = Request::get(path).header("authorization", format!("Bearer {token}"));
        request.extensions_mut().unwrap().insert(Peer(peer.parse().unwrap()));
        admin.answer(request.body(nothing()).unwrap()).await
    };
    for _ in 0..20 {
        assert_eq!(ask("/_accountd/metrics", "guessed", "192.0.2.1").await.status(), 401);
    }
    let waiting = ask("/_accountd/metrics", "0123456789", "192.0.2.1").await;
    assert_eq!(waiting.status(), 429, "whatever it sends, so that nothing is learnt from it");
    assert_eq!(waiting.headers()["retry-after"], "60");
    assert_eq!(ask("/_accountd/health", "guessed", "192.0.2.1").await.status(), 200);
    assert_eq!(ask("/_accountd/metrics", "0123456789", "192.0.2.2").await.status(), 200);
}

/// F-WHY-6
#[tokio::test]
async fn a_question_is_answered_or_refused_with_the_reason() {
    let admin = admin();
    for (body, status, part) in [
        (r#"{"event":"e-1"}"#, 404, "no event e-1"),
        ("{}", 400, "Give `event`."),
        (r#"{"evnet":"e-1"}"#, 400, "unknown field `evnet`"),
        ("none", 400, "line 1"),
        (r#"{"event":"broken"}"#, 500, "the log says why"),
    ] {
        let (answered, page) = ask(&admin, "POST", "/_accountd/explain", body).await;
        let message = page["message"].as_str().unwrap();
        assert_eq!((answered, message.contains(part)), (status, true), "{body}: {message}");
    }
    assert_eq!(ask(&admin, "GET", "/_accountd/explain", "").await.0, 405);
    let question =
        Request::post("/_accountd/explain").header("host", "localhost").header("origin", "http://x");
    let answer = admin.answer(question.body(Upload::whole(Bytes::from_static(b"{}"))).unwrap()).await;
    assert_eq!(answer.status(), 403);
}

/// F-EDGE-29
#[tokio::test]
async fn credentials_are_given_in_the_form_of_a_credential_process() {
    let admin = admin();
    let path = "/_accountd/credentials";
    let (status, page) = ask(&admin, "POST", path, r#"{"account":"111122223333"}"#).await;
    let expected = json!({
        "Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "secret", "SessionToken": "token",
        "Expiration": "2090-01-01T00:00:00Z",
    });
    assert_eq!((status, page), (200, expected));
    for (body, expected) in [
        (r#"{"account":"111122223333","user":"ann"}"#, (404, "There is no such user.")),
        (r#"{"account":"111122223333","role":"R"}"#, (409, "They are inactive.")),
        (r#"{"account":"111122223333","role":"R","user":"ann"}"#, (400, "Name a user or a role, not both.")),
    ] {
        let (status, page) = ask(&admin, "POST", path, body).await;
        assert_eq!((status, page["message"].as_str()), (expected.0, Some(expected.1)));
    }
    assert_eq!(ask(&admin, "GET", path, "").await.0, 405);
}
