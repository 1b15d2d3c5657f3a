//! The primary contact of an account.
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/API_PutContactInformation.html>

use super::model::{
    ContactInformation, Error, GetContactInformationResponse, PhoneNumberVerificationStatus,
    PutContactInformationRequest, ValidationException,
};
use crate::state::account::{Account, ContactInformation as Stored};

/// GetContactInformation. F-CON-5: every account has a primary contact.
pub fn get(account: &Account) -> GetContactInformationResponse {
    let stored = account.primary_contact();
    GetContactInformationResponse {
        contact_information: Some(shown(&stored)),
        verification_status: Some(verification_status(account, &stored)),
    }
}

/// F-PHONE-4: the status describes the number on file, and a code that was sent leaves it UNVERIFIED; it is
/// never PENDING here.
fn verification_status(account: &Account, contact: &Stored) -> PhoneNumberVerificationStatus {
    if account.verified_phone_number.as_deref() == Some(contact.phone_number.as_str()) {
        PhoneNumberVerificationStatus::Verified
    } else {
        PhoneNumberVerificationStatus::Unverified
    }
}

fn shown(stored: &Stored) -> ContactInformation {
    fn optional<T: for<'a> From<&'a str>>(value: &Option<String>) -> Option<T> {
        value.as_deref().map(T::from)
    }
    ContactInformation {
        full_name: stored.full_name.as_str().into(),
        address_line_1: stored.address_line_1.as_str().into(),
        address_line_2: optional(&stored.address_line_2),
        address_line_3: optional(&stored.address_line_3),
        city: stored.city.as_str().into(),
        state_or_region: optional(&stored.state_or_region),
        district_or_county: optional(&stored.district_or_county),
        postal_code: stored.postal_code.as_str().into(),
        country_code: stored.country_code.as_str().into(),
        phone_number: stored.phone_number.as_str().into(),
        company_name: optional(&stored.company_name),
        website_url: optional(&stored.website_url),
    }
}

/// PutContactInformation.
///
/// F-CON-1: it replaces the record whole, so an optional member left out is gone. F-CON-2: full name, first
/// address line, city, state, postal code and phone number are trimmed. F-CON-3: the country code is
/// upper-cased.
///
/// # Errors
/// F-CON-4: a member of only blanks is refused with a text that names it, and the stored record stays.
pub fn put(account: &mut Account, input: PutContactInformationRequest) -> Result<(), Error> {
    let given = input.contact_information;
    account.contact = Some(Stored {
        full_name: trimmed("FullName", given.full_name.as_str())?,
        address_line_1: trimmed("AddressLine1", given.address_line_1.as_str())?,
        address_line_2: given.address_line_2.map(|line| line.into_string()),
        address_line_3: given.address_line_3.map(|line| line.into_string()),
        city: trimmed("City", given.city.as_str())?,
        state_or_region: given
            .state_or_region
            .map(|state| trimmed("StateOrRegion", state.as_str()))
            .transpose()?,
        district_or_county: given.district_or_county.map(|district| district.into_string()),
        postal_code: trimmed("PostalCode", given.postal_code.as_str())?,
        country_code: trimmed("CountryCode", given.country_code.as_str())?.to_uppercase(),
        phone_number: trimmed("PhoneNumber", given.phone_number.as_str())?,
        company_name: given.company_name.map(|name| name.into_string()),
        website_url: given.website_url.map(|url| url.into_string()),
    });
    Ok(())
}

fn trimmed(member: &str, value: &str) -> Result<String, Error> {
    match value.trim() {
        "" => Err(ValidationException {
            message: format!("the argument {member} can not be empty").into(),
            reason: None,
            field_list: None,
        }
        .into()),
        text => Ok(text.to_owned()),
    }
}
