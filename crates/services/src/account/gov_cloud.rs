//! The linked account in AWS GovCloud (US).
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/API_GetGovCloudAccountInformation.html>

use jiff::Timestamp;

use super::model::{
    AwsAccountState, Error, GetGovCloudAccountInformationResponse, ResourceNotFoundException,
};
use crate::state::account::{Account, AccountState};

/// GetGovCloudAccountInformation.
///
/// # Errors
/// F-GOV-1: `ResourceNotFoundException`, naming the standard account, where none is linked.
pub fn get(account: &Account, now: Timestamp) -> Result<GetGovCloudAccountInformationResponse, Error> {
    let link = account.gov_cloud.as_ref().ok_or_else(|| ResourceNotFoundException {
        message: format!("GovCloud Account ID not found for Standard Account - {}.", account.id),
    })?;
    Ok(GetGovCloudAccountInformationResponse {
        gov_cloud_account_id: link.account.as_str().into(),
        account_state: match link.state.at(now) {
            AccountState::PendingActivation => AwsAccountState::PendingActivation,
            AccountState::Active | AccountState::Closing(_) => AwsAccountState::Active,
            AccountState::Suspended => AwsAccountState::Suspended,
            AccountState::Closed => AwsAccountState::Closed,
        },
    })
}
