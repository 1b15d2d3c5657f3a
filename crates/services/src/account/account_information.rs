//! The account itself: its name, its creation date, its state.

use aws::refusal::Refusal;
use jiff::Timestamp;

use super::model::{AccountState, GetAccountInformationResponse, PutAccountNameRequest};
use crate::state::account::{Account, AccountState as Stored};

/// F-NAME-2: the text for a name of only blanks.
const BLANK_NAME: &str = "The input AccountName must not be null or only whitespace.";

/// GetAccountInformation. F-NAME-3: the creation date is shown in whole seconds.
pub fn get(account: &Account, now: Timestamp) -> GetAccountInformationResponse {
    GetAccountInformationResponse {
        account_id: Some(account.id.as_str().into()),
        account_name: Some(account.name.as_str().into()),
        account_created_date: Some(account.created_at),
        account_state: Some(shown(account.state.at(now))),
    }
}

fn shown(state: Stored) -> AccountState {
    match state {
        Stored::PendingActivation => AccountState::PendingActivation,
        Stored::Active | Stored::Closing(_) => AccountState::Active,
        Stored::Suspended => AccountState::Suspended,
        Stored::Closed => AccountState::Closed,
    }
}

/// PutAccountName. F-NAME-1: the name is trimmed; nothing else of the account changes.
///
/// # Errors
/// F-NAME-2: a name of only blanks gets a 400 that carries no error type.
pub fn put_name(account: &mut Account, input: PutAccountNameRequest) -> Result<(), Refusal> {
    match input.account_name.as_str().trim() {
        "" => Err(Refusal { code_shown: false, ..Refusal::new("ValidationException", 400, BLANK_NAME) }),
        name => {
            account.name = name.to_owned();
            Ok(())
        }
    }
}
