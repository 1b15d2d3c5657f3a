//! What AWS was observed to answer, as docs/fidelity.md has it under "Account name and information".

use serde_json::json;

use crate::cast::*;
use crate::world::World;

/// O-name-1: PutAccountName trims; creation date and primary contact stay. (What Organizations shows of it is tested
/// where Organizations is.)
#[test]
fn observed_name_1_a_name_is_trimmed_and_nothing_else_changes() {
    let world = World::company();
    let contact = world.call(&MEMBER_PROBE, "GetContactInformation", json!({})).body;
    world.call(&MEMBER_PROBE, "PutAccountName", json!({ "AccountName": "  Renamed  " })).is_empty_result();
    world.call(&MEMBER_PROBE, "GetAccountInformation", json!({})).is(concat!(
        r#"{"AccountId":"222222222222","AccountName":"Renamed","#,
        r#""AccountCreatedDate":"2024-02-20T10:11:12Z","AccountState":"ACTIVE"}"#
    ));
    assert_eq!(world.call(&MEMBER_PROBE, "GetContactInformation", json!({})).body, contact);
}

/// O-name-2: a name of only blanks.
#[test]
fn observed_name_2_a_name_of_only_blanks_is_refused() {
    let world = World::company();
    for blank in [" ", "          "] {
        let answer = world.call(&MEMBER_PROBE, "PutAccountName", json!({ "AccountName": blank }));
        let text = r#"{"message":"The input AccountName must not be null or only whitespace."}"#;
        assert_eq!((answer.status, answer.text()), (400, text));
        assert_eq!(answer.header("x-amzn-errortype"), None);
    }
    let name = world.call(&MEMBER_PROBE, "GetAccountInformation", json!({})).json()["AccountName"].clone();
    assert_eq!(name, "Member");
}

/// O-name-3: AccountCreatedDate is ISO 8601 in whole seconds.
#[test]
fn observed_name_3_the_creation_date_has_whole_seconds() {
    let world = World::company();
    let stored = world.documents()["account/222222222222"]["created_at"].clone();
    assert_eq!(stored, "2024-02-20T10:11:12.345Z");
    let shown = world.call(&MEMBER_PROBE, "GetAccountInformation", json!({})).json();
    assert_eq!(shown["AccountCreatedDate"], "2024-02-20T10:11:12Z");
}
