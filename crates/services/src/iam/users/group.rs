//! Groups and who is in them.

use aws::arn::AccountId;

use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::names;
use crate::iam::directory::page::Pages;
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{
    AddUserToGroupRequest, CreateGroupRequest, CreateGroupResponse, DeleteGroupRequest, GetGroupRequest,
    GetGroupResponse, ListGroupsRequest, ListGroupsResponse, PathPrefixType, PathType,
    RemoveUserFromGroupRequest, UpdateGroupRequest,
};
use crate::state::identity::{Group, GroupId, GroupMember, GroupMemberId, User, UserId};
use crate::world::key::CaseInsensitive;
use crate::world::{Fault, Identified, World};

/// F-IAMAPI-LIM-6: the most groups a user is in.
pub const MOST_PER_USER: usize = 10;
/// How many members are read at a time where all of them are needed.
const BATCH: usize = 100;

/// The key of a membership.
pub fn member<'k>(account: AccountId, group: &'k str, user: &'k str) -> GroupMemberId<'k> {
    GroupMemberId { account, group: CaseInsensitive(group), user: CaseInsensitive(user) }
}

/// A group as answers show it.
pub fn shown(group: &Group) -> model::Group {
    model::Group {
        path: group.path.as_str().into(),
        group_name: group.name.as_str().into(),
        group_id: group.id.as_str().into(),
        arn: group.arn().into(),
        create_date: group.created_at,
    }
}

/// CreateGroup.
///
/// # Errors
/// `EntityAlreadyExists`, `LimitExceeded`.
pub fn create(
    on: &On<'_>,
    input: CreateGroupRequest,
    world: &mut World<'_>,
) -> Result<CreateGroupResponse, Failure> {
    let group = Group {
        account: on.account,
        name: input.group_name.into_string(),
        id: names::unique_id("AGPA", &on.context.seed),
        path: input.path.map_or_else(|| "/".to_owned(), PathType::into_string),
        created_at: on.context.now,
        inline_policies: Default::default(),
        attached_policies: Default::default(),
        members: 0,
    };
    directory::create(group.clone(), on.context.now, world)?;
    Ok(CreateGroupResponse { group: shown(&group) })
}

/// GetGroup: the group and a page of its users.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(on: &On<'_>, input: GetGroupRequest, world: &World<'_>) -> Result<GetGroupResponse, Failure> {
    let name = input.group_name.as_str();
    let group = directory::find::<Group>(on.account, name, world)?;
    let pages = Pages::new("GetGroup", on, [name], input.marker, input.max_items)?;
    let members = GroupMemberId::within(on.account, CaseInsensitive(name));
    let page = pages.of_documents(&members, world, |id, _: &GroupMember| {
        let user = world.get::<User>(UserId::new(on.account, id.user.0))?;
        Ok(user.map(|user| super::user::listed(&user)))
    })?;
    Ok(GetGroupResponse {
        group: shown(&group),
        users: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// UpdateGroup: another name, another path, or both. Its users and policies stay.
///
/// # Errors
/// `NoSuchEntity`, `EntityAlreadyExists`.
pub fn update(on: &On<'_>, input: UpdateGroupRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let old = directory::find::<Group>(on.account, input.group_name.as_str(), world)?;
    let mut group = Group::clone(&old);
    if let Some(path) = input.new_path {
        group.path = path.into_string();
    }
    if let Some(name) = input.new_group_name {
        group.name = name.into_string();
    }
    if group.document_id() != old.document_id() {
        directory::refuse_taken::<Group>(on.account, &group.name, world)?;
        move_members(&old, &group.name, world)?;
        directory::remove(&*old, world)?;
    }
    Ok(directory::save(group, world)?)
}

/// Carries the users of a group over to its new name.
fn move_members(old: &Group, new: &str, world: &mut World<'_>) -> Result<(), Fault> {
    let members = GroupMemberId::within(old.account, CaseInsensitive(&old.name));
    loop {
        let keys = world.keys(&members, None, BATCH)?;
        for key in &keys {
            let id = key.id()?;
            let name = id.user.0;
            world.delete::<GroupMember>(id);
            let Some(user) = world.get::<User>(UserId::new(old.account, name))? else { continue };
            let mut user = User::clone(&user);
            user.groups.remove(&old.name.to_lowercase());
            user.groups.insert(new.to_lowercase());
            world.put(member(old.account, new, name), GroupMember {});
            directory::save(user, world)?;
        }
        if keys.len() < BATCH {
            return Ok(());
        }
    }
}

/// DeleteGroup.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-GRP-1: `DeleteConflict` while it has users or policies.
pub fn delete(on: &On<'_>, input: DeleteGroupRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let group = directory::find::<Group>(on.account, input.group_name.as_str(), world)?;
    let conflict = match group.members {
        0 => crate::iam::policy_conflict(&*group),
        _ => Some("must remove users from group first."),
    };
    if let Some(conflict) = conflict {
        return Err(refusal::delete_conflict(format!("Cannot delete entity, {conflict}")).into());
    }
    Ok(directory::remove(&*group, world)?)
}

/// ListGroups, in the order of names.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(on: &On<'_>, input: ListGroupsRequest, world: &World<'_>) -> Result<ListGroupsResponse, Failure> {
    let prefix = input.path_prefix.as_ref().map_or("/", PathPrefixType::as_str);
    let pages = Pages::new("ListGroups", on, [prefix], input.marker, input.max_items)?;
    let page = pages.of_documents(&GroupId::within(on.account), world, |_, group: &Group| {
        Ok(crate::iam::is_under(group, prefix).then(|| shown(group)))
    })?;
    Ok(ListGroupsResponse { groups: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

/// AddUserToGroup; a user who is in it already stays so.
///
/// # Errors
/// `NoSuchEntity`, F-IAMAPI-LIM-6: `LimitExceeded`.
pub fn add_user(on: &On<'_>, input: AddUserToGroupRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let group = directory::open::<Group>(on.account, input.group_name.as_str(), world)?;
    let user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    if user.groups.contains(&group.name.to_lowercase()) {
        return Ok(());
    }
    if user.groups.len() >= MOST_PER_USER {
        return Err(refusal::quota("GroupsPerUser", MOST_PER_USER).into());
    }
    Ok(join(group, user, world)?)
}

/// Puts a user who is not in it into a group.
///
/// # Errors
/// See [`Fault`].
pub fn join(mut group: Group, mut user: User, world: &mut World<'_>) -> Result<(), Fault> {
    world.put(member(group.account, &group.name, &user.name), GroupMember {});
    user.groups.insert(group.name.to_lowercase());
    group.members += 1;
    directory::save(user, world)?;
    directory::save(group, world)
}

/// RemoveUserFromGroup. F-IAMAPI-GRP-2 (*assumed*): a user who is not in it is refused.
///
/// # Errors
/// `NoSuchEntity`.
pub fn remove_user(
    on: &On<'_>,
    input: RemoveUserFromGroupRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    // F-IAMAPI-GRP-3: where neither is there the user is named, and who is in no such group is in it no longer.
    let mut user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    let mut group = directory::open::<Group>(on.account, input.group_name.as_str(), world)?;
    if !user.groups.remove(&group.name.to_lowercase()) {
        return Ok(());
    }
    world.delete::<GroupMember>(member(on.account, &group.name, &user.name));
    group.members = group.members.saturating_sub(1);
    directory::save(user, world)?;
    Ok(directory::save(group, world)?)
}
