//! The outbox page: messages that were sent, newest first.

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use services::state::message::Message;

use super::{Answer, error, ok};

/// The most messages on one page, and how many there are unless `limit` says so.
const MOST: usize = 1000;

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    #[serde(flatten)]
    message: &'a Message,
}

#[derive(Serialize)]
struct Page<'a> {
    messages: Vec<Shown<'a>>,
}

/// Lists `messages`, filtered by `to`, `account` and `limit` in the query.
pub(super) fn list(messages: &[(String, Message)], query: &str) -> Answer {
    let (mut to, mut account, mut limit) = (None, None, MOST);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A plus sign stays one: addresses have it, and never a space.
        let value = percent_decode_str(value).decode_utf8_lossy();
        match name {
            "to" => to = Some(value),
            "account" => account = Some(value),
            "limit" => match value.parse() {
                Ok(number) if (1..=MOST).contains(&number) => limit = number,
                _ => return error(StatusCode::BAD_REQUEST, &format!("limit is from 1 to {MOST}")),
            },
            _ => return error(StatusCode::BAD_REQUEST, "the filters are to, account and limit"),
        }
    }
    let shown = messages
        .iter()
        // The Account API compares addresses without regard to case.
        .filter(|(_, message)| to.as_deref().is_none_or(|to| message.to.eq_ignore_ascii_case(to)))
        .filter(|(_, message)| account.as_deref().is_none_or(|account| message.account.as_str() == account))
        .take(limit)
        .map(|(id, message)| Shown { id, message });
    ok(&Page { messages: shown.collect() })
}
