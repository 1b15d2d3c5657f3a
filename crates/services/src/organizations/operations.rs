//! The operations of AWS Organizations, one line each: which function answers it, and whether the caller must be in an
//! organization first.

use super::Call;
use super::delegation::{delegated_administrator, resource_policy, trusted_access};
use super::membership::{create_account, handshake, invitation, leaving};
use super::model::{Input, Output};
use super::policies::{attachment, effective_policy, policy, policy_type};
use super::standing::Standing;
use super::tree::{account, organization, root_and_units, tag};
use crate::failure::Failure;
use crate::table::answers;
use crate::world::World;

/// Carries an operation out.
///
/// # Errors
/// What the operation refuses.
pub(super) fn run(call: &Call<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    let standing = |world: &World<'_>| Standing::enter(call, world);
    Ok(answers! { input;
        // Without an organization, or from outside of one.
        CreateOrganization(input) => organization::create(input, call, world),
        DescribeHandshake(input) => handshake::describe(input, call, world),
        AcceptHandshake(input) => handshake::accept(input, call, world),
        CancelHandshake(input) => handshake::cancel(input, call, world),
        DeclineHandshake(input) => handshake::decline(input, call, world),
        ListHandshakesForAccount(input) => handshake::list_for_account(input, call, world),

        // The organization.
        DescribeOrganization => organization::describe(&standing(world)?, call, world),
        DeleteOrganization => organization::delete(&standing(world)?, call, world),
        EnableAllFeatures(_) => handshake::enable_all_features(&standing(world)?, call, world),

        // The root, the units and the accounts in them.
        ListRoots(input) => root_and_units::list_roots(&standing(world)?, input, call),
        CreateOrganizationalUnit(input) => root_and_units::create(&standing(world)?, input, call, world),
        DescribeOrganizationalUnit(input) => root_and_units::describe(&standing(world)?, input, world),
        UpdateOrganizationalUnit(input) => root_and_units::update(&standing(world)?, input, world),
        DeleteOrganizationalUnit(input) => root_and_units::delete(&standing(world)?, input, call, world),
        ListOrganizationalUnitsForParent(input) => {
            root_and_units::list(&standing(world)?, input, call, world)
        },
        ListChildren(input) => root_and_units::list_children(&standing(world)?, input, call, world),
        ListParents(input) => root_and_units::list_parents(&standing(world)?, input, call, world),
        DescribeAccount(input) => account::describe(&standing(world)?, input, call, world),
        ListAccounts(input) => account::list(&standing(world)?, input, call, world),
        ListAccountsForParent(input) => account::list_for_parent(&standing(world)?, input, call, world),
        MoveAccount(input) => account::move_account(&standing(world)?, input, call, world),
        TagResource(input) => tag::tag(&standing(world)?, input, call, world),
        UntagResource(input) => tag::untag(&standing(world)?, input, call, world),
        ListTagsForResource(input) => tag::list(&standing(world)?, input, call, world),

        // How accounts come and go.
        CreateAccount(input) => create_account::create(&standing(world)?, input, call, world),
        CreateGovCloudAccount(input) => {
            create_account::create_gov_cloud(&standing(world)?, input, call, world)
        },
        DescribeCreateAccountStatus(input) => create_account::describe(&standing(world)?, input, call, world),
        ListCreateAccountStatus(input) => create_account::list(&standing(world)?, input, call, world),
        InviteAccountToOrganization(input) => invitation::invite(&standing(world)?, input, call, world),
        ListHandshakesForOrganization(input) => {
            handshake::list_for_organization(&standing(world)?, input, call, world)
        },
        CloseAccount(input) => leaving::close(&standing(world)?, input, call, world),
        RemoveAccountFromOrganization(input) => leaving::remove(&standing(world)?, input, call, world),
        LeaveOrganization => leaving::leave(&standing(world)?, call, world),

        // Policies.
        CreatePolicy(input) => policy::create(&standing(world)?, input, call, world),
        DescribePolicy(input) => policy::describe(&standing(world)?, input, world),
        UpdatePolicy(input) => policy::update(&standing(world)?, input, call, world),
        DeletePolicy(input) => policy::delete(&standing(world)?, input, world),
        ListPolicies(input) => policy::list(&standing(world)?, input, call, world),
        AttachPolicy(input) => attachment::attach(&standing(world)?, input, call, world),
        DetachPolicy(input) => attachment::detach(&standing(world)?, input, call, world),
        ListPoliciesForTarget(input) => attachment::list_policies(&standing(world)?, input, call, world),
        ListTargetsForPolicy(input) => attachment::list_targets(&standing(world)?, input, call, world),
        EnablePolicyType(input) => policy_type::enable(&standing(world)?, input, world),
        DisablePolicyType(input) => policy_type::disable(&standing(world)?, input, world),
        DescribeEffectivePolicy(input) => effective_policy::describe(&standing(world)?, input, call, world),
        ListAccountsWithInvalidEffectivePolicy(input) => {
            effective_policy::list_accounts_with_invalid(&standing(world)?, input, call, world)
        },
        ListEffectivePolicyValidationErrors(input) => {
            effective_policy::list_errors(&standing(world)?, input, call, world)
        },

        // Who else may act for the management account.
        EnableAWSServiceAccess(input) => trusted_access::enable(&standing(world)?, input, call, world),
        DisableAWSServiceAccess(input) => trusted_access::disable(&standing(world)?, input, world),
        ListAWSServiceAccessForOrganization(input) => trusted_access::list(&standing(world)?, input, call),
        RegisterDelegatedAdministrator(input) => {
            delegated_administrator::register(&standing(world)?, input, call, world)
        },
        DeregisterDelegatedAdministrator(input) => {
            delegated_administrator::deregister(&standing(world)?, input, call, world)
        },
        ListDelegatedAdministrators(input) => {
            delegated_administrator::list(&standing(world)?, input, call, world)
        },
        ListDelegatedServicesForAccount(input) => {
            delegated_administrator::list_services(&standing(world)?, input, call, world)
        },
        PutResourcePolicy(input) => resource_policy::put(&standing(world)?, input, call, world),
        DescribeResourcePolicy => resource_policy::describe(&standing(world)?, world),
        DeleteResourcePolicy => resource_policy::delete(&standing(world)?, world),
    })
}
