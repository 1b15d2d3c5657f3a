//! CloudTrail's LookupEvents: filters, pages, tokens, time ranges (F-TRAIL-1 to F-TRAIL-8).

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cast::*;
use crate::world::World;

pub fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let events = answer.json()["Events"].as_array().unwrap().clone();
    events.iter().map(|event| event["EventName"].as_str().unwrap().to_owned()).collect()
}

/// Three calls of the administrator, two of another user, one in another account, a second apart.
fn with_history() -> World {
    let world = World::company();
    let call = |caller: &Caller, operation: &str, members: Value| {
        world.call(caller, operation, members);
        world.pass(Duration::from_secs(1));
    };
    call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": "Before" }));
    call(&MEMBER_ADMIN, "ListRegions", json!({}));
    call(&MEMBER_NOBODY, "ListRegions", json!({}));
    call(&MANAGEMENT_ADMIN, "ListRegions", json!({}));
    call(&MEMBER_PROBE, "GetAccountInformation", json!({}));
    call(&MEMBER_ROOT, "GetRegionOptStatus", json!({ "RegionName": "af-south-1" }));
    world
}

pub fn by(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

#[test]
fn the_account_sees_its_own_events_newest_first() {
    let world = with_history();
    let answer = world.lookup(&MEMBER_ADMIN, json!({}));
    let own = ["GetRegionOptStatus", "GetAccountInformation", "ListRegions", "ListRegions", "PutAccountName"];
    assert_eq!(names(&answer), own);
    let first = &answer.json()["Events"][4];
    assert_eq!(first["Username"], "admin");
    assert_eq!(first["EventSource"], "account.amazonaws.com");
    assert_eq!(first["ReadOnly"], "false");
    assert_eq!(first["AccessKeyId"], MEMBER_ADMIN.key.id);
    assert_eq!(first["EventTime"], crate::world::START.parse::<jiff::Timestamp>().unwrap().as_second());
    let record: Value = serde_json::from_str(first["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["eventID"], first["EventId"]);
    assert_eq!(names(&world.lookup(&MANAGEMENT_ADMIN, json!({}))), ["ListRegions"]);
    // The lookups themselves are events too.
    assert_eq!(names(&world.lookup(&MANAGEMENT_ADMIN, json!({}))), ["LookupEvents", "ListRegions"]);
}

#[test]
fn each_attribute_filters_f_trail_7() {
    let world = with_history();
    let id =
        world.lookup(&MEMBER_ADMIN, json!({})).json()["Events"][0]["EventId"].as_str().unwrap().to_owned();
    for (key, value, expected) in [
        ("EventName", "ListRegions", vec!["ListRegions", "ListRegions"]),
        ("EventId", id.as_str(), vec!["GetRegionOptStatus"]),
        ("ReadOnly", "false", vec!["PutAccountName"]),
        ("Username", "nobody", vec!["ListRegions"]),
        ("Username", "root", vec!["GetRegionOptStatus"]),
        ("Username", "probe", vec!["GetAccountInformation"]),
        ("AccessKeyId", MEMBER_NOBODY.key.id, vec!["ListRegions"]),
        ("EventSource", "organizations.amazonaws.com", vec![]),
        ("ResourceName", "anything", vec![]),
    ] {
        assert_eq!(names(&world.lookup(&MEMBER_ADMIN, by(key, value))), expected, "{key} {value}");
    }
}

#[test]
fn pages_follow_each_other_and_their_tokens_are_bound() {
    let world = with_history();
    let source = "account.amazonaws.com";
    let page = |token: Option<&str>| {
        let mut members = by("EventSource", source);
        members["MaxResults"] = json!(2);
        if let Some(token) = token {
            members["NextToken"] = json!(token);
        }
        world.lookup(&MEMBER_ADMIN, members)
    };
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    let mut pages = 0;
    loop {
        let answer = page(token.as_deref());
        all.extend(names(&answer));
        pages += 1;
        match answer.json()["NextToken"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!((pages, all.len()), (3, 5));
    let token = token.unwrap();
    let refused = |caller: &Caller, mut members: Value, token: &str| {
        members["NextToken"] = json!(token);
        let answer = world.lookup(caller, members);
        assert_eq!(
            (answer.status, answer.json()["__type"].clone()),
            (400, json!("InvalidNextTokenException"))
        );
    };
    refused(&MEMBER_ADMIN, by("EventName", "ListRegions"), &token);
    refused(&MEMBER_ADMIN, json!({}), &token);
    refused(&MANAGEMENT_ADMIN, by("EventSource", source), &token);
    refused(&MEMBER_ADMIN, by("EventSource", source), &token.to_uppercase());
    refused(&MEMBER_ADMIN, by("EventSource", source), "nonsense");
}

#[test]
fn times_limit_what_is_seen() {
    let world = with_history();
    let start: i64 = crate::world::START.parse::<jiff::Timestamp>().unwrap().as_second();
    let between = |from: i64, to: i64| json!({ "StartTime": start + from, "EndTime": start + to });
    assert_eq!(names(&world.lookup(&MEMBER_ADMIN, between(1, 2))), ["ListRegions", "ListRegions"]);
    assert_eq!(names(&world.lookup(&MEMBER_ADMIN, between(-200, -100))), Vec::<String>::new());
    // F-TRAIL-11: nothing can be looked up that begins in the future.
    for (from, to) in [(2, 1), (100, 200)] {
        let answer = world.lookup(&MEMBER_ADMIN, between(from, to));
        assert_eq!(
            (answer.status, answer.json()["__type"].clone()),
            (400, json!("InvalidTimeRangeException"))
        );
    }
}

/// F-TRAIL-2: an event is seen for 90 days.
#[test]
fn events_are_seen_for_ninety_days_f_trail_2() {
    let world = World::company();
    world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    let seen = || names(&world.lookup(&MEMBER_ADMIN, by("EventName", "ListRegions"))).len();
    world.pass(Duration::from_secs(90 * 24 * 3600));
    assert_eq!(seen(), 1);
    world.pass(Duration::from_secs(1));
    assert_eq!(seen(), 0);
}

#[test]
fn wrong_input_has_its_own_exceptions_f_trail_3() {
    let world = World::company();
    let twice = json!({ "LookupAttributes": [
        { "AttributeKey": "EventName", "AttributeValue": "a" }, { "AttributeKey": "EventName", "AttributeValue": "b" }
    ] });
    for (members, code) in [
        (json!({ "MaxResults": 0 }), "InvalidMaxResultsException"),
        (json!({ "MaxResults": 51 }), "InvalidMaxResultsException"),
        (twice, "InvalidLookupAttributesException"),
    ] {
        let answer = world.lookup(&MEMBER_ADMIN, members);
        assert_eq!((answer.status, answer.json()["__type"].clone()), (400, json!(code)));
    }
    let answer = world.lookup(&MEMBER_NOBODY, json!({}));
    assert_eq!((answer.status, answer.json()["__type"].clone()), (400, json!("AccessDeniedException")));
}

/// F-TRAIL-1: a page holds 50 events at most, and as many without MaxResults.
#[test]
fn a_page_holds_fifty_events_f_trail_1() {
    let world = World::company();
    for _ in 0..51 {
        world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    }
    for members in [by("EventName", "ListRegions"), json!({ "MaxResults": 50 })] {
        let answer = world.lookup(&MEMBER_ADMIN, members);
        assert_eq!(names(&answer).len(), 50);
        assert!(answer.json()["NextToken"].is_string());
    }
}

#[test]
fn a_number_beyond_32_bits_is_beyond_fifty_f_trail_14() {
    let world = World::company();
    for number in ["2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808"] {
        let number: Value = serde_json::from_str(number).unwrap();
        let answer = world.lookup(&MEMBER_ADMIN, json!({ "MaxResults": number }));
        assert_eq!(
            (answer.status, answer.json()["__type"].clone()),
            (400, json!("InvalidMaxResultsException")),
            "{number}"
        );
    }
}
