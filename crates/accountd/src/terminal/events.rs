//! Calls at the terminal: the newest, and on as they come.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::client::Endpoint;
use super::{page, text};

/// How often it is asked for more.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Prints events, and goes on with `follow` until it is stopped.
///
/// # Errors
/// One line that says why there is no answer.
pub(super) fn show(endpoint: &Endpoint, query: &str, follow: bool, json: bool) -> Result<String, String> {
    let ask = |query: &str| page(endpoint, Method::GET, &format!("/_accountd/events?{query}"), Bytes::new());
    let mut found = ask(query)?;
    if !follow {
        return Ok(lines(&found, json));
    }
    loop {
        let mut output = io::stdout().lock();
        let written = output.write_all(lines(&found, json).as_bytes()).and_then(|()| output.flush());
        if written.is_err() {
            // Whoever read has read enough.
            return Ok(String::new());
        }
        drop(output);
        let next = text(&found["next"]).to_owned();
        if found["events"].as_array().is_none_or(Vec::is_empty) {
            std::thread::sleep(ASK_EVERY);
        }
        found = ask(&format!("{query}&after={next}"))?;
    }
}

/// A line each: when, whose, what, by whom, and what was refused.
fn lines(page: &Value, json: bool) -> String {
    let mut lines = String::new();
    for event in page["events"].as_array().into_iter().flatten() {
        let line = if json { event.to_string() } else { line(event) };
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

fn told(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn line(event: &Value) -> String {
    let [time, account, source, name] =
        ["eventTime", "recipientAccountId", "eventSource", "eventName"].map(|member| told(&event[member]));
    let service = source.split('.').next().unwrap_or_default();
    let identity = &event["userIdentity"];
    let who = match told(&identity["arn"]) {
        "" => told(&identity["invokedBy"]),
        arn => arn,
    };
    let account = if account.is_empty() { "-" } else { account };
    let who = if who.is_empty() { "-" } else { who };
    let line = format!("{time}  {account:<12}  {service}:{name}  {who}");
    match told(&event["errorCode"]) {
        "" => line,
        code => format!("{line}  {code}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// F-EDGE-37.
    #[test]
    fn an_event_is_a_line_f_edge_37() {
        let page = json!({ "events": [
            { "eventTime": "t", "recipientAccountId": "111122223333", "eventSource": "iam.amazonaws.com",
              "eventName": "CreateUser", "userIdentity": { "arn": "arn:aws:iam::111122223333:root" } },
            { "eventTime": "t", "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "userIdentity": {},
              "errorCode": "AccessDenied" },
        ] });
        let expected = "t  111122223333  iam:CreateUser  arn:aws:iam::111122223333:root\n\
                        t  -             sts:AssumeRole  -  AccessDenied\n";
        assert_eq!(lines(&page, false), expected);
        assert_eq!(lines(&page, true).lines().count(), 2);
    }
}
