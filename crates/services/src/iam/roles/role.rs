//! Roles.

use super::{acquired_role, service_linked_role};
use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::page::Pages;
use crate::iam::directory::{last_used, names};
use crate::iam::policies::boundary;
use crate::iam::roles::trust_policy;
use crate::iam::{On, directory, instance_profile, model, refusal, tag};
use crate::model::iam::{
    CreateRoleRequest, CreateRoleResponse, DeleteRoleRequest, GetRoleRequest, GetRoleResponse,
    ListRoleTagsRequest, ListRoleTagsResponse, ListRolesRequest, ListRolesResponse, PathPrefixType, PathType,
    RoleDescriptionType, UpdateAssumeRolePolicyRequest, UpdateRoleDescriptionRequest,
    UpdateRoleDescriptionResponse, UpdateRoleRequest, UpdateRoleResponse,
};
use crate::state::identity::{DEFAULT_SESSION_SECONDS, Role, RoleId};
use crate::world::World;

/// F-IAMAPI-ROLE-6 (text *assumed*).
const SET_AND_RESET: &str =
    "MaxSigninSessionDuration and ResetMaxSigninSessionDuration cannot be specified together.";

/// A role as lists show it.
fn listed(role: &Role) -> model::Role {
    model::Role {
        path: role.path.as_str().into(),
        role_name: role.name.as_str().into(),
        role_id: role.id.as_str().into(),
        arn: role.arn().into(),
        create_date: role.created_at,
        assume_role_policy_document: Some(names::url_encoded(role.trust_policy.source()).into()),
        description: (!role.description.is_empty()).then(|| role.description.as_str().into()),
        max_session_duration: i32::try_from(role.max_session_duration_seconds).ok(),
        max_signin_session_duration: role
            .max_signin_session_duration_seconds
            .and_then(|seconds| i32::try_from(seconds).ok()),
        permissions_boundary: None,
        tags: None,
        role_last_used: None,
        source_role_template: None,
    }
}

/// F-IAMAPI-ROLE-5: a role as CreateRole shows it: with boundary and tags, without description and longest
/// sessions.
pub fn created(role: &Role) -> model::Role {
    model::Role {
        permissions_boundary: role.permissions_boundary.as_deref().map(names::attached_boundary),
        tags: tag::shown(&role.tags),
        description: None,
        max_session_duration: None,
        max_signin_session_duration: None,
        ..listed(role)
    }
}

/// A role as instance profiles show it: without description and longest sessions.
pub fn within_profile(role: &Role) -> model::Role {
    model::Role {
        description: None,
        max_session_duration: None,
        max_signin_session_duration: None,
        ..listed(role)
    }
}

/// CreateRole.
///
/// # Errors
/// `EntityAlreadyExists`, `MalformedPolicyDocument`, `NoSuchEntity` for the boundary, `LimitExceeded`,
/// `InvalidInput`; F-IAMAPI-ROLE-2: a path of service-linked roles is refused (text *assumed*).
pub fn create(
    on: &On<'_>,
    input: CreateRoleRequest,
    world: &mut World<'_>,
) -> Result<CreateRoleResponse, Failure> {
    let path = input.path.map_or_else(|| "/".to_owned(), PathType::into_string);
    if path.starts_with(service_linked_role::PATH_PREFIX) {
        let text = format!("Roles in {} can only be created by AWS.", service_linked_role::PATH_PREFIX);
        return Err(refusal::validation(text).into());
    }
    let id = names::unique_id("AROA", &on.context.seed);
    let trust_policy = trust_policy::read_checked(on, &input.assume_role_policy_document, world)?;
    let role = Role {
        path,
        description: input.description.map(RoleDescriptionType::into_string).unwrap_or_default(),
        max_session_duration_seconds: seconds(input.max_session_duration).unwrap_or(DEFAULT_SESSION_SECONDS),
        max_signin_session_duration_seconds: seconds(input.max_signin_session_duration),
        permissions_boundary: boundary::of_new(on, input.permissions_boundary, world)?,
        tags: tag::of_new(input.tags, tag::Keys::CaseInsensitive)?,
        ..Role::new(on.account, input.role_name.into_string(), id, on.context.now, trust_policy)
    };
    directory::create(role.clone(), on.context.now, world)?;
    Ok(CreateRoleResponse { role: created(&role) })
}

fn seconds(given: Option<i32>) -> Option<u32> {
    given.and_then(|seconds| u32::try_from(seconds).ok())
}

/// GetRole. F-IAMAPI-KEY-3: `RoleLastUsed` is empty where the newest records know no use of the role.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(on: &On<'_>, input: GetRoleRequest, world: &World<'_>) -> Result<GetRoleResponse, Failure> {
    let role = directory::find::<Role>(on.account, input.role_name.as_str(), world)?;
    let role_last_used = Some(last_used::of_role(&role, world)?);
    let permissions_boundary = role.permissions_boundary.as_deref().map(names::attached_boundary);
    let tags = tag::shown(&role.tags);
    let source_role_template = acquired_role::source_template(&role);
    let shown =
        model::Role { permissions_boundary, tags, role_last_used, source_role_template, ..listed(&role) };
    Ok(GetRoleResponse { role: shown })
}

/// DeleteRole.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`; F-IAMAPI-ROLE-3: `DeleteConflict` while it is in an instance profile or has
/// policies.
pub fn delete(on: &On<'_>, input: DeleteRoleRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let role = directory::open_unprotected::<Role>(on.account, input.role_name.as_str(), world)?;
    if !role.instance_profiles.is_empty() {
        return Err(refusal::delete_conflict(instance_profile::WITH_ROLES).into());
    }
    if let Some(conflict) = crate::iam::policy_conflict(&role) {
        return Err(refusal::delete_conflict(format!("Cannot delete entity, {conflict}")).into());
    }
    Ok(directory::remove(&role, world)?)
}

/// UpdateRole: description and longest sessions. F-IAMAPI-ROLE-4: of a service-linked role only the
/// description.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`; F-IAMAPI-ROLE-6: `InvalidInput` where the longest sign-in session is set and
/// reset at once.
pub fn update(
    on: &On<'_>,
    input: UpdateRoleRequest,
    world: &mut World<'_>,
) -> Result<UpdateRoleResponse, Failure> {
    let mut role = directory::open::<Role>(on.account, input.role_name.as_str(), world)?;
    if let Some(seconds) = seconds(input.max_session_duration) {
        if role.is_protected() {
            return Err(refusal::protected_duration(&role.name).into());
        }
        role.max_session_duration_seconds = seconds;
    }
    let resets = input.reset_max_signin_session_duration == Some(true);
    if resets || input.max_signin_session_duration.is_some() {
        if role.is_protected() {
            return Err(refusal::protected_duration(&role.name).into());
        }
        if resets && input.max_signin_session_duration.is_some() {
            return Err(refusal::invalid_input(SET_AND_RESET).into());
        }
        role.max_signin_session_duration_seconds = seconds(input.max_signin_session_duration);
    }
    if let Some(description) = input.description {
        role.description = description.into_string();
    }
    directory::save(role, world)?;
    Ok(UpdateRoleResponse {})
}

/// UpdateRoleDescription. F-IAMAPI-ROLE-5: its answer shows the description, and not the longest session,
/// the boundary and the tags.
///
/// # Errors
/// `NoSuchEntity`.
pub fn update_description(
    on: &On<'_>,
    input: UpdateRoleDescriptionRequest,
    world: &mut World<'_>,
) -> Result<UpdateRoleDescriptionResponse, Failure> {
    let mut role = directory::open::<Role>(on.account, input.role_name.as_str(), world)?;
    role.description = input.description.into_string();
    let answer = UpdateRoleDescriptionResponse {
        role: Some(model::Role {
            max_session_duration: None,
            max_signin_session_duration: None,
            ..listed(&role)
        }),
    };
    directory::save(role, world)?;
    Ok(answer)
}

/// UpdateAssumeRolePolicy.
///
/// # Errors
/// `NoSuchEntity`, `MalformedPolicyDocument`, `UnmodifiableEntity`, `LimitExceeded`.
pub fn update_trust(
    on: &On<'_>,
    input: UpdateAssumeRolePolicyRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut role = directory::open_unprotected::<Role>(on.account, input.role_name.as_str(), world)?;
    role.trust_policy = trust_policy::read_checked(on, &input.policy_document, world)?;
    Ok(directory::save(role, world)?)
}

/// ListRoles, in the order of names.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(on: &On<'_>, input: ListRolesRequest, world: &World<'_>) -> Result<ListRolesResponse, Failure> {
    let prefix = input.path_prefix.as_ref().map_or("/", PathPrefixType::as_str);
    let pages = Pages::new("ListRoles", on, [prefix], input.marker, input.max_items)?;
    let page = pages.of_documents(&RoleId::within(on.account), world, |_, role: &Role| {
        Ok(crate::iam::is_under(role, prefix).then(|| listed(role)))
    })?;
    Ok(ListRolesResponse { roles: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

/// ListRoleTags.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list_tags(
    on: &On<'_>,
    input: ListRoleTagsRequest,
    world: &World<'_>,
) -> Result<ListRoleTagsResponse, Failure> {
    let asked = (input.marker, input.max_items);
    let page = tag::list::<Role>(on, "ListRoleTags", input.role_name.as_str(), asked, world)?;
    Ok(ListRoleTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
