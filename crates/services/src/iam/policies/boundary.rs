//! Permissions boundaries of users and roles.

use super::managed_policy;
use crate::failure::Failure;
use crate::iam::directory::entity::PrincipalEntity;
use crate::iam::{On, directory, model, refusal};
use crate::world::World;

/// The boundary of a new user or role.
///
/// # Errors
/// `NoSuchEntity` where no such policy can be used.
pub fn of_new(
    on: &On<'_>,
    arn: Option<model::ArnType>,
    world: &World<'_>,
) -> Result<Option<String>, Failure> {
    arn.map(|arn| {
        managed_policy::refuse_unusable_boundary(on, arn.as_str(), world)?;
        Ok(arn.into_string())
    })
    .transpose()
}

/// Sets or replaces the boundary.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`.
pub fn put<E: PrincipalEntity>(
    on: &On<'_>,
    name: &str,
    arn: model::ArnType,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut entity = directory::open_unprotected::<E>(on.account, name, world)?;
    *entity.boundary_mut() = of_new(on, Some(arn), world)?;
    Ok(directory::save(entity, world)?)
}

/// Removes the boundary.
///
/// # Errors
/// `NoSuchEntity` also where there is none (F-IAMAPI-BND-1, text *assumed*); `UnmodifiableEntity`.
pub fn delete<E: PrincipalEntity>(on: &On<'_>, name: &str, world: &mut World<'_>) -> Result<(), Failure> {
    let mut entity = directory::open_unprotected::<E>(on.account, name, world)?;
    if entity.boundary_mut().take().is_none() {
        let (kind, name) = (E::ENTITY.name(), entity.name());
        let text = format!("The {kind} with name {name} does not have a permissions boundary.");
        return Err(refusal::no_such_entity(text).into());
    }
    Ok(directory::save(entity, world)?)
}
