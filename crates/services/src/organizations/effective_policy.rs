//! DescribeEffectivePolicy: what an account inherits of the management policies.

use serde_json::Value;

use super::ancestry::Ancestry;
use super::inheritance::Inherited;
use super::model::{
    DescribeEffectivePolicyRequest, DescribeEffectivePolicyResponse, EffectivePolicy,
    InvalidInputExceptionReason,
};
use super::place::Place;
use super::{Call, refusal};
use crate::failure::Failure;
use crate::state::organization::OrganizationPolicy;
use crate::world::{Fault, World};

/// DescribeEffectivePolicy: of the caller's own account, or of the one that is named.
///
/// # Errors
/// F-ORGS-EFF-3: TARGET_NOT_SUPPORTED for a root or unit; `TargetNotFoundException`; `AccessDeniedException` where a plain
/// member names another account; `EffectivePolicyNotFoundException` where nothing of the type reaches the account.
pub(super) fn describe(
    place: &Place,
    input: DescribeEffectivePolicyRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<DescribeEffectivePolicyResponse, Failure> {
    let organization = &place.organization;
    let target = input.target_id.as_ref().map_or(place.account.as_str(), |target| target.as_str());
    if target != place.account.as_str()
        && !place.is_management()
        && !organization.delegated_administrators.contains_key(&place.account)
    {
        return Err(refusal::access_denied().into());
    }
    if target.starts_with("r-") || target.starts_with("ou-") {
        return Err(refusal::invalid_input(InvalidInputExceptionReason::TargetNotSupported).into());
    }
    let member = place.member(target, call, world)?.ok_or_else(refusal::target_not_found)?;
    let kind = input.policy_type.as_str();
    if !organization.enabled_policy_types.contains(kind) {
        return Err(refusal::effective_policy_not_found().into());
    }
    let ancestry = Ancestry::of(member.account.id, world)?
        .ok_or_else(|| Fault::Broken("a member is in no organization".into()))?;
    let mut inherited = Inherited::default();
    let mut updated_at = None;
    for level in ancestry.attached() {
        let mut documents = Vec::new();
        for id in level {
            let Some(policy) = world.get::<OrganizationPolicy>(id)? else { continue };
            if policy.kind == kind {
                let document: Value = serde_json::from_str(policy.document.source())
                    .map_err(|_| Fault::Broken("a policy's document is no JSON".into()))?;
                documents.push(document);
                updated_at = updated_at.max(Some(policy.updated_at.unwrap_or(organization.created_at)));
            }
        }
        inherited.add_level(&documents);
    }
    let effective = inherited.effective().ok_or_else(refusal::effective_policy_not_found)?;
    Ok(DescribeEffectivePolicyResponse {
        effective_policy: Some(EffectivePolicy {
            policy_content: Some(effective.to_string().into()),
            last_updated_timestamp: updated_at,
            target_id: Some(target.into()),
            policy_type: Some(input.policy_type),
        }),
    })
}
