//! The page of events: what the log holds of all accounts, in the order in which it grows, and what comes after it.

use aws::trail::Record;
use http::StatusCode;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use services::cloudtrail::model::Resource;
use services::cloudtrail::resources::resources;
use services::world::EventPosition;

use super::{Answer, error, ok};

/// The most events of one page, and how many there are unless `limit` says so.
const MOST: usize = 1000;
const USUAL: usize = 100;

const NO_TIME: &str = "since and until are times such as 2026-11-27T10:00:00Z";

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
    /// Signed with this access key.
    pub key: Option<String>,
    /// With this id.
    pub id: Option<String>,
    /// In this Region.
    pub region: Option<String>,
    /// About a resource of this name or ARN, as LookupEvents names them.
    pub resource: Option<String>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Only what was refused.
    pub errors: bool,
    /// Only what changes something.
    pub changes: bool,
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
            && is(&self.key, &record["userIdentity"]["accessKeyId"])
            && is(&self.id, &record["eventID"])
            && is(&self.region, &record["awsRegion"])
            && (!self.errors || record.get("errorCode").is_some())
            && (!self.changes || record["readOnly"] == json!(false))
            && self.is_in_time(record)
            && self.resource.as_ref().is_none_or(|resource| is_about(record, resource))
    }

    fn is_in_time(&self, record: &Value) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let time = record["eventTime"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
        time.is_some_and(|time| {
            self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
        })
    }
}

fn is_about(record: &Value, name: &str) -> bool {
    let is_named = |resource: Resource| resource.resource_name.as_deref() == Some(name);
    Record::deserialize(record).is_ok_and(|record| resources(&record).into_iter().any(is_named))
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
            "key" => filter.key = Some(value),
            "id" => filter.id = Some(value),
            "region" => filter.region = Some(value),
            "resource" => filter.resource = Some(value),
            "since" => filter.since = Some(value.parse().map_err(|_| wrong(NO_TIME))?),
            "until" => filter.until = Some(value.parse().map_err(|_| wrong(NO_TIME))?),
            "errors" => filter.errors = value != "false",
            "changes" => filter.changes = value != "false",
            "after" => {
                let place = EventPosition::parse(&value);
                asked.after = Some(place.ok_or_else(|| wrong("after is the `next` of another page"))?);
            }
            "limit" => match value.parse() {
                Ok(number) if (1..=MOST).contains(&number) => asked.limit = number,
                _ => return Err(wrong(&format!("limit is from 1 to {MOST}"))),
            },
            _ => {
                return Err(wrong(
                    "there are account, source, name, user, key, id, region, resource, since, until, errors, \
                     changes, after and limit",
                ));
            }
        }
    }
    Ok(asked)
}

/// The page.
pub(super) fn page(page: &EventsPage) -> Answer {
    ok(&json!({ "events": page.events, "next": page.next.to_string() }))
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
        for wrong in ["limit=0", "limit=1001", "after=x", "colour=red", "since=yesterday", "until="] {
            assert_eq!(asked(wrong), None, "{wrong}");
        }
        let record = json!({ "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "recipientAccountId": "111122223333",
                             "userIdentity": { "arn": "arn:aws:iam::1:user/ann", "accessKeyId": "AKIA1" },
                             "eventID": "e-1", "awsRegion": "us-east-1", "eventTime": "2026-11-27T10:00:00Z",
                             "readOnly": false, "requestParameters": { "userName": "bob" } });
        let takes = |query: &str| asked(query).expect("a query").filter.takes(&record);
        for query in [
            "",
            "account=111122223333",
            "source=iam",
            "source=iam.amazonaws.com",
            "name=CreateUser",
            "user=user%2Fann",
            "key=AKIA1&id=e-1&region=us-east-1",
            "resource=bob",
            "changes=true",
            "since=2026-11-27T10:00:00Z",
            "until=2026-11-27T10:00:01Z",
        ] {
            assert!(takes(query), "{query}");
        }
        for query in [
            "account=444455556666",
            "source=sts",
            "name=DeleteUser",
            "user=bob",
            "errors=true",
            "key=AKIA2",
            "id=e-2",
            "region=eu-west-1",
            "resource=ann",
            "since=2026-11-27T10:00:01Z",
            "until=2026-11-27T10:00:00Z",
        ] {
            assert!(!takes(query), "{query}");
        }
    }
}
