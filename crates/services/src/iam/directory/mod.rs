//! The one place where users, groups, roles and managed policies are found and written, so that the counts of
//! an account and the index of who uses which policy always agree with them.
//!
//! A count is a document, so two requests that would pass a quota together cannot both commit.

pub(crate) mod entity;
pub(crate) mod last_used;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod trusted_principals;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;

use self::entity::{Entity, EntityKind};
use crate::failure::Failure;
use crate::iam::refusal;
use crate::quotas::number;
use crate::service_quotas;
use crate::state::identity::{
    IamAccount, ManagedPolicy, PolicyEntity, PolicyEntityId, PolicyUse, PolicyUseId, RoleId,
};
use crate::world::key::{CaseInsensitive, Named};
use crate::world::{Fault, Identified, World};

/// F-IAMAPI-SUM-2: how many managed policies, AWS's included, may be attached or a boundary somewhere.
pub const POLICIES_IN_USE: usize = 10_000;

/// What IAM keeps once for an account.
///
/// # Errors
/// See [`Fault`].
pub fn account(account: AccountId, world: &World<'_>) -> Result<IamAccount, Fault> {
    Ok(world.get::<IamAccount>(account)?.map_or_else(IamAccount::default, Arc::unwrap_or_clone))
}

/// Changes what IAM keeps once for an account.
///
/// # Errors
/// See [`Fault`].
pub fn change_account<T>(
    id: AccountId,
    world: &mut World<'_>,
    change: impl FnOnce(&mut IamAccount) -> T,
) -> Result<T, Fault> {
    let mut kept = account(id, world)?;
    let result = change(&mut kept);
    world.put(id, kept);
    Ok(result)
}

/// The user, group or role with this name.
///
/// # Errors
/// `NoSuchEntity`.
pub fn find<E: Entity>(account: AccountId, name: &str, world: &World<'_>) -> Result<Arc<E>, Failure> {
    let found = world.get::<E>(Named::new(account, name))?;
    found.ok_or_else(|| refusal::no_entity(E::ENTITY, name).into())
}

/// The same, to be changed and saved.
///
/// # Errors
/// `NoSuchEntity`.
pub fn open<E: Entity>(account: AccountId, name: &str, world: &World<'_>) -> Result<E, Failure> {
    find::<E>(account, name, world).map(Arc::unwrap_or_clone)
}

/// The same, of an entity that its account may change.
///
/// # Errors
/// `NoSuchEntity`; `UnmodifiableEntity` for a service-linked role.
pub fn open_unprotected<E: Entity>(account: AccountId, name: &str, world: &World<'_>) -> Result<E, Failure> {
    let entity = open::<E>(account, name, world)?;
    if entity.is_protected() {
        return Err(refusal::protected_role(entity.name()).into());
    }
    Ok(entity)
}

/// Refuses a name that is taken, without regard to case (F-IAMAPI-NAME-1).
///
/// # Errors
/// `EntityAlreadyExists`.
pub fn refuse_taken<E: Entity>(account: AccountId, name: &str, world: &World<'_>) -> Result<(), Failure> {
    match world.get::<E>(Named::new(account, name))? {
        Some(_) => Err(refusal::entity_exists(E::ENTITY, name).into()),
        None => Ok(()),
    }
}

/// Writes a new user, group or role. F-IAMAPI-LIM-2: an account has so many of each, and more where it was granted more.
///
/// # Errors
/// `EntityAlreadyExists`, `LimitExceeded`.
pub fn create<E: Entity>(entity: E, now: Timestamp, world: &mut World<'_>) -> Result<(), Failure> {
    let account = entity.account();
    refuse_taken::<E>(account, entity.name(), world)?;
    let (quota, limit) = match E::ENTITY {
        EntityKind::Group => ("GroupsPerAccount", &service_quotas::GROUPS),
        EntityKind::Role => ("RolesPerAccount", &service_quotas::ROLES),
        EntityKind::User => ("UsersPerAccount", &service_quotas::USERS),
    };
    let count = number(*count_of(&mut self::account(account, world)?, E::ENTITY));
    if let Some(limit) = limit.limit_reached(count, account, now, world)? {
        return Err(refusal::quota(quota, limit).into());
    }
    save(entity, world)?;
    Ok(())
}

fn count_of(account: &mut IamAccount, kind: EntityKind) -> &mut u32 {
    match kind {
        EntityKind::Group => &mut account.groups,
        EntityKind::Role => &mut account.roles,
        EntityKind::User => &mut account.users,
    }
}

/// Writes a user, group or role, new or changed, with the counts and indexes that follow from it.
///
/// # Errors
/// See [`Fault`].
pub fn save<E: Entity>(entity: E, world: &mut World<'_>) -> Result<(), Fault> {
    let old = world.get::<E>(entity.document_id())?;
    if old.is_none() {
        change_account(entity.account(), world, |account| *count_of(account, E::ENTITY) += 1)?;
    }
    let (before, trusted) = old.map(|old| (usage(&*old), old.trusted_principals())).unwrap_or_default();
    index::<E>(entity.account(), entity.name(), &before, &usage(&entity), world)?;
    let role = RoleId::new(entity.account(), entity.name());
    trusted_principals::index(role, &trusted, &entity.trusted_principals(), world);
    world.save(entity);
    Ok(())
}

/// Carries over to another name or path what is kept of a user or role elsewhere; it is saved and, under its
/// old name, removed by the caller.
///
/// # Errors
/// See [`Fault`].
pub fn rename<E: Entity>(old: &E, new: &E, world: &mut World<'_>) -> Result<(), Fault> {
    trusted_principals::replace(&old.arn(), &new.arn(), world)
}

/// Removes a user, group or role.
///
/// # Errors
/// See [`Fault`].
pub fn remove<E: Entity>(entity: &E, world: &mut World<'_>) -> Result<(), Fault> {
    let account = entity.account();
    change_account(account, world, |account| {
        let count = count_of(account, E::ENTITY);
        *count = count.saturating_sub(1);
    })?;
    index::<E>(account, entity.name(), &usage(entity), &BTreeMap::new(), world)?;
    let role = RoleId::new(account, entity.name());
    trusted_principals::index(role, &entity.trusted_principals(), &BTreeSet::new(), world);
    world.delete::<E>(entity.document_id());
    trusted_principals::replace(&entity.arn(), entity.id(), world)
}

/// Which managed policies an entity uses and how, by policy key.
fn usage<E: Entity>(entity: &E) -> BTreeMap<String, PolicyEntity> {
    let mut usage: BTreeMap<String, PolicyEntity> = BTreeMap::new();
    for arn in entity.attached_policies() {
        usage.entry(names::policy_key(arn)).or_default().attached = true;
    }
    if let Some(arn) = entity.boundary() {
        usage.entry(names::policy_key(arn)).or_default().boundary = true;
    }
    usage
}

fn index<E: Entity>(
    account: AccountId,
    name: &str,
    before: &BTreeMap<String, PolicyEntity>,
    after: &BTreeMap<String, PolicyEntity>,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let policies: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for policy in policies {
        let old = before.get(policy).copied().unwrap_or_default();
        let new = after.get(policy).copied().unwrap_or_default();
        if old == new {
            continue;
        }
        let id = PolicyEntityId { account, policy, kind: E::ENTITY, name: CaseInsensitive(name) };
        if new == PolicyEntity::default() {
            world.delete::<PolicyEntity>(id);
        } else {
            world.put(id, new);
        }
        count_use(PolicyUseId { account, policy }, old, new, world)?;
    }
    Ok(())
}

fn count_use(
    id: PolicyUseId<'_>,
    old: PolicyEntity,
    new: PolicyEntity,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let mut used = world.get::<PolicyUse>(id)?.map_or_else(PolicyUse::default, Arc::unwrap_or_clone);
    used.attachments = (used.attachments + u32::from(new.attached)).saturating_sub(u32::from(old.attached));
    used.boundaries = (used.boundaries + u32::from(new.boundary)).saturating_sub(u32::from(old.boundary));
    if used.attachments == 0 && used.boundaries == 0 {
        world.delete::<PolicyUse>(id);
    } else {
        world.put(id, used);
    }
    Ok(())
}

/// How often the managed policy with this ARN is used in `account`.
///
/// # Errors
/// See [`Fault`].
pub fn policy_use(account: AccountId, arn: &str, world: &World<'_>) -> Result<PolicyUse, Fault> {
    let found = world.get::<PolicyUse>(PolicyUseId { account, policy: &names::policy_key(arn) })?;
    Ok(found.map_or_else(PolicyUse::default, Arc::unwrap_or_clone))
}

/// The names of AWS's policies that are attached, or a boundary, in `account`.
///
/// # Errors
/// See [`Fault`].
pub fn aws_policies_in_use(account: AccountId, world: &World<'_>) -> Result<BTreeSet<String>, Fault> {
    let prefix = PolicyUseId::within(account);
    let mut names = BTreeSet::new();
    // AWS's come first, since `aws:` does before `own:`.
    for key in world.keys(&prefix, None, POLICIES_IN_USE)? {
        match key.place(&prefix).strip_prefix("aws:") {
            Some(name) => names.insert(name.to_owned()),
            None => break,
        };
    }
    Ok(names)
}

/// Writes a customer-managed policy, new or changed, with the counts that follow from it.
///
/// # Errors
/// See [`Fault`].
pub fn save_policy(policy: ManagedPolicy, world: &mut World<'_>) -> Result<(), Fault> {
    if world.get::<ManagedPolicy>(policy.document_id())?.is_none() {
        change_account(policy.account, world, |account| account.policies += 1)?;
    }
    world.save(policy);
    Ok(())
}

/// Removes a customer-managed policy.
///
/// # Errors
/// See [`Fault`].
pub fn remove_policy(policy: &ManagedPolicy, world: &mut World<'_>) -> Result<(), Fault> {
    change_account(policy.account, world, |account| account.policies = account.policies.saturating_sub(1))?;
    world.delete::<ManagedPolicy>(policy.document_id());
    Ok(())
}
