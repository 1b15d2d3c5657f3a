//! What lies at the edges of the path: faults of our own, bodies that were not read, rates, operations that are known
//! but not answered.

use std::time::{Duration, Instant};

use accountd::admin::NotImported;
use accountd::configuration::Throttle;
use accountd::store::Decided;
use aws::protocol::Protocol;
use bytes::Bytes;
use listener::Unread;
use serde_json::{Value, json};
use services::state::organization::Membership;
use services::world::Snapshot;

use crate::answer::{Answer, element};
use crate::cast::*;
use crate::world::{Setup, World, post, signed};

const INTERNAL: &str = "The request processing has failed because of an unknown error, exception or failure.";

/// F-WIRE-32: a store that holds nonsense is a fault of our own; the caller learns no more than that.
#[test]
fn a_fault_of_our_own_is_told_as_such_f_wire_32() {
    let mut world = World::company();
    world.may_fail = true;
    let nonsense = |snapshot: &dyn Snapshot| {
        let mut world = services::world::World::new(snapshot);
        let membership: Membership = serde_json::from_value(json!({
            "organization_id": "o-vanished00", "parent_id": "r-none", "joined_at": "2024-01-15T00:00:00Z",
            "joined_method": "INVITED"
        }))
        .unwrap();
        world.put(STANDALONE.parse().expect("an account id"), membership);
        Ok(Decided { value: (), changes: world.into_reads_and_writes(), events: Vec::new() })
    };
    world.block_on(world.store.transact(nonsense)).unwrap();
    let answer = world.call(&STANDALONE_ADMIN, "ListRegions", json!({}));
    answer.says(500, "InternalServerException", INTERNAL);
    let answer = world.call_by_query(&STANDALONE_ADMIN, "ListRegions", "");
    assert_eq!((answer.status, element(answer.text(), "Type")), (500, Some("Receiver")));
    let answer = world.lookup(&STANDALONE_ADMIN, json!({}));
    assert_eq!((answer.status, answer.json()["__type"].clone()), (500, json!("InternalFailure")));
}

/// F-EDGE-5: a body that was not read is refused in the words of the route's protocol.
#[test]
fn a_body_that_was_not_read_is_refused_f_edge_5() {
    let world = World::company();
    for (why, status, code, text) in [
        (
            Unread::TooLarge,
            413,
            "RequestEntityTooLargeException",
            "HTTP content length exceeded 10485760 bytes",
        ),
        (Unread::TooSlow, 408, "RequestTimeoutException", "Request Timeout"),
        (Unread::Malformed, 400, "MalformedHttpRequestException", "Bad Request"),
    ] {
        let (head, _) = post("/listRegions", "application/json", "").into_parts();
        Answer::new(world.service.refuse_unread(&head, why)).says(status, code, text);
    }
}

/// F-QUOTA-3, F-QUOTA-4: a rate is the caller's account's, whichever account it names.
#[test]
fn a_rate_belongs_to_the_callers_account_f_quota_3_f_quota_4() {
    let world = World::of(Setup { throttle: Throttle::Aws, ..Setup::company() });
    let rename = |caller: &Caller, target: Option<&str>| {
        let mut members = json!({ "AccountName": "New" });
        if let Some(target) = target {
            members["AccountId"] = json!(target);
        }
        world.call(caller, "PutAccountName", members)
    };
    loop {
        let begun = Instant::now();
        let first = rename(&MANAGEMENT_ADMIN, Some(MEMBER));
        let second = rename(&MANAGEMENT_ADMIN, Some(DELEGATE));
        let of_the_member = rename(&MEMBER_ADMIN, None);
        let by_target =
            world.call_by_target(&MANAGEMENT_ADMIN, "PutAccountName", json!({ "AccountName": "New" }));
        let by_query = world.call_by_query(&MANAGEMENT_ADMIN, "PutAccountName", "&AccountName=New");
        // Rates are kept by the real clock: after a second there is another token, and this says nothing.
        if begun.elapsed() < Duration::from_secs(1) {
            first.is_empty_result();
            of_the_member.is_empty_result();
            second.says(429, "TooManyRequestsException", "Too Many Requests");
            assert_eq!(by_target.status, 429);
            assert_eq!(by_query.code(Protocol::Query).as_deref(), Some("TooManyRequestsException"));
            return;
        }
        // All tokens are back after this.
        std::thread::yield_now();
    }
}

/// F-QUOTA-5: two reads of its organization at once are all an account has, and the third is refused in Organizations' words.
#[test]
fn organizations_refuses_what_comes_too_fast_in_its_own_words_f_quota_5() {
    let world = World::of(Setup { throttle: Throttle::Aws, ..Setup::company() });
    let describe = crate::wire::operation(services::service::Service::Organizations, "DescribeOrganization");
    loop {
        let begun = Instant::now();
        let answers = [0, 1, 2].map(|_| world.ask(&MEMBER_ADMIN.key, describe, &json!({})));
        // Rates are kept by the real clock: later than this there may be another token, and this says nothing.
        if begun.elapsed() < Duration::from_secs(1) {
            assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 200, 400]);
            assert_eq!(answers[2].code(Protocol::AwsJson11).as_deref(), Some("TooManyRequestsException"));
            let text = "You have sent too many requests in too short a period of time. Try again later..";
            assert_eq!(answers[2].message(), text);
            return;
        }
        std::thread::yield_now();
    }
}

/// F-QUOTA-7: a caller that goes on writing is refused in IAM's words.
#[test]
fn iam_refuses_what_comes_too_fast_in_its_own_words_f_quota_7() {
    let world = World::of(Setup { throttle: Throttle::Aws, ..Setup::company() });
    let delete = crate::wire::operation(services::service::Service::Iam, "DeleteUser");
    loop {
        let begun = Instant::now();
        let answers =
            [(); 30].map(|()| world.ask(&MEMBER_ADMIN.key, delete, &json!({ "UserName": "absent" })));
        // Twenty at once, and five more in this second.
        if begun.elapsed() < Duration::from_secs(1) {
            let last = &answers[29];
            assert_eq!(last.status, 400);
            assert_eq!(last.code(Protocol::Query).as_deref(), Some("Throttling"));
            assert_eq!(last.message(), "Rate exceeded");
            return;
        }
        std::thread::yield_now();
    }
}

/// F-NOSUP-1: an operation that a model names and accountd does not answer says so.
#[test]
fn a_known_operation_that_is_not_answered_says_so_f_nosup_1() {
    let world = World::company();
    let known = services::cloudtrail::model::NOT_SUPPORTED;
    assert!(!known.is_empty());
    for name in known {
        let mut request = post("/", "application/x-amz-json-1.1", "{}");
        let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{name}");
        request.headers_mut().insert("x-amz-target", target.parse().unwrap());
        let answer = world.send(signed(request, &MEMBER_ADMIN.key, "cloudtrail", "us-east-1"));
        assert_eq!(answer.code(Protocol::AwsJson11).as_deref(), Some("UnsupportedOperationException"));
        let text = format!("accountd does not answer cloudtrail:{name}.");
        assert_eq!((answer.status, answer.message()), (400, text));
    }
}

/// F-STORE-14: an import is refused by the key of the document that cannot be read, and changes nothing.
#[test]
fn an_import_says_which_document_is_damaged_f_store_14() {
    let world = World::company();
    let before = world.exported();
    let export: Value = serde_json::from_slice(&before).expect("JSON");
    let member = format!("member/{STANDALONE}");
    let membership = |method: &str| {
        json!({
            "v": 1, "organization_id": "o-exampleorg", "parent_id": "r-ab12",
            "joined_at": "2024-01-15T00:00:00Z", "joined_method": method
        })
    };
    for (key, document) in [(member.as_str(), membership("LAPSED")), ("member/none", membership("INVITED"))] {
        let mut damaged = export.clone();
        damaged["documents"][key] = document;
        let refused = world.import(Bytes::from(damaged.to_string()));
        let Err(NotImported::Wrong(reason)) = refused else { panic!("{key} was imported") };
        assert!(reason.contains(key), "{reason}");
        assert_eq!(world.exported(), before);
    }
    assert!(world.import(before.clone()).is_ok());
}
