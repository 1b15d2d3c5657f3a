//! The primary contact and the three alternate ones, edited in place.

use maud::{Markup, html};
use services::model::account::AlternateContactType;
use services::state::account::{Account, AlternateContact, ContactInformation};

use super::{account_member, of_account};
use crate::console::form::Form;
use crate::console::visit::Visit;

/// The members of the primary contact, and what they are called.
const MEMBERS: [(&str, &str, bool); 12] = [
    ("FullName", "Full name", true),
    ("CompanyName", "Company", false),
    ("AddressLine1", "Address", true),
    ("AddressLine2", "Address, second line", false),
    ("AddressLine3", "Address, third line", false),
    ("City", "City", true),
    ("DistrictOrCounty", "District or county", false),
    ("StateOrRegion", "State or region", false),
    ("PostalCode", "Postal code", true),
    ("CountryCode", "Country, two letters", true),
    ("PhoneNumber", "Phone", true),
    ("WebsiteUrl", "Web site", false),
];

/// All contacts.
pub fn shown(visit: &Visit, account: &Account) -> Markup {
    html! {
        h2 { "Contacts" }
        (primary(visit, account))
        @for kind in AlternateContactType::ALL {
            (alternate(visit, account, *kind, account.alternate_contacts.get(kind)))
        }
    }
}

fn primary(visit: &Visit, account: &Account) -> Markup {
    let form = Form::new(visit, "account:PutContactInformation", "contact");
    let contact = account.primary_contact();
    html! {
        h3 { "Primary contact" }
        (lines(&contact))
        (form.folded("Edit the primary contact", html! {
            (of_account(visit, &form, account))
            @for (member, label, is_required) in MEMBERS {
                @let path = format!("ContactInformation.{member}");
                @let current = value(&contact, member);
                @if is_required { (form.text(&path, label, current)) } @else { (form.optional(&path, label, current)) }
            }
        }, "Put contact information"))
    }
}

fn lines(contact: &ContactInformation) -> Markup {
    let all = MEMBERS.iter().map(|(member, label, _)| (*label, value(contact, member)));
    html! { dl { @for (label, text) in all.filter(|(_, text)| !text.is_empty()) { dt { (label) } dd { bdi { (text) } } } } }
}

fn value<'c>(contact: &'c ContactInformation, member: &str) -> &'c str {
    let optional = |text: &'c Option<String>| text.as_deref().unwrap_or_default();
    match member {
        "FullName" => &contact.full_name,
        "CompanyName" => optional(&contact.company_name),
        "AddressLine1" => &contact.address_line_1,
        "AddressLine2" => optional(&contact.address_line_2),
        "AddressLine3" => optional(&contact.address_line_3),
        "City" => &contact.city,
        "DistrictOrCounty" => optional(&contact.district_or_county),
        "StateOrRegion" => optional(&contact.state_or_region),
        "PostalCode" => &contact.postal_code,
        "CountryCode" => &contact.country_code,
        "PhoneNumber" => &contact.phone_number,
        "WebsiteUrl" => optional(&contact.website_url),
        _ => "",
    }
}

fn alternate(
    visit: &Visit,
    account: &Account,
    kind: AlternateContactType,
    contact: Option<&AlternateContact>,
) -> Markup {
    let kind = kind.as_str();
    let put = Form::new(visit, "account:PutAlternateContact", format!("contact-{kind}"));
    let delete = Form::new(visit, "account:DeleteAlternateContact", format!("no-contact-{kind}"));
    let of =
        |part: fn(&AlternateContact) -> &String| contact.map(part).map(String::as_str).unwrap_or_default();
    let members: Vec<_> =
        account_member(visit, account).into_iter().chain([("AlternateContactType", kind)]).collect();
    html! {
        h3 { (kind) }
        @match contact {
            Some(contact) => {
                p { bdi { (contact.name) } ", " bdi { (contact.title) } br;
                    bdi { (contact.email_address) } ", " bdi { (contact.phone_number) } }
            }
            None => { p { "None yet." } }
        }
        (put.folded(&format!("{} the {kind} contact", if contact.is_some() { "Edit" } else { "Add" }), html! {
            (of_account(visit, &put, account))
            (put.fixed("AlternateContactType", kind))
            (put.text("Name", "Name", of(|contact| &contact.name)))
            (put.text("Title", "Title", of(|contact| &contact.title)))
            (put.text("EmailAddress", "E-mail address", of(|contact| &contact.email_address)))
            (put.text("PhoneNumber", "Phone", of(|contact| &contact.phone_number)))
        }, "Put contact"))
        @if contact.is_some() { (delete.only_button(&members, &format!("Delete the {kind} contact"))) }
    }
}
