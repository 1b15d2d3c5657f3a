//! What AWS was observed to answer, as docs/fidelity.md has it under "Primary contact".

use serde_json::{Value, json};

use crate::cast::*;
use crate::world::World;

fn full() -> Value {
    json!({
        "FullName": "Ada Member", "AddressLine1": "1 Main Street", "City": "Seattle",
        "StateOrRegion": "WA", "PostalCode": "98101", "CountryCode": "US", "PhoneNumber": "+12065550100"
    })
}

fn stored(world: &World) -> Value {
    world.call(&MEMBER_PROBE, "GetContactInformation", json!({})).json()["ContactInformation"].clone()
}

fn put(world: &World, contact: &Value) -> crate::answer::Answer {
    world.call(&MEMBER_PROBE, "PutContactInformation", json!({ "ContactInformation": contact }))
}

/// O-contact-1: Put replaces the whole record; an optional member left out is gone.
#[test]
fn observed_contact_1_a_member_left_out_is_gone() {
    let world = World::company();
    put(&world, &full()).is_empty_result();
    assert_eq!(stored(&world), full());
    let mut without = full();
    without.as_object_mut().unwrap().shift_remove("StateOrRegion");
    put(&world, &without).is_empty_result();
    assert_eq!(stored(&world), without);
}

/// O-contact-2: full name, first address line, city, state, postal code and phone number are trimmed.
#[test]
fn observed_contact_2_six_members_are_trimmed() {
    let world = World::company();
    let mut blanks = full();
    for member in ["FullName", "AddressLine1", "City", "StateOrRegion", "PostalCode"] {
        blanks[member] = json!(format!("  {}  ", blanks[member].as_str().unwrap()));
    }
    // The pattern refuses a leading blank of the phone number.
    blanks["PhoneNumber"] = json!("+12065550100  ");
    put(&world, &blanks).is_empty_result();
    assert_eq!(stored(&world), full());
}

/// O-contact-2: the country code is upper-cased.
#[test]
fn observed_contact_2_the_country_code_is_upper_cased() {
    let world = World::company();
    let mut small = full();
    small["CountryCode"] = json!("us");
    put(&world, &small).is_empty_result();
    assert_eq!(stored(&world)["CountryCode"], "US");
}

/// O-contact-3: a member of only blanks is refused by name, and the stored record stays as it was.
#[test]
fn observed_contact_3_a_member_of_only_blanks_is_refused() {
    let world = World::company();
    put(&world, &full()).is_empty_result();
    for member in ["City", "FullName", "AddressLine1", "PostalCode", "StateOrRegion"] {
        let mut blank = full();
        blank["CountryCode"] = json!("DE");
        blank[member] = json!("   ");
        let text = format!("the argument {member} can not be empty");
        put(&world, &blank).says(400, "ValidationException", &text);
        assert_eq!(stored(&world), full());
    }
}

/// O-contact-4: a member created by Organizations starts with a copy of the management account's primary contact under
/// its own name; alternate contacts are not copied.
#[test]
fn observed_contact_4_a_created_member_starts_with_a_copy() {
    let world = World::company();
    let of_management =
        world.call(&MANAGEMENT_ADMIN, "GetContactInformation", json!({})).json()["ContactInformation"]
            .clone();
    let mut expected = of_management;
    expected["FullName"] = json!("Member");
    assert_eq!(stored(&world), expected);
    let billing = json!({ "AlternateContactType": "BILLING" });
    assert_eq!(world.call(&MANAGEMENT_ADMIN, "GetAlternateContact", billing.clone()).status, 200);
    assert_eq!(world.call(&MEMBER_PROBE, "GetAlternateContact", billing).status, 404);
}
