//! The documents that keep an organization's lists: written whenever a unit or an account comes, moves or goes.

use std::sync::Arc;

use aws::arn::AccountId;

use crate::state::organization::{
    Attachment, Child, Membership, MembershipChanges, OrganizationCounts, OrganizationEntity,
    OrganizationPolicy, OrganizationalUnit, PolicyName, UnitName,
};
use crate::world::{Document, Fault, World};

/// Keys that are asked for together.
const BATCH: usize = 1_000;

/// The kind of a child that is an account, as keys and the model write it.
pub(super) const ACCOUNT: &str = "ACCOUNT";
/// The kind of a child that is an organizational unit.
pub(super) const UNIT: &str = "ORGANIZATIONAL_UNIT";

/// The prefix of the ids of a parent's children of one kind.
pub(super) fn children(parent: &str, kind: &str) -> String {
    format!("{parent}/{kind}/")
}

/// The prefix of the ids of an organization's entities, of its account creations, and of its policies' attachments.
pub(super) fn of(organization_id: &str) -> String {
    format!("{organization_id}/")
}

/// Whether an id in the index of an organization's entities is an account's. In the order of keys accounts come first.
pub(super) fn is_account(id: &str) -> bool {
    id.parse::<AccountId>().is_ok()
}

/// The prefix of the targets of a policy.
pub(super) fn targets(organization_id: &str, policy_id: &str) -> String {
    format!("{organization_id}/{policy_id}/")
}

/// The prefix of the names of an organization's policies of one type.
pub(super) fn policy_names(organization_id: &str, kind: &str) -> String {
    format!("{organization_id}/{kind}/")
}

fn put_attachments<'p>(
    organization_id: &str,
    target: &str,
    policies: impl IntoIterator<Item = &'p String>,
    world: &mut World<'_>,
) {
    for policy in policies {
        if !super::policies::policy::is_aws_managed(policy) {
            world.put(&format!("{}{target}", targets(organization_id, policy)), Attachment {});
        }
    }
}

fn delete_attachments<'p>(
    organization_id: &str,
    target: &str,
    policies: impl IntoIterator<Item = &'p String>,
    world: &mut World<'_>,
) {
    for policy in policies {
        if !super::policies::policy::is_aws_managed(policy) {
            world.delete::<Attachment>(&format!("{}{target}", targets(organization_id, policy)));
        }
    }
}

/// Puts an account into its organization, with all that lists it there.
pub fn put_member(account: AccountId, membership: Membership, world: &mut World<'_>) {
    let id = account.as_str();
    world.put(&format!("{}{id}", of(&membership.organization_id)), OrganizationEntity {});
    world.put(&format!("{}{id}", children(&membership.parent_id, ACCOUNT)), Child {});
    put_attachments(&membership.organization_id, id, &membership.policies, world);
    world.put(id, membership);
}

/// Takes an account out of its organization.
pub(super) fn delete_member(account: AccountId, membership: &Membership, world: &mut World<'_>) {
    let id = account.as_str();
    world.delete::<OrganizationEntity>(&format!("{}{id}", of(&membership.organization_id)));
    world.delete::<Child>(&format!("{}{id}", children(&membership.parent_id, ACCOUNT)));
    delete_attachments(&membership.organization_id, id, &membership.policies, world);
    world.delete::<Membership>(id);
}

/// Writes a parent anew, so that it cannot be deleted at the same time as something is put into it.
pub(super) fn hold_unit(id: &str, world: &mut World<'_>) -> Result<(), Fault> {
    if let Some(unit) = world.get::<OrganizationalUnit>(id)? {
        world.put(id, (*unit).clone());
    }
    Ok(())
}

/// Moves an account to another parent.
pub(super) fn move_member(account: AccountId, mut membership: Membership, to: &str, world: &mut World<'_>) {
    let id = account.as_str();
    world.delete::<Child>(&format!("{}{id}", children(&membership.parent_id, ACCOUNT)));
    world.put(&format!("{}{id}", children(to, ACCOUNT)), Child {});
    to.clone_into(&mut membership.parent_id);
    world.put(id, membership);
}

/// Puts the root or a unit into its place, with all that lists it there. Its name must be free.
pub fn put_unit(unit: OrganizationalUnit, world: &mut World<'_>) {
    let id = unit.id.clone();
    world.put(&format!("{}{id}", of(&unit.organization_id)), OrganizationEntity {});
    if let Some(parent) = &unit.parent_id {
        world.put(&format!("{}{id}", children(parent, UNIT)), Child {});
        world.put(&format!("{parent}/{}", unit.name), UnitName { unit_id: id.clone() });
    }
    put_attachments(&unit.organization_id, &id, &unit.policies, world);
    world.put(&id, unit);
}

/// Takes a unit away.
pub(super) fn delete_unit(unit: &OrganizationalUnit, world: &mut World<'_>) {
    let id = &unit.id;
    world.delete::<OrganizationEntity>(&format!("{}{id}", of(&unit.organization_id)));
    if let Some(parent) = &unit.parent_id {
        world.delete::<Child>(&format!("{}{id}", children(parent, UNIT)));
        world.delete::<UnitName>(&format!("{parent}/{}", unit.name));
    }
    delete_attachments(&unit.organization_id, id, &unit.policies, world);
    world.delete::<OrganizationalUnit>(id);
}

fn policy_name(policy: &OrganizationPolicy) -> String {
    format!("{}{}", policy_names(&policy.organization_id, &policy.kind), policy.name)
}

/// Puts a policy into its place. Its name must be free.
pub fn put_policy(policy: OrganizationPolicy, world: &mut World<'_>) {
    world.put(&policy_name(&policy), PolicyName { policy_id: policy.id.clone() });
    world.put(&policy.id.clone(), policy);
}

/// Takes a policy away. It must not be attached anywhere.
pub(super) fn delete_policy(policy: &OrganizationPolicy, world: &mut World<'_>) {
    world.delete::<PolicyName>(&policy_name(policy));
    world.delete::<OrganizationPolicy>(&policy.id);
}

/// Changes the counts of an organization.
pub(super) fn count(
    organization_id: &str,
    world: &mut World<'_>,
    change: impl FnOnce(&mut OrganizationCounts),
) -> Result<(), Fault> {
    let found = world.get::<OrganizationCounts>(organization_id)?;
    let mut counts = found.map_or_else(OrganizationCounts::default, |counts| (*counts).clone());
    change(&mut counts);
    world.put(organization_id, counts);
    Ok(())
}

/// The changes of an organization's membership that quotas still count.
pub(super) fn membership_changes(
    organization_id: &str,
    world: &World<'_>,
) -> Result<MembershipChanges, Fault> {
    let stored = world.get::<MembershipChanges>(organization_id)?;
    Ok(stored.map_or_else(MembershipChanges::default, Arc::unwrap_or_clone))
}

/// All ids of a kind below a prefix.
pub(super) fn all<D: Document>(prefix: &str, world: &World<'_>) -> Result<Vec<String>, Fault> {
    let mut all = Vec::new();
    loop {
        let ids = world.ids::<D>(prefix, all.last().map(String::as_str), BATCH)?;
        let is_last = ids.len() < BATCH;
        all.extend(ids);
        if is_last {
            return Ok(all);
        }
    }
}

/// Deletes all documents of a kind below a prefix.
pub(super) fn delete_all<D: Document>(prefix: &str, world: &mut World<'_>) -> Result<(), Fault> {
    for id in all::<D>(prefix, world)? {
        world.delete::<D>(&id);
    }
    Ok(())
}
