//! What AWS was observed to answer, as docs/fidelity.md has it under "Constraint messages".

use serde_json::json;

use crate::cast::*;
use crate::world::World;

#[track_caller]
fn refused(operation: &str, members: serde_json::Value, text: &str) {
    let world = World::company();
    world.call(&MEMBER_PROBE, operation, members).says(400, "ValidationException", text);
}

fn contact(member: &str, value: serde_json::Value) -> serde_json::Value {
    let mut contact = json!({
        "FullName": "Ada Member", "AddressLine1": "1 Main Street", "City": "Seattle", "PostalCode": "98101",
        "CountryCode": "US", "PhoneNumber": "+12065550100"
    });
    contact[member] = value;
    json!({ "ContactInformation": contact })
}

/// O-constraint-1: pattern; the model's pattern stands between `^` and `$`, then the input.
#[test]
fn observed_constraint_1_a_pattern_is_shown_with_the_input() {
    refused(
        "PutAccountName",
        json!({ "AccountName": "Acme <Name>" }),
        r#"[ECMA 262 regex "^[ -;=?-~]+$" does not match input string "Acme <Name>"]"#,
    );
}

/// O-constraint-2: the same for the primary contact's phone number.
#[test]
fn observed_constraint_2_the_primary_phone_number_has_a_pattern() {
    refused(
        "PutContactInformation",
        contact("PhoneNumber", json!(" ")),
        r#"[ECMA 262 regex "^[+][\s0-9()-]+$" does not match input string " "]"#,
    );
}

/// O-constraint-3: of a list the first value outside the enum is told, with the enum in the model's own order.
#[test]
fn observed_constraint_3_the_first_value_outside_an_enum_is_told() {
    let told = r#"[instance value ("enabled") not found in enum (possible values: ["ENABLED","ENABLING","DISABLING","DISABLED","ENABLED_BY_DEFAULT"])]"#;
    refused("ListRegions", json!({ "RegionOptStatusContains": ["enabled"] }), told);
    refused("ListRegions", json!({ "RegionOptStatusContains": ["ENABLED", "enabled", "off"] }), told);
}

/// O-constraint-4: too long; the wording of the same validator, not recorded itself.
#[test]
fn observed_constraint_4_a_text_that_is_too_long() {
    let name = "n".repeat(65);
    refused(
        "PutAlternateContact",
        json!({
            "AlternateContactType": "BILLING", "Name": name, "Title": "t", "EmailAddress": "a@b.c",
            "PhoneNumber": "1"
        }),
        &format!("[string \"{name}\" is too long (length: 65, maximum allowed: 64)]"),
    );
}

/// O-constraint-5: too short; the wording of the same validator, not recorded itself.
#[test]
fn observed_constraint_5_a_text_that_is_too_short() {
    refused(
        "PutContactInformation",
        contact("City", json!("")),
        r#"[string "" is too short (length: 0, required minimum: 1)]"#,
    );
}

/// O-constraint-6: missing members, sorted; the wording of the same validator, not recorded itself.
#[test]
fn observed_constraint_6_missing_members_are_told_together() {
    refused(
        "PutAlternateContact",
        json!({ "AlternateContactType": "BILLING", "PhoneNumber": "1", "Title": "t" }),
        r#"[object has missing required properties (["EmailAddress","Name"])]"#,
    );
}

/// O-constraint-7: too great a number; the wording of the same validator, not recorded itself.
#[test]
fn observed_constraint_7_a_number_that_is_too_great() {
    refused(
        "ListRegions",
        json!({ "MaxResults": 51 }),
        "[numeric instance is greater than the required maximum (maximum: 50, found: 51)]",
    );
}

/// O-constraint-8: too small a number; the wording of the same validator, not recorded itself.
#[test]
fn observed_constraint_8_a_number_that_is_too_small() {
    refused(
        "ListRegions",
        json!({ "MaxResults": 0 }),
        "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
    );
}

/// O-constraint-9: a value of another type; the wording of the same validator, not recorded itself.
#[test]
fn observed_constraint_9_a_value_of_another_type() {
    refused(
        "PutAccountName",
        json!({ "AccountName": 7 }),
        r#"[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]"#,
    );
}
