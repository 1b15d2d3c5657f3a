//! What a call of IAM asks to do: the action, the resource and the condition keys.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

mod resource;

use std::borrow::Cow;

use aws::arn::Arn;
use aws::principal::{Caller, Principal};
use aws::smithy::{Items, Value};

use super::account_properties;
use super::directory::entity::EntityKind;
use super::directory::{self, names};
use super::model::{Operation, Tag, TagKeyType, Unchecked};
use crate::authority::access::{Access, ConditionKey, request_tag_keys};
use crate::state::identity::Role;
use crate::world::{Fault, World};
use resource::{About, of, resource};

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
    /// The role that is given to a service.
    passed_role: Option<&'v str>,
    /// Condition keys of the call, by their names.
    call_keys: Vec<ConditionKey>,
    /// Another action that the call needs.
    also: Option<&'static str>,
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
        passed_role: None,
        call_keys: Vec::new(),
        also: None,
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

fn profile(name: Option<&str>) -> Asks<'_> {
    on(About::InstanceProfile(name))
}

fn certificate(name: Option<&str>) -> Asks<'_> {
    on(About::ServerCertificate(name))
}

fn provider(arn: Option<&str>) -> Asks<'_> {
    on(About::Provider(arn))
}

fn device(serial_number: Option<&str>) -> Asks<'_> {
    on(About::MfaDevice(serial_number))
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

    fn passing(self, passed_role: Option<&'v str>) -> Self {
        Self { passed_role, ..self }
    }

    /// F-IAMAPI-KEYS-2
    fn of_service(mut self, service: Option<&'v str>) -> Self {
        let key = |service| ConditionKey::single("iam:ServiceSpecificCredentialServiceName", service);
        self.call_keys.extend(service.map(key));
        self
    }

    /// F-IAMAPI-KEYS-2
    fn aged(mut self, days: Option<i64>) -> Self {
        let key = |days: i64| ConditionKey::single("iam:ServiceSpecificCredentialAgeDays", days.to_string());
        self.call_keys.extend(days.map(key));
        self
    }

    /// F-IAMAPI-ORGREP-3
    fn about_policy(mut self, id: Option<&'v str>) -> Self {
        self.call_keys.extend(id.map(|id| ConditionKey::single("iam:OrganizationsPolicyId", id)));
        self
    }

    /// F-IAMAPI-PROP-3
    fn switching(self, properties: Option<&Value>) -> Self {
        let properties = properties.and_then(Value::as_object).into_iter().flatten();
        let properties = properties.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
        let is_on = account_properties::switches_on(properties);
        Self { also: is_on.then_some("iam:CreateServiceLinkedRole"), ..self }
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
        Op::CreateInstanceProfile(m) => {
            on(About::NewOther("instance-profile", m.instance_profile_name(), m.path()))
                .created_with(m.tags(), "iam:TagInstanceProfile")
        }
        Op::UploadServerCertificate(m) => {
            on(About::NewOther("server-certificate", m.server_certificate_name(), m.path()))
                .created_with(m.tags(), "iam:TagServerCertificate")
        }
        Op::CreateSAMLProvider(m) => {
            on(About::NewOther("saml-provider", m.name(), None)).created_with(m.tags(), "iam:TagSAMLProvider")
        }
        Op::CreateOpenIDConnectProvider(m) => {
            on(About::NewIssuer(m.url())).created_with(m.tags(), "iam:TagOpenIDConnectProvider")
        }
        Op::CreateVirtualMFADevice(m) => on(About::NewOther("mfa", m.virtual_mfa_device_name(), m.path()))
            .created_with(m.tags(), "iam:TagMFADevice"),
        Op::CreateServiceLinkedRole(m) => on(About::NewServiceLinkedRole(m.aws_service_name())),
        // What is listed under a path.
        Op::ListGroups(m) => on(About::List("group", m.path_prefix())),
        Op::ListRoles(m) => on(About::List("role", m.path_prefix())),
        Op::ListUsers(m) => on(About::List("user", m.path_prefix())),
        Op::ListInstanceProfiles(m) => on(About::List("instance-profile", m.path_prefix())),
        Op::ListPolicies(m) => on(About::List("policy", m.path_prefix())),
        Op::ListServerCertificates(m) => on(About::List("server-certificate", m.path_prefix())),
        // Users and their keys.
        Op::AttachUserPolicy(m) => user(m.user_name()).bounded(None).attaching(m.policy_arn()),
        Op::CreateAccessKey(m) => user(m.user_name()),
        Op::DeleteAccessKey(m) => user(m.user_name()),
        Op::ChangePassword(_) => user(None),
        Op::CreateLoginProfile(m) => user(m.user_name()),
        Op::CreateServiceSpecificCredential(m) => {
            user(m.user_name()).of_service(m.service_name()).aged(m.credential_age_days())
        }
        Op::DeactivateMFADevice(m) => user(m.user_name()),
        Op::DeleteLoginProfile(m) => user(m.user_name()),
        Op::DeleteSSHPublicKey(m) => user(m.user_name()),
        Op::DeleteServiceSpecificCredential(m) => user(m.user_name()),
        Op::DeleteSigningCertificate(m) => user(m.user_name()),
        Op::GetSSHPublicKey(m) => user(m.user_name()),
        Op::ResetServiceSpecificCredential(m) => user(m.user_name()),
        Op::UpdateLoginProfile(m) => user(m.user_name()),
        Op::UpdateSSHPublicKey(m) => user(m.user_name()),
        Op::UpdateServiceSpecificCredential(m) => user(m.user_name()),
        Op::UpdateSigningCertificate(m) => user(m.user_name()),
        Op::UploadSSHPublicKey(m) => user(m.user_name()),
        Op::UploadSigningCertificate(m) => user(m.user_name()),
        Op::DeleteUser(m) => user(m.user_name()),
        Op::DeleteUserPermissionsBoundary(m) => user(m.user_name()).bounded(None),
        Op::DeleteUserPolicy(m) => user(m.user_name()).bounded(None),
        Op::DetachUserPolicy(m) => user(m.user_name()).bounded(None).attaching(m.policy_arn()),
        Op::EnableMFADevice(m) => user(m.user_name()),
        Op::GetLoginProfile(m) => user(m.user_name()),
        Op::GetMFADevice(m) => user(m.user_name()),
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
        Op::ResyncMFADevice(m) => user(m.user_name()),
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
        Op::AcquireRole(m) => on(About::RoleTemplate(m.template_arn())),
        Op::GetRoleTemplateVersion(m) => on(About::RoleTemplate(m.template_arn())),
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
        // Instance profiles.
        Op::AddRoleToInstanceProfile(m) => profile(m.instance_profile_name()).passing(m.role_name()),
        Op::DeleteInstanceProfile(m) => profile(m.instance_profile_name()),
        Op::GetInstanceProfile(m) => profile(m.instance_profile_name()),
        Op::ListInstanceProfileTags(m) => profile(m.instance_profile_name()),
        Op::RemoveRoleFromInstanceProfile(m) => profile(m.instance_profile_name()),
        Op::TagInstanceProfile(m) => profile(m.instance_profile_name()).tagged(m.tags()),
        Op::UntagInstanceProfile(m) => profile(m.instance_profile_name()).untagged(m.tag_keys()),
        // Server certificates.
        Op::DeleteServerCertificate(m) => certificate(m.server_certificate_name()),
        Op::GetServerCertificate(m) => certificate(m.server_certificate_name()),
        Op::ListServerCertificateTags(m) => certificate(m.server_certificate_name()),
        Op::TagServerCertificate(m) => certificate(m.server_certificate_name()).tagged(m.tags()),
        Op::UntagServerCertificate(m) => certificate(m.server_certificate_name()).untagged(m.tag_keys()),
        Op::UpdateServerCertificate(m) => {
            certificate(m.server_certificate_name()).renamed(m.new_server_certificate_name(), m.new_path())
        }
        // MFA devices.
        Op::DeleteVirtualMFADevice(m) => device(m.serial_number()),
        Op::ListMFADeviceTags(m) => device(m.serial_number()),
        Op::TagMFADevice(m) => device(m.serial_number()).tagged(m.tags()),
        Op::UntagMFADevice(m) => device(m.serial_number()).untagged(m.tag_keys()),
        // Identity providers.
        Op::AddClientIDToOpenIDConnectProvider(m) => provider(m.open_id_connect_provider_arn()),
        Op::DeleteOpenIDConnectProvider(m) => provider(m.open_id_connect_provider_arn()),
        Op::GetOpenIDConnectProvider(m) => provider(m.open_id_connect_provider_arn()),
        Op::ListOpenIDConnectProviderTags(m) => provider(m.open_id_connect_provider_arn()),
        Op::RemoveClientIDFromOpenIDConnectProvider(m) => provider(m.open_id_connect_provider_arn()),
        Op::TagOpenIDConnectProvider(m) => provider(m.open_id_connect_provider_arn()).tagged(m.tags()),
        Op::UntagOpenIDConnectProvider(m) => {
            provider(m.open_id_connect_provider_arn()).untagged(m.tag_keys())
        }
        Op::UpdateOpenIDConnectProvider(m) => provider(m.open_id_connect_provider_arn()),
        Op::UpdateOpenIDConnectProviderThumbprint(m) => provider(m.open_id_connect_provider_arn()),
        Op::DeleteSAMLProvider(m) => provider(m.saml_provider_arn()),
        Op::GetSAMLProvider(m) => provider(m.saml_provider_arn()),
        Op::ListSAMLProviderTags(m) => provider(m.saml_provider_arn()),
        Op::TagSAMLProvider(m) => provider(m.saml_provider_arn()).tagged(m.tags()),
        Op::UntagSAMLProvider(m) => provider(m.saml_provider_arn()).untagged(m.tag_keys()),
        Op::UpdateSAMLProvider(m) => provider(m.saml_provider_arn()),
        // The simulator, and what knows no resource.
        Op::GetContextKeysForPrincipalPolicy(m) => on(About::PolicySource(m.policy_source_arn())),
        Op::SimulatePrincipalPolicy(m) => on(About::PolicySource(m.policy_source_arn())),
        Op::GenerateServiceLastAccessedDetails(m) => on(About::PolicySource(m.arn())),
        Op::ListPoliciesGrantingServiceAccess(m) => on(About::PolicySource(m.arn())),
        Op::GenerateOrganizationsAccessReport(m) => {
            on(About::AccessReport(m.entity_path())).about_policy(m.organizations_policy_id())
        }
        Op::PutAccountProperties(m) => on(About::Account).switching(m.properties()),
        Op::CreateAccountAlias(_)
        | Op::DeleteAccountAlias(_)
        | Op::DeleteAccountPasswordPolicy
        | Op::DisableOrganizationsRootCredentialsManagement(_)
        | Op::DisableOrganizationsRootSessions(_)
        | Op::EnableOrganizationsRootCredentialsManagement(_)
        | Op::EnableOrganizationsRootSessions(_)
        | Op::GenerateCredentialReport
        | Op::GetAccountProperties(_)
        | Op::GetOrganizationsAccessReport(_)
        | Op::GetServiceLastAccessedDetails(_)
        | Op::GetServiceLastAccessedDetailsWithEntities(_)
        | Op::ListOrganizationsFeatures(_)
        | Op::GetAccountAuthorizationDetails(_)
        | Op::GetAccountPasswordPolicy
        | Op::DisableOutboundWebIdentityFederation
        | Op::EnableOutboundWebIdentityFederation
        | Op::GetAccountSummary
        | Op::GetOutboundWebIdentityFederationInfo
        | Op::GetContextKeysForCustomPolicy(_)
        | Op::GetCredentialReport
        | Op::ListAccountAliases(_)
        | Op::ListOpenIDConnectProviders(_)
        | Op::ListSAMLProviders(_)
        | Op::ListVirtualMFADevices(_)
        | Op::SetSecurityTokenServicePreferences(_)
        | Op::SimulateCustomPolicy(_)
        | Op::UpdateAccountPasswordPolicy(_) => on(About::Account),
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
        About::InstanceProfile(_) if kind == "instance-profile" => {
            Cow::Owned(format!("instance profile {}", names::last_part(resource)))
        }
        About::RoleTemplate(_) => Cow::Owned(format!("role-template {resource}")),
        About::NewPolicy(..) => Cow::Owned(format!("policy {}", names::last_part(resource))),
        About::List("policy", _) => Cow::Owned(format!("policy path {path}")),
        _ => Cow::Borrowed(resource),
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
    keys.extend(asks.call_keys);
    let action = format!("iam:{}", operation.name());
    let renamed = renamed(asks.new_name, asks.new_path, &resource.arn);
    let mut access = Access::to(caller.account(), action, resource.arn, keys);
    access.given_by_account = given_by_account(operation, caller, world)?;
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
    if let Some(action) = asks.also {
        access = access.and_action(action);
    }
    // F-IAMAPI-RES-8: who gives a role to EC2 must be allowed to pass it.
    if let Some(role) = asks.passed_role {
        let role = of::<Role>(caller.account(), role, world)?;
        let to_ec2 = ConditionKey::single("iam:PassedToService", "ec2.amazonaws.com");
        access = access.and("iam:PassRole", role.arn, vec![to_ec2]);
    }
    Ok(access)
}

/// F-IAMAPI-PWD-5: users may change their own password, and read what is asked of it, where their account's password policy
/// says so. AWS's policy for that gives just these two permissions.
fn given_by_account(
    operation: Operation,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Option<&'static str>, Fault> {
    let Principal::User { account, .. } = caller.principal else { return Ok(None) };
    match operation {
        Operation::ChangePassword | Operation::GetAccountPasswordPolicy => {
            let policy = directory::account(account, world)?.password_policy;
            let may_change = policy.is_some_and(|policy| policy.users_may_change);
            Ok(may_change.then_some("arn:aws:iam::aws:policy/IAMUserChangePassword"))
        }
        _ => Ok(None),
    }
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
