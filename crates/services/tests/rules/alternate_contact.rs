//! Alternate contacts: F-ALT-1 to F-ALT-3.

use services::account::alternate_contact::{delete, get, put};
use services::account::model::{
    AlternateContactType, DeleteAlternateContactRequest, GetAlternateContactRequest,
    PutAlternateContactRequest,
};

use crate::support::*;

fn contact(kind: AlternateContactType, name: &str, email: &str) -> PutAlternateContactRequest {
    PutAlternateContactRequest {
        name: name.into(),
        title: " Title ".into(),
        email_address: email.into(),
        phone_number: " 1 ".into(),
        alternate_contact_type: kind,
        account_id: None,
    }
}

fn which(kind: AlternateContactType) -> GetAlternateContactRequest {
    GetAlternateContactRequest { alternate_contact_type: kind, account_id: None }
}

fn gone(kind: AlternateContactType) -> DeleteAlternateContactRequest {
    DeleteAlternateContactRequest { alternate_contact_type: kind, account_id: None }
}

fn not_found() -> (u16, String, String) {
    let text = "No contact of the inputted alternate contact type found.";
    refusal(404, "ResourceNotFoundException", text)
}

#[test]
fn each_type_is_kept_on_its_own_f_alt_1() {
    let mut account = account();
    for (index, &kind) in AlternateContactType::ALL.iter().enumerate() {
        assert_eq!(told(get(&account, which(kind))), not_found());
        assert_eq!(told(delete(&mut account, gone(kind))), not_found());
        put(&mut account, contact(kind, &format!("name {index}"), "a@b.c"));
        assert_eq!(account.alternate_contacts.len(), index + 1);
    }
    for (index, &kind) in AlternateContactType::ALL.iter().enumerate() {
        let shown = get(&account, which(kind)).unwrap().alternate_contact.unwrap();
        assert_eq!(shown.name.unwrap().as_str(), format!("name {index}"));
        assert_eq!(shown.alternate_contact_type, Some(kind));
        delete(&mut account, gone(kind)).unwrap();
        assert_eq!(told(delete(&mut account, gone(kind))), not_found());
    }
    assert!(account.alternate_contacts.is_empty());
}

#[test]
fn a_put_replaces_the_contact_and_trims_the_address_only_f_alt_2_f_alt_3() {
    let mut account = account();
    put(&mut account, contact(AlternateContactType::Billing, "first", "first@example.com"));
    put(&mut account, contact(AlternateContactType::Billing, " Second ", "\t Sec+Ond@Example.com \n"));
    let shown = get(&account, which(AlternateContactType::Billing)).unwrap().alternate_contact.unwrap();
    assert_eq!(shown.name.unwrap().as_str(), " Second ");
    assert_eq!(shown.title.unwrap().as_str(), " Title ");
    assert_eq!(shown.phone_number.unwrap().as_str(), " 1 ");
    assert_eq!(shown.email_address.unwrap().as_str(), "Sec+Ond@Example.com");
    assert_eq!(account.alternate_contacts.len(), 1);
}
