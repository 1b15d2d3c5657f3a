//! GetAccountAuthorizationDetails: users, groups, roles and managed policies with all their policies, in
//! pages.

use crate::authority::groups::groups_of;
use crate::authority::managed::AwsManaged;
use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::last_used::LastUses;
use crate::iam::directory::names;
use crate::iam::directory::page::{Filling, Pages};
use crate::iam::instance_profile::profiles_of;
use crate::iam::policies::policy_version;
use crate::iam::{On, directory, refusal, tag};
use crate::model::iam::{
    EntityType, GetAccountAuthorizationDetailsRequest, GetAccountAuthorizationDetailsResponse, GroupDetail,
    ManagedPolicyDetail, RoleDetail, UserDetail,
};
use crate::state::identity::{Group, ManagedPolicy, Role, User};
use crate::world::key::Named;
use crate::world::{Document, Fault, World};

/// How many documents are read at a time.
const BATCH: usize = 100;

/// The sections of the answer, in the order in which pages go through them.
const SECTIONS: [EntityType; 5] = [
    EntityType::User,
    EntityType::Role,
    EntityType::Group,
    EntityType::LocalManagedPolicy,
    EntityType::AwsManagedPolicy,
];

enum Detail {
    User(UserDetail),
    Group(GroupDetail),
    Role(RoleDetail),
    Policy(ManagedPolicyDetail),
}

/// GetAccountAuthorizationDetails. F-IAMAPI-GAAD-1: AWS-managed policies are shown where they are in use, and
/// policies without their descriptions. F-IAMAPI-GAAD-2: pages go over users, roles, groups and policies.
///
/// # Errors
/// `ValidationError` for a foreign marker, in words of its own.
pub fn get(
    on: &On<'_>,
    input: GetAccountAuthorizationDetailsRequest,
    world: &World<'_>,
) -> Result<GetAccountAuthorizationDetailsResponse, Failure> {
    let wanted = input.filter.filter(|wanted| !wanted.is_empty()).unwrap_or_else(|| SECTIONS.to_vec());
    let filter = wanted.iter().map(|kind| kind.as_str());
    let pages = Pages::new("GetAccountAuthorizationDetails", on, filter, input.marker, input.max_items)
        .map_err(|_| refusal::validation("Marker and Filter do not match"))?;
    let mut filling = pages.filling();
    let (begun, after) = match pages.after().and_then(|place| place.split_once('/')) {
        Some((section, name)) => (section.parse().unwrap_or(0), Some(name)),
        None => (0, None),
    };
    for (place, kind) in SECTIONS.iter().enumerate().skip(begun) {
        let after = after.filter(|_| place == begun);
        if wanted.contains(kind) && !fill(on, (place, *kind), after, &mut filling, world)? {
            break;
        }
    }
    let page = filling.page();
    let mut answer = GetAccountAuthorizationDetailsResponse {
        user_detail_list: Some(Vec::new()),
        group_detail_list: Some(Vec::new()),
        role_detail_list: Some(Vec::new()),
        policies: Some(Vec::new()),
        is_truncated: page.is_truncated,
        marker: page.marker,
    };
    for detail in page.items {
        match detail {
            Detail::User(user) => answer.user_detail_list.get_or_insert_default().push(user),
            Detail::Group(group) => answer.group_detail_list.get_or_insert_default().push(group),
            Detail::Role(role) => answer.role_detail_list.get_or_insert_default().push(role),
            Detail::Policy(policy) => answer.policies.get_or_insert_default().push(policy),
        }
    }
    Ok(answer)
}

/// Adds one section; `false` where the page is full.
fn fill(
    on: &On<'_>,
    (place, kind): (usize, EntityType),
    after: Option<&str>,
    filling: &mut Filling<'_, Detail>,
    world: &World<'_>,
) -> Result<bool, Fault> {
    match kind {
        EntityType::User => fill_from(on, place, after, filling, world, |it| user_detail(it, world)),
        EntityType::Group => fill_from(on, place, after, filling, world, |it| Ok(group_detail(it))),
        EntityType::Role => {
            let uses = LastUses::of(on.account, world)?;
            fill_from(on, place, after, filling, world, |it| role_detail(it, &uses, world))
        }
        EntityType::LocalManagedPolicy => {
            fill_from(on, place, after, filling, world, |it| policy_detail(on, it, world))
        }
        EntityType::AwsManagedPolicy => {
            for name in directory::aws_policies_in_use(on.account, world)? {
                if after.is_none_or(|after| name.as_str() > after)
                    && let Some(managed) = AwsManaged::named(&name)
                    && let Some(detail) = aws_policy_detail(on, &managed, world)?
                    && !filling.add(format!("{place}/{name}"), || detail)
                {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

fn fill_from<D: for<'k> Document<Id<'k> = Named<'k, D>>>(
    on: &On<'_>,
    place: usize,
    after: Option<&str>,
    filling: &mut Filling<'_, Detail>,
    world: &World<'_>,
    detail: impl Fn(&D) -> Result<Detail, Fault>,
) -> Result<bool, Fault> {
    let prefix = Named::<D>::within(on.account);
    let mut after = after.map(str::to_owned);
    loop {
        let keys = world.keys(&prefix, after.as_deref(), BATCH)?;
        for key in &keys {
            let Some(document) = world.get::<D>(key.id()?)? else { continue };
            let detail = detail(&document)?;
            if !filling.add(format!("{place}/{}", key.place(&prefix)), || detail) {
                return Ok(false);
            }
        }
        if keys.len() < BATCH {
            return Ok(true);
        }
        after = keys.last().map(|key| key.place(&prefix).to_owned());
    }
}

fn user_detail(user: &User, world: &World<'_>) -> Result<Detail, Fault> {
    let groups = groups_of(user, world)?;
    Ok(Detail::User(UserDetail {
        path: Some(user.path.as_str().into()),
        user_name: Some(user.name.as_str().into()),
        user_id: Some(user.id.as_str().into()),
        arn: Some(user.arn().into()),
        create_date: Some(user.created_at),
        user_policy_list: Some(user.inline_details()).filter(|list| !list.is_empty()),
        group_list: Some(groups.iter().map(|group| group.name.as_str().into()).collect()),
        attached_managed_policies: Some(user.attached()),
        permissions_boundary: user.permissions_boundary.as_deref().map(names::attached_boundary),
        tags: Some(tag::listed(&user.tags).map(|(_, tag)| tag).collect()),
    }))
}

fn group_detail(group: &Group) -> Detail {
    Detail::Group(GroupDetail {
        path: Some(group.path.as_str().into()),
        group_name: Some(group.name.as_str().into()),
        group_id: Some(group.id.as_str().into()),
        arn: Some(group.arn().into()),
        create_date: Some(group.created_at),
        group_policy_list: Some(group.inline_details()),
        attached_managed_policies: Some(group.attached()),
    })
}

fn role_detail(role: &Role, uses: &LastUses, world: &World<'_>) -> Result<Detail, Fault> {
    let profiles = profiles_of(role, world)?;
    Ok(Detail::Role(RoleDetail {
        path: Some(role.path.as_str().into()),
        role_name: Some(role.name.as_str().into()),
        role_id: Some(role.id.as_str().into()),
        arn: Some(role.arn().into()),
        create_date: Some(role.created_at),
        assume_role_policy_document: Some(names::url_encoded(role.trust_policy.source()).into()),
        instance_profile_list: Some(profiles.into_iter().map(|(_, profile)| profile).collect()),
        role_policy_list: Some(role.inline_details()),
        attached_managed_policies: Some(role.attached()),
        permissions_boundary: role.permissions_boundary.as_deref().map(names::attached_boundary),
        tags: Some(tag::listed(&role.tags).map(|(_, tag)| tag).collect()),
        role_last_used: Some(uses.of_role(role)),
    }))
}

fn policy_detail(on: &On<'_>, policy: &ManagedPolicy, world: &World<'_>) -> Result<Detail, Fault> {
    let arn = names::policy_arn(policy.account, &policy.path, &policy.name);
    let used = directory::policy_use(on.account, &arn, world)?;
    Ok(Detail::Policy(ManagedPolicyDetail {
        policy_name: Some(policy.name.as_str().into()),
        policy_id: Some(policy.id.as_str().into()),
        arn: Some(arn.into()),
        path: Some(policy.path.as_str().into()),
        default_version_id: Some(format!("v{}", policy.default_version).into()),
        attachment_count: i32::try_from(used.attachments).ok(),
        permissions_boundary_usage_count: i32::try_from(used.boundaries).ok(),
        is_attachable: Some(true),
        description: None,
        create_date: Some(policy.created_at),
        update_date: Some(policy.updated_at.unwrap_or(policy.created_at)),
        policy_version_list: Some(policy_version::all(policy)),
    }))
}

fn aws_policy_detail(on: &On<'_>, managed: &AwsManaged, world: &World<'_>) -> Result<Option<Detail>, Fault> {
    let used = directory::policy_use(on.account, &managed.arn(), world)?;
    if used.attachments == 0 && used.boundaries == 0 {
        return Ok(None);
    }
    Ok(Some(Detail::Policy(ManagedPolicyDetail {
        policy_name: Some(managed.name.into()),
        policy_id: Some(managed.id().into()),
        arn: Some(managed.arn().into()),
        path: Some(managed.path.into()),
        default_version_id: Some(managed.version.into()),
        attachment_count: i32::try_from(used.attachments).ok(),
        permissions_boundary_usage_count: i32::try_from(used.boundaries).ok(),
        is_attachable: Some(true),
        description: None,
        create_date: Some(managed.created_at),
        update_date: Some(managed.published_at),
        policy_version_list: Some(vec![policy_version::of_aws(managed, Some(managed.policy().source()))]),
    })))
}
