//! The primary e-mail address: F-EMAIL-1 to F-EMAIL-10.

use services::account::model::{
    AcceptPrimaryEmailUpdateRequest, AcceptPrimaryEmailUpdateResponse, Error,
    PrimaryEmailUpdateStatus as Status, StartPrimaryEmailUpdateRequest,
};
use services::account::primary_email::{AddressUse, accept, get, start, status};
use services::context::{Context, Delays};
use services::state::account::Account;
use services::state::message::{Channel, Message};

use crate::support::*;

const DAY: u64 = 24 * 60 * 60;
const NEW: &str = "New@Example.com";

fn begin(
    account: &mut Account,
    address: &str,
    used: AddressUse,
    context: &Context,
) -> Result<Message, Error> {
    let input = StartPrimaryEmailUpdateRequest { account_id: ACCOUNT.into(), primary_email: address.into() };
    start(account, input, used, context).map(|(answer, message)| {
        assert_eq!(answer.status, Some(Status::Pending));
        message
    })
}

fn started(account: &mut Account, context: &Context) -> String {
    begin(account, NEW, AddressUse::Free, context).unwrap().code
}

fn finish(
    account: &mut Account,
    address: &str,
    code: &str,
    context: &Context,
) -> Result<AcceptPrimaryEmailUpdateResponse, Error> {
    let input = AcceptPrimaryEmailUpdateRequest {
        account_id: ACCOUNT.into(),
        primary_email: address.into(),
        otp: code.into(),
    };
    accept(account, input, AddressUse::Free, context)
}

fn status_at(account: &Account, context: &Context) -> (Status, jiff::Timestamp) {
    let answer = status(account, context).unwrap();
    (answer.status, answer.updated_at.unwrap())
}

fn email_at(account: &Account, context: &Context) -> String {
    get(account, context).primary_email.unwrap().as_str().to_owned()
}

fn invalid(text: &str) -> (u16, String, String) {
    refusal(400, "ValidationException", text)
}

fn conflict(text: &str) -> (u16, String, String) {
    refusal(409, "ConflictException", text)
}

#[test]
fn no_update_was_ever_started_f_email_3() {
    let mut account = account();
    let none = invalid("No email update found for account");
    assert_eq!(told(status(&account, &at(0))), none);
    assert_eq!(told(finish(&mut account, NEW, "AAAAAA", &at(0))), none);
}

#[test]
fn the_code_goes_to_the_new_address() {
    let mut account = account();
    let message = begin(&mut account, " New@Example.com ", AddressUse::Free, &at(0)).unwrap();
    assert_eq!((message.channel, message.to.as_str()), (Channel::Email, NEW));
    assert!(message.body.contains(&message.code));
    assert_eq!(status_at(&account, &at(5)), (Status::Pending, at(0).now));
    assert_eq!(email_at(&account, &at(5)), "Root@Example.com");
}

#[test]
fn an_accepted_address_is_in_force_after_the_delay_f_email_9() {
    let mut account = account();
    let code = started(&mut account, &at(0));
    assert_eq!(finish(&mut account, NEW, &code, &at(10)).unwrap().status, Some(Status::Accepted));
    let done = 10 + 60;
    assert_eq!(status_at(&account, &just_before(done)), (Status::Accepted, at(10).now));
    assert_eq!(email_at(&account, &just_before(done)), "Root@Example.com");
    assert_eq!(status_at(&account, &at(done)), (Status::Completed, at(done).now));
    assert_eq!(email_at(&account, &at(done)), NEW);
    // Both addresses are taken while it is under way, the old one is free afterwards.
    assert!(account.claims_email("ROOT@example.com", just_before(done).now));
    assert!(account.claims_email("new@EXAMPLE.com", just_before(done).now));
    assert!(!account.claims_email("root@example.com", at(done).now));
    assert!(account.claims_email("new@example.com", at(done).now));
}

#[test]
fn without_a_delay_it_is_complete_at_once_f_email_9() {
    let mut account = account();
    let code = started(&mut account, &at(0));
    let context = Context { delays: Delays::INSTANT, ..at(1) };
    assert_eq!(finish(&mut account, NEW, &code, &context).unwrap().status, Some(Status::Accepted));
    assert_eq!(status_at(&account, &at(1)), (Status::Completed, at(1).now));
    assert_eq!(email_at(&account, &at(1)), NEW);
}

#[test]
fn a_code_works_for_a_day_f_email_1() {
    for (context, is_good) in [(just_before(DAY), true), (at(DAY), false)] {
        let mut account = account();
        let code = started(&mut account, &at(0));
        assert_eq!(finish(&mut account, NEW, &code, &context).is_ok(), is_good);
    }
}

#[test]
fn an_update_that_was_not_accepted_within_a_day_has_failed_f_email_9() {
    let mut account = account();
    let code = started(&mut account, &at(0));
    assert_eq!(status_at(&account, &just_before(DAY)).0, Status::Pending);
    assert_eq!(status_at(&account, &at(DAY)), (Status::Failed, at(DAY).now));
    let wrong = invalid("The OTP is incorrect or has expired.");
    assert_eq!(told(finish(&mut account, NEW, &code, &at(DAY))), wrong);
    // It may be started anew.
    let code = started(&mut account, &at(DAY + 1));
    assert!(finish(&mut account, NEW, &code, &at(DAY + 2)).is_ok());
}

#[test]
fn code_and_address_must_be_those_that_were_sent_f_email_6_f_email_7() {
    let mut account = account();
    let code = started(&mut account, &at(0));
    let wrong = invalid("The OTP is incorrect or has expired.");
    let other = if code.starts_with('A') { "BBBBBB" } else { "AAAAAA" };
    assert_eq!(told(finish(&mut account, NEW, other, &at(1))), wrong);
    let text = "The email address does not match the pending primary email update.";
    assert_eq!(told(finish(&mut account, "else@example.com", &code, &at(1))), invalid(text));
    // F-EMAIL-10: the case of the address does not count, nor do blanks around it.
    assert!(finish(&mut account, " nEW@exAMPLE.com ", &code, &at(1)).is_ok());
    // A code is good for one time.
    let none = invalid("No email update found for account");
    assert_eq!(told(finish(&mut account, NEW, &code, &at(2))), none);
}

#[test]
fn a_new_start_voids_the_old_code_f_email_6() {
    let mut account = account();
    let first = started(&mut account, &at(0));
    let second = started(&mut account, &at(1));
    assert_ne!(first, second);
    let wrong = invalid("The OTP is incorrect or has expired.");
    assert_eq!(told(finish(&mut account, NEW, &first, &at(2))), wrong);
    assert!(finish(&mut account, NEW, &second, &at(2)).is_ok());
}

#[test]
fn three_starts_fit_into_thirty_seconds_f_email_2() {
    let mut account = account();
    for second in [0, 10, 20] {
        started(&mut account, &at(second));
    }
    let text = "This request has exceeded the quota for 'Number of StartPrimaryEmailUpdate requests per target \
                account'. Consider retrying the operation later.";
    let too_many = refusal(429, "TooManyRequestsException", text);
    for context in [at(20), just_before(30)] {
        let answer = begin(&mut account, NEW, AddressUse::Free, &context);
        assert_eq!(told(answer.map(|message| message.code)), too_many);
    }
    // The first one left the window; the refused ones did not enter it.
    started(&mut account, &at(30));
    let answer = begin(&mut account, NEW, AddressUse::Free, &just_before(40));
    assert_eq!(told(answer.map(|message| message.code)), too_many);
    started(&mut account, &at(40));
    assert_eq!(account.email_update_starts.len(), 3);
}

#[test]
fn an_address_in_use_is_a_conflict_f_email_4() {
    let mut account = account();
    let in_use = conflict("The email address is already in use by another AWS account.");
    let answer = begin(&mut account, NEW, AddressUse::InUse, &at(0));
    assert_eq!(told(answer.map(|message| message.code)), in_use);
    // It counts for nothing.
    assert!(account.email_update.is_none() && account.email_update_starts.is_empty());
    let code = started(&mut account, &at(1));
    let input = AcceptPrimaryEmailUpdateRequest {
        account_id: ACCOUNT.into(),
        primary_email: NEW.into(),
        otp: code.as_str().into(),
    };
    // Somebody else took it while the message was on its way.
    assert_eq!(told(accept(&mut account, input, AddressUse::InUse, &at(2))), in_use);
    assert_eq!(status_at(&account, &at(2)).0, Status::Pending);
}

#[test]
fn no_update_starts_while_one_is_being_completed_f_email_5() {
    let mut account = account();
    let code = started(&mut account, &at(0));
    finish(&mut account, NEW, &code, &at(10)).unwrap();
    let text = "A primary email update is already in progress for this account.";
    let answer = begin(&mut account, "third@example.com", AddressUse::Free, &just_before(70));
    assert_eq!(told(answer.map(|message| message.code)), conflict(text));
    let message = begin(&mut account, "third@example.com", AddressUse::Free, &at(70)).unwrap();
    // The address that came into force stays so while the next one is pending.
    assert_eq!(email_at(&account, &at(71)), NEW);
    finish(&mut account, "third@example.com", &message.code, &at(80)).unwrap();
    assert_eq!(email_at(&account, &at(140)), "third@example.com");
}

#[test]
fn what_is_no_address_is_refused_f_email_8() {
    let mut account = account();
    for text in
        ["noat.example", "@example.com", "a@b@example.com", "a b@example.com", "a@example", "a@.com", "a@b."]
    {
        let answer = begin(&mut account, text, AddressUse::Free, &at(0));
        let told = told(answer.map(|message| message.code));
        assert_eq!(told, invalid("The email address is not valid."), "{text}");
    }
    for text in ["a@b.c", "first.last+tag@sub.example.com", "ü@example.com"] {
        assert!(begin(&mut account, text, AddressUse::Free, &at(100)).is_ok(), "{text}");
    }
}
