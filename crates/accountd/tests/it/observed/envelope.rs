//! What AWS was observed to answer, as docs/fidelity.md has it under "Error envelope".

use serde_json::json;

use crate::cast::*;
use crate::world::World;

/// O-envelope-1: modeled errors have the body `{"message": …}` in lower case and the code in `x-amzn-ErrorType`.
#[test]
fn observed_envelope_1_modeled_errors_have_a_message_and_their_code_in_a_header() {
    let world = World::company();
    let answer =
        world.call(&MEMBER_PROBE, "GetAlternateContact", json!({ "AlternateContactType": "BILLING" }));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("x-amzn-errortype"), Some("ResourceNotFoundException"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.text(), r#"{"message":"No contact of the inputted alternate contact type found."}"#);
}

/// O-envelope-2: a `ValidationException` from the model's constraints carries `message` only.
#[test]
fn observed_envelope_2_a_broken_constraint_carries_a_message_only() {
    let world = World::company();
    let answer = world.call(&MEMBER_PROBE, "ListRegions", json!({ "MaxResults": 51 }));
    answer.is_refused(
        400,
        "ValidationException",
        r#"{"message":"[numeric instance is greater than the required maximum (maximum: 50, found: 51)]"}"#,
    );
}

/// O-envelope-3: a `ValidationException` from a rule of the service may carry `reason` and `fieldList`.
#[test]
fn observed_envelope_3_a_rule_may_give_reason_and_fields() {
    let world = World::company();
    let answer = world.call(&MEMBER_PROBE, "ListRegions", json!({ "NextToken": "invalid-token" }));
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["message", "reason", "fieldList"]);
}

/// O-envelope-4: a blank account name is answered with status 400, `message` only, and no `x-amzn-ErrorType`.
#[test]
fn observed_envelope_4_a_blank_account_name_has_no_error_type() {
    let world = World::company();
    let answer = world.call(&MEMBER_PROBE, "PutAccountName", json!({ "AccountName": "   " }));
    assert_eq!((answer.status, answer.header("x-amzn-errortype")), (400, None));
    assert_eq!(answer.text(), r#"{"message":"The input AccountName must not be null or only whitespace."}"#);
}
