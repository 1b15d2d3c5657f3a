//! Instance profiles: the role that an EC2 instance has.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>

use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::roles::role;
use crate::iam::{On, directory, model, refusal, tag};
use crate::model::iam::{
    AddRoleToInstanceProfileRequest, CreateInstanceProfileRequest, CreateInstanceProfileResponse,
    DeleteInstanceProfileRequest, GetInstanceProfileRequest, GetInstanceProfileResponse,
    ListInstanceProfileTagsRequest, ListInstanceProfileTagsResponse, ListInstanceProfilesForRoleRequest,
    ListInstanceProfilesForRoleResponse, ListInstanceProfilesRequest, ListInstanceProfilesResponse,
    PathPrefixType, PathType, RemoveRoleFromInstanceProfileRequest, TagInstanceProfileRequest,
    UntagInstanceProfileRequest,
};
use crate::quotas::number;
use crate::service_quotas::INSTANCE_PROFILES;
use crate::state::identity::{InstanceProfile, InstanceProfileId, Role, RoleId};
use crate::world::{Fault, World};

/// F-IAMAPI-PROF-1: the profile with this name, to be changed.
fn open(on: &On<'_>, name: &str, world: &World<'_>) -> Result<InstanceProfile, Failure> {
    let found = world.get::<InstanceProfile>(InstanceProfileId::new(on.account, name))?;
    let missing = || refusal::no_such_entity(format!("Instance Profile {name} cannot be found."));
    Ok(InstanceProfile::clone(&*found.ok_or_else(missing)?))
}

/// A profile as lists show it: with its role and without its tags.
fn listed(profile: &InstanceProfile, world: &World<'_>) -> Result<model::InstanceProfile, Fault> {
    let role = match &profile.role {
        Some(name) => world.get::<Role>(RoleId::new(profile.account, name))?,
        None => None,
    };
    Ok(model::InstanceProfile {
        path: profile.path.as_str().into(),
        instance_profile_name: profile.name.as_str().into(),
        instance_profile_id: profile.id.as_str().into(),
        arn: names::arn(profile.account, "instance-profile", &profile.path, &profile.name).into(),
        create_date: profile.created_at,
        roles: role.iter().map(|role| role::within_profile(role)).collect(),
        tags: None,
    })
}

/// CreateInstanceProfile.
///
/// # Errors
/// `EntityAlreadyExists`, `LimitExceeded`, `InvalidInput`.
pub fn create(
    on: &On<'_>,
    input: CreateInstanceProfileRequest,
    world: &mut World<'_>,
) -> Result<CreateInstanceProfileResponse, Failure> {
    let name = input.instance_profile_name.into_string();
    if world.get::<InstanceProfile>(InstanceProfileId::new(on.account, &name))?.is_some() {
        return Err(refusal::already_exists(format!("Instance Profile {name} already exists.")).into());
    }
    let profile = InstanceProfile {
        account: on.account,
        id: names::unique_id("AIPA", &on.context.seed),
        path: input.path.map_or_else(|| "/".to_owned(), PathType::into_string),
        created_at: on.context.now,
        role: None,
        tags: tag::of_new(input.tags, tag::Keys::CaseSensitive)?,
        name,
    };
    let count = directory::account(on.account, world)?.instance_profiles;
    let now = on.context.now;
    if let Some(limit) = INSTANCE_PROFILES.limit_reached(number(count), on.account, now, world)? {
        return Err(refusal::quota("InstanceProfilesPerAccount", limit).into());
    }
    directory::change_account(on.account, world, |account| account.instance_profiles = count + 1)?;
    let shown = model::InstanceProfile { tags: tag::shown(&profile.tags), ..listed(&profile, world)? };
    world.save(profile);
    Ok(CreateInstanceProfileResponse { instance_profile: shown })
}

/// GetInstanceProfile: the only one that shows tags also where there are none.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(
    on: &On<'_>,
    input: &GetInstanceProfileRequest,
    world: &World<'_>,
) -> Result<GetInstanceProfileResponse, Failure> {
    let profile = open(on, input.instance_profile_name.as_str(), world)?;
    let tags = Some(tag::all(&profile.tags));
    Ok(GetInstanceProfileResponse {
        instance_profile: model::InstanceProfile { tags, ..listed(&profile, world)? },
    })
}

/// DeleteInstanceProfile.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-PROF-2: `DeleteConflict` while a role is in it.
pub fn delete(
    on: &On<'_>,
    input: &DeleteInstanceProfileRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let profile = open(on, input.instance_profile_name.as_str(), world)?;
    if profile.role.is_some() {
        return Err(refusal::delete_conflict(WITH_ROLES).into());
    }
    directory::change_account(on.account, world, |account| {
        account.instance_profiles = account.instance_profiles.saturating_sub(1);
    })?;
    world.delete::<InstanceProfile>(InstanceProfileId::new(on.account, &profile.name));
    Ok(())
}

/// F-IAMAPI-PROF-2: what keeps a profile with a role, and a role in a profile.
pub const WITH_ROLES: &str = "Cannot delete entity, must remove roles from instance profile first.";

/// ListInstanceProfiles, in the order of names.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(
    on: &On<'_>,
    input: ListInstanceProfilesRequest,
    world: &World<'_>,
) -> Result<ListInstanceProfilesResponse, Failure> {
    let prefix = input.path_prefix.as_ref().map_or("/", PathPrefixType::as_str);
    let pages = Pages::new("ListInstanceProfiles", on, [prefix], input.marker, input.max_items)?;
    let within = InstanceProfileId::within(on.account);
    let page = pages.of_documents(&within, world, |_, profile: &InstanceProfile| {
        profile.path.starts_with(prefix).then(|| listed(profile, world)).transpose()
    })?;
    let Page { items, is_truncated, marker } = page;
    Ok(ListInstanceProfilesResponse { instance_profiles: items, is_truncated, marker })
}

/// ListInstanceProfilesForRole, in the order of names.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError` for a foreign marker.
pub fn list_for_role(
    on: &On<'_>,
    input: ListInstanceProfilesForRoleRequest,
    world: &World<'_>,
) -> Result<ListInstanceProfilesForRoleResponse, Failure> {
    let name = input.role_name.as_str();
    let role = directory::find::<Role>(on.account, name, world)?;
    let pages = Pages::new("ListInstanceProfilesForRole", on, [name], input.marker, input.max_items)?;
    let page = pages.of_list(profiles_of(&role, world)?);
    let Page { items, is_truncated, marker } = page;
    Ok(ListInstanceProfilesForRoleResponse { instance_profiles: items, is_truncated, marker })
}

/// The profiles that a role is in, each under its name in lower case.
///
/// # Errors
/// See [`Fault`].
pub fn profiles_of(role: &Role, world: &World<'_>) -> Result<Vec<(String, model::InstanceProfile)>, Fault> {
    let mut profiles = Vec::new();
    for name in &role.instance_profiles {
        if let Some(profile) = world.get::<InstanceProfile>(InstanceProfileId::new(role.account, name))? {
            profiles.push((name.clone(), listed(&profile, world)?));
        }
    }
    Ok(profiles)
}

/// AddRoleToInstanceProfile. F-IAMAPI-PROF-4: a profile has one role; a role may be in many.
///
/// # Errors
/// `NoSuchEntity`, `UnmodifiableEntity`, `LimitExceeded`.
pub fn add_role(
    on: &On<'_>,
    input: &AddRoleToInstanceProfileRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut profile = open(on, input.instance_profile_name.as_str(), world)?;
    let mut role = directory::open_unprotected::<Role>(on.account, input.role_name.as_str(), world)?;
    if profile.role.is_some() {
        return Err(refusal::quota("InstanceSessionsPerInstanceProfile", 1).into());
    }
    role.instance_profiles.insert(profile.name.to_lowercase());
    profile.role = Some(role.name().to_owned());
    directory::save(role, world)?;
    world.save(profile);
    Ok(())
}

/// RemoveRoleFromInstanceProfile.
///
/// # Errors
/// `NoSuchEntity`, also for a role that is not in the profile; `UnmodifiableEntity`.
pub fn remove_role(
    on: &On<'_>,
    input: &RemoveRoleFromInstanceProfileRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut profile = open(on, input.instance_profile_name.as_str(), world)?;
    let mut role = directory::open_unprotected::<Role>(on.account, input.role_name.as_str(), world)?;
    if !role.instance_profiles.remove(&profile.name.to_lowercase()) {
        let text = format!("Role {} in Instance Profile {} cannot be found.", role.name, profile.name);
        return Err(refusal::no_such_entity(text).into());
    }
    profile.role = None;
    directory::save(role, world)?;
    world.save(profile);
    Ok(())
}

/// TagInstanceProfile.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_tags(on: &On<'_>, input: TagInstanceProfileRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut profile = open(on, input.instance_profile_name.as_str(), world)?;
    tag::add(&mut profile.tags, input.tags, tag::Keys::CaseSensitive)?;
    world.save(profile);
    Ok(())
}

/// UntagInstanceProfile.
///
/// # Errors
/// `NoSuchEntity`.
pub fn remove_tags(
    on: &On<'_>,
    input: &UntagInstanceProfileRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut profile = open(on, input.instance_profile_name.as_str(), world)?;
    tag::remove(&mut profile.tags, &input.tag_keys, tag::Keys::CaseSensitive);
    world.save(profile);
    Ok(())
}

/// ListInstanceProfileTags.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError` for a foreign marker.
pub fn list_tags(
    on: &On<'_>,
    input: ListInstanceProfileTagsRequest,
    world: &World<'_>,
) -> Result<ListInstanceProfileTagsResponse, Failure> {
    let name = input.instance_profile_name.as_str();
    let profile = open(on, name, world)?;
    let pages = Pages::new("ListInstanceProfileTags", on, [name], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(tag::listed(&profile.tags));
    Ok(ListInstanceProfileTagsResponse { tags: items, is_truncated, marker })
}
