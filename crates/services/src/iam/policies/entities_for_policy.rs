//! ListEntitiesForPolicy: who uses a managed policy, read from the index that [`crate::iam::directory`] keeps.

use super::managed_policy;
use crate::failure::Failure;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::directory::page::Pages;
use crate::iam::{On, refusal};
use crate::model::iam::{
    EntityType, ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse, PathType, PolicyGroup,
    PolicyRole, PolicyUsageType, PolicyUser,
};
use crate::state::identity::{Group, GroupId, PolicyEntity, PolicyEntityId, Role, RoleId, User, UserId};
use crate::world::{Fault, World};

/// One user of the policy.
enum Found {
    Group(PolicyGroup),
    Role(PolicyRole),
    User(PolicyUser),
}

/// ListEntitiesForPolicy.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn list(
    on: &On<'_>,
    input: ListEntitiesForPolicyRequest,
    world: &World<'_>,
) -> Result<ListEntitiesForPolicyResponse, Failure> {
    let arn = input.policy_arn.as_str();
    if managed_policy::find(on, arn, world)?.is_none() {
        return Err(refusal::no_policy(arn).into());
    }
    let path = input.path_prefix.as_ref().map_or("/", PathType::as_str);
    let usage = input.policy_usage_filter;
    // F-IAMAPI-POL-7: no policy is an entity that another one is attached to.
    let is_kind = |kind: EntityKind| match input.entity_filter {
        Some(EntityType::Group) => kind == EntityKind::Group,
        Some(EntityType::Role) => kind == EntityKind::Role,
        Some(EntityType::User) => kind == EntityKind::User,
        Some(EntityType::LocalManagedPolicy | EntityType::AwsManagedPolicy) => false,
        None => true,
    };
    let filter = [
        arn,
        path,
        usage.map_or("", PolicyUsageType::as_str),
        input.entity_filter.map_or("", EntityType::as_str),
    ];
    let pages = Pages::new("ListEntitiesForPolicy", on, filter, input.marker, input.max_items)?;
    let prefix = PolicyEntityId::within(on.account, &names::policy_key(arn));
    let page = pages.of_documents(&prefix, world, |id, entity: &PolicyEntity| {
        let is_wanted = match usage {
            Some(PolicyUsageType::PermissionsPolicy) => entity.attached,
            Some(PolicyUsageType::PermissionsBoundary) => entity.boundary,
            None => true,
        };
        match is_wanted && is_kind(id.kind) {
            true => look_up(id, path, world),
            false => Ok(None),
        }
    })?;
    let mut answer = ListEntitiesForPolicyResponse {
        policy_groups: Some(Vec::new()),
        policy_users: Some(Vec::new()),
        policy_roles: Some(Vec::new()),
        is_truncated: page.is_truncated,
        marker: page.marker,
    };
    for found in page.items {
        match found {
            Found::Group(group) => answer.policy_groups.get_or_insert_default().push(group),
            Found::Role(role) => answer.policy_roles.get_or_insert_default().push(role),
            Found::User(user) => answer.policy_users.get_or_insert_default().push(user),
        }
    }
    Ok(answer)
}

/// The entity of an index entry, if it is under the path.
fn look_up(id: PolicyEntityId<'_>, path: &str, world: &World<'_>) -> Result<Option<Found>, Fault> {
    let (account, name) = (id.account, id.name.0);
    Ok(match id.kind {
        EntityKind::Group => world
            .get::<Group>(GroupId::new(account, name))?
            .filter(|group| crate::iam::is_under(&**group, path))
            .map(|group| {
                Found::Group(PolicyGroup {
                    group_name: Some(group.name().into()),
                    group_id: Some(group.id.as_str().into()),
                })
            }),
        EntityKind::Role => world
            .get::<Role>(RoleId::new(account, name))?
            .filter(|role| crate::iam::is_under(&**role, path))
            .map(|role| {
                Found::Role(PolicyRole {
                    role_name: Some(role.name().into()),
                    role_id: Some(role.id.as_str().into()),
                })
            }),
        EntityKind::User => world
            .get::<User>(UserId::new(account, name))?
            .filter(|user| crate::iam::is_under(&**user, path))
            .map(|user| {
                Found::User(PolicyUser {
                    user_name: Some(user.name().into()),
                    user_id: Some(user.id.as_str().into()),
                })
            }),
    })
}
