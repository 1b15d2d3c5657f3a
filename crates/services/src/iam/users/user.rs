//! Users.

use std::sync::Arc;

use aws::principal::Principal;
use aws::refusal::Refusal;

use super::group;
use crate::authority::groups::groups_of;
use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::names;
use crate::iam::directory::page::Pages;
use crate::iam::mfa::assignment;
use crate::iam::policies::boundary;
use crate::iam::{On, directory, model, refusal, tag};
use crate::model::iam::{
    CreateUserRequest, CreateUserResponse, DeleteUserRequest, ExistingUserNameType, GetUserRequest,
    GetUserResponse, ListGroupsForUserRequest, ListGroupsForUserResponse, ListUserTagsRequest,
    ListUserTagsResponse, ListUsersRequest, ListUsersResponse, PathPrefixType, PathType, UpdateUserRequest,
};
use crate::state::account::Account;
use crate::state::identity::{AccessKeyId, Credential, CredentialOwner, GroupMember, User, UserId};
use crate::world::{Fault, Identified, World};

/// F-IAMAPI-USR-1: a name may be left out by a user who means itself.
///
/// # Errors
/// `ValidationError` for any other caller.
pub fn named_or_self<'n>(on: &'n On<'_>, name: Option<&'n str>) -> Result<&'n str, Refusal> {
    match (name, &on.caller.principal) {
        (Some(name), _) => Ok(name),
        (None, Principal::User { name, .. }) => Ok(name),
        (None, _) => Err(refusal::validation("Must specify userName when calling with non-User credentials")),
    }
}

/// Whom a list of credentials is about: the named user, the calling one, or the root user, who has none of them.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn owner_of_list(
    on: &On<'_>,
    name: Option<&str>,
    world: &World<'_>,
) -> Result<Option<Arc<User>>, Failure> {
    match (name, &on.caller.principal) {
        (None, Principal::Root { .. }) => Ok(None),
        (name, _) => directory::find::<User>(on.account, named_or_self(on, name)?, world).map(Some),
    }
}

/// A user as lists show it.
pub fn listed(user: &User) -> model::User {
    model::User {
        path: Some(user.path.as_str().into()),
        user_name: Some(user.name.as_str().into()),
        user_id: user.id.as_str().into(),
        arn: user.arn().into(),
        create_date: user.created_at,
        password_last_used: user.login_profile.as_ref().and_then(|profile| profile.last_used_at),
        permissions_boundary: None,
        tags: None,
    }
}

/// A user as CreateUser and GetUser show it: with boundary and tags.
fn shown(user: &User) -> model::User {
    model::User {
        permissions_boundary: user.permissions_boundary.as_deref().map(names::attached_boundary),
        tags: tag::shown(&user.tags),
        ..listed(user)
    }
}

/// CreateUser.
///
/// # Errors
/// `EntityAlreadyExists`, `NoSuchEntity` for the boundary, `LimitExceeded`, `InvalidInput`.
pub fn create(
    on: &On<'_>,
    input: CreateUserRequest,
    world: &mut World<'_>,
) -> Result<CreateUserResponse, Failure> {
    let id = names::unique_id("AIDA", &on.context.seed);
    let user = User {
        path: input.path.map_or_else(|| "/".to_owned(), PathType::into_string),
        permissions_boundary: boundary::of_new(on, input.permissions_boundary, world)?,
        tags: tag::of_new(input.tags, tag::Keys::CaseInsensitive)?,
        ..User::new(on.account, input.user_name.into_string(), id, on.context.now)
    };
    directory::create(user.clone(), on.context.now, world)?;
    Ok(CreateUserResponse { user: Some(shown(&user)) })
}

/// GetUser. F-IAMAPI-USR-2: the root user that names nobody gets itself, under the account's
/// alias or without a name, and without a path.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn get(on: &On<'_>, input: GetUserRequest, world: &World<'_>) -> Result<GetUserResponse, Failure> {
    if let (None, Principal::Root { .. }) = (&input.user_name, &on.caller.principal) {
        return Ok(GetUserResponse { user: root(on, world)? });
    }
    let name = named_or_self(on, input.user_name.as_ref().map(ExistingUserNameType::as_str))?;
    Ok(GetUserResponse { user: shown(&*directory::find::<User>(on.account, name, world)?) })
}

/// The root user of the account, as answers show it.
///
/// # Errors
/// See [`Fault`].
pub fn root(on: &On<'_>, world: &World<'_>) -> Result<model::User, Fault> {
    let principal = Principal::Root { account: on.account };
    let account = world.get::<Account>(on.account)?;
    Ok(model::User {
        path: None,
        user_name: directory::account(on.account, world)?.alias.map(Into::into),
        user_id: principal.unique_id().into(),
        arn: principal.arn().into(),
        create_date: account.map_or(on.context.now, |account| account.created_at),
        password_last_used: None,
        permissions_boundary: None,
        tags: None,
    })
}

/// UpdateUser: another name, another path, or both. Keys, groups and policies go along.
///
/// # Errors
/// `NoSuchEntity`, `EntityAlreadyExists`.
pub fn update(on: &On<'_>, input: UpdateUserRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let old = directory::find::<User>(on.account, input.user_name.as_str(), world)?;
    let mut user = User::clone(&old);
    if let Some(path) = input.new_path {
        user.path = path.into_string();
    }
    if let Some(name) = input.new_user_name {
        user.name = name.into_string();
    }
    directory::rename(&*old, &user, world)?;
    let is_moved = user.document_id() != old.document_id();
    if is_moved {
        directory::refuse_taken::<User>(on.account, &user.name, world)?;
        for group in &user.groups {
            world.delete::<GroupMember>(group::member(on.account, group, &old.name));
            world.put(group::member(on.account, group, &user.name), GroupMember {});
        }
        directory::remove(&*old, world)?;
    }
    if user.name != old.name {
        assignment::rename_owner(&user, world)?;
        for id in &user.access_keys {
            let Some(credential) = world.get::<Credential>(AccessKeyId(id))? else { continue };
            let owner = CredentialOwner::User(user.name.clone());
            world.put(AccessKeyId(id), Credential { owner, ..Credential::clone(&credential) });
        }
    }
    Ok(directory::save(user, world)?)
}

/// DeleteUser.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-USR-3: `DeleteConflict` while anything belongs to the user.
pub fn delete(on: &On<'_>, input: DeleteUserRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let user = directory::find::<User>(on.account, input.user_name.as_str(), world)?;
    let conflict = if user.login_profile.is_some() {
        Some("must delete login profile first.")
    } else if !user.mfa_devices.is_empty() {
        // F-MFA-10: recorded of a user who has an access key as well.
        Some("must remove tokens from principal first.")
    } else if !user.access_keys.is_empty() {
        Some("must delete access keys first.")
    } else if !user.signing_certificates.is_empty() {
        Some("must delete signing certificates first.")
    } else if !(user.ssh_public_keys.is_empty() && user.service_specific_credentials.is_empty()) {
        // F-IAMAPI-SVC-4: recorded for credentials of services.
        Some("must remove referenced objects first.")
    } else if !user.groups.is_empty() {
        Some("must remove users from group first.")
    } else {
        crate::iam::policy_conflict(&*user)
    };
    if let Some(conflict) = conflict {
        return Err(refusal::delete_conflict(format!("Cannot delete entity, {conflict}")).into());
    }
    Ok(directory::remove(&*user, world)?)
}

/// ListUsers, in the order of names.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(on: &On<'_>, input: ListUsersRequest, world: &World<'_>) -> Result<ListUsersResponse, Failure> {
    let prefix = input.path_prefix.as_ref().map_or("/", PathPrefixType::as_str);
    let pages = Pages::new("ListUsers", on, [prefix], input.marker, input.max_items)?;
    let page = pages.of_documents(&UserId::within(on.account), world, |_, user: &User| {
        Ok(crate::iam::is_under(user, prefix).then(|| listed(user)))
    })?;
    Ok(ListUsersResponse { users: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

/// ListUserTags.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list_tags(
    on: &On<'_>,
    input: ListUserTagsRequest,
    world: &World<'_>,
) -> Result<ListUserTagsResponse, Failure> {
    let asked = (input.marker, input.max_items);
    let page = tag::list::<User>(on, "ListUserTags", input.user_name.as_str(), asked, world)?;
    Ok(ListUserTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

/// ListGroupsForUser.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list_groups(
    on: &On<'_>,
    input: ListGroupsForUserRequest,
    world: &World<'_>,
) -> Result<ListGroupsForUserResponse, Failure> {
    let name = input.user_name.as_str();
    let user = directory::find::<User>(on.account, name, world)?;
    let groups = groups_of(&user, world)?;
    let pages = Pages::new("ListGroupsForUser", on, [name], input.marker, input.max_items)?;
    let page = pages.of_list(groups.iter().map(|group| (group.name.to_lowercase(), group::shown(group))));
    Ok(ListGroupsForUserResponse { groups: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
