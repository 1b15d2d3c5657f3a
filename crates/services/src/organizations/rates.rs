//! The published request rates of AWS Organizations.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits>

use aws::throttle::Rate;

use super::model::Operation;
use crate::service::Rates;

/// F-QUOTA-5: the rates of an operation, for an account and for its organization. The operations that the page does not list
/// have those of the most similar one (*assumed*).
pub fn rates(operation: Operation) -> Rates {
    use Operation as O;
    let seldom = |per_minute, burst| Rates::of_accounts(Rate::per_minute(per_minute, burst));
    let alone = |per_second, burst| Rates::of_accounts(Rate::per_second(per_second, burst));
    let both = |(per_second, burst), (in_all, burst_in_all)| {
        alone(per_second, burst).and_of_organizations(Rate::per_second(in_all, burst_in_all))
    };
    match operation {
        O::CloseAccount => seldom(3, 1),
        O::CreateAccount | O::CreateGovCloudAccount => seldom(6, 3),
        O::DescribeAccount => both((20, 30), (24, 36)),
        O::DescribeCreateAccountStatus
        | O::DescribeOrganizationalUnit
        | O::DescribePolicy
        | O::DescribeEffectivePolicy
        | O::DescribeResourcePolicy => both((2, 2), (2, 3)),
        O::ListCreateAccountStatus
        | O::ListHandshakesForAccount
        | O::ListHandshakesForOrganization
        | O::ListParents
        | O::ListAccountsForParent
        | O::ListOrganizationalUnitsForParent
        | O::ListPolicies
        | O::ListPoliciesForTarget
        | O::ListTargetsForPolicy
        | O::ListDelegatedAdministrators
        | O::ListAccountsWithInvalidEffectivePolicy
        | O::ListEffectivePolicyValidationErrors => both((5, 8), (6, 10)),
        O::AcceptHandshake => both((1, 2), (5, 5)),
        O::DescribeHandshake => both((1, 2), (6, 10)),
        O::DeclineHandshake => both((1, 1), (5, 5)),
        O::ListAccounts => both((8, 12), (9, 15)),
        O::ListChildren => both((6, 10), (7, 12)),
        O::ListRoots => both((1, 2), (1, 3)),
        O::ListTagsForResource => both((10, 15), (12, 18)),
        O::ListAWSServiceAccessForOrganization | O::ListDelegatedServicesForAccount => both((1, 3), (1, 4)),
        O::LeaveOrganization
        | O::CreateOrganization
        | O::DeleteOrganization
        | O::EnableAllFeatures
        | O::DisablePolicyType
        | O::EnablePolicyType => alone(1, 1),
        O::CreateOrganizationalUnit
        | O::DescribeOrganization
        | O::EnableAWSServiceAccess
        | O::DisableAWSServiceAccess
        | O::RegisterDelegatedAdministrator
        | O::DeregisterDelegatedAdministrator => alone(1, 2),
        O::RemoveAccountFromOrganization => alone(2, 2),
        O::CancelHandshake
        | O::MoveAccount
        | O::UpdateOrganizationalUnit
        | O::DeleteOrganizationalUnit
        | O::CreatePolicy
        | O::DeletePolicy
        | O::AttachPolicy
        | O::DetachPolicy
        | O::UpdatePolicy
        | O::PutResourcePolicy
        | O::DeleteResourcePolicy => alone(2, 3),
        O::InviteAccountToOrganization => alone(3, 5),
        O::TagResource | O::UntagResource => alone(4, 6),
    }
}
