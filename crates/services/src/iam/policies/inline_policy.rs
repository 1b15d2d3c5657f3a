//! Inline policies of users, groups and roles.

use aws::policy::{Policy, PolicyKind};
use aws::refusal::Refusal;

use crate::failure::Failure;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal};
use crate::world::World;

/// Reads a document that came with a request.
///
/// # Errors
/// F-IAMAPI-ERR-6: `MalformedPolicyDocument`, before anything is stored.
pub fn read(document: &model::PolicyDocumentType, kind: PolicyKind) -> Result<Policy, Refusal> {
    Policy::parse_as(document.as_str(), kind).map_err(|wrong| refusal::malformed_policy(wrong.message()))
}

/// The size that quotas count: white space does not.
pub fn size(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}

/// Adds or replaces an inline policy.
///
/// # Errors
/// `NoSuchEntity`, `MalformedPolicyDocument`, `UnmodifiableEntity`; F-IAMAPI-LIM-1: `LimitExceeded`, which is told
/// before the document is read (F-COST-2).
pub fn put<E: Entity>(
    on: &On<'_>,
    name: &str,
    policy_name: model::PolicyNameType,
    document: &model::PolicyDocumentType,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut entity = directory::open_unprotected::<E>(on.account, name, world)?;
    let kept = known_name(&entity, policy_name.as_str()).map(str::to_owned);
    let kept = kept.unwrap_or_else(|| policy_name.into_string());
    let most = E::ENTITY.inline_policy_size();
    let others = entity.inline_policies().iter().filter(|(name, _)| **name != kept);
    let others: usize = others.map(|(_, policy)| size(policy.source())).sum();
    if others + size(document.as_str()) > most {
        let kind = E::ENTITY.name();
        let text = format!("Maximum policy size of {most} bytes exceeded for {kind} {}", entity.name());
        return Err(refusal::limit_exceeded(text).into());
    }
    let policy = read(document, PolicyKind::Inline)?;
    entity.inline_policies_mut().insert(kept, policy);
    Ok(directory::save(entity, world)?)
}

/// F-IAMAPI-INL-1: names of inline policies are found without regard to case; the spelling of the first one
/// stays.
fn known_name<'e, E: Entity>(entity: &'e E, name: &str) -> Option<&'e str> {
    let mut names = entity.inline_policies().keys().map(String::as_str);
    names.find(|known| known.eq_ignore_ascii_case(name))
}

fn missing(kind: EntityKind, policy_name: &str) -> Failure {
    let kind = kind.name();
    refusal::no_such_entity(format!("The {kind} policy with name {policy_name} cannot be found.")).into()
}

/// The entity's name as it was given at its creation, and the document URL-encoded.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get<E: Entity>(
    on: &On<'_>,
    name: &str,
    policy_name: &model::PolicyNameType,
    world: &World<'_>,
) -> Result<(String, model::PolicyDocumentType), Failure> {
    let entity = directory::find::<E>(on.account, name, world)?;
    let known = known_name(&*entity, policy_name.as_str());
    let policy = known.and_then(|known| entity.inline_policies().get(known));
    let policy = policy.ok_or_else(|| missing(E::ENTITY, policy_name.as_str()))?;
    Ok((entity.name().to_owned(), names::url_encoded(policy.source()).into()))
}

/// Removes an inline policy.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`.
pub fn delete<E: Entity>(
    on: &On<'_>,
    name: &str,
    policy_name: &model::PolicyNameType,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut entity = directory::open_unprotected::<E>(on.account, name, world)?;
    let known = known_name(&entity, policy_name.as_str()).map(str::to_owned);
    let known = known.ok_or_else(|| missing(E::ENTITY, policy_name.as_str()))?;
    entity.inline_policies_mut().remove(&known);
    Ok(directory::save(entity, world)?)
}

/// The names of an entity's inline policies.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list<E: Entity>(
    on: &On<'_>,
    operation: &'static str,
    name: &str,
    (marker, max_items): (Option<model::MarkerType>, Option<i32>),
    world: &World<'_>,
) -> Result<Page<model::PolicyNameType>, Failure> {
    let entity = directory::find::<E>(on.account, name, world)?;
    let pages = Pages::new(operation, on, [name], marker, max_items)?;
    let names = entity.inline_policies().keys();
    Ok(pages.of_list(names.map(|name| (name.clone(), name.as_str().into()))))
}
