//! The page of events: what the log holds of all accounts, in the order in which it grows, and what comes after it.

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use services::world::EventPosition;

use super::{Answer, error, ok};

/// The most events of one page, and how many there are unless `limit` says so.
const MOST: usize = 1000;
const USUAL: usize = 100;

/// What is asked of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsAsked {
    /// Events after this place; the newest ones where it is left out.
    pub after: Option<EventPosition>,
    /// So many at most.
    pub limit: usize,
    /// Which of them.
    pub filter: Filter,
}

/// Which events are wanted: all that say so of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this account.
    pub account: Option<String>,
    /// Of this service, as `iam` or `iam.amazonaws.com`.
    pub source: Option<String>,
    /// Of this operation.
    pub name: Option<String>,
    /// By somebody in whose ARN this stands.
    pub user: Option<String>,
    /// Only what was refused.
    pub errors: bool,
}

/// Events, oldest first, and where to go on.
#[derive(Debug)]
pub struct EventsPage {
    /// The records.
    pub events: Vec<Value>,
    /// The place after them.
    pub next: EventPosition,
}

impl Filter {
    /// Whether a record is wanted.
    pub fn takes(&self, record: &Value) -> bool {
        let is = |wanted: &Option<String>, found: &Value| {
            wanted.as_deref().is_none_or(|wanted| found.as_str() == Some(wanted))
        };
        let source = record["eventSource"].as_str().unwrap_or_default();
        let is_source = |wanted: &String| source == wanted || source.split('.').next() == Some(wanted);
        let arn = record["userIdentity"]["arn"].as_str().unwrap_or_default();
        is(&self.account, &record["recipientAccountId"])
            && is(&self.name, &record["eventName"])
            && self.source.as_ref().is_none_or(is_source)
            && self.user.as_ref().is_none_or(|user| arn.contains(user))
            && (!self.errors || record.get("errorCode").is_some())
    }
}

/// Reads the query.
///
/// # Errors
/// The answer to one that is wrong.
pub(super) fn asked(query: &str) -> Result<EventsAsked, Box<Answer>> {
    let wrong = |text: &str| Box::new(error(StatusCode::BAD_REQUEST, text));
    let mut asked = EventsAsked { after: None, limit: USUAL, filter: Filter::default() };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        let filter = &mut asked.filter;
        match name {
            "account" => filter.account = Some(value),
            "source" => filter.source = Some(value),
            "name" => filter.name = Some(value),
            "user" => filter.user = Some(value),
            "errors" => filter.errors = value != "false",
            "after" => {
                asked.after = Some(place(&value).ok_or_else(|| wrong("after is the `next` of another page"))?)
            }
            "limit" => match value.parse() {
                Ok(number) if (1..=MOST).contains(&number) => asked.limit = number,
                _ => return Err(wrong(&format!("limit is from 1 to {MOST}"))),
            },
            _ => return Err(wrong("there are account, source, name, user, errors, after and limit")),
        }
    }
    Ok(asked)
}

fn place(text: &str) -> Option<EventPosition> {
    let (commit, index) = text.split_once('.')?;
    Some(EventPosition { commit: commit.parse().ok()?, index: index.parse().ok()? })
}

/// The page.
pub(super) fn page(page: &EventsPage) -> Answer {
    let EventPosition { commit, index } = page.next;
    ok(&json!({ "events": page.events, "next": format!("{commit}.{index}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-EDGE-37.
    #[test]
    fn events_are_asked_for_by_what_they_say_f_edge_37() {
        let asked = |query: &str| super::asked(query).ok();
        let all = asked("").expect("everything");
        assert_eq!((all.after, all.limit), (None, 100));
        let some = asked("account=111122223333&source=iam&after=7.2&limit=5&errors=true").expect("some");
        assert_eq!((some.after, some.limit), (Some(EventPosition { commit: 7, index: 2 }), 5));
        for wrong in ["limit=0", "limit=1001", "after=x", "colour=red"] {
            assert_eq!(asked(wrong), None, "{wrong}");
        }
        let record = json!({ "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "recipientAccountId": "1",
                             "userIdentity": { "arn": "arn:aws:iam::1:user/ann" } });
        let takes = |query: &str| asked(query).expect("a query").filter.takes(&record);
        for query in
            ["", "account=1", "source=iam", "source=iam.amazonaws.com", "name=CreateUser", "user=user%2Fann"]
        {
            assert!(takes(query), "{query}");
        }
        for query in ["account=2", "source=sts", "name=DeleteUser", "user=bob", "errors=true"] {
            assert!(!takes(query), "{query}");
        }
    }
}
