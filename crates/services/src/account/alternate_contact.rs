//! The alternate contacts of an account: billing, operations and security.
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html>

use super::model::{
    AlternateContact, AlternateContactType, DeleteAlternateContactRequest, Error, GetAlternateContactRequest,
    GetAlternateContactResponse, PutAlternateContactRequest, ResourceNotFoundException,
};
use crate::state::account::{Account, AlternateContact as Stored};

/// F-ALT-1: the text for a contact that is not there, on Get and on Delete.
const NOT_FOUND: &str = "No contact of the inputted alternate contact type found.";

fn not_found() -> Error {
    ResourceNotFoundException { message: NOT_FOUND.to_owned() }.into()
}

/// GetAlternateContact.
///
/// # Errors
/// F-ALT-1: `ResourceNotFoundException` where no contact of this type is stored.
pub fn get(
    account: &Account,
    input: GetAlternateContactRequest,
) -> Result<GetAlternateContactResponse, Error> {
    let kind = input.alternate_contact_type;
    let stored = account.alternate_contacts.get(&kind).ok_or_else(not_found)?;
    Ok(GetAlternateContactResponse { alternate_contact: Some(shown(kind, stored)) })
}

fn shown(kind: AlternateContactType, stored: &Stored) -> AlternateContact {
    AlternateContact {
        name: Some(stored.name.as_str().into()),
        title: Some(stored.title.as_str().into()),
        email_address: Some(stored.email_address.as_str().into()),
        phone_number: Some(stored.phone_number.as_str().into()),
        alternate_contact_type: Some(kind),
    }
}

/// PutAlternateContact.
///
/// F-ALT-2: it replaces the contact whole. F-ALT-3: the e-mail address is trimmed and keeps its case; name,
/// title and phone number keep their blanks.
pub fn put(account: &mut Account, input: PutAlternateContactRequest) {
    let contact = Stored {
        name: input.name.into_string(),
        title: input.title.into_string(),
        email_address: input.email_address.as_str().trim().to_owned(),
        phone_number: input.phone_number.into_string(),
    };
    account.alternate_contacts.insert(input.alternate_contact_type, contact);
}

/// DeleteAlternateContact.
///
/// # Errors
/// F-ALT-1: `ResourceNotFoundException` where no contact of this type is stored; a second delete is refused too.
pub fn delete(account: &mut Account, input: DeleteAlternateContactRequest) -> Result<(), Error> {
    match account.alternate_contacts.remove(&input.alternate_contact_type) {
        Some(_) => Ok(()),
        None => Err(not_found()),
    }
}
