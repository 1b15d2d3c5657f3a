//! Verification of the phone number: F-PHONE-1 to F-PHONE-4.

use services::account::contact_information;
use services::account::model::{
    PhoneNumberVerificationStatus, VerifyPhoneNumberRequest, VerifyPhoneNumberResponse,
};
use services::account::phone_number::{send, verify};
use services::context::Context;
use services::state::account::Account;
use services::state::message::Channel;

use crate::support::*;

const FIVE_MINUTES: u64 = 5 * 60;

fn wrong() -> (u16, String, String) {
    refusal(400, "ValidationException", "The verification code is incorrect or has expired.")
}

fn send_code(account: &mut Account, context: &Context) -> String {
    send(account, context).1.code
}

fn try_code(
    account: &mut Account,
    code: &str,
    context: &Context,
) -> Result<VerifyPhoneNumberResponse, services::account::model::Error> {
    verify(account, VerifyPhoneNumberRequest { account_id: None, otp: code.into() }, context)
}

fn status(account: &Account) -> PhoneNumberVerificationStatus {
    contact_information::get(account).verification_status.unwrap()
}

fn change_number(account: &mut Account, number: &str) {
    account.contact.as_mut().unwrap().phone_number = number.to_owned();
}

#[test]
fn a_code_is_sent_to_the_number_on_file_f_phone_1() {
    let mut account = account_with_contact();
    let (answer, message) = send(&mut account, &at(0));
    assert_eq!(answer.status, Some(PhoneNumberVerificationStatus::Pending));
    assert_eq!((message.channel, message.to.as_str()), (Channel::Sms, "+49228100"));
    assert_eq!(message.sent_at, at(0).now);
    assert!(message.body.contains(&message.code));
    assert_eq!(message.code.len(), 6);
    assert!(message.code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[test]
fn a_code_works_for_five_minutes_f_phone_1() {
    for (context, is_good) in [(at(0), true), (just_before(FIVE_MINUTES), true), (at(FIVE_MINUTES), false)] {
        let mut account = account_with_contact();
        let code = send_code(&mut account, &at(0));
        let answer = try_code(&mut account, &code, &context);
        assert_eq!(answer.is_ok(), is_good, "{}", context.now);
        if !is_good {
            assert_eq!(told(answer), wrong());
            assert_eq!(status(&account), PhoneNumberVerificationStatus::Unverified);
        }
    }
}

#[test]
fn the_status_stays_unverified_until_the_code_is_back_f_phone_4() {
    let mut account = account_with_contact();
    assert_eq!(status(&account), PhoneNumberVerificationStatus::Unverified);
    let code = send_code(&mut account, &at(0));
    assert_eq!(status(&account), PhoneNumberVerificationStatus::Unverified);
    let answer = try_code(&mut account, &code, &at(1)).unwrap();
    assert_eq!(answer.status, Some(PhoneNumberVerificationStatus::Verified));
    assert_eq!(status(&account), PhoneNumberVerificationStatus::Verified);
    // The status describes the number on file: another one is not verified, the old one is again.
    change_number(&mut account, "+49228200");
    assert_eq!(status(&account), PhoneNumberVerificationStatus::Unverified);
    change_number(&mut account, "+49228100");
    assert_eq!(status(&account), PhoneNumberVerificationStatus::Verified);
}

#[test]
fn a_new_code_voids_the_old_one_and_a_used_one_is_spent_f_phone_3() {
    let mut account = account_with_contact();
    assert_eq!(told(try_code(&mut account, "AAAAAA", &at(0))), wrong());
    let first = send_code(&mut account, &at(0));
    let second = send_code(&mut account, &at(60));
    assert_ne!(first, second);
    assert_eq!(told(try_code(&mut account, &first, &at(61))), wrong());
    // A wrong try does not spend the right code; its five minutes count from the second message.
    assert!(try_code(&mut account, &second, &just_before(60 + FIVE_MINUTES)).is_ok());
    assert_eq!(told(try_code(&mut account, &second, &at(62))), wrong());
}

#[test]
fn a_number_that_changed_meanwhile_is_a_conflict_f_phone_2() {
    let mut account = account_with_contact();
    let code = send_code(&mut account, &at(0));
    change_number(&mut account, "+49228200");
    let text = "The phone number has changed since the verification code was sent.";
    let conflict = refusal(409, "ConflictException", text);
    assert_eq!(told(try_code(&mut account, &code, &at(1))), conflict);
    assert_eq!(told(try_code(&mut account, "AAAAAA", &at(1))), conflict);
    change_number(&mut account, "+49228100");
    assert!(try_code(&mut account, &code, &at(2)).is_ok());
}

#[test]
fn the_number_an_account_begins_with_can_be_verified_f_con_5() {
    let mut account = account();
    let code = send_code(&mut account, &at(0));
    assert!(try_code(&mut account, &code, &at(1)).is_ok());
}
