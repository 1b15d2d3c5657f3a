//! The person at the terminal: commands that ask a running accountd, and tell its answer.

pub mod client;
mod environment;
mod events;
mod pieces;
mod progress;

use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::admin::NotImported;
use crate::store::Exported;
use crate::transfer;
use client::Endpoint;
pub use environment::{Form, Whose};
use progress::Progress;

/// What is asked, and of whom.
#[derive(Debug)]
pub struct Asked {
    /// Where accountd answers.
    pub endpoint: Endpoint,
    /// Whether the answer is shown as it came.
    pub json: bool,
    /// What is asked.
    pub errand: Errand,
}

/// What a person may ask of a running accountd.
#[derive(Debug)]
pub enum Errand {
    /// What a shell, a profile or Terraform needs to reach it as somebody.
    Environment {
        /// As whom.
        whose: Whose,
        /// In which form.
        form: Form,
        /// The Region that clients begin with.
        region: String,
    },
    /// Service time, or moving it.
    Clock(Option<Move>),
    /// Messages that were sent.
    Outbox {
        /// The query that narrows them, without its question mark.
        query: String,
        /// Whether it is emptied instead.
        clear: bool,
    },
    /// The calls that were recorded.
    Events {
        /// The query that narrows them, without its question mark.
        query: String,
        /// Whether to go on as they come.
        follow: bool,
    },
    /// The faults that were ordered, or others in their place.
    Faults {
        /// The file of the rules, `-` for standard input.
        file: Option<PathBuf>,
        /// Whether all of them end instead.
        clear: bool,
    },
    /// Everything as after the first start.
    Reset,
    /// All state as one document.
    Export {
        /// Where to; standard output where it is left out or `-`.
        file: Option<PathBuf>,
        /// Whether the event log is part of it.
        events: bool,
    },
    /// All state replaced by an exported document.
    Import {
        /// Where from; `-` is standard input.
        file: PathBuf,
    },
    /// Calls for what is not here.
    Unanswered {
        /// Whether the list is emptied instead.
        clear: bool,
    },
    /// Whether it can answer: for whoever supervises it.
    Health,
    /// Whether everything that it holds can be read.
    Check,
}

/// Where service time goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// So much further, as `24h`.
    By(String),
    /// To this instant.
    To(String),
}

impl Move {
    /// Reads `+24h`, or an instant.
    ///
    /// # Errors
    /// Says what a move looks like.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('+') {
            Some(step) => match crate::configuration::parse_duration(step) {
                Ok(_) => Ok(Self::By(step.to_owned())),
                Err(error) => Err(error.to_string()),
            },
            None if text.parse::<jiff::Timestamp>().is_ok() => Ok(Self::To(text.to_owned())),
            None => Err("it is a step such as +24h, or an instant such as 2027-01-01T00:00:00Z".to_owned()),
        }
    }
}

/// Asks, and gives the text to print.
///
/// # Errors
/// One line that says why there is no answer.
pub fn run(asked: &Asked) -> Result<String, String> {
    let Asked { endpoint, json, errand } = asked;
    let get = |path: &str| page(endpoint, Method::GET, path, Bytes::new());
    match errand {
        Errand::Environment { whose, form, region } => environment::told(endpoint, whose, *form, region),
        Errand::Clock(None) => get("/_accountd/clock").map(|page| shown(&page, *json, clock)),
        Errand::Clock(Some(to)) => {
            let body = match to {
                Move::By(step) => json!({ "advance": step }),
                Move::To(instant) => json!({ "set": instant }),
            };
            let moved = page(endpoint, Method::POST, "/_accountd/clock", body.to_string().into());
            moved.map(|page| shown(&page, *json, clock))
        }
        Errand::Outbox { clear: true, .. } => cleared(endpoint, "/_accountd/outbox", *json),
        Errand::Outbox { query, .. } => {
            get(&format!("/_accountd/outbox?{query}")).map(|page| shown(&page, *json, messages))
        }
        Errand::Events { query, follow } => events::show(endpoint, query, *follow, *json),
        Errand::Faults { clear: true, .. } => {
            page(endpoint, Method::DELETE, "/_accountd/faults", Bytes::new())
                .map(|page| shown(&page, *json, faults))
        }
        Errand::Faults { file: Some(file), .. } => {
            let rules = page(endpoint, Method::PUT, "/_accountd/faults", read_whole(file)?.into());
            rules.map(|page| shown(&page, *json, faults))
        }
        Errand::Faults { file: None, .. } => get("/_accountd/faults").map(|page| shown(&page, *json, faults)),
        Errand::Reset => {
            page(endpoint, Method::POST, "/_accountd/reset", Bytes::new()).map(|_| "reset".to_owned())
        }
        Errand::Export { file, events } => export(endpoint, file.as_deref(), *events),
        Errand::Import { file } => import(endpoint, file),
        Errand::Unanswered { clear: true } => cleared(endpoint, "/_accountd/unanswered", *json),
        Errand::Unanswered { clear: false } => {
            get("/_accountd/unanswered").map(|page| shown(&page, *json, unanswered))
        }
        Errand::Health => {
            get("/_accountd/ready")?;
            get("/_accountd/health").map(|page| shown(&page, *json, health))
        }
        Errand::Check => check(endpoint),
    }
}

/// The page of an answer with status 200.
fn page(endpoint: &Endpoint, method: Method, path: &str, body: Bytes) -> Result<Value, String> {
    let (status, text) = endpoint.ask(method, path, body)?;
    match serde_json::from_str(&text) {
        Ok(page) if status == 200 => Ok(page),
        _ => Err(endpoint.refused(status, &text)),
    }
}

fn shown(page: &Value, json: bool, told: fn(&Value) -> String) -> String {
    if json { format!("{page:#}") } else { told(page) }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn clock(page: &Value) -> String {
    format!("{} ({})", text(&page["now"]), text(&page["mode"]))
}

fn health(page: &Value) -> String {
    let services = page["services"].as_object().into_iter().flat_map(|services| services.keys());
    let services: Vec<_> = services.map(String::as_str).collect();
    let [status, version, storage] = ["status", "version", "storage"].map(|name| text(&page[name]));
    format!("accountd {version} is {status}, state in {storage}; it answers {}", services.join(", "))
}

fn cleared(endpoint: &Endpoint, path: &str, json: bool) -> Result<String, String> {
    let page = page(endpoint, Method::DELETE, path, Bytes::new())?;
    Ok(shown(&page, json, |page| format!("{} deleted", page["deleted"])))
}

/// A line each, newest first.
fn messages(page: &Value) -> String {
    let mut lines = String::new();
    for message in page["messages"].as_array().into_iter().flatten() {
        let [sent, channel, account, to, code] =
            ["sent_at", "channel", "account", "to", "code"].map(|name| text(&message[name]));
        let subject = match text(&message["subject"]) {
            "" => text(&message["body"]),
            subject => subject,
        };
        let code = if code.is_empty() { "-" } else { code };
        let _ = writeln!(lines, "{sent}  {channel:<5}  {account}  {to}  code {code}  {subject}");
    }
    if lines.is_empty() { "no messages".to_owned() } else { lines }
}

fn faults(page: &Value) -> String {
    let rules: Vec<_> = page.as_array().into_iter().flatten().map(Value::to_string).collect();
    if rules.is_empty() { "no faults".to_owned() } else { rules.join("\n") }
}

fn unanswered(page: &Value) -> String {
    let mut lines = String::new();
    for row in page["unanswered"].as_array().into_iter().flatten() {
        let [last, service, operation, agent] =
            ["last", "service", "operation", "user_agent"].map(|name| text(&row[name]));
        let _ = writeln!(
            lines,
            "{last}  {:>6}  {service}:{operation}  {agent}",
            row["count"].as_u64().unwrap_or(0)
        );
    }
    if lines.is_empty() { "every call was for something that is here".to_owned() } else { lines }
}

/// Standard input has this name.
fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn read_whole(file: &Path) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    let read = match is_standard(file) {
        true => io::stdin().lock().read_to_end(&mut whole),
        false => File::open(file).and_then(|mut file| file.read_to_end(&mut whole)),
    };
    read.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    Ok(whole)
}

/// Writes beside the file's place and moves it there when it is whole, so that nobody takes a part for all of it. What it
/// holds are secrets too, so that only this user may read it.
fn export(endpoint: &Endpoint, file: Option<&Path>, events: bool) -> Result<String, String> {
    let path = if events { "/_accountd/export" } else { "/_accountd/export?events=none" };
    let mut progress = Progress::new("exported");
    let Some(file) = file.filter(|file| !is_standard(file)) else {
        let mut output = io::stdout().lock();
        endpoint.ask_for_pieces(path, |piece| {
            progress.add(piece.len());
            output.write_all(piece).map_err(|error| format!("standard output: {error}"))
        })?;
        return Ok(String::new());
    };
    let name = file.display();
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let cannot = |error: io::Error| format!("{name} cannot be written: {error}");
    let mut output = options.open(&beside).map_err(cannot)?;
    let written = endpoint.ask_for_pieces(path, |piece| {
        progress.add(piece.len());
        output.write_all(piece).map_err(cannot)
    });
    let whole = written
        .and_then(|()| output.sync_all().map_err(cannot))
        .and_then(|()| std::fs::rename(&beside, file).map_err(cannot));
    if whole.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    whole.map(|()| format!("{name}: {}", progress.told()))
}

fn import(endpoint: &Endpoint, file: &Path) -> Result<String, String> {
    let source: Box<dyn Read + Send> = match is_standard(file) {
        true => Box::new(io::stdin()),
        false => {
            Box::new(File::open(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?)
        }
    };
    let mut progress = Progress::new("imported");
    let body = pieces::sent(source, move |bytes| progress.add(bytes));
    match endpoint.send_pieces("/_accountd/import", body)? {
        (200, _) => Ok("imported".to_owned()),
        (status, text) => Err(endpoint.refused(status, &text)),
    }
}

/// Reads everything that an import would have to take.
fn check(endpoint: &Endpoint) -> Result<String, String> {
    let (documents, events) = pieces::read_while(
        |take| endpoint.ask_for_pieces("/_accountd/export", take),
        |source| {
            let (mut documents, mut events) = (0u64, 0u64);
            let read = transfer::read(source, &mut |item| {
                match item {
                    Exported::Document { .. } => documents += 1,
                    Exported::Event(_) => events += 1,
                }
                Ok(())
            });
            read.map(|()| (documents, events)).map_err(|refused| match refused {
                NotImported::Wrong(reason) | NotImported::Failed(reason) => reason,
                NotImported::Unread(_) => "its export ended early".to_owned(),
            })
        },
    )?;
    Ok(format!("{}: {documents} documents and {events} events can be read", endpoint.url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_a_step_or_an_instant() {
        assert_eq!(Move::parse("+1h30m"), Ok(Move::By("1h30m".to_owned())));
        let instant = "2027-01-01T00:00:00Z";
        assert_eq!(Move::parse(instant), Ok(Move::To(instant.to_owned())));
        for wrong in ["24h", "+soon", "tomorrow", "", "+"] {
            assert!(Move::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pages_are_told_in_lines() {
        let outbox = json!({"messages": [
            {"sent_at": "t", "channel": "email", "account": "1", "to": "a@b", "subject": "Hello", "body": "B", "code": "12"},
            {"sent_at": "u", "channel": "sms", "account": "1", "to": "+1", "subject": "", "body": "Text", "code": ""},
        ]});
        assert_eq!(messages(&outbox), "t  email  1  a@b  code 12  Hello\nu  sms    1  +1  code -  Text\n");
        assert_eq!(messages(&json!({"messages": []})), "no messages");
        assert_eq!(clock(&json!({"now": "n", "mode": "manual"})), "n (manual)");
        assert_eq!(faults(&json!([])), "no faults");
        assert_eq!(faults(&json!([{"a": 1}, {"b": 2}])), "{\"a\":1}\n{\"b\":2}");
        let row = json!({"last": "t", "service": "ssm", "operation": "GetParameter", "user_agent": "x", "count": 3});
        assert_eq!(unanswered(&json!({"unanswered": [row]})), "t       3  ssm:GetParameter  x\n");
    }
}
