//! The resource-based delegation policy: what members may do in Organizations itself.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>

use std::sync::Arc;

use aws::policy::{Policy, PolicyKind};
use serde_json::Value;

use crate::failure::Failure;
use crate::model::organizations::{
    DescribeResourcePolicyResponse, InvalidInputExceptionReason, Operation, PutResourcePolicyRequest,
    PutResourcePolicyResponse, ResourcePolicy as Shown, ResourcePolicySummary,
};
use crate::organizations::ids::new_id;
use crate::organizations::standing::Standing;
use crate::organizations::tree::tag;
use crate::organizations::{Call, arn, refusal};
use crate::state::organization::{OrganizationId, OrganizationResourcePolicy};
use crate::world::World;

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

/// F-ORGS-RP-3: what can be delegated (Organizations guide, "Create a resource-based delegation policy").
const DELEGATED: [Operation; 33] = [
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
    Operation::ListChildren,
    Operation::ListCreateAccountStatus,
    Operation::ListDelegatedAdministrators,
    Operation::ListDelegatedServicesForAccount,
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

/// # Errors
/// F-ORGS-RP-3: UNSUPPORTED_ACTION_IN_RESOURCE_POLICY for an action that cannot be delegated and for `NotAction`,
/// UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY for `NotResource`. A wildcard is taken (*assumed*) as long as it means
/// something that can be delegated.
fn check_delegated(content: &str) -> Result<(), Failure> {
    let refuse = |reason| Err(refusal::invalid_input(reason).into());
    let policy: Value = serde_json::from_str(content).unwrap_or_default();
    for statement in one_or_many(&policy["Statement"]) {
        if statement.get("NotAction").is_some() {
            return refuse(InvalidInputExceptionReason::UnsupportedActionInResourcePolicy);
        }
        if statement.get("NotResource").is_some() {
            return refuse(InvalidInputExceptionReason::UnsupportedResourceInResourcePolicy);
        }
        for action in one_or_many(&statement["Action"]).filter_map(Value::as_str) {
            if !DELEGATED.iter().any(|it| may_mean(action, *it)) {
                return refuse(InvalidInputExceptionReason::UnsupportedActionInResourcePolicy);
            }
        }
    }
    Ok(())
}

fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

/// Whether an action of a policy may mean an operation; of one with wildcards only what stands before the first is looked
/// at. Case does not count.
fn may_mean(action: &str, operation: Operation) -> bool {
    let (action, name) =
        (action.to_lowercase(), format!("organizations:{}", operation.name()).to_lowercase());
    match action.find(['*', '?']) {
        Some(wildcard) => name.starts_with(&action[..wildcard]),
        None => name == action,
    }
}

/// PutResourcePolicy: creates it, or replaces its document.
///
/// # Errors
/// F-ORGS-RP-1: INVALID_RESOURCE_POLICY_JSON for a document that is no resource-based policy. F-ORGS-RP-3. F-ORGS-RP-2: tags are taken
/// when it is created only; later (*assumed*) they are added to those that are there.
pub(crate) fn put(
    standing: &Standing,
    input: PutResourcePolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<PutResourcePolicyResponse, Failure> {
    standing.require_all_features()?;
    let document = Policy::parse_as(input.content.as_str(), PolicyKind::Resource)
        .map_err(|_| refusal::invalid_input(InvalidInputExceptionReason::InvalidResourcePolicyJson))?;
    check_delegated(input.content.as_str())?;
    let tags = tag::read(input.tags)?;
    let before = world.get::<OrganizationResourcePolicy>(OrganizationId(&standing.organization.id))?;
    let policy = match before {
        Some(before) => {
            let mut policy = OrganizationResourcePolicy { document, ..(*before).clone() };
            policy.tags.extend(tags);
            policy
        }
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
