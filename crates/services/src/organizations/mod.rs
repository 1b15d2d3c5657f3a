//! AWS Organizations, version 2016-11-28: the tree of accounts, who may act for whom, and the policies on the way.
//!
//! One file per resource of the model. F-ORGS-NOSUP-1: billing transfers are left out. <https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html>

pub mod access;
pub mod ancestry;
pub mod delegation;
pub mod index;
mod listing;
pub mod membership;
pub mod model;
mod place;
pub mod policies;
pub mod record;
mod refusal;
pub mod tree;

use aws::principal::Caller;
use aws::protocol;
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, Patterns};
use serde_json::Value;

use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::state::organization::arn;
use crate::world::World;
use delegation::{delegated_administrator, resource_policy, trusted_access};
use membership::{create_account, handshake, invitation, leaving};
use model::{Input, InvalidInputExceptionReason as Reason, Operation, Output};
use place::Place;
use policies::{attachment, effective_policy, policy, policy_type};
use tree::{account, organization, root_and_units, tag};

/// How CloudTrail and service principals name the service.
pub const EVENT_SOURCE: &str = "organizations.amazonaws.com";

/// One call: what is done, by whom, and when.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    operation: Operation,
    caller: &'a Caller,
    members: &'a Value,
    context: &'a Context,
}

/// Whether an operation only reads; the model does not say.
pub fn is_read_only(operation: Operation) -> bool {
    ["Describe", "List"].iter().any(|prefix| operation.name().starts_with(prefix))
}

/// Checks the members against the model's constraints.
///
/// # Errors
/// F-ORGS-VAL-1: `InvalidInputException` with the reason of the first violation.
pub fn validate(operation: Operation, members: &Value, validation: Validation) -> Result<(), Refusal> {
    let patterns = match validation {
        Validation::Strict => Patterns::Applied,
        Validation::Masked => Patterns::Ignored,
    };
    let violations = smithy::check(operation.shape().input_schema(), members, patterns);
    let Some(first) = violations.first() else { return Ok(()) };
    let reason = match &first.constraint {
        Constraint::Type(_) => return Err(protocol::not_deserializable()),
        Constraint::Required(_) => Reason::InputRequired,
        Constraint::MinLength(_) => Reason::MinLengthExceeded,
        Constraint::MaxLength(_) => Reason::MaxLengthExceeded,
        Constraint::Min(_) => Reason::MinValueExceeded,
        Constraint::Max(_) => Reason::MaxValueExceeded,
        Constraint::Pattern(_) if first.path.last().is_some_and(|name| name == "TargetId") => {
            Reason::InvalidPatternTargetId
        }
        Constraint::Pattern(_) => Reason::InvalidPattern,
        Constraint::Enum(values) if values.contains(&"TAG_POLICY") => Reason::InvalidEnumPolicyType,
        Constraint::Enum(_) => Reason::InvalidEnum,
    };
    Err(refusal::invalid_input(reason).into())
}

/// Carries out an operation that policies allowed.
///
/// # Errors
/// What the operation refuses, in AWS's words; the world's changes are then discarded by whoever called.
pub fn execute(
    operation: Operation,
    caller: &Caller,
    members: &Value,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Output, Failure> {
    let input = Input::parse(operation, members)?;
    let call = &Call { operation, caller, members, context };
    Ok(match input {
        Input::CreateOrganization(input) => {
            Output::CreateOrganization(organization::create(input, call, world)?)
        }
        Input::AcceptHandshake(input) => Output::AcceptHandshake(handshake::accept(input, call, world)?),
        Input::CancelHandshake(input) => Output::CancelHandshake(handshake::cancel(input, call, world)?),
        Input::DeclineHandshake(input) => Output::DeclineHandshake(handshake::decline(input, call, world)?),
        Input::DescribeHandshake(input) => {
            Output::DescribeHandshake(handshake::describe(input, call, world)?)
        }
        Input::ListHandshakesForAccount(input) => {
            Output::ListHandshakesForAccount(handshake::list_for_account(input, call, world)?)
        }
        input => {
            let place = &Place::enter(call, world)?;
            match changes(place, input, call, world)? {
                Done::Output(output) => output,
                Done::NotMine(input) => reads(place, input, call, world)?,
            }
        }
    })
}

/// What a table of operations did with an input.
enum Done {
    /// It was carried out.
    Output(Output),
    /// It is in another table.
    NotMine(Input),
}

/// The operations of an organization's members that change something.
fn changes(place: &Place, input: Input, call: &Call<'_>, world: &mut World<'_>) -> Result<Done, Failure> {
    use Output as O;
    Ok(Done::Output(match input {
        Input::DeleteOrganization => {
            organization::delete(place, call, world).map(|()| O::DeleteOrganization)?
        }
        Input::EnableAllFeatures(_) => {
            O::EnableAllFeatures(handshake::enable_all_features(place, call, world)?)
        }
        Input::InviteAccountToOrganization(input) => {
            O::InviteAccountToOrganization(invitation::invite(place, input, call, world)?)
        }
        Input::CreateAccount(input) => O::CreateAccount(create_account::create(place, input, call, world)?),
        Input::CreateGovCloudAccount(input) => {
            O::CreateGovCloudAccount(create_account::create_gov_cloud(place, input, call, world)?)
        }
        Input::CloseAccount(input) => leaving::close(place, input, call, world).map(|()| O::CloseAccount)?,
        Input::RemoveAccountFromOrganization(input) => {
            leaving::remove(place, input, call, world).map(|()| O::RemoveAccountFromOrganization)?
        }
        Input::LeaveOrganization => leaving::leave(place, call, world).map(|()| O::LeaveOrganization)?,
        Input::MoveAccount(input) => {
            account::move_account(place, input, call, world).map(|()| O::MoveAccount)?
        }
        Input::CreateOrganizationalUnit(input) => {
            O::CreateOrganizationalUnit(root_and_units::create(place, input, call, world)?)
        }
        Input::UpdateOrganizationalUnit(input) => {
            O::UpdateOrganizationalUnit(root_and_units::update(place, input, world)?)
        }
        Input::DeleteOrganizationalUnit(input) => {
            root_and_units::delete(place, input, call, world).map(|()| O::DeleteOrganizationalUnit)?
        }
        Input::CreatePolicy(input) => O::CreatePolicy(policy::create(place, input, call, world)?),
        Input::UpdatePolicy(input) => O::UpdatePolicy(policy::update(place, input, call, world)?),
        Input::DeletePolicy(input) => policy::delete(place, input, world).map(|()| O::DeletePolicy)?,
        Input::AttachPolicy(input) => {
            attachment::attach(place, input, call, world).map(|()| O::AttachPolicy)?
        }
        Input::DetachPolicy(input) => {
            attachment::detach(place, input, call, world).map(|()| O::DetachPolicy)?
        }
        Input::EnablePolicyType(input) => O::EnablePolicyType(policy_type::enable(place, input, world)?),
        Input::DisablePolicyType(input) => O::DisablePolicyType(policy_type::disable(place, input, world)?),
        Input::EnableAWSServiceAccess(input) => {
            trusted_access::enable(place, input, call, world).map(|()| O::EnableAWSServiceAccess)?
        }
        Input::DisableAWSServiceAccess(input) => {
            trusted_access::disable(place, input, world).map(|()| O::DisableAWSServiceAccess)?
        }
        Input::RegisterDelegatedAdministrator(input) => {
            delegated_administrator::register(place, input, call, world)
                .map(|()| O::RegisterDelegatedAdministrator)?
        }
        Input::DeregisterDelegatedAdministrator(input) => {
            delegated_administrator::deregister(place, input, call, world)
                .map(|()| O::DeregisterDelegatedAdministrator)?
        }
        Input::PutResourcePolicy(input) => {
            O::PutResourcePolicy(resource_policy::put(place, input, call, world)?)
        }
        Input::DeleteResourcePolicy => {
            resource_policy::delete(place, world).map(|()| O::DeleteResourcePolicy)?
        }
        Input::TagResource(input) => tag::tag(place, input, call, world).map(|()| O::TagResource)?,
        Input::UntagResource(input) => tag::untag(place, input, call, world).map(|()| O::UntagResource)?,
        input => return Ok(Done::NotMine(input)),
    }))
}

/// The operations of an organization's members that only read. Together with [`changes`] and [`execute`] it names every
/// operation of the model: a new one does not compile until it has a row.
fn reads(place: &Place, input: Input, call: &Call<'_>, world: &World<'_>) -> Result<Output, Failure> {
    use Output as O;
    Ok(match input {
        Input::DescribeOrganization => O::DescribeOrganization(organization::describe(place, call, world)?),
        Input::ListRoots(input) => O::ListRoots(root_and_units::list_roots(place, input, call)?),
        Input::DescribeOrganizationalUnit(input) => {
            O::DescribeOrganizationalUnit(root_and_units::describe(place, input, world)?)
        }
        Input::ListOrganizationalUnitsForParent(input) => {
            O::ListOrganizationalUnitsForParent(root_and_units::list(place, input, call, world)?)
        }
        Input::ListChildren(input) => {
            O::ListChildren(root_and_units::list_children(place, input, call, world)?)
        }
        Input::ListParents(input) => O::ListParents(root_and_units::list_parents(place, input, call, world)?),
        Input::DescribeAccount(input) => O::DescribeAccount(account::describe(place, input, call, world)?),
        Input::ListAccounts(input) => O::ListAccounts(account::list(place, input, call, world)?),
        Input::ListAccountsForParent(input) => {
            O::ListAccountsForParent(account::list_for_parent(place, input, call, world)?)
        }
        Input::DescribeCreateAccountStatus(input) => {
            O::DescribeCreateAccountStatus(create_account::describe(place, input, call, world)?)
        }
        Input::ListCreateAccountStatus(input) => {
            O::ListCreateAccountStatus(create_account::list(place, input, call, world)?)
        }
        Input::ListHandshakesForOrganization(input) => {
            O::ListHandshakesForOrganization(handshake::list_for_organization(place, input, call, world)?)
        }
        Input::DescribePolicy(input) => O::DescribePolicy(policy::describe(place, input, world)?),
        Input::ListPolicies(input) => O::ListPolicies(policy::list(place, input, call, world)?),
        Input::ListPoliciesForTarget(input) => {
            O::ListPoliciesForTarget(attachment::list_policies(place, input, call, world)?)
        }
        Input::ListTargetsForPolicy(input) => {
            O::ListTargetsForPolicy(attachment::list_targets(place, input, call, world)?)
        }
        Input::DescribeEffectivePolicy(input) => {
            O::DescribeEffectivePolicy(effective_policy::describe(place, input, call, world)?)
        }
        Input::ListAccountsWithInvalidEffectivePolicy(input) => O::ListAccountsWithInvalidEffectivePolicy(
            effective_policy::list_accounts_with_invalid(place, input, call, world)?,
        ),
        Input::ListEffectivePolicyValidationErrors(input) => {
            O::ListEffectivePolicyValidationErrors(effective_policy::list_errors(place, input, call, world)?)
        }
        Input::ListAWSServiceAccessForOrganization(input) => {
            O::ListAWSServiceAccessForOrganization(trusted_access::list(place, input, call)?)
        }
        Input::ListDelegatedAdministrators(input) => {
            O::ListDelegatedAdministrators(delegated_administrator::list(place, input, call, world)?)
        }
        Input::ListDelegatedServicesForAccount(input) => O::ListDelegatedServicesForAccount(
            delegated_administrator::list_services(place, input, call, world)?,
        ),
        Input::DescribeResourcePolicy => O::DescribeResourcePolicy(resource_policy::describe(place, world)?),
        Input::ListTagsForResource(input) => O::ListTagsForResource(tag::list(place, input, call, world)?),
        other => not_reached(&other),
    })
}

/// Names what the other tables carried out, so that a new operation of the model does not compile.
fn not_reached(input: &Input) -> ! {
    use Operation as P;
    match input.operation() {
        P::CreateOrganization | P::AcceptHandshake | P::CancelHandshake | P::DeclineHandshake => {}
        P::DescribeHandshake | P::ListHandshakesForAccount | P::DeleteOrganization | P::EnableAllFeatures => {
        }
        P::InviteAccountToOrganization | P::CreateAccount | P::CreateGovCloudAccount | P::CloseAccount => {}
        P::RemoveAccountFromOrganization | P::LeaveOrganization | P::MoveAccount => {}
        P::CreateOrganizationalUnit | P::UpdateOrganizationalUnit | P::DeleteOrganizationalUnit => {}
        P::CreatePolicy | P::UpdatePolicy | P::DeletePolicy | P::AttachPolicy | P::DetachPolicy => {}
        P::EnablePolicyType | P::DisablePolicyType => {}
        P::EnableAWSServiceAccess | P::DisableAWSServiceAccess => {}
        P::RegisterDelegatedAdministrator | P::DeregisterDelegatedAdministrator => {}
        P::PutResourcePolicy | P::DeleteResourcePolicy | P::TagResource | P::UntagResource => {}
        P::DescribeOrganization | P::ListRoots | P::DescribeOrganizationalUnit => {}
        P::ListOrganizationalUnitsForParent | P::ListChildren | P::ListParents | P::DescribeAccount => {}
        P::ListAccounts | P::ListAccountsForParent | P::DescribeCreateAccountStatus => {}
        P::ListCreateAccountStatus | P::ListHandshakesForOrganization | P::DescribePolicy => {}
        P::ListPolicies | P::ListPoliciesForTarget | P::ListTargetsForPolicy => {}
        P::DescribeEffectivePolicy | P::ListAccountsWithInvalidEffectivePolicy => {}
        P::ListEffectivePolicyValidationErrors | P::ListAWSServiceAccessForOrganization => {}
        P::ListDelegatedAdministrators | P::ListDelegatedServicesForAccount => {}
        P::DescribeResourcePolicy | P::ListTagsForResource => {}
    }
    unreachable!("INVARIANT: every operation has a row in one of the tables")
}
