//! The operations of IAM, one line each: which function answers it.

use super::account_properties;
use super::certificates::{server_certificate, signing_certificate};
use super::last_access::{details, organizations_report, policies_granting};
use super::mfa::{assignment, virtual_device};
use super::model::{Input, Output};
use super::passwords::{login_profile, password_policy};
use super::policies::{
    boundary, context_keys, entities_for_policy, entity_policies, managed_policy, policy_version,
};
use super::providers::{open_id_connect, saml};
use super::reports::{account, authorization_details, credential_report};
use super::roles::{acquired_role, role, role_template, service_linked_role};
use super::root_access;
use super::simulator::simulate;
use super::users::{access_key, group, service_specific_credential, ssh_public_key, user};
use super::{On, instance_profile, outbound_federation, tag};
use crate::failure::Failure;
use crate::state::identity::{Role, User};
use crate::table::answers;
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
        AcquireRole(input) => acquired_role::acquire(on, input, world),
        GetRoleTemplateVersion(input) => role_template::get(&input),
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

        SetSecurityTokenServicePreferences(input) => account::set_token_version(on, &input, world),
        GetAccountProperties(_) => account_properties::get(on, world),
        PutAccountProperties(input) => account_properties::put(on, &input, world),

        // Central root access.
        ListOrganizationsFeatures(_) => root_access::list(on, world),
        EnableOrganizationsRootCredentialsManagement(_) => root_access::enable_credentials(on, world),
        DisableOrganizationsRootCredentialsManagement(_) => root_access::disable_credentials(on, world),
        EnableOrganizationsRootSessions(_) => root_access::enable_sessions(on, world),
        DisableOrganizationsRootSessions(_) => root_access::disable_sessions(on, world),

        // What happened.
        GenerateServiceLastAccessedDetails(input) => details::generate(on, &input, world),
        GetServiceLastAccessedDetails(input) => details::get(on, input, world),
        GetServiceLastAccessedDetailsWithEntities(input) => details::get_with_entities(on, input, world),
        ListPoliciesGrantingServiceAccess(input) => policies_granting::list(on, input, world),
        GenerateOrganizationsAccessReport(input) => organizations_report::generate(on, input, world),
        GetOrganizationsAccessReport(input) => organizations_report::get(on, input, world),

        // Which condition keys policies look at.
        GetContextKeysForCustomPolicy(input) => context_keys::of_custom_policy(input),
        GetContextKeysForPrincipalPolicy(input) => context_keys::of_principal(on, input, world),

        // Instance profiles.
        CreateInstanceProfile(input) => instance_profile::create(on, input, world),
        GetInstanceProfile(input) => instance_profile::get(on, &input, world),
        DeleteInstanceProfile(input) => instance_profile::delete(on, &input, world),
        ListInstanceProfiles(input) => instance_profile::list(on, input, world),
        ListInstanceProfilesForRole(input) => instance_profile::list_for_role(on, input, world),
        AddRoleToInstanceProfile(input) => instance_profile::add_role(on, &input, world),
        RemoveRoleFromInstanceProfile(input) => instance_profile::remove_role(on, &input, world),
        TagInstanceProfile(input) => instance_profile::add_tags(on, input, world),
        UntagInstanceProfile(input) => instance_profile::remove_tags(on, &input, world),
        ListInstanceProfileTags(input) => instance_profile::list_tags(on, input, world),

        // Passwords.
        GetAccountPasswordPolicy => password_policy::get(on, world),
        UpdateAccountPasswordPolicy(input) => password_policy::update(on, &input, world),
        DeleteAccountPasswordPolicy => password_policy::delete(on, world),
        CreateLoginProfile(input) => login_profile::create(on, input, world),
        GetLoginProfile(input) => login_profile::get(on, &input, world),
        UpdateLoginProfile(input) => login_profile::update(on, input, world),
        DeleteLoginProfile(input) => login_profile::delete(on, &input, world),
        ChangePassword(input) => login_profile::change(on, &input, world),

        // Identity providers.
        CreateOpenIDConnectProvider(input) => open_id_connect::create(on, input, world),
        GetOpenIDConnectProvider(input) => open_id_connect::get(on, &input, world),
        DeleteOpenIDConnectProvider(input) => open_id_connect::delete(on, &input, world),
        ListOpenIDConnectProviders(_) => open_id_connect::list(on, world),
        AddClientIDToOpenIDConnectProvider(input) => open_id_connect::add_client_id(on, input, world),
        RemoveClientIDFromOpenIDConnectProvider(input) => open_id_connect::remove_client_id(on, &input, world),
        UpdateOpenIDConnectProvider(input) => open_id_connect::update(on, input, world),
        UpdateOpenIDConnectProviderThumbprint(input) => open_id_connect::update_thumbprint(on, input, world),
        TagOpenIDConnectProvider(input) => open_id_connect::add_tags(on, input, world),
        UntagOpenIDConnectProvider(input) => open_id_connect::remove_tags(on, &input, world),
        ListOpenIDConnectProviderTags(input) => open_id_connect::list_tags(on, input, world),
        CreateSAMLProvider(input) => saml::create(on, input, world),
        GetSAMLProvider(input) => saml::get(on, &input, world),
        UpdateSAMLProvider(input) => saml::update(on, input, world),
        DeleteSAMLProvider(input) => saml::delete(on, &input, world),
        ListSAMLProviders(_) => saml::list(on, world),
        TagSAMLProvider(input) => saml::add_tags(on, input, world),
        UntagSAMLProvider(input) => saml::remove_tags(on, &input, world),
        ListSAMLProviderTags(input) => saml::list_tags(on, input, world),

        // Certificates.
        UploadServerCertificate(input) => server_certificate::upload(on, input, world),
        GetServerCertificate(input) => server_certificate::get(on, &input, world),
        ListServerCertificates(input) => server_certificate::list(on, input, world),
        UpdateServerCertificate(input) => server_certificate::update(on, input, world),
        DeleteServerCertificate(input) => server_certificate::delete(on, &input, world),
        TagServerCertificate(input) => server_certificate::add_tags(on, input, world),
        UntagServerCertificate(input) => server_certificate::remove_tags(on, &input, world),
        ListServerCertificateTags(input) => server_certificate::list_tags(on, input, world),
        UploadSigningCertificate(input) => signing_certificate::upload(on, input, world),
        ListSigningCertificates(input) => signing_certificate::list(on, input, world),
        UpdateSigningCertificate(input) => signing_certificate::update(on, &input, world),
        DeleteSigningCertificate(input) => signing_certificate::delete(on, &input, world),

        // What users have for single services.
        UploadSSHPublicKey(input) => ssh_public_key::upload(on, input, world),
        GetSSHPublicKey(input) => ssh_public_key::get(on, &input, world),
        ListSSHPublicKeys(input) => ssh_public_key::list(on, input, world),
        UpdateSSHPublicKey(input) => ssh_public_key::update(on, &input, world),
        DeleteSSHPublicKey(input) => ssh_public_key::delete(on, &input, world),
        CreateServiceSpecificCredential(input) => service_specific_credential::create(on, &input, world),
        ListServiceSpecificCredentials(input) => service_specific_credential::list(on, input, world),
        UpdateServiceSpecificCredential(input) => service_specific_credential::update(on, &input, world),
        ResetServiceSpecificCredential(input) => service_specific_credential::reset(on, &input, world),
        DeleteServiceSpecificCredential(input) => service_specific_credential::delete(on, &input, world),

        // Tokens for services outside of AWS.
        EnableOutboundWebIdentityFederation => outbound_federation::enable(on, world),
        DisableOutboundWebIdentityFederation => outbound_federation::disable(on, world),
        GetOutboundWebIdentityFederationInfo => outbound_federation::get(on, world),

        // Devices for multi-factor authentication.
        CreateVirtualMFADevice(input) => virtual_device::create(on, input, world),
        DeleteVirtualMFADevice(input) => virtual_device::delete(on, &input, world),
        ListVirtualMFADevices(input) => virtual_device::list(on, input, world),
        TagMFADevice(input) => virtual_device::add_tags(on, input, world),
        UntagMFADevice(input) => virtual_device::remove_tags(on, &input, world),
        ListMFADeviceTags(input) => virtual_device::list_tags(on, input, world),
        EnableMFADevice(input) => assignment::enable(on, &input, world),
        DeactivateMFADevice(input) => assignment::deactivate(on, &input, world),
        ResyncMFADevice(input) => assignment::resync(on, &input, world),
        ListMFADevices(input) => assignment::list(on, input, world),
        GetMFADevice(input) => assignment::get(on, &input, world),
    })
}
