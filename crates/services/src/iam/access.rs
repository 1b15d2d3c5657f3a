//! What a call of IAM asks to do: the action, the resource and the condition keys.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws::arn::{AccountId, Arn, PARTITION};
use aws::principal::{Caller, Principal};
use serde_json::Value;

use super::directory::entity::{Entity, EntityKind};
use super::directory::names;
use super::model::Operation;
use super::roles::service_linked_role;
use crate::authority::access::{Access, ConditionKey, brings_tags, request_tag_keys};
use crate::state::identity::{
    AccessKeyId, Credential, CredentialOwner, Group, ManagedPolicy, ManagedPolicyId, Role, User,
};
use crate::state::key::Named;
use crate::world::{Fault, World};

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The account: the action knows no resource.
    Account,
    /// All entities of a kind, under a path.
    List(EntityKind),
    /// All of another kind, by its name in ARNs, under a path.
    PathList(&'static str),
    /// An entity that is to be created.
    New(EntityKind),
    /// A managed policy that is to be created.
    NewPolicy,
    /// A service-linked role that is to be created.
    NewServiceLinkedRole,
    /// An entity; a user who is not named is the caller.
    Entity(EntityKind),
    /// The entity of `PolicySourceArn`.
    PolicySource,
    /// The managed policy of `PolicyArn`.
    Policy,
    /// The user of an access key.
    Key,
    /// The service-linked role of a deletion.
    Deletion,
}

/// F-IAMAPI-RES-1: the resource type of each action.
fn about(operation: Operation) -> About {
    use EntityKind::{Group, Role, User};
    use Operation as Op;
    match operation {
        Op::CreateUser => About::New(User),
        Op::CreateGroup => About::New(Group),
        Op::CreateRole => About::New(Role),
        Op::CreatePolicy => About::NewPolicy,
        Op::CreateServiceLinkedRole => About::NewServiceLinkedRole,
        Op::ListUsers => About::List(User),
        Op::ListGroups => About::List(Group),
        Op::ListRoles => About::List(Role),
        Op::ListPolicies => About::PathList("policy"),
        Op::ListInstanceProfiles => About::PathList("instance-profile"),
        Op::SimulatePrincipalPolicy => About::PolicySource,
        Op::GetAccessKeyLastUsed => About::Key,
        Op::GetServiceLinkedRoleDeletionStatus => About::Deletion,
        Op::CreatePolicyVersion
        | Op::DeletePolicy
        | Op::DeletePolicyVersion
        | Op::GetPolicy
        | Op::GetPolicyVersion
        | Op::ListEntitiesForPolicy
        | Op::ListPolicyTags
        | Op::ListPolicyVersions
        | Op::SetDefaultPolicyVersion
        | Op::TagPolicy
        | Op::UntagPolicy => About::Policy,
        Op::CreateAccountAlias
        | Op::DeleteAccountAlias
        | Op::GenerateCredentialReport
        | Op::GetAccountAuthorizationDetails
        | Op::GetAccountPasswordPolicy
        | Op::GetAccountSummary
        | Op::GetCredentialReport
        | Op::ListAccountAliases
        | Op::ListOpenIDConnectProviders
        | Op::ListSAMLProviders
        | Op::ListServerCertificates
        | Op::ListVirtualMFADevices
        | Op::SimulateCustomPolicy => About::Account,
        Op::AddUserToGroup
        | Op::AttachGroupPolicy
        | Op::DeleteGroup
        | Op::DeleteGroupPolicy
        | Op::DetachGroupPolicy
        | Op::GetGroup
        | Op::GetGroupPolicy
        | Op::ListAttachedGroupPolicies
        | Op::ListGroupPolicies
        | Op::PutGroupPolicy
        | Op::RemoveUserFromGroup
        | Op::UpdateGroup => About::Entity(Group),
        Op::AttachRolePolicy
        | Op::DeleteRole
        | Op::DeleteRolePermissionsBoundary
        | Op::DeleteRolePolicy
        | Op::DeleteServiceLinkedRole
        | Op::DetachRolePolicy
        | Op::GetRole
        | Op::GetRolePolicy
        | Op::ListAttachedRolePolicies
        | Op::ListInstanceProfilesForRole
        | Op::ListRolePolicies
        | Op::ListRoleTags
        | Op::PutRolePermissionsBoundary
        | Op::PutRolePolicy
        | Op::TagRole
        | Op::UntagRole
        | Op::UpdateAssumeRolePolicy
        | Op::UpdateRole
        | Op::UpdateRoleDescription => About::Entity(Role),
        Op::AttachUserPolicy
        | Op::CreateAccessKey
        | Op::DeleteAccessKey
        | Op::DeleteLoginProfile
        | Op::DeleteUser
        | Op::DeleteUserPermissionsBoundary
        | Op::DeleteUserPolicy
        | Op::DetachUserPolicy
        | Op::GetLoginProfile
        | Op::GetUser
        | Op::GetUserPolicy
        | Op::ListAccessKeys
        | Op::ListAttachedUserPolicies
        | Op::ListGroupsForUser
        | Op::ListMFADevices
        | Op::ListSSHPublicKeys
        | Op::ListServiceSpecificCredentials
        | Op::ListSigningCertificates
        | Op::ListUserPolicies
        | Op::ListUserTags
        | Op::PutUserPermissionsBoundary
        | Op::PutUserPolicy
        | Op::TagUser
        | Op::UntagUser
        | Op::UpdateAccessKey
        | Op::UpdateUser => About::Entity(User),
    }
}

/// F-IAMAPI-RES-5: how a denial shows the resource. What a request names it calls by that name, be it there or
/// not; what it creates, the lists of entities and the account it shows as they are asked for.
pub fn shown(operation: Operation, resource: &str) -> Cow<'_, str> {
    let Some(arn) = Arn::parse(resource).filter(|arn| arn.service == "iam") else {
        return Cow::Borrowed(resource);
    };
    let (kind, path) = arn.resource.split_at(arn.resource.find('/').unwrap_or(0));
    match about(operation) {
        About::Entity(_) if !kind.is_empty() => Cow::Owned(format!("{kind} {}", names::last_part(resource))),
        About::Policy => Cow::Owned(format!("policy {resource}")),
        About::NewPolicy => Cow::Owned(format!("policy {}", names::last_part(resource))),
        About::PathList("policy") => Cow::Owned(format!("policy path {path}")),
        _ => Cow::Borrowed(resource),
    }
}

fn text<'v>(members: &'v Value, name: &str) -> Option<&'v str> {
    members.get(name).and_then(Value::as_str)
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
    let resource = resource(about(operation), members, caller, world)?;
    let mut keys = Vec::new();
    for (tag, value) in &resource.tags {
        keys.push(ConditionKey::single(format!("aws:ResourceTag/{tag}"), value));
        if resource.is_entity {
            keys.push(ConditionKey::single(format!("iam:ResourceTag/{tag}"), value));
        }
    }
    keys.extend(request_tag_keys(members));
    // F-IAMAPI-KEYS-1: the boundary that is asked for, else the one that is in force.
    let asked = text(members, "PermissionsBoundary").map(str::to_owned);
    if let Some(boundary) = asked.or(resource.boundary).filter(|_| sees_boundaries(operation)) {
        keys.push(ConditionKey::single("iam:PermissionsBoundary", boundary));
    }
    let attaches = operation.name().starts_with("Attach") || operation.name().starts_with("Detach");
    if let Some(arn) = text(members, "PolicyArn").filter(|_| attaches) {
        keys.push(ConditionKey::single("iam:PolicyARN", arn));
    }
    if let Some(service) = text(members, "AWSServiceName") {
        keys.push(ConditionKey::single("iam:AWSServiceName", service));
    }
    let action = format!("iam:{}", operation.name());
    let renamed = renamed(operation, members, &resource.arn);
    let mut access = Access::to(caller.account(), action, resource.arn, keys);
    // F-IAMAPI-RES-3: a new name or path is asked for as well as the old one.
    if let Some(renamed) = renamed {
        let keys = access.first.keys.clone();
        access = access.and_resource(renamed, keys);
    }
    // F-IAMAPI-RES-4: who creates something with tags must be allowed to tag it.
    if let Some(action) = tagging(operation).filter(|_| brings_tags(members)) {
        access = access.and_action(action);
    }
    Ok(access)
}

/// F-IAMAPI-RES-5: how a refusal tells the resource: `user ann`, `role reader`, `policy <arn>`; by its ARN
/// where something is created, listed under a path or simulated.
pub fn told(operation: Operation, arn: &str) -> String {
    use Operation as Op;
    let (kind, name) = (Arn::parse(arn).map(|arn| arn.resource.split('/').next()), names::last_part(arn));
    match (about(operation), kind.flatten()) {
        (About::PathList("policy"), _) => {
            let path = arn.split_once(":policy").map_or("/", |(_, path)| path);
            format!("policy path {path}")
        }
        (About::NewPolicy, _) => format!("policy {name}"),
        (About::Policy, _) => format!("policy {arn}"),
        (About::Entity(_) | About::Key, Some(kind)) if operation != Op::DeleteServiceLinkedRole => {
            format!("{kind} {name}")
        }
        _ => arn.to_owned(),
    }
}

/// The actions that know `iam:PermissionsBoundary`.
fn sees_boundaries(operation: Operation) -> bool {
    use Operation as Op;
    matches!(
        operation,
        Op::AttachRolePolicy
            | Op::AttachUserPolicy
            | Op::CreateRole
            | Op::CreateUser
            | Op::DeleteRole
            | Op::DeleteRolePermissionsBoundary
            | Op::DeleteRolePolicy
            | Op::DeleteUserPermissionsBoundary
            | Op::DeleteUserPolicy
            | Op::DetachRolePolicy
            | Op::DetachUserPolicy
            | Op::GetRole
            | Op::PutRolePermissionsBoundary
            | Op::PutRolePolicy
            | Op::PutUserPermissionsBoundary
            | Op::PutUserPolicy
            | Op::UpdateAssumeRolePolicy
    )
}

/// The action that gives tags to what an operation creates.
fn tagging(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::CreatePolicy => Some("iam:TagPolicy"),
        Operation::CreateRole => Some("iam:TagRole"),
        Operation::CreateUser => Some("iam:TagUser"),
        _ => None,
    }
}

/// The ARN that a user or group will have, where it is to have another one.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html> asks for permission on both.
fn renamed(operation: Operation, members: &Value, arn: &str) -> Option<String> {
    let new_name = match operation {
        Operation::UpdateUser => text(members, "NewUserName"),
        Operation::UpdateGroup => text(members, "NewGroupName"),
        _ => return None,
    };
    // `arn:…:user` and `path/name`.
    let (owner, rest) = arn.split_once('/')?;
    let (path, name) = rest
        .rsplit_once('/')
        .map_or_else(|| ("/".to_owned(), rest), |(path, name)| (format!("/{path}/"), name));
    let path = text(members, "NewPath").map_or(path, str::to_owned);
    let renamed = format!("{owner}{path}{}", new_name.unwrap_or(name));
    (renamed != arn).then_some(renamed)
}

fn resource(about: About, members: &Value, caller: &Caller, world: &World<'_>) -> Result<Resource, Fault> {
    let account = caller.account();
    let arn = |kind: &str, rest: &str| format!("arn:{PARTITION}:iam::{account}:{kind}{rest}");
    let path = |name: &str| text(members, name).unwrap_or("/").to_owned();
    Ok(match about {
        About::Account => Resource::of_arn("*"),
        About::List(kind) => Resource::of_arn(arn(kind.name(), &path("PathPrefix"))),
        About::PathList(kind) => Resource::of_arn(arn(kind, &path("PathPrefix"))),
        About::New(kind) => {
            let name = text(members, name_member(kind)).unwrap_or_default();
            Resource::of_arn(arn(kind.name(), &format!("{}{name}", path("Path"))))
        }
        About::NewPolicy => {
            let name = text(members, "PolicyName").unwrap_or_default();
            Resource::of_arn(arn("policy", &format!("{}{name}", path("Path"))))
        }
        About::NewServiceLinkedRole => {
            let service = text(members, "AWSServiceName").unwrap_or_default();
            let name = match service {
                service_linked_role::ORGANIZATIONS => service_linked_role::ORGANIZATIONS_ROLE,
                _ => "*",
            };
            Resource::of_arn(arn("role", &format!("{}{service}/{name}", service_linked_role::PATH_PREFIX)))
        }
        About::Entity(kind) => entity(kind, members, caller, world)?,
        About::PolicySource => Resource::of_arn(text(members, "PolicySourceArn").unwrap_or("*")),
        About::Policy => policy(account, text(members, "PolicyArn").unwrap_or("*"), world)?,
        About::Key => {
            let id = text(members, "AccessKeyId").unwrap_or_default();
            let credential = world.get::<Credential>(AccessKeyId(id))?.filter(|key| key.account == account);
            match credential.as_ref().map(|credential| &credential.owner) {
                Some(CredentialOwner::User(name)) => of::<User>(account, name, world)?,
                _ => Resource::of_arn("*"),
            }
        }
        About::Deletion => {
            let task = text(members, "DeletionTaskId").unwrap_or_default();
            let role = task.strip_prefix("task").and_then(|rest| rest.rsplit_once('/'));
            Resource::of_arn(arn("role", role.map_or("/*", |(role, _)| role)))
        }
    })
}

fn name_member(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Group => "GroupName",
        EntityKind::Role => "RoleName",
        EntityKind::User => "UserName",
    }
}

fn entity(kind: EntityKind, members: &Value, caller: &Caller, world: &World<'_>) -> Result<Resource, Fault> {
    let account = caller.account();
    let name = match (text(members, name_member(kind)), &caller.principal) {
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

fn policy(account: AccountId, arn: &str, world: &World<'_>) -> Result<Resource, Fault> {
    let is_own = Arn::parse(arn).is_some_and(|parts| parts.account == account.as_str());
    let found = match is_own {
        true => world.get::<ManagedPolicy>(ManagedPolicyId::new(account, names::last_part(arn)))?,
        false => None,
    };
    let tags = found.map(|policy| policy.tags.clone()).unwrap_or_default();
    Ok(Resource { tags, ..Resource::of_arn(arn) })
}
