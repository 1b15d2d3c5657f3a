//! The resource-based delegation policy: what members may do in Organizations itself.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>

use std::sync::Arc;

use aws::arn::{AccountId, Arn};
use aws::policy::{Policy, PolicyKind, means_action};
use serde_json::Value;

use crate::failure::Failure;
use crate::iam::roles::trust_policy;
use crate::model::organizations::{
    ConstraintViolationExceptionReason, DescribeResourcePolicyResponse, InvalidInputExceptionReason,
    NOT_SUPPORTED, Operation, PutResourcePolicyRequest, PutResourcePolicyResponse, ResourcePolicy as Shown,
    ResourcePolicySummary,
};
use crate::organizations::ids::new_id;
use crate::organizations::policies::rewritten::{one_or_many, rewritten};
use crate::organizations::standing::Standing;
use crate::organizations::tree::tag;
use crate::organizations::{Call, arn, refusal};
use crate::state::account::Account;
use crate::state::organization::{OrganizationId, OrganizationResourcePolicy};
use crate::world::{Fault, World};

fn show(standing: &Standing, policy: &OrganizationResourcePolicy) -> Shown {
    Shown {
        resource_policy_summary: Some(ResourcePolicySummary {
            id: Some(policy.id.as_str().into()),
            arn: Some(arn::resource_policy(&standing.organization, &policy.id).into()),
        }),
        content: Some(policy.document.source().into()),
    }
}

fn stored(standing: &Standing, world: &World<'_>) -> Result<Arc<OrganizationResourcePolicy>, Failure> {
    let policy = world.get::<OrganizationResourcePolicy>(OrganizationId(&standing.organization.id))?;
    policy.ok_or_else(|| refusal::resource_policy_not_found().into())
}

/// F-ORGS-RP-3: what can be delegated (Organizations guide, "Create a resource-based delegation policy", and what was recorded
/// as accepted).
const DELEGATED: [Operation; 35] = [
    Operation::AttachPolicy,
    Operation::CreatePolicy,
    Operation::DeletePolicy,
    Operation::DescribeAccount,
    Operation::DescribeCreateAccountStatus,
    Operation::DescribeEffectivePolicy,
    Operation::DescribeHandshake,
    Operation::DescribeOrganization,
    Operation::DescribeOrganizationalUnit,
    Operation::DescribePolicy,
    Operation::DescribeResourcePolicy,
    Operation::DetachPolicy,
    Operation::DisablePolicyType,
    Operation::EnablePolicyType,
    Operation::ListAWSServiceAccessForOrganization,
    Operation::ListAccounts,
    Operation::ListAccountsForParent,
    Operation::ListAccountsWithInvalidEffectivePolicy,
    Operation::ListChildren,
    Operation::ListCreateAccountStatus,
    Operation::ListDelegatedAdministrators,
    Operation::ListDelegatedServicesForAccount,
    Operation::ListEffectivePolicyValidationErrors,
    Operation::ListHandshakesForAccount,
    Operation::ListHandshakesForOrganization,
    Operation::ListOrganizationalUnitsForParent,
    Operation::ListParents,
    Operation::ListPolicies,
    Operation::ListPoliciesForTarget,
    Operation::ListRoots,
    Operation::ListTagsForResource,
    Operation::ListTargetsForPolicy,
    Operation::TagResource,
    Operation::UntagResource,
    Operation::UpdatePolicy,
];

/// F-ORGS-RP-3: what can be delegated of the operations that are not answered here.
const DELEGATED_ELSEWHERE: [&str; 3] = [
    "DescribeResponsibilityTransfer",
    "ListInboundResponsibilityTransfers",
    "ListOutboundResponsibilityTransfers",
];

/// Whether an action of a policy means operations, and none but those that can be delegated.
fn can_be_delegated(action: &str) -> bool {
    let answered = Operation::ALL.iter().map(|operation| (operation.name(), DELEGATED.contains(operation)));
    let others = NOT_SUPPORTED.iter().map(|name| (*name, DELEGATED_ELSEWHERE.contains(name)));
    let mut meant = answered
        .chain(others)
        .filter(|(name, _)| means_action(action, &format!("organizations:{name}")))
        .peekable();
    meant.peek().is_some() && meant.all(|(_, is_delegated)| is_delegated)
}

/// Reads a document and writes it as AWS keeps it.
///
/// # Errors
/// F-ORGS-RP-1: INVALID_RESOURCE_POLICY_JSON for what is no resource-based policy, for `NotPrincipal`, `NotAction` and
/// `NotResource`, and for accounts, users and roles that do not exist. F-ORGS-RP-3: UNSUPPORTED_ACTION_IN_RESOURCE_POLICY for
/// an action that means anything that cannot be delegated.
fn read(content: &str, world: &World<'_>) -> Result<Policy, Failure> {
    let invalid = || refusal::invalid_input(InvalidInputExceptionReason::InvalidResourcePolicyJson);
    Policy::parse_as(content, PolicyKind::Resource).map_err(|_| invalid())?;
    let policy: Value = serde_json::from_str(content).map_err(|_| invalid())?;
    for statement in one_or_many(&policy["Statement"]) {
        if ["NotPrincipal", "NotAction", "NotResource"].iter().any(|name| statement.get(name).is_some()) {
            return Err(invalid().into());
        }
        for principal in one_or_many(&statement["Principal"]["AWS"]).filter_map(Value::as_str) {
            if !exists(principal, world)? {
                return Err(invalid().into());
            }
        }
        for action in one_or_many(&statement["Action"]).filter_map(Value::as_str) {
            if !can_be_delegated(action) {
                return Err(refusal::unsupported_action(action).into());
            }
        }
    }
    let document = Policy::parse_as(&rewritten(content), PolicyKind::Resource);
    document.map_err(|_| Fault::Broken("a policy that was written anew cannot be read".into()).into())
}

/// Whether there is such an account, user or role.
fn exists(principal: &str, world: &World<'_>) -> Result<bool, Fault> {
    let account = principal.parse::<AccountId>().ok().or_else(|| Arn::parse(principal)?.account.parse().ok());
    let Some(account) = account else { return Ok(true) };
    Ok(world.get::<Account>(account)?.is_some() && trust_policy::exists(principal, world)?)
}

/// PutResourcePolicy: creates it, or replaces its document.
///
/// # Errors
/// F-ORGS-RP-1, F-ORGS-RP-3: see [`read`]. F-ORGS-RP-2: UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED, as tags are
/// taken when it is created only.
pub(crate) fn put(
    standing: &Standing,
    input: PutResourcePolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<PutResourcePolicyResponse, Failure> {
    standing.require_all_features()?;
    let document = read(input.content.as_str(), world)?;
    let tags = tag::read(input.tags, call)?;
    let before = world.get::<OrganizationResourcePolicy>(OrganizationId(&standing.organization.id))?;
    let policy = match before {
        Some(_) if !tags.is_empty() => {
            let reason = ConstraintViolationExceptionReason::UpdateExistingResourcePolicyWithTagsNotSupported;
            return Err(refusal::constraint(reason).into());
        }
        Some(before) => OrganizationResourcePolicy { document, ..(*before).clone() },
        None => OrganizationResourcePolicy { id: new_id(call.context, "rp-", 8), document, tags },
    };
    let shown = show(standing, &policy);
    world.put(OrganizationId(&standing.organization.id), policy);
    Ok(PutResourcePolicyResponse { resource_policy: Some(shown) })
}

/// DescribeResourcePolicy.
///
/// # Errors
/// `ResourcePolicyNotFoundException`.
pub(crate) fn describe(
    standing: &Standing,
    world: &World<'_>,
) -> Result<DescribeResourcePolicyResponse, Failure> {
    standing.require_all_features()?;
    let policy = stored(standing, world)?;
    Ok(DescribeResourcePolicyResponse { resource_policy: Some(show(standing, &policy)) })
}

/// DeleteResourcePolicy.
///
/// # Errors
/// `ResourcePolicyNotFoundException`.
pub(crate) fn delete(standing: &Standing, world: &mut World<'_>) -> Result<(), Failure> {
    standing.require_all_features()?;
    stored(standing, world)?;
    world.delete::<OrganizationResourcePolicy>(OrganizationId(&standing.organization.id));
    Ok(())
}
