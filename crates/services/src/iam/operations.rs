//! The operations of IAM, one line each: which function answers it.

use super::model::{Input, Output};
use super::policies::{boundary, entities_for_policy, entity_policies, managed_policy, policy_version};
use super::reports::{account, authorization_details, credential_report};
use super::roles::{role, service_linked_role};
use super::simulator::simulate;
use super::users::{access_key, group, user};
use super::{On, absent, tag};
use crate::failure::Failure;
use crate::state::identity::{Role, User};
use crate::table::{always, answers};
use crate::world::World;

/// Carries an operation out.
///
/// # Errors
/// What the operation refuses.
pub(super) fn run(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(answers! { input;
        // Roles, service-linked ones included.
        CreateRole(input) => role::create(on, input, world),
        GetRole(input) => role::get(on, input, world),
        DeleteRole(input) => role::delete(on, input, world),
        UpdateRole(input) => role::update(on, input, world),
        UpdateRoleDescription(input) => role::update_description(on, input, world),
        UpdateAssumeRolePolicy(input) => role::update_trust(on, input, world),
        ListRoles(input) => role::list(on, input, world),
        TagRole(input) => tag::add_to::<Role>(on, input.role_name.as_str(), input.tags, world),
        UntagRole(input) => tag::remove_from::<Role>(on, input.role_name.as_str(), &input.tag_keys, world),
        ListRoleTags(input) => role::list_tags(on, input, world),
        CreateServiceLinkedRole(input) => service_linked_role::create(on, input, world),
        DeleteServiceLinkedRole(input) => service_linked_role::delete(on, input, world),
        GetServiceLinkedRoleDeletionStatus(input) => service_linked_role::deletion_status(on, &input, world),
        PutRolePermissionsBoundary(input) => {
            boundary::put::<Role>(on, input.role_name.as_str(), input.permissions_boundary, world)
        },
        DeleteRolePermissionsBoundary(input) => boundary::delete::<Role>(on, input.role_name.as_str(), world),
        PutRolePolicy(input) => entity_policies::role::put(on, input, world),
        GetRolePolicy(input) => entity_policies::role::get(on, input, world),
        DeleteRolePolicy(input) => entity_policies::role::delete(on, input, world),
        ListRolePolicies(input) => entity_policies::role::list(on, input, world),
        AttachRolePolicy(input) => entity_policies::role::attach(on, input, world),
        DetachRolePolicy(input) => entity_policies::role::detach(on, input, world),
        ListAttachedRolePolicies(input) => entity_policies::role::list_attached(on, input, world),

        // Users and their access keys.
        CreateUser(input) => user::create(on, input, world),
        GetUser(input) => user::get(on, input, world),
        UpdateUser(input) => user::update(on, input, world),
        DeleteUser(input) => user::delete(on, input, world),
        ListUsers(input) => user::list(on, input, world),
        TagUser(input) => tag::add_to::<User>(on, input.user_name.as_str(), input.tags, world),
        UntagUser(input) => tag::remove_from::<User>(on, input.user_name.as_str(), &input.tag_keys, world),
        ListUserTags(input) => user::list_tags(on, input, world),
        ListGroupsForUser(input) => user::list_groups(on, input, world),
        CreateAccessKey(input) => access_key::create(on, &input, world),
        ListAccessKeys(input) => access_key::list(on, input, world),
        UpdateAccessKey(input) => access_key::update(on, &input, world),
        DeleteAccessKey(input) => access_key::delete(on, &input, world),
        GetAccessKeyLastUsed(input) => access_key::last_used(on, &input, world),
        PutUserPermissionsBoundary(input) => {
            boundary::put::<User>(on, input.user_name.as_str(), input.permissions_boundary, world)
        },
        DeleteUserPermissionsBoundary(input) => boundary::delete::<User>(on, input.user_name.as_str(), world),
        PutUserPolicy(input) => entity_policies::user::put(on, input, world),
        GetUserPolicy(input) => entity_policies::user::get(on, input, world),
        DeleteUserPolicy(input) => entity_policies::user::delete(on, input, world),
        ListUserPolicies(input) => entity_policies::user::list(on, input, world),
        AttachUserPolicy(input) => entity_policies::user::attach(on, input, world),
        DetachUserPolicy(input) => entity_policies::user::detach(on, input, world),
        ListAttachedUserPolicies(input) => entity_policies::user::list_attached(on, input, world),

        // Groups.
        CreateGroup(input) => group::create(on, input, world),
        GetGroup(input) => group::get(on, input, world),
        UpdateGroup(input) => group::update(on, input, world),
        DeleteGroup(input) => group::delete(on, input, world),
        ListGroups(input) => group::list(on, input, world),
        AddUserToGroup(input) => group::add_user(on, input, world),
        RemoveUserFromGroup(input) => group::remove_user(on, input, world),
        PutGroupPolicy(input) => entity_policies::group::put(on, input, world),
        GetGroupPolicy(input) => entity_policies::group::get(on, input, world),
        DeleteGroupPolicy(input) => entity_policies::group::delete(on, input, world),
        ListGroupPolicies(input) => entity_policies::group::list(on, input, world),
        AttachGroupPolicy(input) => entity_policies::group::attach(on, input, world),
        DetachGroupPolicy(input) => entity_policies::group::detach(on, input, world),
        ListAttachedGroupPolicies(input) => entity_policies::group::list_attached(on, input, world),

        // Managed policies and their versions.
        CreatePolicy(input) => managed_policy::create(on, input, world),
        GetPolicy(input) => managed_policy::get(on, input, world),
        DeletePolicy(input) => managed_policy::delete(on, input, world),
        ListPolicies(input) => managed_policy::list(on, input, world),
        TagPolicy(input) => managed_policy::add_tags(on, input, world),
        UntagPolicy(input) => managed_policy::remove_tags(on, input, world),
        ListPolicyTags(input) => managed_policy::list_tags(on, input, world),
        ListEntitiesForPolicy(input) => entities_for_policy::list(on, input, world),
        CreatePolicyVersion(input) => policy_version::create(on, input, world),
        GetPolicyVersion(input) => policy_version::get(on, input, world),
        ListPolicyVersions(input) => policy_version::list(on, input, world),
        DeletePolicyVersion(input) => policy_version::delete(on, input, world),
        SetDefaultPolicyVersion(input) => policy_version::set_default(on, input, world),

        // The account as a whole.
        CreateAccountAlias(input) => account::create_alias(on, input, world),
        DeleteAccountAlias(input) => account::delete_alias(on, &input, world),
        ListAccountAliases(input) => account::list_aliases(on, input, world),
        GetAccountSummary => account::summary(on, world),
        GetAccountAuthorizationDetails(input) => authorization_details::get(on, input, world),
        GenerateCredentialReport => credential_report::generate(on, world),
        GetCredentialReport => credential_report::get(on, world),

        // The simulator.
        SimulatePrincipalPolicy(input) => simulate::principal_policy(on, input, world),
        SimulateCustomPolicy(input) => simulate::custom_policy(on, input, world),

        // What nobody has here.
        ListInstanceProfilesForRole(input) => role::list_instance_profiles(on, &input, world),
        GetAccountPasswordPolicy => absent::password_policy(on),
        ListMFADevices(input) => absent::mfa_devices(on, &input, world),
        ListVirtualMFADevices(input) => absent::virtual_mfa_devices(on, input),
        ListSigningCertificates(input) => absent::signing_certificates(on, &input, world),
        ListSSHPublicKeys(input) => absent::ssh_public_keys(on, &input, world),
        ListServiceSpecificCredentials(input) => absent::service_specific_credentials(on, &input, world),
        GetLoginProfile(input) => absent::login_profile(on, &input, world),
        DeleteLoginProfile(input) => absent::delete_login_profile(on, &input, world),
        ListServerCertificates(input) => absent::server_certificates(on, input),
        ListInstanceProfiles(input) => absent::instance_profiles(on, input),
        ListSAMLProviders(_) => always(absent::saml_providers()),
        ListOpenIDConnectProviders(_) => always(absent::open_id_connect_providers()),
    })
}
