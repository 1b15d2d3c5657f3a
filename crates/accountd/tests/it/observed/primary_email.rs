//! What AWS was observed to answer, as docs/fidelity.md has it under "Primary e-mail".

use serde_json::json;

use crate::cast::*;
use crate::world::World;

/// O-email-1: GetPrimaryEmail is the account's e-mail address in Organizations, in the case it was given.
#[test]
fn observed_email_1_the_primary_email_is_the_one_of_organizations() {
    let world = World::company();
    world
        .call(&MANAGEMENT_ADMIN, "GetPrimaryEmail", json!({ "AccountId": MEMBER }))
        .is(r#"{"PrimaryEmail":"Member@example.com"}"#);
}

/// O-email-2: the status where no update was ever started, standalone mode included; no reason, no fields.
#[test]
fn observed_email_2_no_update_was_ever_started() {
    let world = World::company();
    let text = "No email update found for account";
    let named = world.call(&MANAGEMENT_ADMIN, "GetPrimaryEmailUpdateStatus", json!({ "AccountId": MEMBER }));
    named.says(400, "ValidationException", text);
    let standalone = world.call(&MEMBER_PROBE, "GetPrimaryEmailUpdateStatus", json!({}));
    standalone.says(400, "ValidationException", text);
}
