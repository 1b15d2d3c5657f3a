//! The primary e-mail address and the phone number: how they are changed and verified, with the codes that were sent.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use services::account::{phone_number, primary_email};
use services::state::account::{Account, GovCloudLink, PrimaryEmailUpdate};

use super::{account_member, of_account};
use crate::console::form::Form;
use crate::console::marks::{self, Sign, sign};
use crate::console::visit::Visit;

/// All of it.
pub fn shown(visit: &Visit, account: &Account) -> Markup {
    html! {
        (email(visit, account))
        (phone(visit, account))
        h2 { "GovCloud" }
        @match &account.gov_cloud {
            Some(GovCloudLink { account, .. }) => { p { "Linked with " (marks::id(account.as_str())) " in AWS GovCloud (US)." } }
            None => { p { "No account in AWS GovCloud (US) is linked." } }
        }
    }
}

fn email(visit: &Visit, account: &Account) -> Markup {
    let start = Form::new(visit, "account:StartPrimaryEmailUpdate", "email");
    html! {
        h2 { "Primary e-mail address" }
        p { (marks::id(account.email_at(visit.now))) }
        @if let Some(update) = &account.email_update { (update_of(visit, account, update)) }
        (start.folded("Change", html! {
            (start.fixed("AccountId", account.id.as_str()))
            (start.text("PrimaryEmail", "New address, to which a code is sent", ""))
        }, "Start the update"))
    }
}

fn update_of(visit: &Visit, account: &Account, update: &PrimaryEmailUpdate) -> Markup {
    let accept = Form::new(visit, "account:AcceptPrimaryEmailUpdate", "accept-email");
    let lifetime = SignedDuration::from_hours(primary_email::OTP_LIFETIME_HOURS);
    let expires_at = update.started_at.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
    let now = visit.now;
    html! {
        @match update.completes_at {
            Some(completes_at) if completes_at <= now => {}
            Some(completes_at) => {
                p { "To " bdi { (update.new_email) } ": " (marks::due("ACCEPTED", completes_at, now)) }
            }
            None if expires_at <= now => { p { "To " bdi { (update.new_email) } ": " (sign(Sign::Bad, "FAILED, the code has expired")) } }
            None => {
                p { "To " bdi { (update.new_email) } ": " (marks::due("PENDING", expires_at, now)) ", code sent: " (marks::id(&update.otp)) }
                (accept.around(html! {
                    (accept.fixed("AccountId", account.id.as_str()))
                    (accept.fixed("PrimaryEmail", &update.new_email))
                    (accept.text("Otp", "Code", &update.otp))
                }, "Accept the update"))
            }
        }
    }
}

fn phone(visit: &Visit, account: &Account) -> Markup {
    let send = Form::new(visit, "account:SendPhoneNumberVerification", "phone");
    let verify = Form::new(visit, "account:VerifyPhoneNumber", "verify-phone");
    let contact = account.primary_contact();
    let number = contact.phone_number.as_str();
    let lifetime = SignedDuration::from_mins(phone_number::OTP_LIFETIME_MINUTES);
    let open = account.phone_verification.as_ref().filter(|sent| sent.sent_at + lifetime > visit.now);
    html! {
        h2 { "Phone number" }
        p { bdi { (number) } " "
            @if account.verified_phone_number.as_deref() == Some(number) { (sign(Sign::Good, "verified")) }
            @else { (sign(Sign::Waiting, "not verified")) } }
        (send.only_button(&account_member(visit, account).into_iter().collect::<Vec<_>>(), "Send a code"))
        @if let Some(sent) = open {
            p { (marks::due("code sent", sent.sent_at + lifetime, visit.now)) ": " (marks::id(&sent.otp)) }
            (verify.around(html! {
                (of_account(visit, &verify, account))
                (verify.text("Otp", "Code", &sent.otp))
            }, "Verify the number"))
        }
    }
}
