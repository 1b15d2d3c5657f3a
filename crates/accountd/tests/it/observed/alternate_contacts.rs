//! What AWS was observed to answer, as docs/fidelity.md has it under "Alternate contacts".

use serde_json::json;

use crate::cast::*;
use crate::world::World;

const NONE: &str = "No contact of the inputted alternate contact type found.";

fn put(world: &World, name: &str) {
    let members = json!({
        "AlternateContactType": "OPERATIONS", "Name": name, "Title": "  Operations  ",
        "EmailAddress": "  Probe+ops@Example.invalid  ", "PhoneNumber": "  +1 206 555 0123  "
    });
    world.call(&MEMBER_PROBE, "PutAlternateContact", members).is_empty_result();
}

/// O-alternate-1: Get or Delete where none is stored is `ResourceNotFoundException`; a second Delete too.
#[test]
fn observed_alternate_1_a_contact_that_is_not_there_is_not_found() {
    let world = World::company();
    let of = |kind: &str| json!({ "AlternateContactType": kind });
    for operation in ["GetAlternateContact", "DeleteAlternateContact"] {
        world.call(&MEMBER_PROBE, operation, of("OPERATIONS")).says(404, "ResourceNotFoundException", NONE);
    }
    put(&world, "Probe");
    world.call(&MEMBER_PROBE, "DeleteAlternateContact", of("OPERATIONS")).is_empty_result();
    world.call(&MEMBER_PROBE, "DeleteAlternateContact", of("OPERATIONS")).says(
        404,
        "ResourceNotFoundException",
        NONE,
    );
}

/// O-alternate-2: of blanks around every field, those of the e-mail address are trimmed, its case kept; the others stay.
#[test]
fn observed_alternate_2_only_the_email_address_is_trimmed() {
    let world = World::company();
    put(&world, "  Probe  ");
    world.call(&MEMBER_PROBE, "GetAlternateContact", json!({ "AlternateContactType": "OPERATIONS" })).is(
        concat!(
            r#"{"AlternateContact":{"Name":"  Probe  ","Title":"  Operations  ","#,
            r#""EmailAddress":"Probe+ops@Example.invalid","PhoneNumber":"  +1 206 555 0123  ","#,
            r#""AlternateContactType":"OPERATIONS"}}"#
        ),
    );
}

/// O-alternate-3: Put over an existing contact replaces it whole.
#[test]
fn observed_alternate_3_a_put_replaces_the_contact_whole() {
    let world = World::company();
    put(&world, "Before");
    let members = json!({
        "AlternateContactType": "OPERATIONS", "Name": "After", "Title": "T", "EmailAddress": "a@b.c",
        "PhoneNumber": "1"
    });
    world.call(&MEMBER_PROBE, "PutAlternateContact", members).is_empty_result();
    world.call(&MEMBER_PROBE, "GetAlternateContact", json!({ "AlternateContactType": "OPERATIONS" })).is(
        concat!(
            r#"{"AlternateContact":{"Name":"After","Title":"T","EmailAddress":"a@b.c","PhoneNumber":"1","#,
            r#""AlternateContactType":"OPERATIONS"}}"#
        ),
    );
}

/// O-alternate-4: the types `operations`, `OTHER` and `Billing` are refused as an authorization failure, to an
/// administrator too.
#[test]
fn observed_alternate_4_a_type_that_is_none_is_access_denied() {
    let world = World::company();
    for kind in ["operations", "OTHER", "Billing"] {
        let denied = format!(
            "User: {} is not authorized to perform: account:GetAlternateContact (You specified an invalid \
             Alternate Contact type.)",
            MEMBER_ADMIN.arn
        );
        let members = json!({ "AlternateContactType": kind });
        world.call(&MEMBER_ADMIN, "GetAlternateContact", members).is_denied(&denied);
    }
}

/// O-alternate-5: a session policy for OPERATIONS only refuses BILLING, and says that it was the session policy.
#[test]
fn observed_alternate_5_a_session_policy_may_leave_one_contact_type() {
    let world = World::company();
    let billing = json!({ "AlternateContactType": "BILLING" });
    world.call(&MEMBER_OPERATIONS, "GetAlternateContact", billing).is_denied(
        "User: arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/operations is not authorized to \
         perform: account:GetAlternateContact on resource: arn:aws:account::222222222222:account because no session \
         policy allows the account:GetAlternateContact action",
    );
    let operations = json!({ "AlternateContactType": "OPERATIONS" });
    world.call(&MEMBER_OPERATIONS, "GetAlternateContact", operations).says(
        404,
        "ResourceNotFoundException",
        NONE,
    );
}
