//! The published request rates of Account Management.
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/quotas.html>

use aws::throttle::Rate;

use super::model::Operation;

/// F-QUOTA-1: the rate of an operation. F-QUOTA-2 (*assumed*): the three operations without a published rate
/// have that of the most similar one.
pub fn rate(operation: Operation) -> Rate {
    use Operation as O;
    let (per_second, burst) = match operation {
        O::AcceptPrimaryEmailUpdate | O::StartPrimaryEmailUpdate => (1, 1),
        O::DeleteAlternateContact => (1, 6),
        O::DisableRegion | O::EnableRegion => (1, 1),
        O::GetAccountInformation => (3, 3),
        O::GetAlternateContact | O::GetContactInformation => (10, 15),
        O::GetGovCloudAccountInformation => (3, 5),
        O::GetPrimaryEmail | O::GetPrimaryEmailUpdateStatus => (3, 3),
        O::GetRegionOptStatus | O::ListRegions => (5, 5),
        O::PutAccountName => (1, 1),
        O::PutAlternateContact | O::PutContactInformation => (5, 8),
        O::SendPhoneNumberVerification | O::VerifyPhoneNumber => (1, 1),
    };
    Rate::per_second(per_second, burst)
}
