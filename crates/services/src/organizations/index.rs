//! The documents that keep an organization's lists: written whenever a unit or an account comes, moves or goes.

use std::sync::Arc;

use aws::arn::AccountId;

use crate::model::organizations::ChildType;
use crate::state::organization::{
    Attachment, AttachmentId, Child, ChildId, Membership, MembershipChanges, OrganizationCounts,
    OrganizationEntity, OrganizationEntityId, OrganizationId, OrganizationPolicy, OrganizationalUnit,
    PolicyId, PolicyName, PolicyNameId, UnitId, UnitName, UnitNameId,
};
use crate::world::key::{Key, Prefix};
use crate::world::{Document, Fault, World};

/// Keys that are asked for together.
const BATCH: usize = 1_000;

/// Whether an id in the index of an organization's entities is an account's. In the order of keys accounts come first.
pub(super) fn is_account(id: &str) -> bool {
    id.parse::<AccountId>().is_ok()
}

fn child<'k>(parent: &'k str, kind: ChildType, child: &'k str) -> ChildId<'k> {
    ChildId { parent, kind, child }
}

/// The ids of a target's attachments. What AWS manages is attached by everybody and listed nowhere.
fn attachments<'k>(
    organization: &'k str,
    target: &'k str,
    policies: impl IntoIterator<Item = &'k String>,
) -> impl Iterator<Item = AttachmentId<'k>> {
    let own = policies.into_iter().filter(|policy| !super::policies::policy::is_aws_managed(policy));
    own.map(move |policy| AttachmentId { organization, policy, target })
}

/// Puts an account into its organization, with all that lists it there.
pub fn put_member(account: AccountId, membership: Membership, world: &mut World<'_>) {
    let id = account.as_str();
    let organization = &membership.organization_id;
    world.put(OrganizationEntityId { organization, entity: id }, OrganizationEntity {});
    world.put(child(&membership.parent_id, ChildType::Account, id), Child {});
    for id in attachments(&membership.organization_id, id, &membership.policies) {
        world.put(id, Attachment {});
    }
    world.put(account, membership);
}

/// Takes an account out of its organization.
pub(super) fn delete_member(account: AccountId, membership: &Membership, world: &mut World<'_>) {
    let id = account.as_str();
    let organization = &membership.organization_id;
    world.delete::<OrganizationEntity>(OrganizationEntityId { organization, entity: id });
    world.delete::<Child>(child(&membership.parent_id, ChildType::Account, id));
    for id in attachments(&membership.organization_id, id, &membership.policies) {
        world.delete::<Attachment>(id);
    }
    world.delete::<Membership>(account);
}

/// Writes a parent anew, so that it cannot be deleted at the same time as something is put into it.
pub(super) fn hold_unit(id: &str, world: &mut World<'_>) -> Result<(), Fault> {
    if let Some(unit) = world.get::<OrganizationalUnit>(UnitId(id))? {
        world.save((*unit).clone());
    }
    Ok(())
}

/// Moves an account to another parent.
pub(super) fn move_member(account: AccountId, mut membership: Membership, to: &str, world: &mut World<'_>) {
    let id = account.as_str();
    world.delete::<Child>(child(&membership.parent_id, ChildType::Account, id));
    world.put(child(to, ChildType::Account, id), Child {});
    to.clone_into(&mut membership.parent_id);
    world.put(account, membership);
}

/// Puts the root or a unit into its place, with all that lists it there. Its name must be free.
pub fn put_unit(unit: OrganizationalUnit, world: &mut World<'_>) {
    let (id, organization) = (&unit.id, &unit.organization_id);
    world.put(OrganizationEntityId { organization, entity: id }, OrganizationEntity {});
    if let Some(parent) = &unit.parent_id {
        world.put(child(parent, ChildType::OrganizationalUnit, id), Child {});
        world.put(UnitNameId { parent, name: &unit.name }, UnitName { unit_id: id.clone() });
    }
    for id in attachments(organization, id, &unit.policies) {
        world.put(id, Attachment {});
    }
    world.save(unit);
}

/// Takes a unit away.
pub(super) fn delete_unit(unit: &OrganizationalUnit, world: &mut World<'_>) {
    let (id, organization) = (&unit.id, &unit.organization_id);
    world.delete::<OrganizationEntity>(OrganizationEntityId { organization, entity: id });
    if let Some(parent) = &unit.parent_id {
        world.delete::<Child>(child(parent, ChildType::OrganizationalUnit, id));
        world.delete::<UnitName>(UnitNameId { parent, name: &unit.name });
    }
    for id in attachments(organization, id, &unit.policies) {
        world.delete::<Attachment>(id);
    }
    world.delete::<OrganizationalUnit>(UnitId(id));
}

fn policy_name(policy: &OrganizationPolicy) -> PolicyNameId<'_> {
    PolicyNameId { organization: &policy.organization_id, kind: policy.kind, name: &policy.name }
}

/// Puts a policy into its place. Its name must be free.
pub fn put_policy(policy: OrganizationPolicy, world: &mut World<'_>) {
    world.put(policy_name(&policy), PolicyName { policy_id: policy.id.clone() });
    world.save(policy);
}

/// Takes a policy away. It must not be attached anywhere.
pub(super) fn delete_policy(policy: &OrganizationPolicy, world: &mut World<'_>) {
    world.delete::<PolicyName>(policy_name(policy));
    world.delete::<OrganizationPolicy>(PolicyId(&policy.id));
}

/// Changes the counts of an organization.
pub(super) fn count(
    organization_id: &str,
    world: &mut World<'_>,
    change: impl FnOnce(&mut OrganizationCounts),
) -> Result<(), Fault> {
    let found = world.get::<OrganizationCounts>(OrganizationId(organization_id))?;
    let mut counts = found.map_or_else(OrganizationCounts::default, |counts| (*counts).clone());
    change(&mut counts);
    world.put(OrganizationId(organization_id), counts);
    Ok(())
}

/// The changes of an organization's membership that quotas still count.
pub(super) fn membership_changes(
    organization_id: &str,
    world: &World<'_>,
) -> Result<MembershipChanges, Fault> {
    let stored = world.get::<MembershipChanges>(OrganizationId(organization_id))?;
    Ok(stored.map_or_else(MembershipChanges::default, Arc::unwrap_or_clone))
}

/// All keys of a kind below a prefix.
pub(super) fn all<D: Document>(prefix: &Prefix<D>, world: &World<'_>) -> Result<Vec<Key<D>>, Fault> {
    let mut all: Vec<Key<D>> = Vec::new();
    loop {
        let keys = world.keys(prefix, all.last().map(|key| key.place(prefix)), BATCH)?;
        let is_last = keys.len() < BATCH;
        all.extend(keys);
        if is_last {
            return Ok(all);
        }
    }
}

/// Deletes all documents of a kind below a prefix.
pub(super) fn delete_all<D: Document>(prefix: &Prefix<D>, world: &mut World<'_>) -> Result<(), Fault> {
    for key in all(prefix, world)? {
        world.delete::<D>(key.id()?);
    }
    Ok(())
}
