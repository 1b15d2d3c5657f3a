//! EventBridge's envelope around what happened: calls that change something, what services do by themselves, and the Regions
//! that accounts switch.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use services::context::Delays;

use crate::store::FollowedRecord;

/// What a record says that decides what becomes of it.
struct Seen {
    record: Value,
    source: String,
}

/// An event for EventBridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope(pub Value);

/// F-EVENTS-1: the events that a record brings about when it is made. Calls that read bring none, as AWS's default rules see
/// none.
pub fn at_once(record: &FollowedRecord) -> Vec<Envelope> {
    let Some(seen) = Seen::of(record) else { return Vec::new() };
    let is_service = seen.text("eventType") == "AwsServiceEvent";
    if !is_service && seen.is_reading() {
        return Vec::new();
    }
    let kind = if is_service { "AWS Service Event via CloudTrail" } else { "AWS API Call via CloudTrail" };
    let id = seen.text("eventID").to_owned();
    let mut events = vec![seen.envelope(record, record.time, &id, kind, json!([]), seen.record.clone())];
    events.extend(seen.region_switch(record, record.time, true));
    events
}

/// F-EVENTS-2: when a Region that a record switches will have been switched, and the event of that.
pub fn completion(record: &FollowedRecord, delays: &Delays) -> Option<Timestamp> {
    let delay = match Seen::of(record)?.switched()? {
        "EnableRegion" => delays.region_enable,
        _ => delays.region_disable,
    };
    record.time.saturating_add(delay.max(Duration::ZERO)).ok()
}

/// F-EVENTS-2: the event of a Region that has been switched.
pub fn completed(record: &FollowedRecord, at: Timestamp) -> Option<Envelope> {
    Seen::of(record)?.region_switch(record, at, false)
}

impl Seen {
    fn of(record: &FollowedRecord) -> Option<Self> {
        let value: Value = serde_json::from_str(&record.json).ok()?;
        let source = value["eventSource"].as_str()?.split('.').next()?.to_owned();
        Some(Self { record: value, source })
    }

    fn text(&self, member: &str) -> &str {
        self.record[member].as_str().unwrap_or_default()
    }

    /// F-EVENTS-5: calls that read are those whose names say so; of STS, which gives credentials, only some of them.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html>
    fn is_reading(&self) -> bool {
        let name = self.text("eventName");
        let says_so = ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb));
        let gives_credentials = matches!(name, "GetFederationToken" | "GetSessionToken");
        self.record["readOnly"] != json!(false) && says_so && !gives_credentials
    }

    /// The operation, where it switched a Region.
    fn switched(&self) -> Option<&str> {
        let is_answered = self.record.get("errorCode").is_none();
        let name = self.text("eventName");
        (self.source == "account" && is_answered && matches!(name, "EnableRegion" | "DisableRegion"))
            .then_some(name)
    }

    fn region_switch(&self, record: &FollowedRecord, at: Timestamp, begins: bool) -> Option<Envelope> {
        let status = match (self.switched()?, begins) {
            ("EnableRegion", true) => "ENABLING",
            ("EnableRegion", false) => "ENABLED",
            (_, true) => "DISABLING",
            (_, false) => "DISABLED",
        };
        let parameters = &self.record["requestParameters"];
        let region = parameters["RegionName"].as_str().or(parameters["regionName"].as_str())?;
        // Where the management account switches a member's Region, both have a record, and the member's own tells of it.
        let target = parameters["AccountId"].as_str().or(parameters["accountId"].as_str());
        if target.is_some_and(|target| target != record.account.as_str()) {
            return None;
        }
        let detail = json!({ "accountId": record.account, "regionName": region, "status": status });
        let resources = json!([format!("arn:aws:account::{}:account", record.account)]);
        let id = derived_id(self.text("eventID"), status);
        Some(self.envelope(record, at, &id, "Region Opt-In Status Change", resources, detail))
    }

    fn envelope(
        &self,
        record: &FollowedRecord,
        at: Timestamp,
        id: &str,
        kind: &str,
        resources: Value,
        detail: Value,
    ) -> Envelope {
        Envelope(json!({
            "version": "0",
            "id": id,
            "detail-type": kind,
            "source": format!("aws.{}", self.source),
            "account": record.account,
            "time": aws::trail::whole_seconds(at),
            "region": self.text("awsRegion"),
            "resources": resources,
            "detail": detail,
        }))
    }
}

/// An id that follows from a record's, so that an event that is sent twice is known as one.
fn derived_id(id: &str, status: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("{id} {status}").as_bytes())[..16]);
    services::context::uuid_text(bytes)
}

#[cfg(test)]
mod tests {
    use aws::arn::AccountId;
    use services::world::EventPosition;

    use super::*;

    fn record(members: Value) -> FollowedRecord {
        FollowedRecord {
            position: EventPosition { commit: 1, index: 0 },
            account: AccountId::from_number(111_122_223_333),
            time: "2027-01-01T00:00:00.5Z".parse().expect("a time"),
            json: members.to_string(),
        }
    }

    fn call(source: &str, name: &str, read_only: bool) -> Value {
        json!({ "eventSource": format!("{source}.amazonaws.com"), "eventName": name, "readOnly": read_only,
                "eventType": "AwsApiCall", "awsRegion": "us-east-1", "eventID": "e-1",
                "requestParameters": { "RegionName": "af-south-1" } })
    }

    /// F-EVENTS-1.
    #[test]
    fn a_call_that_changes_something_is_an_event_f_events_1() {
        assert!(at_once(&record(call("iam", "ListUsers", true))).is_empty());
        let events = at_once(&record(call("iam", "CreateUser", false)));
        let expected = json!({
            "version": "0", "id": "e-1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam",
            "account": "111122223333", "time": "2027-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
            "detail": call("iam", "CreateUser", false),
        });
        assert_eq!(events, [Envelope(expected)]);
        let mut own = call("organizations", "CreateAccountResult", false);
        own["eventType"] = json!("AwsServiceEvent");
        assert_eq!(at_once(&record(own))[0].0["detail-type"], "AWS Service Event via CloudTrail");
    }

    /// F-EVENTS-5.
    #[test]
    fn a_call_that_reads_is_one_whose_name_says_so_f_events_5() {
        let is_told = |source: &str, name: &str| !at_once(&record(call(source, name, true))).is_empty();
        for name in ["AssumeRole", "GetSessionToken", "GetFederationToken"] {
            assert!(is_told("sts", name), "{name}");
        }
        assert!(is_told("cloudtrail", "LookupEvents"));
        for (source, name) in [("sts", "GetCallerIdentity"), ("iam", "GetRole"), ("ec2", "DescribeRegions")] {
            assert!(!is_told(source, name), "{name}");
        }
    }

    /// F-EVENTS-2.
    #[test]
    fn a_region_that_is_switched_is_two_events_f_events_2() {
        let switch = record(call("account", "EnableRegion", false));
        let events = at_once(&switch);
        assert_eq!(events.len(), 2);
        assert_eq!(events[1].0["detail-type"], "Region Opt-In Status Change");
        let detail = json!({ "accountId": "111122223333", "regionName": "af-south-1", "status": "ENABLING" });
        assert_eq!(events[1].0["detail"], detail);
        let at = completion(&switch, &Delays::AWS).expect("a time");
        assert_eq!(at.to_string(), "2027-01-01T00:02:00.5Z");
        let done = completed(&switch, at).expect("an event");
        assert_eq!(
            (&done.0["detail"]["status"], &done.0["time"]),
            (&json!("ENABLED"), &json!("2027-01-01T00:02:00Z"))
        );
        assert_ne!(done.0["id"], events[1].0["id"]);
        let mut refused = call("account", "EnableRegion", false);
        refused["errorCode"] = json!("ConflictException");
        assert_eq!(
            (at_once(&record(refused.clone())).len(), completion(&record(refused), &Delays::AWS)),
            (1, None)
        );
        let mut of_another = call("account", "DisableRegion", false);
        of_another["requestParameters"]["AccountId"] = json!("444455556666");
        assert_eq!(at_once(&record(of_another)).len(), 1);
    }
}
