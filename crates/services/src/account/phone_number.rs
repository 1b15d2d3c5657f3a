//! Verification of the primary contact's phone number by a text message.
//!
//! <https://docs.aws.amazon.com/accounts/latest/APIReference/API_VerifyPhoneNumber.html>

use constant_time_eq::constant_time_eq;
use jiff::SignedDuration;

use super::model::{
    ConflictException, Error, PhoneNumberVerificationStatus, SendPhoneNumberVerificationResponse,
    ValidationException, VerifyPhoneNumberRequest, VerifyPhoneNumberResponse,
};
use super::otp;
use crate::context::Context;
use crate::state::account::{Account, PhoneVerification};
use crate::state::message::{Channel, Message};

/// F-PHONE-1: a code expires 5 minutes after it is sent.
pub const OTP_LIFETIME_MINUTES: i64 = 5;

/// F-PHONE-3 (*assumed*): the text for a wrong, expired or never sent code.
const WRONG_CODE: &str = "The verification code is incorrect or has expired.";
/// F-PHONE-2 (text *assumed*): the number was changed after the code was sent.
const NUMBER_CHANGED: &str = "The phone number has changed since the verification code was sent.";

/// SendPhoneNumberVerification: sends a new code to the number on file, which voids every earlier one.
pub fn send(account: &mut Account, context: &Context) -> (SendPhoneNumberVerificationResponse, Message) {
    let number = account.primary_contact().phone_number.clone();
    let code = otp(context, "phone-number");
    let message = Message {
        channel: Channel::Sms,
        account: account.id,
        to: number.clone(),
        subject: String::new(),
        body: format!("Your AWS verification code is {code}. It expires in {OTP_LIFETIME_MINUTES} minutes."),
        code: code.clone(),
        sent_at: context.now,
        delivered_at: None,
        lease: None,
    };
    account.phone_verification =
        Some(PhoneVerification { phone_number: number, otp: code, sent_at: context.now });
    let status = Some(PhoneNumberVerificationStatus::Pending);
    (SendPhoneNumberVerificationResponse { status }, message)
}

/// VerifyPhoneNumber.
///
/// # Errors
/// F-PHONE-2: `ConflictException` where the number changed since the code was sent. F-PHONE-3:
/// `ValidationException` where the code is wrong, expired, or none was sent.
pub fn verify(
    account: &mut Account,
    input: VerifyPhoneNumberRequest,
    context: &Context,
) -> Result<VerifyPhoneNumberResponse, Error> {
    let wrong_code = || ValidationException { message: WRONG_CODE.into(), reason: None, field_list: None };
    let sent = account.phone_verification.as_ref().ok_or_else(wrong_code)?;
    if account.primary_contact().phone_number != sent.phone_number {
        return Err(ConflictException { message: NUMBER_CHANGED.to_owned() }.into());
    }
    let expires_at = sent.sent_at.saturating_add(SignedDuration::from_mins(OTP_LIFETIME_MINUTES));
    let matches = constant_time_eq(sent.otp.as_bytes(), input.otp.as_str().as_bytes());
    if !matches || expires_at.is_ok_and(|expires_at| context.now >= expires_at) {
        return Err(wrong_code().into());
    }
    account.verified_phone_number = Some(sent.phone_number.clone());
    account.phone_verification = None;
    Ok(VerifyPhoneNumberResponse { status: Some(PhoneNumberVerificationStatus::Verified) })
}
