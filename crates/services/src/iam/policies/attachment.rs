//! Managed policies attached to users, groups and roles.

use super::managed_policy;
use crate::failure::Failure;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal};
use crate::service_quotas::{POLICIES_PER_GROUP, POLICIES_PER_ROLE, POLICIES_PER_USER};
use crate::world::World;

/// Attaches a managed policy; one that is attached already stays so.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`, `PolicyNotAttachable`, F-IAMAPI-LIM-3: `LimitExceeded`.
pub fn attach<E: Entity>(
    on: &On<'_>,
    name: &str,
    arn: &model::ArnType,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let arn = arn.as_str();
    let mut entity = directory::open_unprotected::<E>(on.account, name, world)?;
    managed_policy::refuse_unattachable(on, arn, world)?;
    if !entity.attached_policies_mut().insert(arn.to_owned()) {
        return Ok(());
    }
    let (name, quota) = match E::ENTITY {
        EntityKind::Group => ("PoliciesPerGroup", &POLICIES_PER_GROUP),
        EntityKind::Role => ("PoliciesPerRole", &POLICIES_PER_ROLE),
        EntityKind::User => ("PoliciesPerUser", &POLICIES_PER_USER),
    };
    let others = entity.attached_policies().len() - 1;
    if let Some(limit) = quota.limit_reached(others, on.account, on.context.now, world)? {
        return Err(refusal::quota(name, limit).into());
    }
    Ok(directory::save(entity, world)?)
}

/// Detaches a managed policy.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`.
pub fn detach<E: Entity>(
    on: &On<'_>,
    name: &str,
    arn: &model::ArnType,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut entity = directory::open_unprotected::<E>(on.account, name, world)?;
    if !entity.attached_policies_mut().remove(arn.as_str()) {
        return Err(refusal::no_policy(arn.as_str()).into());
    }
    Ok(directory::save(entity, world)?)
}

/// The managed policies that are attached to an entity.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list<E: Entity>(
    on: &On<'_>,
    operation: &'static str,
    name: &str,
    path_prefix: Option<&model::PolicyPathType>,
    (marker, max_items): (Option<model::MarkerType>, Option<i32>),
    world: &World<'_>,
) -> Result<Page<model::AttachedPolicy>, Failure> {
    let entity = directory::find::<E>(on.account, name, world)?;
    let prefix = path_prefix.map_or("/", model::PolicyPathType::as_str);
    let pages = Pages::new(operation, on, [name, prefix], marker, max_items)?;
    let attached = entity.attached_policies().iter();
    let attached = attached.filter(|arn| names::path_of_policy(arn).starts_with(prefix));
    let mut attached: Vec<_> =
        attached.map(|arn| (names::place_of_policy(arn), names::attached_policy(arn))).collect();
    attached.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(pages.of_list(attached))
}
