//! LookupEvents: the management events of the caller's account, newest first.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::borrow::Cow;

use aws::arn::AccountId;
use aws::refusal::Refusal;
use aws::trail::{Record, UserIdentity};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::model::{
    Event, LookupAttribute, LookupAttributeKey, LookupEventsRequest, LookupEventsResponse, Resource,
};
use super::resources::resources;
use super::terms;
use crate::authority::access::Permitted;
use crate::context::Context;
use crate::event_id;
use crate::failure::Failure;
use crate::page_token::Binding;
use crate::world::{EventPosition, EventQuery, Fault, LoggedEvent, World};

/// F-TRAIL-1: the most, and the default, of what one page holds.
const LARGEST_PAGE: i32 = 50;
/// F-TRAIL-16: what the records of one page have at most, together (*assumed*; 50 of the largest would have 12.8 MB).
const LARGEST_PAGE_BYTES: usize = 1 << 20;
/// F-TRAIL-2: how far back LookupEvents sees.
const DAYS_VISIBLE: i64 = 90;
/// How many records are read from the log at a time. A page with a rare attribute takes several such reads.
const RECORDS_PER_READ: usize = 200;

/// LookupEvents.
///
/// # Errors
/// F-TRAIL-3 … F-TRAIL-6: `InvalidMaxResultsException`, `InvalidLookupAttributesException`,
/// `InvalidTimeRangeException`, `InvalidNextTokenException`.
pub fn lookup_events(
    permitted: &Permitted,
    input: LookupEventsRequest,
    context: &Context,
    world: &World<'_>,
) -> Result<LookupEventsResponse, Failure> {
    let page_size = page_size(input.max_results)?;
    let wanted = Wanted::from_input(&input, context.now)?;
    let binding = wanted.binding(permitted.target());
    let binding = Binding::new("LookupEvents", permitted.target(), binding.iter().map(String::as_str));
    let before = match input.next_token.as_deref() {
        None | Some("") => None,
        Some(token) => Some(
            binding
                .open(token, &context.token_key)
                .and_then(|place| position_from(&place))
                .ok_or_else(|| invalid("InvalidNextTokenException", "Invalid NextToken."))?,
        ),
    };
    // Nothing here looks for unusual activity, so there are no Insights events.
    if input.event_category.is_some() {
        return Ok(LookupEventsResponse { events: Some(Vec::new()), next_token: None });
    }
    let found = match wanted.event_id() {
        Some(id) => by_id(permitted.target(), &wanted, id, context, world)?,
        None => search(permitted.target(), &wanted, before, page_size, world)?,
    };
    let next_token = found.continues.map(|position| binding.seal(&place_of(position), &context.token_key));
    Ok(LookupEventsResponse { events: Some(found.events), next_token })
}

fn invalid(code: &'static str, text: &str) -> Refusal {
    Refusal::new(code, 400, text)
}

/// F-TRAIL-3 (text *assumed*).
pub(super) fn invalid_max_results() -> Refusal {
    invalid("InvalidMaxResultsException", "The MaxResults value must be between 1 and 50.")
}

/// F-TRAIL-12: there are management events and Insights events (text *assumed*).
pub(super) fn invalid_category() -> Refusal {
    invalid("InvalidEventCategoryException", "The EventCategory value is not valid.")
}

fn page_size(asked: Option<i32>) -> Result<usize, Refusal> {
    match asked.unwrap_or(LARGEST_PAGE) {
        size @ 1..=LARGEST_PAGE => Ok(size.unsigned_abs() as usize),
        _ => Err(invalid_max_results()),
    }
}

fn place_of(position: EventPosition) -> String {
    format!("{}.{}", position.commit, position.index)
}

fn position_from(place: &str) -> Option<EventPosition> {
    let (commit, index) = place.split_once('.')?;
    Some(EventPosition { commit: commit.parse().ok()?, index: index.parse().ok()? })
}

/// What a lookup asks for.
struct Wanted {
    attribute: Option<LookupAttribute>,
    from: Timestamp,
    to: Timestamp,
    given: (Option<Timestamp>, Option<Timestamp>),
}

impl Wanted {
    fn from_input(input: &LookupEventsRequest, now: Timestamp) -> Result<Self, Refusal> {
        let mut attributes = input.lookup_attributes.clone().unwrap_or_default();
        if attributes.len() > 1 {
            return Err(invalid(
                "InvalidLookupAttributesException",
                "You can specify only one lookup attribute.",
            ));
        }
        // F-TRAIL-10: recorded; the text is *assumed*.
        let is_wrong = |attribute: &LookupAttribute| {
            attribute.attribute_key == LookupAttributeKey::ReadOnly
                && !matches!(attribute.attribute_value.as_str(), "true" | "false")
        };
        if attributes.iter().any(is_wrong) {
            return Err(invalid("InvalidLookupAttributesException", "ReadOnly must be true or false."));
        }
        let oldest =
            now.saturating_sub(SignedDuration::from_hours(24 * DAYS_VISIBLE)).unwrap_or(Timestamp::MIN);
        let from = input.start_time.unwrap_or(oldest).max(oldest);
        let to = input.end_time.unwrap_or(Timestamp::MAX);
        // F-TRAIL-11: so is a start in the future.
        if input.start_time.is_some_and(|start| start > to || start > now) {
            return Err(invalid("InvalidTimeRangeException", "The start time must be before the end time."));
        }
        // F-ORGS-EVENT-3: what a service will have done is in the log already, and is not seen before its time.
        let to = to.min(now);
        let given = (input.start_time, input.end_time);
        Ok(Self { attribute: attributes.pop(), from, to, given })
    }

    /// What a page token is bound to: a token of one search does not continue another.
    fn binding(&self, account: AccountId) -> Vec<String> {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let mut parts = vec![
            account.to_string(),
            format!("from {}", time(self.given.0)),
            format!("to {}", time(self.given.1)),
        ];
        if let Some(attribute) = &self.attribute {
            parts.push(format!(
                "{}={}",
                attribute.attribute_key.as_str(),
                attribute.attribute_value.as_str()
            ));
        }
        parts
    }

    /// The id, where the record of one is looked up.
    fn event_id(&self) -> Option<&str> {
        let attribute = self.attribute.as_ref()?;
        (attribute.attribute_key == LookupAttributeKey::EventId).then_some(attribute.attribute_value.as_str())
    }

    /// The records among which the search looks. The log knows when a call was made to the microsecond, a record in
    /// whole seconds, by which [`Self::includes`] judges: hence the whole second of the end.
    fn query(&self, account: AccountId, before: Option<EventPosition>) -> EventQuery {
        let (from, until) = (self.from, self.until());
        EventQuery { account: Some(account), from, until, before, limit: RECORDS_PER_READ }
    }

    fn until(&self) -> Timestamp {
        Timestamp::from_second(self.to.as_second())
            .and_then(|second| second.checked_add(SignedDuration::from_secs(1)))
            .unwrap_or(Timestamp::MAX)
    }

    fn includes(&self, record: &Record<'_>) -> bool {
        let in_time = self.from <= record.event_time && record.event_time <= self.to;
        in_time && self.attribute.as_ref().is_none_or(|attribute| has_attribute(record, attribute))
    }

    /// The event of a row as it is shown, if it is wanted. A record that cannot be read is left out rather than refused.
    fn event(&self, row: &LoggedEvent) -> Option<Event> {
        let record: Record<'_> = serde_json::from_str(&row.record).ok()?;
        self.includes(&record).then(|| event_of(record, &row.record))
    }
}

/// Whether a record has an attribute.
fn has_attribute(record: &Record<'_>, attribute: &LookupAttribute) -> bool {
    let wanted = (attribute.attribute_key, attribute.attribute_value.as_str());
    if attribute.attribute_key == LookupAttributeKey::EventId {
        return record.event_id == wanted.1;
    }
    let mut has = false;
    each_attribute(record, &mut |key, value| has |= (key, value) == wanted);
    has
}

/// Calls `add` with what a record may be looked up by, but its id.
pub(super) fn each_attribute(record: &Record<'_>, add: &mut dyn FnMut(LookupAttributeKey, &str)) {
    use LookupAttributeKey as Key;
    add(Key::EventName, &record.event_name);
    add(Key::EventSource, &record.event_source);
    if let Some(read_only) = record.read_only {
        add(Key::ReadOnly, if read_only { "true" } else { "false" });
    }
    if let Some(name) = username(&record.user_identity) {
        add(Key::Username, name);
    }
    if let Some(id) = &record.user_identity.access_key_id {
        add(Key::AccessKeyId, id);
    }
    // F-TRAIL-9
    for Resource { resource_type, resource_name } in resources(record) {
        for (key, value) in [(Key::ResourceType, resource_type), (Key::ResourceName, resource_name)] {
            add(key, &value.unwrap_or_default());
        }
    }
}

struct Page {
    events: Vec<Event>,
    continues: Option<EventPosition>,
}

/// F-TRAIL-15: an id says where its record lies. There is one, so that no page follows.
fn by_id(
    account: AccountId,
    wanted: &Wanted,
    id: &str,
    context: &Context,
    world: &World<'_>,
) -> Result<Page, Fault> {
    let (from, until, key) = (wanted.from, wanted.until(), &context.token_key);
    let place = event_id::Where { account: Some(account), from, until, most: usize::MAX, key };
    let row = event_id::find(id, place, world)?;
    let events = row.and_then(|row| wanted.event(&row)).into_iter().collect();
    Ok(Page { events, continues: None })
}

fn search(
    account: AccountId,
    wanted: &Wanted,
    mut before: Option<EventPosition>,
    page_size: usize,
    world: &World<'_>,
) -> Result<Page, Fault> {
    let term = wanted.attribute.as_ref().map(|attribute| {
        terms::term(account.as_str(), attribute.attribute_key, attribute.attribute_value.as_str())
    });
    let (mut events, mut bytes) = (Vec::new(), 0);
    loop {
        let query = wanted.query(account, before);
        let rows = match term {
            Some(term) => world.events_with(&query, term)?,
            None => world.events(&query)?,
        };
        let is_end = rows.len() < RECORDS_PER_READ;
        for row in rows {
            let Some(event) = wanted.event(&row) else {
                before = Some(row.position);
                continue;
            };
            bytes += row.record.len();
            // F-TRAIL-16: the first one is shown, however large.
            if events.len() == page_size || (bytes > LARGEST_PAGE_BYTES && !events.is_empty()) {
                // One more is there, so the page continues after the last one shown.
                return Ok(Page { events, continues: before });
            }
            events.push(event);
            before = Some(row.position);
        }
        if is_end {
            return Ok(Page { events, continues: None });
        }
    }
}

/// The event as LookupEvents shows it.
fn event_of(record: Record<'_>, text: &str) -> Event {
    let identity = &record.user_identity;
    Event {
        event_id: Some(record.event_id.to_string()),
        event_name: Some(record.event_name.to_string()),
        read_only: record.read_only.map(|read_only| read_only.to_string()),
        access_key_id: identity.access_key_id.as_deref().map(str::to_owned),
        event_time: Some(record.event_time),
        event_source: Some(record.event_source.to_string()),
        username: username(identity).map(str::to_owned),
        resources: Some(resources(&record)),
        cloud_trail_event: Some(shown(record, text)),
    }
}

/// F-EVENT-13: of a call that STS denied AWS shows neither parameters nor resources. The log keeps them, for whoever is
/// to explain the denial.
fn shown(record: Record<'_>, text: &str) -> String {
    let is_denied = record.error_code.as_deref() == Some("AccessDenied");
    if is_denied && record.event_source == "sts.amazonaws.com" {
        let nothing = || Cow::Owned(Value::Null);
        return Record { request_parameters: nothing(), resources: nothing(), ..record }.to_json();
    }
    text.to_owned()
}

/// F-TRAIL-7: the name of a user, `root` for the root user, the session's name for a role session.
fn username<'r>(identity: &'r UserIdentity<'_>) -> Option<&'r str> {
    match identity.kind.as_deref()? {
        "Root" => Some("root"),
        "IAMUser" => identity.user_name.as_deref(),
        _ => identity.arn.as_deref()?.rsplit_once('/').map(|(_, session)| session),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_sts_denied_is_shown_without_its_parameters_f_event_13() {
        let record = |source: &str, code: &str| {
            json!({
                "eventVersion": "1.11", "userIdentity": {}, "eventTime": "2026-11-27T10:00:00Z", "eventSource": source,
                "eventName": "AssumeRole", "awsRegion": "", "sourceIPAddress": "", "userAgent": "", "errorCode": code,
                "requestParameters": {"roleArn": "r"}, "responseElements": null, "eventID": "", "readOnly": true,
                "resources": [{"ARN": "r"}], "eventType": "AwsApiCall", "managementEvent": true,
                "eventCategory": "Management",
            })
            .to_string()
        };
        let seen = |text: &str| -> Value {
            let read = serde_json::from_str(text).expect("a record");
            serde_json::from_str(&shown(read, text)).expect("a record")
        };
        let denied = seen(&record("sts.amazonaws.com", "AccessDenied"));
        assert_eq!((&denied["requestParameters"], denied.get("resources")), (&Value::Null, None));
        assert_eq!(denied["eventName"], "AssumeRole");
        for other in
            [record("iam.amazonaws.com", "AccessDenied"), record("sts.amazonaws.com", "ValidationError")]
        {
            assert_eq!(seen(&other).to_string(), other);
        }
    }
}
