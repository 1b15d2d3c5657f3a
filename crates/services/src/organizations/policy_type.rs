//! Enabling and disabling policy types in the root.

use super::ancestry::SERVICE_CONTROL_POLICY;
use super::model::{
    DisablePolicyTypeRequest, DisablePolicyTypeResponse, EnablePolicyTypeRequest, EnablePolicyTypeResponse,
};
use super::organization::all;
use super::place::Place;
use super::root_and_units::show_root;
use super::{attachment, index, refusal};
use crate::failure::Failure;
use crate::state::organization::{FeatureSet, PolicyName};
use crate::world::World;

fn check_root(place: &Place, root_id: &str) -> Result<(), Failure> {
    if place.organization.root_id == root_id { Ok(()) } else { Err(refusal::root_not_found().into()) }
}

/// EnablePolicyType, in force at once.
///
/// F-ORGS-SCP-3: with SERVICE_CONTROL_POLICY comes FullAWSAccess, attached to every root, unit and account.
///
/// # Errors
/// F-ORGS-TYPE-1: `RootNotFoundException`, `PolicyTypeNotAvailableForOrganizationException` without all features,
/// `PolicyTypeAlreadyEnabledException`.
pub(super) fn enable(
    place: &Place,
    input: EnablePolicyTypeRequest,
    world: &mut World<'_>,
) -> Result<EnablePolicyTypeResponse, Failure> {
    check_root(place, input.root_id.as_str())?;
    let kind = input.policy_type.as_str();
    if place.organization.feature_set != FeatureSet::All {
        return Err(refusal::policy_type_not_available().into());
    }
    if place.organization.enabled_policy_types.contains(kind) {
        return Err(refusal::policy_type_already_enabled().into());
    }
    if kind == SERVICE_CONTROL_POLICY {
        attachment::full_access_everywhere(place, true, world)?;
    }
    let organization = place.change(world, |organization| {
        organization.enabled_policy_types.insert(kind.to_owned());
    });
    Ok(EnablePolicyTypeResponse { root: Some(show_root(&organization)) })
}

/// DisablePolicyType. F-ORGS-TYPE-2: every policy of the type is detached from everything, for good.
///
/// # Errors
/// `RootNotFoundException`, `PolicyTypeNotEnabledException`.
pub(super) fn disable(
    place: &Place,
    input: DisablePolicyTypeRequest,
    world: &mut World<'_>,
) -> Result<DisablePolicyTypeResponse, Failure> {
    check_root(place, input.root_id.as_str())?;
    let kind = input.policy_type.as_str();
    if !place.organization.enabled_policy_types.contains(kind) {
        return Err(refusal::policy_type_not_enabled().into());
    }
    for name in all::<PolicyName>(&index::policy_names(&place.organization.id, kind), world)? {
        if let Some(named) = world.get::<PolicyName>(&name)? {
            attachment::detach_everywhere(place, &named.policy_id, world)?;
        }
    }
    if kind == SERVICE_CONTROL_POLICY {
        attachment::full_access_everywhere(place, false, world)?;
    }
    let organization = place.change(world, |organization| {
        organization.enabled_policy_types.remove(kind);
    });
    Ok(DisablePolicyTypeResponse { root: Some(show_root(&organization)) })
}
