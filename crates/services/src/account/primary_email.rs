//! The primary e-mail address of a member account: the root user's address.
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html>

use constant_time_eq::constant_time_eq;
use jiff::{SignedDuration, Timestamp};

use super::model::{
    AcceptPrimaryEmailUpdateRequest, AcceptPrimaryEmailUpdateResponse, ConflictException, Error,
    GetPrimaryEmailResponse, GetPrimaryEmailUpdateStatusResponse, PrimaryEmailUpdateStatus,
    StartPrimaryEmailUpdateRequest, StartPrimaryEmailUpdateResponse, TooManyRequestsException,
    ValidationException,
};
use super::otp;
use crate::context::Context;
use crate::state::account::{Account, PrimaryEmailUpdate};
use crate::state::message::{Channel, Message};

/// F-EMAIL-1: the code must come back within 24 hours from when it was sent.
pub const OTP_LIFETIME_HOURS: i64 = 24;
/// F-EMAIL-2: at most this many starts …
pub const STARTS_PER_WINDOW: usize = 3;
/// … per target account within this window.
pub const START_WINDOW_SECONDS: i64 = 30;

/// F-EMAIL-3: what is answered while no update was ever started.
const NO_UPDATE: &str = "No email update found for account";
/// F-EMAIL-4 (text *assumed*): the address belongs to an account already.
const IN_USE: &str = "The email address is already in use by another AWS account.";
/// F-EMAIL-5 (text *assumed*): an accepted update is not complete yet.
const IN_PROGRESS: &str = "A primary email update is already in progress for this account.";
/// F-EMAIL-6 (text *assumed*): a wrong or expired code.
const WRONG_CODE: &str = "The OTP is incorrect or has expired.";
/// F-EMAIL-7 (text *assumed*): another address than the one the update was started with.
const OTHER_ADDRESS: &str = "The email address does not match the pending primary email update.";
/// F-EMAIL-8 (text *assumed*): not an address.
const NOT_AN_ADDRESS: &str = "The email address is not valid.";
/// F-EMAIL-2 (text *assumed*, by analogy with the recorded one of the Region quota).
const TOO_MANY_STARTS: &str = "This request has exceeded the quota for 'Number of StartPrimaryEmailUpdate requests \
                               per target account'. Consider retrying the operation later.";

fn invalid(text: &str) -> Error {
    ValidationException { message: text.into(), reason: None, field_list: None }.into()
}

/// Whether the address that was asked for belongs to an account, this one or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressUse {
    /// Nobody uses it.
    Free,
    /// An account uses it, or has an accepted update to it.
    InUse,
}

/// GetPrimaryEmail: the address in force at this moment.
pub fn get(account: &Account, context: &Context) -> GetPrimaryEmailResponse {
    GetPrimaryEmailResponse { primary_email: Some(account.email_at(context.now).into()) }
}

/// GetPrimaryEmailUpdateStatus.
///
/// # Errors
/// F-EMAIL-3: `ValidationException` where no update was ever started.
pub fn status(account: &Account, context: &Context) -> Result<GetPrimaryEmailUpdateStatusResponse, Error> {
    let update = account.email_update.as_ref().ok_or_else(|| invalid(NO_UPDATE))?;
    let (status, updated_at) = status_at(update, context.now);
    Ok(GetPrimaryEmailUpdateStatusResponse { status, updated_at: Some(updated_at) })
}

/// The status of an update at an instant, and since when.
///
/// F-EMAIL-9 (*assumed*): ACCEPTED becomes COMPLETED when the configured delay has passed, and a code that was
/// not used within its lifetime makes the update FAILED.
fn status_at(update: &PrimaryEmailUpdate, now: Timestamp) -> (PrimaryEmailUpdateStatus, Timestamp) {
    match (update.accepted_at, update.completes_at) {
        (Some(_), Some(completes_at)) if completes_at <= now => {
            (PrimaryEmailUpdateStatus::Completed, completes_at)
        }
        (Some(accepted_at), _) => (PrimaryEmailUpdateStatus::Accepted, accepted_at),
        (None, _) => match expiry(update) {
            expires_at if expires_at <= now => (PrimaryEmailUpdateStatus::Failed, expires_at),
            _ => (PrimaryEmailUpdateStatus::Pending, update.started_at),
        },
    }
}

fn expiry(update: &PrimaryEmailUpdate) -> Timestamp {
    update.started_at.saturating_add(SignedDuration::from_hours(OTP_LIFETIME_HOURS)).unwrap_or(Timestamp::MAX)
}

/// StartPrimaryEmailUpdate: sends a code to the new address. A new start replaces a pending update.
///
/// # Errors
/// F-EMAIL-2, F-EMAIL-4, F-EMAIL-5, F-EMAIL-8.
pub fn start(
    account: &mut Account,
    input: StartPrimaryEmailUpdateRequest,
    address_use: AddressUse,
    context: &Context,
) -> Result<(StartPrimaryEmailUpdateResponse, Message), Error> {
    let new_email = input.primary_email.as_str().trim();
    if !is_address(new_email) {
        return Err(invalid(NOT_AN_ADDRESS));
    }
    if is_being_completed(account, context.now) {
        return Err(ConflictException { message: IN_PROGRESS.to_owned() }.into());
    }
    if address_use == AddressUse::InUse {
        return Err(ConflictException { message: IN_USE.to_owned() }.into());
    }
    count_start(account, context.now)?;
    account.email = account.email_at(context.now).to_owned();
    let code = otp(context, "primary-email");
    let message = Message {
        channel: Channel::Email,
        account: account.id,
        to: new_email.to_owned(),
        subject: "Verify your new AWS account email address".to_owned(),
        body: format!(
            "Someone asked to make this the primary email address of the AWS account {}.\n\n\
             Verification code: {code}\n\nThe code expires in {OTP_LIFETIME_HOURS} hours.",
            account.id
        ),
        code: code.clone(),
        sent_at: context.now,
        delivered_at: None,
        lease: None,
    };
    account.email_update = Some(PrimaryEmailUpdate {
        new_email: new_email.to_owned(),
        otp: code,
        started_at: context.now,
        accepted_at: None,
        completes_at: None,
        old_email: account.email.clone(),
    });
    Ok((StartPrimaryEmailUpdateResponse { status: Some(PrimaryEmailUpdateStatus::Pending) }, message))
}

/// Whether the text has the form `local@domain.tld`, without blanks.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && !local.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && !text.contains(char::is_whitespace)
}

fn is_being_completed(account: &Account, now: Timestamp) -> bool {
    account
        .email_update
        .as_ref()
        .is_some_and(|update| status_at(update, now).0 == PrimaryEmailUpdateStatus::Accepted)
}

fn count_start(account: &mut Account, now: Timestamp) -> Result<(), Error> {
    let window = SignedDuration::from_secs(START_WINDOW_SECONDS);
    account.email_update_starts.retain(|start| now.duration_since(*start) < window);
    if account.email_update_starts.len() >= STARTS_PER_WINDOW {
        return Err(TooManyRequestsException { message: TOO_MANY_STARTS.to_owned() }.into());
    }
    account.email_update_starts.push(now);
    Ok(())
}

/// AcceptPrimaryEmailUpdate: the code came back, the new address comes into force after the configured delay.
///
/// # Errors
/// F-EMAIL-3, F-EMAIL-4, F-EMAIL-6, F-EMAIL-7.
pub fn accept(
    account: &mut Account,
    input: AcceptPrimaryEmailUpdateRequest,
    address_use: AddressUse,
    context: &Context,
) -> Result<AcceptPrimaryEmailUpdateResponse, Error> {
    let now = context.now;
    let update = account.email_update.as_mut().ok_or_else(|| invalid(NO_UPDATE))?;
    if update.accepted_at.is_some() {
        return Err(invalid(NO_UPDATE));
    }
    if !same_address(&update.new_email, input.primary_email.as_str().trim()) {
        return Err(invalid(OTHER_ADDRESS));
    }
    let matches = constant_time_eq(update.otp.as_bytes(), input.otp.as_str().as_bytes());
    if !matches || expiry(update) <= now {
        return Err(invalid(WRONG_CODE));
    }
    if address_use == AddressUse::InUse {
        return Err(ConflictException { message: IN_USE.to_owned() }.into());
    }
    update.accepted_at = Some(now);
    update.completes_at = Some(context.after(context.delays.email_completion));
    Ok(AcceptPrimaryEmailUpdateResponse { status: Some(PrimaryEmailUpdateStatus::Accepted) })
}

/// F-EMAIL-10: addresses are compared without regard to case.
fn same_address(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
