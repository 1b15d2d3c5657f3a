//! The linked account in AWS GovCloud (US): F-GOV-1.

use services::account::gov_cloud::get;
use services::account::model::AwsAccountState;
use services::state::account::{AccountState, GovCloudLink};

use crate::support::*;

#[test]
fn an_account_without_a_link_is_named_f_gov_1() {
    let text = "GovCloud Account ID not found for Standard Account - 111122223333.";
    assert_eq!(told(get(&account(), at(0).now)), refusal(404, "ResourceNotFoundException", text));
}

#[test]
fn a_link_is_shown_with_its_state_f_gov_1() {
    let mut account = account();
    for (state, shown) in [
        (AccountState::PendingActivation, AwsAccountState::PendingActivation),
        (AccountState::Active, AwsAccountState::Active),
        (AccountState::Suspended, AwsAccountState::Suspended),
        (AccountState::Closed, AwsAccountState::Closed),
    ] {
        account.gov_cloud = Some(GovCloudLink { account: "999900001111".parse().unwrap(), state });
        let answer = get(&account, at(0).now).unwrap();
        assert_eq!(answer.gov_cloud_account_id.as_str(), "999900001111");
        assert_eq!(answer.account_state, shown);
    }
}
