//! Name, creation date and state: F-NAME-1 to F-NAME-3.

use services::account::account_information::{get, put_name};
use services::account::model::{AccountState, PutAccountNameRequest};
use services::state::account::AccountState as Stored;

use crate::support::*;

fn request(name: &str) -> PutAccountNameRequest {
    PutAccountNameRequest { account_name: name.into(), account_id: None }
}

#[test]
fn a_name_is_trimmed_f_name_1() {
    let mut account = account();
    put_name(&mut account, request("  A  New Name ")).unwrap();
    assert_eq!(account.name, "A  New Name");
}

#[test]
fn a_name_of_only_blanks_is_refused_without_a_code_f_name_2() {
    let mut account = account();
    let refusal = put_name(&mut account, request("  ")).unwrap_err();
    assert_eq!((refusal.status, refusal.code_shown), (400, false));
    let text = "The input AccountName must not be null or only whitespace.";
    assert_eq!(refusal.message.as_deref(), Some(text));
    assert_eq!(account.name, "Before");
}

#[test]
fn every_state_is_shown_and_the_date_has_whole_seconds_f_name_3() {
    let mut account = account();
    for (stored, state) in [
        (Stored::PendingActivation, AccountState::PendingActivation),
        (Stored::Active, AccountState::Active),
        (Stored::Suspended, AccountState::Suspended),
        (Stored::Closed, AccountState::Closed),
    ] {
        account.state = stored;
        let shown = get(&account, at(0).now);
        assert_eq!(shown.account_state, Some(state));
        let shown = services::account::model::Output::GetAccountInformation(shown).to_value();
        assert_eq!(shown["AccountCreatedDate"], "2020-05-05T05:05:05Z");
    }
}
