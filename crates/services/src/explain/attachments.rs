//! Drafts of where a policy is attached: as if AttachPolicy or DetachPolicy had been called, in the world of one answer.

use aws::arn::AccountId;

use super::question::AttachmentDraft;
use super::{Stop, not_found, wrong};
use crate::organizations::policies::policy::{AwsManaged, RCP_FULL_AWS_ACCESS};
use crate::state::organization::{
    AttachedPolicies, Membership, OrganizationPolicy, OrganizationalUnit, PolicyId, UnitId,
};
use crate::world::World;

/// Attaches the policy to its target, or detaches it.
pub(super) fn put(draft: &AttachmentDraft, world: &mut World<'_>) -> Result<(), Stop> {
    let AttachmentDraft { policy, target, attached } = draft;
    if policy == RCP_FULL_AWS_ACCESS.id {
        return Err(wrong(format!("{policy} is attached everywhere, as long as its type is enabled.")));
    }
    // Of AWS's own policies there is one for every organization.
    let owner = match AwsManaged::find(policy) {
        Some(_) => None,
        None => Some(
            world
                .get::<OrganizationPolicy>(PolicyId(policy))?
                .ok_or_else(|| not_found(format!("There is no policy `{policy}` to attach or detach.")))?,
        ),
    };
    let is_of =
        |organization: &str| owner.as_ref().is_none_or(|policy| policy.organization_id == organization);
    let change = |policies: &mut AttachedPolicies| match attached {
        true => policies.attach(policy),
        false => policies.detach(policy),
    };
    let absent =
        || not_found(format!("There is no root, unit or account `{target}` in the policy's organization."));
    if let Ok(account) = target.parse::<AccountId>() {
        let membership = world.get::<Membership>(account)?.filter(|it| is_of(&it.organization_id));
        let mut membership = Membership::clone(&*membership.ok_or_else(absent)?);
        change(&mut membership.policies);
        world.put(account, membership);
        return Ok(());
    }
    let unit = world.get::<OrganizationalUnit>(UnitId(target))?.filter(|it| is_of(&it.organization_id));
    let mut unit = OrganizationalUnit::clone(&*unit.ok_or_else(absent)?);
    change(&mut unit.policies);
    world.save(unit);
    Ok(())
}
