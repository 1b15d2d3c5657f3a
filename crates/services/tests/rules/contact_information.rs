//! The primary contact: F-CON-1 to F-CON-5, F-PHONE-4.

use serde_json::{Value, json};
use services::account::contact_information::{get, put};
use services::account::model::{Input, Operation, PutContactInformationRequest};
use services::state::account::Account;

use crate::support::*;

fn request(contact: &Value) -> PutContactInformationRequest {
    let members = json!({ "ContactInformation": contact });
    match Input::parse(Operation::PutContactInformation, &members).unwrap() {
        Input::PutContactInformation(request) => request,
        _ => panic!("another operation"),
    }
}

fn shown(account: &Account) -> Value {
    services::account::model::Output::GetContactInformation(get(account)).to_value()
}

/// An account that an older accountd stored without one has it too.
#[test]
fn every_account_has_one_from_its_beginning_f_con_5() {
    let begun = account();
    let contact = &shown(&begun)["ContactInformation"];
    assert_eq!(contact["FullName"], begun.name.as_str());
    for member in ["AddressLine1", "City", "PostalCode", "CountryCode", "PhoneNumber"] {
        assert!(contact[member].is_string(), "{member}");
    }
    // It could have been put.
    put(&mut account(), request(contact)).unwrap();
    let older = Account { contact: None, ..begun.clone() };
    assert_eq!(shown(&older), shown(&begun));
}

#[test]
fn a_put_replaces_the_whole_record_f_con_1() {
    let mut account = account_with_contact();
    let mut full = contact();
    for member in ["AddressLine2", "AddressLine3", "DistrictOrCounty", "CompanyName", "WebsiteUrl"] {
        full[member] = json!(format!(" {member} "));
    }
    put(&mut account, request(&full)).unwrap();
    // What is optional is kept as it was written.
    assert_eq!(shown(&account), json!({ "ContactInformation": full, "VerificationStatus": "UNVERIFIED" }));
    let mut least = contact();
    least.as_object_mut().unwrap().shift_remove("StateOrRegion");
    put(&mut account, request(&least)).unwrap();
    assert_eq!(shown(&account)["ContactInformation"], least);
}

#[test]
fn six_members_are_trimmed_and_the_country_is_upper_cased_f_con_2_f_con_3() {
    let mut account = account();
    let mut blanks = contact();
    for member in ["FullName", "AddressLine1", "City", "StateOrRegion", "PostalCode", "PhoneNumber"] {
        blanks[member] = json!(format!("  {}\t", blanks[member].as_str().unwrap()));
    }
    blanks["CountryCode"] = json!("de");
    put(&mut account, request(&blanks)).unwrap();
    assert_eq!(shown(&account)["ContactInformation"], contact());
}

#[test]
fn a_member_of_only_blanks_is_named_and_nothing_is_stored_f_con_4() {
    let mut account = account_with_contact();
    for member in ["FullName", "AddressLine1", "City", "StateOrRegion", "PostalCode"] {
        let mut blank = contact();
        blank["CountryCode"] = json!("US");
        blank[member] = json!(" \t ");
        let text = format!("the argument {member} can not be empty");
        let answer = told(put(&mut account, request(&blank)));
        assert_eq!(answer, refusal(400, "ValidationException", &text));
        assert_eq!(shown(&account)["ContactInformation"], contact());
    }
}
