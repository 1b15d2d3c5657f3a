//! What a call of IAM asks to do: the action, the resource and the condition keys.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws::arn::{AccountId, Arn, PARTITION};
use aws::principal::{Caller, Principal};
use aws::smithy::{Items, Value};

use super::directory::entity::{Entity, EntityKind};
use super::directory::names;
use super::model::{Operation, Tag, TagKeyType, Unchecked};
use super::roles::service_linked_role;
use crate::authority::access::{Access, ConditionKey, request_tag_keys};
use crate::state::identity::{
    AccessKeyId, Credential, CredentialOwner, Group, ManagedPolicy, ManagedPolicyId, Role, User,
};
use crate::world::key::Named;
use crate::world::{Fault, World};

/// What an operation is about, by the names that the request gives. None of them is checked yet.
#[derive(Clone, Copy)]
enum About<'v> {
    /// The account: the action knows no resource.
    Account,
    /// All of a kind, by its name in ARNs, under a path.
    List(&'static str, Option<&'v str>),
    /// An entity that is to be created: its name and its path.
    New(EntityKind, Option<&'v str>, Option<&'v str>),
    /// A managed policy that is to be created: its name and its path.
    NewPolicy(Option<&'v str>, Option<&'v str>),
    /// A service-linked role that is to be created for a service.
    NewServiceLinkedRole(Option<&'v str>),
    /// An entity; a user who is not named is the caller.
    Entity(EntityKind, Option<&'v str>),
    /// The entity whose policies are simulated, by its ARN.
    PolicySource(Option<&'v str>),
    /// A managed policy, by its ARN.
    Policy(Option<&'v str>),
    /// The user of an access key.
    Key(Option<&'v str>),
    /// The service-linked role of a deletion, by the task's id.
    Deletion(Option<&'v str>),
}

/// What an operation asks for: the resource, and what its members add to it.
struct Asks<'v> {
    about: About<'v>,
    /// Whether the action knows `iam:PermissionsBoundary`.
    sees_boundaries: bool,
    /// The boundary that is asked for.
    boundary: Option<&'v str>,
    /// The managed policy that is attached or detached.
    policy_arn: Option<&'v str>,
    tags: Option<Items<'v, Tag>>,
    tag_keys: Option<Items<'v, TagKeyType>>,
    /// The action that gives tags to what is created.
    tagging: Option<&'static str>,
    new_name: Option<&'v str>,
    new_path: Option<&'v str>,
}

fn on(about: About<'_>) -> Asks<'_> {
    Asks {
        about,
        sees_boundaries: false,
        boundary: None,
        policy_arn: None,
        tags: None,
        tag_keys: None,
        tagging: None,
        new_name: None,
        new_path: None,
    }
}

fn user(name: Option<&str>) -> Asks<'_> {
    on(About::Entity(EntityKind::User, name))
}

fn group(name: Option<&str>) -> Asks<'_> {
    on(About::Entity(EntityKind::Group, name))
}

fn role(name: Option<&str>) -> Asks<'_> {
    on(About::Entity(EntityKind::Role, name))
}

fn policy(arn: Option<&str>) -> Asks<'_> {
    on(About::Policy(arn))
}

impl<'v> Asks<'v> {
    fn bounded(self, boundary: Option<&'v str>) -> Self {
        Self { sees_boundaries: true, boundary, ..self }
    }

    fn attaching(self, policy_arn: Option<&'v str>) -> Self {
        Self { policy_arn, ..self }
    }

    fn tagged(self, tags: Option<Items<'v, Tag>>) -> Self {
        Self { tags, ..self }
    }

    fn untagged(self, tag_keys: Option<Items<'v, TagKeyType>>) -> Self {
        Self { tag_keys, ..self }
    }

    fn created_with(self, tags: Option<Items<'v, Tag>>, tagging: &'static str) -> Self {
        Self { tags, tagging: Some(tagging), ..self }
    }

    fn renamed(self, new_name: Option<&'v str>, new_path: Option<&'v str>) -> Self {
        Self { new_name, new_path, ..self }
    }
}

/// F-IAMAPI-RES-1: the resource type and the condition keys of each action.
fn asks(request: Unchecked<'_>) -> Asks<'_> {
    use EntityKind::{Group, Role, User};
    use Unchecked as Op;
    match request {
        // What is created.
        Op::CreateGroup(m) => on(About::New(Group, m.group_name(), m.path())),
        Op::CreateRole(m) => on(About::New(Role, m.role_name(), m.path()))
            .bounded(m.permissions_boundary())
            .created_with(m.tags(), "iam:TagRole"),
        Op::CreateUser(m) => on(About::New(User, m.user_name(), m.path()))
            .bounded(m.permissions_boundary())
            .created_with(m.tags(), "iam:TagUser"),
        Op::CreatePolicy(m) => {
            on(About::NewPolicy(m.policy_name(), m.path())).created_with(m.tags(), "iam:TagPolicy")
        }
        Op::CreateServiceLinkedRole(m) => on(About::NewServiceLinkedRole(m.aws_service_name())),
        // What is listed under a path.
        Op::ListGroups(m) => on(About::List("group", m.path_prefix())),
        Op::ListRoles(m) => on(About::List("role", m.path_prefix())),
        Op::ListUsers(m) => on(About::List("user", m.path_prefix())),
        Op::ListInstanceProfiles(m) => on(About::List("instance-profile", m.path_prefix())),
        Op::ListPolicies(m) => on(About::List("policy", m.path_prefix())),
        // Users and their keys.
        Op::AttachUserPolicy(m) => user(m.user_name()).bounded(None).attaching(m.policy_arn()),
        Op::CreateAccessKey(m) => user(m.user_name()),
        Op::DeleteAccessKey(m) => user(m.user_name()),
        Op::DeleteLoginProfile(m) => user(m.user_name()),
        Op::DeleteUser(m) => user(m.user_name()),
        Op::DeleteUserPermissionsBoundary(m) => user(m.user_name()).bounded(None),
        Op::DeleteUserPolicy(m) => user(m.user_name()).bounded(None),
        Op::DetachUserPolicy(m) => user(m.user_name()).bounded(None).attaching(m.policy_arn()),
        Op::GetLoginProfile(m) => user(m.user_name()),
        Op::GetUser(m) => user(m.user_name()),
        Op::GetUserPolicy(m) => user(m.user_name()),
        Op::ListAccessKeys(m) => user(m.user_name()),
        Op::ListAttachedUserPolicies(m) => user(m.user_name()),
        Op::ListGroupsForUser(m) => user(m.user_name()),
        Op::ListMFADevices(m) => user(m.user_name()),
        Op::ListSSHPublicKeys(m) => user(m.user_name()),
        Op::ListServiceSpecificCredentials(m) => user(m.user_name()),
        Op::ListSigningCertificates(m) => user(m.user_name()),
        Op::ListUserPolicies(m) => user(m.user_name()),
        Op::ListUserTags(m) => user(m.user_name()),
        Op::PutUserPermissionsBoundary(m) => user(m.user_name()).bounded(m.permissions_boundary()),
        Op::PutUserPolicy(m) => user(m.user_name()).bounded(None),
        Op::TagUser(m) => user(m.user_name()).tagged(m.tags()),
        Op::UntagUser(m) => user(m.user_name()).untagged(m.tag_keys()),
        Op::UpdateAccessKey(m) => user(m.user_name()),
        Op::UpdateUser(m) => user(m.user_name()).renamed(m.new_user_name(), m.new_path()),
        Op::GetAccessKeyLastUsed(m) => on(About::Key(m.access_key_id())),
        // Groups.
        Op::AddUserToGroup(m) => group(m.group_name()),
        Op::AttachGroupPolicy(m) => group(m.group_name()).attaching(m.policy_arn()),
        Op::DeleteGroup(m) => group(m.group_name()),
        Op::DeleteGroupPolicy(m) => group(m.group_name()),
        Op::DetachGroupPolicy(m) => group(m.group_name()).attaching(m.policy_arn()),
        Op::GetGroup(m) => group(m.group_name()),
        Op::GetGroupPolicy(m) => group(m.group_name()),
        Op::ListAttachedGroupPolicies(m) => group(m.group_name()),
        Op::ListGroupPolicies(m) => group(m.group_name()),
        Op::PutGroupPolicy(m) => group(m.group_name()),
        Op::RemoveUserFromGroup(m) => group(m.group_name()),
        Op::UpdateGroup(m) => group(m.group_name()).renamed(m.new_group_name(), m.new_path()),
        // Roles.
        Op::AttachRolePolicy(m) => role(m.role_name()).bounded(None).attaching(m.policy_arn()),
        Op::DeleteRole(m) => role(m.role_name()).bounded(None),
        Op::DeleteRolePermissionsBoundary(m) => role(m.role_name()).bounded(None),
        Op::DeleteRolePolicy(m) => role(m.role_name()).bounded(None),
        Op::DeleteServiceLinkedRole(m) => role(m.role_name()),
        Op::DetachRolePolicy(m) => role(m.role_name()).bounded(None).attaching(m.policy_arn()),
        Op::GetRole(m) => role(m.role_name()).bounded(None),
        Op::GetRolePolicy(m) => role(m.role_name()),
        Op::ListAttachedRolePolicies(m) => role(m.role_name()),
        Op::ListInstanceProfilesForRole(m) => role(m.role_name()),
        Op::ListRolePolicies(m) => role(m.role_name()),
        Op::ListRoleTags(m) => role(m.role_name()),
        Op::PutRolePermissionsBoundary(m) => role(m.role_name()).bounded(m.permissions_boundary()),
        Op::PutRolePolicy(m) => role(m.role_name()).bounded(None),
        Op::TagRole(m) => role(m.role_name()).tagged(m.tags()),
        Op::UntagRole(m) => role(m.role_name()).untagged(m.tag_keys()),
        Op::UpdateAssumeRolePolicy(m) => role(m.role_name()).bounded(None),
        Op::UpdateRole(m) => role(m.role_name()),
        Op::UpdateRoleDescription(m) => role(m.role_name()),
        Op::GetServiceLinkedRoleDeletionStatus(m) => on(About::Deletion(m.deletion_task_id())),
        // Managed policies.
        Op::CreatePolicyVersion(m) => policy(m.policy_arn()),
        Op::DeletePolicy(m) => policy(m.policy_arn()),
        Op::DeletePolicyVersion(m) => policy(m.policy_arn()),
        Op::GetPolicy(m) => policy(m.policy_arn()),
        Op::GetPolicyVersion(m) => policy(m.policy_arn()),
        Op::ListEntitiesForPolicy(m) => policy(m.policy_arn()),
        Op::ListPolicyTags(m) => policy(m.policy_arn()),
        Op::ListPolicyVersions(m) => policy(m.policy_arn()),
        Op::SetDefaultPolicyVersion(m) => policy(m.policy_arn()),
        Op::TagPolicy(m) => policy(m.policy_arn()).tagged(m.tags()),
        Op::UntagPolicy(m) => policy(m.policy_arn()).untagged(m.tag_keys()),
        // The simulator, and what knows no resource.
        Op::SimulatePrincipalPolicy(m) => on(About::PolicySource(m.policy_source_arn())),
        Op::CreateAccountAlias(_)
        | Op::DeleteAccountAlias(_)
        | Op::GenerateCredentialReport
        | Op::GetAccountAuthorizationDetails(_)
        | Op::GetAccountPasswordPolicy
        | Op::GetAccountSummary
        | Op::GetCredentialReport
        | Op::ListAccountAliases(_)
        | Op::ListOpenIDConnectProviders(_)
        | Op::ListSAMLProviders(_)
        | Op::ListServerCertificates(_)
        | Op::ListVirtualMFADevices(_)
        | Op::SimulateCustomPolicy(_) => on(About::Account),
    }
}

/// F-IAMAPI-RES-5: how a denial shows the resource. What a request names it calls by that name, be it there or
/// not; what it creates, the lists of entities and the account it shows as they are asked for.
pub fn shown(operation: Operation, resource: &str) -> Cow<'_, str> {
    let Some(arn) = Arn::parse(resource).filter(|arn| arn.service == "iam") else {
        return Cow::Borrowed(resource);
    };
    let (kind, path) = arn.resource.split_at(arn.resource.find('/').unwrap_or(0));
    match asks(Unchecked::of(operation, &Value::Null)).about {
        About::Entity(..) if !kind.is_empty() => Cow::Owned(format!("{kind} {}", names::last_part(resource))),
        About::Policy(_) => Cow::Owned(format!("policy {resource}")),
        About::NewPolicy(..) => Cow::Owned(format!("policy {}", names::last_part(resource))),
        About::List("policy", _) => Cow::Owned(format!("policy path {path}")),
        _ => Cow::Borrowed(resource),
    }
}

/// What is known of a resource before anybody may know it.
#[derive(Default)]
struct Resource {
    arn: String,
    /// Whether it is a user, a group or a role.
    is_entity: bool,
    tags: BTreeMap<String, String>,
    boundary: Option<String>,
}

impl Resource {
    fn of_arn(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), ..Self::default() }
    }
}

/// What the call asks to do.
///
/// # Errors
/// See [`Fault`].
pub fn access(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Access, Fault> {
    let asks = asks(Unchecked::of(operation, members));
    let resource = resource(asks.about, caller, world)?;
    let mut keys = Vec::new();
    for (tag, value) in &resource.tags {
        keys.push(ConditionKey::single(format!("aws:ResourceTag/{tag}"), value));
        if resource.is_entity {
            keys.push(ConditionKey::single(format!("iam:ResourceTag/{tag}"), value));
        }
    }
    let tags = asks.tags.into_iter().flat_map(Items::iter);
    let pairs = tags.filter_map(|tag| Some((tag.key()?, tag.value()?)));
    keys.extend(request_tag_keys(pairs, asks.tag_keys.into_iter().flat_map(Items::iter)));
    // F-IAMAPI-KEYS-1: the boundary that is asked for, else the one that is in force.
    let boundary = asks.boundary.map(str::to_owned).or(resource.boundary);
    if let Some(boundary) = boundary.filter(|_| asks.sees_boundaries) {
        keys.push(ConditionKey::single("iam:PermissionsBoundary", boundary));
    }
    if let Some(arn) = asks.policy_arn {
        keys.push(ConditionKey::single("iam:PolicyARN", arn));
    }
    if let About::NewServiceLinkedRole(Some(service)) = asks.about {
        keys.push(ConditionKey::single("iam:AWSServiceName", service));
    }
    let action = format!("iam:{}", operation.name());
    let renamed = renamed(asks.new_name, asks.new_path, &resource.arn);
    let mut access = Access::to(caller.account(), action, resource.arn, keys);
    // F-IAMAPI-RES-3: a new name or path is asked for as well as the old one.
    if let Some(renamed) = renamed {
        let keys = access.first.keys.clone();
        access = access.and_resource(renamed, keys);
    }
    // F-IAMAPI-RES-4: who creates something with tags must be allowed to tag it.
    let brings_tags = asks.tags.is_some_and(|tags| !tags.is_empty());
    if let Some(action) = asks.tagging.filter(|_| brings_tags) {
        access = access.and_action(action);
    }
    Ok(access)
}

/// The ARN that a user or group will have, where it is to have another one.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html> asks for permission on both.
fn renamed(new_name: Option<&str>, new_path: Option<&str>, arn: &str) -> Option<String> {
    if new_name.is_none() && new_path.is_none() {
        return None;
    }
    // `arn:…:user` and `path/name`.
    let (owner, rest) = arn.split_once('/')?;
    let (path, name) = rest
        .rsplit_once('/')
        .map_or_else(|| ("/".to_owned(), rest), |(path, name)| (format!("/{path}/"), name));
    let path = new_path.map_or(path, str::to_owned);
    let renamed = format!("{owner}{path}{}", new_name.unwrap_or(name));
    (renamed != arn).then_some(renamed)
}

fn resource(about: About<'_>, caller: &Caller, world: &World<'_>) -> Result<Resource, Fault> {
    let account = caller.account();
    let arn = |kind: &str, rest: &str| format!("arn:{PARTITION}:iam::{account}:{kind}{rest}");
    let under = |path: Option<&str>, name: Option<&str>| {
        format!("{}{}", path.unwrap_or("/"), name.unwrap_or_default())
    };
    Ok(match about {
        About::Account => Resource::of_arn("*"),
        About::List(kind, path) => Resource::of_arn(arn(kind, path.unwrap_or("/"))),
        About::New(kind, name, path) => Resource::of_arn(arn(kind.name(), &under(path, name))),
        About::NewPolicy(name, path) => Resource::of_arn(arn("policy", &under(path, name))),
        About::NewServiceLinkedRole(service) => {
            let service = service.unwrap_or_default();
            let name = match service {
                service_linked_role::ORGANIZATIONS => service_linked_role::ORGANIZATIONS_ROLE,
                _ => "*",
            };
            Resource::of_arn(arn("role", &format!("{}{service}/{name}", service_linked_role::PATH_PREFIX)))
        }
        About::Entity(kind, name) => entity(kind, name, caller, world)?,
        About::PolicySource(arn) => policy_source(arn.unwrap_or("*"), caller, world)?,
        About::Policy(arn) => of_policy(account, arn.unwrap_or("*"), world)?,
        About::Key(id) => {
            let id = id.unwrap_or_default();
            let credential = world.get::<Credential>(AccessKeyId(id))?.filter(|key| key.account == account);
            match credential.as_ref().map(|credential| &credential.owner) {
                Some(CredentialOwner::User(name)) => of::<User>(account, name, world)?,
                _ => Resource::of_arn("*"),
            }
        }
        About::Deletion(task) => {
            let task = task.unwrap_or_default();
            let role = task.strip_prefix("task").and_then(|rest| rest.rsplit_once('/'));
            Resource::of_arn(arn("role", role.map_or("/*", |(role, _)| role)))
        }
    })
}

/// F-IAMAPI-RES-7: the entity of an ARN is asked for by the ARN that it has, whatever path was written.
fn policy_source(arn: &str, caller: &Caller, world: &World<'_>) -> Result<Resource, Fault> {
    let parts =
        Arn::parse(arn).filter(|parts| parts.service == "iam" && parts.account == caller.account().as_str());
    let kind = parts.and_then(|parts| {
        EntityKind::ALL.into_iter().find(|kind| parts.resource.starts_with(&format!("{}/", kind.name())))
    });
    let Some(kind) = kind else { return Ok(Resource::of_arn(arn)) };
    let found = entity(kind, Some(names::last_part(arn)), caller, world)?;
    Ok(if found.is_entity { found } else { Resource::of_arn(arn) })
}

fn entity(
    kind: EntityKind,
    name: Option<&str>,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Resource, Fault> {
    let account = caller.account();
    let name = match (name, &caller.principal) {
        (Some(name), _) => name,
        (None, Principal::User { name, .. }) if kind == EntityKind::User => name,
        // F-IAMAPI-RES-6: who is no user asks about itself; the rule refuses that later.
        (None, principal) if kind == EntityKind::User => return Ok(Resource::of_arn(principal.arn())),
        (None, _) => {
            return Ok(Resource::of_arn(format!("arn:{PARTITION}:iam::{account}:{}/*", kind.name())));
        }
    };
    match kind {
        EntityKind::Group => of::<Group>(account, name, world),
        EntityKind::Role => of::<Role>(account, name, world),
        EntityKind::User => of::<User>(account, name, world),
    }
}

/// F-IAMAPI-RES-2: an entity that is not there is asked for under the path `/`.
fn of<E: Entity + Tagged>(account: AccountId, name: &str, world: &World<'_>) -> Result<Resource, Fault> {
    Ok(match world.get::<E>(Named::new(account, name))? {
        Some(found) => Resource {
            arn: found.arn(),
            is_entity: true,
            tags: found.tags_if_any(),
            boundary: found.boundary().map(str::to_owned),
        },
        None => Resource::of_arn(format!("arn:{PARTITION}:iam::{account}:{}/{name}", E::ENTITY.name())),
    })
}

/// Tags, where the kind has any.
trait Tagged {
    fn tags_if_any(&self) -> BTreeMap<String, String>;
}

impl Tagged for Group {
    fn tags_if_any(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

impl Tagged for Role {
    fn tags_if_any(&self) -> BTreeMap<String, String> {
        self.tags.clone()
    }
}

impl Tagged for User {
    fn tags_if_any(&self) -> BTreeMap<String, String> {
        self.tags.clone()
    }
}

fn of_policy(account: AccountId, arn: &str, world: &World<'_>) -> Result<Resource, Fault> {
    let is_own = Arn::parse(arn).is_some_and(|parts| parts.account == account.as_str());
    let found = match is_own {
        true => world.get::<ManagedPolicy>(ManagedPolicyId::new(account, names::last_part(arn)))?,
        false => None,
    };
    let tags = found.map(|policy| policy.tags.clone()).unwrap_or_default();
    Ok(Resource { tags, ..Resource::of_arn(arn) })
}
