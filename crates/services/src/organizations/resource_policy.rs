//! The resource-based delegation policy: what members may do in Organizations itself.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>

use std::sync::Arc;

use aws::policy::{Policy, PolicyKind};

use super::model::{
    DescribeResourcePolicyResponse, InvalidInputExceptionReason, PutResourcePolicyRequest,
    PutResourcePolicyResponse, ResourcePolicy as Shown, ResourcePolicySummary,
};
use super::organization::new_id;
use super::place::Place;
use super::{Call, arn, refusal, tag};
use crate::failure::Failure;
use crate::state::organization::OrganizationResourcePolicy;
use crate::world::World;

fn show(place: &Place, policy: &OrganizationResourcePolicy) -> Shown {
    Shown {
        resource_policy_summary: Some(ResourcePolicySummary {
            id: Some(policy.id.as_str().into()),
            arn: Some(arn::resource_policy(&place.organization, &policy.id).into()),
        }),
        content: Some(policy.document.source().into()),
    }
}

fn stored(place: &Place, world: &World<'_>) -> Result<Arc<OrganizationResourcePolicy>, Failure> {
    let policy = world.get::<OrganizationResourcePolicy>(&place.organization.id)?;
    policy.ok_or_else(|| refusal::resource_policy_not_found().into())
}

/// PutResourcePolicy: creates it, or replaces its document.
///
/// # Errors
/// F-ORGS-RP-1: INVALID_RESOURCE_POLICY_JSON for a document that is no resource-based policy. F-ORGS-RP-2: tags are taken
/// when it is created only; later (*assumed*) they are added to those that are there.
pub(super) fn put(
    place: &Place,
    input: PutResourcePolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<PutResourcePolicyResponse, Failure> {
    place.require_all_features()?;
    let document = Policy::parse_as(input.content.as_str(), PolicyKind::Resource)
        .map_err(|_| refusal::invalid_input(InvalidInputExceptionReason::InvalidResourcePolicyJson))?;
    let tags = tag::read(input.tags)?;
    let before = world.get::<OrganizationResourcePolicy>(&place.organization.id)?;
    let policy = match before {
        Some(before) => {
            let mut policy = OrganizationResourcePolicy { document, ..(*before).clone() };
            policy.tags.extend(tags);
            policy
        }
        None => OrganizationResourcePolicy { id: new_id(call.context, "rp-", 8), document, tags },
    };
    let shown = show(place, &policy);
    world.put(&place.organization.id, policy);
    Ok(PutResourcePolicyResponse { resource_policy: Some(shown) })
}

/// DescribeResourcePolicy.
///
/// # Errors
/// `ResourcePolicyNotFoundException`.
pub(super) fn describe(place: &Place, world: &World<'_>) -> Result<DescribeResourcePolicyResponse, Failure> {
    place.require_all_features()?;
    let policy = stored(place, world)?;
    Ok(DescribeResourcePolicyResponse { resource_policy: Some(show(place, &policy)) })
}

/// DeleteResourcePolicy.
///
/// # Errors
/// `ResourcePolicyNotFoundException`.
pub(super) fn delete(place: &Place, world: &mut World<'_>) -> Result<(), Failure> {
    place.require_all_features()?;
    stored(place, world)?;
    world.delete::<OrganizationResourcePolicy>(&place.organization.id);
    Ok(())
}
