//! The policy types: what sets one apart from another, and enabling and disabling them in the root.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>

use super::attachment;
use crate::failure::Failure;
use crate::model::organizations::{
    ConstraintViolationExceptionReason, DisablePolicyTypeRequest, DisablePolicyTypeResponse,
    EnablePolicyTypeRequest, EnablePolicyTypeResponse, PolicyType, PolicyTypeStatus,
};
use crate::organizations::standing::Standing;
use crate::organizations::tree::root_and_units::show_root;
use crate::organizations::{index, refusal};
use crate::state::organization::{FeatureSet, PolicyName, PolicyNameId};
use crate::world::World;

/// F-ORGS-POL-3: the member that a management policy's document begins with; types that are not here take any object.
pub(crate) const fn top_member(kind: PolicyType) -> Option<&'static str> {
    match kind {
        PolicyType::TagPolicy => Some("tags"),
        PolicyType::BackupPolicy => Some("plans"),
        PolicyType::AiservicesOptOutPolicy => Some("services"),
        PolicyType::ChatbotPolicy => Some("chatbot"),
        PolicyType::DeclarativePolicyEc2 => Some("ec2_attributes"),
        PolicyType::SecurityhubPolicy => Some("securityhub"),
        PolicyType::InspectorPolicy => Some("inspector"),
        _ => None,
    }
}

/// F-ORGS-TYPE-3: the service without whose trusted access the type cannot be enabled. Security Hub's is the one that
/// somebody was told of (terraform-provider-aws, pull request 45135), Amazon Inspector's is documented there; that the others
/// need none is *assumed*.
pub const fn needed_service(kind: PolicyType) -> Option<&'static str> {
    match kind {
        PolicyType::SecurityhubPolicy => Some("securityhub.amazonaws.com"),
        PolicyType::InspectorPolicy => Some("inspector2.amazonaws.com"),
        _ => None,
    }
}

/// # Errors
/// F-ORGS-TYPE-3: SERVICE_ACCESS_NOT_ENABLED.
fn check_service_access(standing: &Standing, kind: PolicyType) -> Result<(), Failure> {
    if needed_service(kind).is_some_and(|service| !standing.organization.trusts(service)) {
        return Err(refusal::constraint(ConstraintViolationExceptionReason::ServiceAccessNotEnabled).into());
    }
    Ok(())
}

/// # Errors
/// F-ORGS-TYPE-3: POLICY_TYPE_ENABLED_FOR_THIS_SERVICE where a type that is enabled needs the service's trusted access.
pub(crate) fn check_not_needed(standing: &Standing, service: &str) -> Result<(), Failure> {
    let mut enabled = standing.organization.enabled_policy_types.iter();
    if enabled.any(|kind| needed_service(*kind) == Some(service)) {
        let reason = ConstraintViolationExceptionReason::PolicyTypeEnabledForThisService;
        return Err(refusal::constraint(reason).into());
    }
    Ok(())
}

fn check_root(standing: &Standing, root_id: &str) -> Result<(), Failure> {
    if standing.organization.root_id == root_id { Ok(()) } else { Err(refusal::root_not_found().into()) }
}

/// EnablePolicyType, in force at once.
///
/// F-ORGS-TYPE-4: of RESOURCE_CONTROL_POLICY the answer says PENDING_ENABLE, though it is in force as well.
///
/// F-ORGS-SCP-3: with SERVICE_CONTROL_POLICY comes FullAWSAccess, attached to every root, unit and account.
///
/// # Errors
/// F-ORGS-TYPE-1: `RootNotFoundException`, `PolicyTypeNotAvailableForOrganizationException` without all features,
/// `PolicyTypeAlreadyEnabledException`; F-ORGS-TYPE-3.
pub(crate) fn enable(
    standing: &Standing,
    input: EnablePolicyTypeRequest,
    world: &mut World<'_>,
) -> Result<EnablePolicyTypeResponse, Failure> {
    check_root(standing, input.root_id.as_str())?;
    let kind = input.policy_type;
    if standing.organization.feature_set != FeatureSet::All {
        return Err(refusal::policy_type_not_available().into());
    }
    if standing.organization.enabled_policy_types.contains(&kind) {
        return Err(refusal::policy_type_already_enabled().into());
    }
    check_service_access(standing, kind)?;
    if kind == PolicyType::ServiceControlPolicy {
        attachment::full_access_everywhere(standing, true, world)?;
    }
    let organization = standing.change(world, |organization| {
        organization.enabled_policy_types.insert(kind);
    });
    let mut root = show_root(&organization);
    if kind == PolicyType::ResourceControlPolicy {
        let shown = root.policy_types.iter_mut().flatten().find(|shown| shown.r#type == Some(kind));
        shown.into_iter().for_each(|shown| shown.status = Some(PolicyTypeStatus::PendingEnable));
    }
    Ok(EnablePolicyTypeResponse { root: Some(root) })
}

/// DisablePolicyType. F-ORGS-TYPE-2: every policy of the type is detached from everything, for good.
///
/// # Errors
/// `RootNotFoundException`, `PolicyTypeNotEnabledException`.
pub(crate) fn disable(
    standing: &Standing,
    input: DisablePolicyTypeRequest,
    world: &mut World<'_>,
) -> Result<DisablePolicyTypeResponse, Failure> {
    check_root(standing, input.root_id.as_str())?;
    let kind = input.policy_type;
    if !standing.organization.enabled_policy_types.contains(&kind) {
        return Err(refusal::policy_type_not_enabled().into());
    }
    for key in index::all(&PolicyNameId::within(&standing.organization.id, kind), world)? {
        if let Some(named) = world.get::<PolicyName>(key.id()?)? {
            attachment::detach_everywhere(standing, &named.policy_id, world)?;
        }
    }
    if kind == PolicyType::ServiceControlPolicy {
        attachment::full_access_everywhere(standing, false, world)?;
    }
    let organization = standing.change(world, |organization| {
        organization.enabled_policy_types.remove(&kind);
    });
    Ok(DisablePolicyTypeResponse { root: Some(show_root(&organization)) })
}
