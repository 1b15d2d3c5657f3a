//! Which function answers which operation: IAM's table of contents, a part for each resource.

use super::model::{self, Input, Operation, Output};
use super::reports::{account, authorization_details, credential_report};
use super::roles::{role, service_linked_role};
use super::simulator::simulate;
use super::users::{access_key, group, user};
use super::{
    On, absent, attachment, boundary, entities_for_policy, inline_policy, managed_policy, policy_version, tag,
};
use crate::failure::Failure;
use crate::state::identity::{Group, Role, User};
use crate::world::{Fault, World};

/// The parts of the table of contents.
enum Part {
    Roles,
    Users,
    Groups,
    ManagedPolicies,
    UserPolicies,
    RolePolicies,
    GroupPolicies,
    Account,
    Absent,
}

/// Where an operation is. A new one of the model does not compile until it has a place.
fn part(operation: Operation) -> Part {
    use Operation as O;
    match operation {
        O::CreateRole | O::GetRole | O::DeleteRole | O::UpdateRole => Part::Roles,
        O::UpdateRoleDescription | O::UpdateAssumeRolePolicy | O::ListRoles | O::TagRole => Part::Roles,
        O::UntagRole | O::ListRoleTags | O::CreateServiceLinkedRole => Part::Roles,
        O::DeleteServiceLinkedRole | O::GetServiceLinkedRoleDeletionStatus => Part::Roles,
        O::PutRolePermissionsBoundary | O::DeleteRolePermissionsBoundary => Part::Roles,
        O::CreateUser | O::GetUser | O::UpdateUser | O::DeleteUser | O::ListUsers => Part::Users,
        O::TagUser | O::UntagUser | O::ListUserTags | O::ListGroupsForUser => Part::Users,
        O::CreateAccessKey | O::ListAccessKeys | O::UpdateAccessKey | O::DeleteAccessKey => Part::Users,
        O::GetAccessKeyLastUsed | O::PutUserPermissionsBoundary => Part::Users,
        O::DeleteUserPermissionsBoundary => Part::Users,
        O::CreateGroup | O::GetGroup | O::UpdateGroup | O::DeleteGroup | O::ListGroups => Part::Groups,
        O::AddUserToGroup | O::RemoveUserFromGroup => Part::Groups,
        O::CreatePolicy | O::GetPolicy | O::DeletePolicy | O::ListPolicies => Part::ManagedPolicies,
        O::TagPolicy | O::UntagPolicy | O::ListPolicyTags => Part::ManagedPolicies,
        O::ListEntitiesForPolicy | O::CreatePolicyVersion => Part::ManagedPolicies,
        O::GetPolicyVersion | O::ListPolicyVersions | O::DeletePolicyVersion => Part::ManagedPolicies,
        O::SetDefaultPolicyVersion => Part::ManagedPolicies,
        O::PutUserPolicy | O::GetUserPolicy | O::DeleteUserPolicy => Part::UserPolicies,
        O::ListUserPolicies | O::AttachUserPolicy | O::DetachUserPolicy => Part::UserPolicies,
        O::ListAttachedUserPolicies => Part::UserPolicies,
        O::PutRolePolicy | O::GetRolePolicy | O::DeleteRolePolicy => Part::RolePolicies,
        O::ListRolePolicies | O::AttachRolePolicy | O::DetachRolePolicy => Part::RolePolicies,
        O::ListAttachedRolePolicies => Part::RolePolicies,
        O::PutGroupPolicy | O::GetGroupPolicy | O::DeleteGroupPolicy => Part::GroupPolicies,
        O::ListGroupPolicies | O::AttachGroupPolicy | O::DetachGroupPolicy => Part::GroupPolicies,
        O::ListAttachedGroupPolicies => Part::GroupPolicies,
        O::CreateAccountAlias | O::DeleteAccountAlias | O::ListAccountAliases => Part::Account,
        O::GetAccountSummary | O::GetAccountAuthorizationDetails => Part::Account,
        O::GenerateCredentialReport | O::GetCredentialReport => Part::Account,
        O::SimulatePrincipalPolicy | O::SimulateCustomPolicy => Part::Account,
        O::ListInstanceProfilesForRole | O::GetAccountPasswordPolicy => Part::Absent,
        O::ListMFADevices | O::ListVirtualMFADevices | O::ListSigningCertificates => Part::Absent,
        O::ListSSHPublicKeys | O::ListServiceSpecificCredentials | O::GetLoginProfile => Part::Absent,
        O::DeleteLoginProfile | O::ListServerCertificates | O::ListInstanceProfiles => Part::Absent,
        O::ListSAMLProviders | O::ListOpenIDConnectProviders => Part::Absent,
    }
}

/// Carries out an operation.
pub(super) fn run(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    match part(input.operation()) {
        Part::Roles => roles(on, input, world),
        Part::Users => users(on, input, world),
        Part::Groups => groups(on, input, world),
        Part::ManagedPolicies => managed_policies(on, input, world),
        Part::UserPolicies => user_policies(on, input, world),
        Part::RolePolicies => role_policies(on, input, world),
        Part::GroupPolicies => group_policies(on, input, world),
        Part::Account => account_itself(on, input, world),
        Part::Absent => absent_things(on, input, world),
    }
}

/// What a part says of an operation that [`part`] should not have sent there.
fn misplaced(input: &Input) -> Failure {
    Failure::Fault(Fault::Broken(format!("{} is in another part", input.operation().name())))
}

/// Roles, service-linked ones included.
fn roles(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(match input {
        Input::CreateRole(input) => Output::CreateRole(role::create(on, input, world)?),
        Input::GetRole(input) => Output::GetRole(role::get(on, input, world)?),
        Input::DeleteRole(input) => role::delete(on, input, world).map(|()| Output::DeleteRole)?,
        Input::UpdateRole(input) => Output::UpdateRole(role::update(on, input, world)?),
        Input::UpdateRoleDescription(input) => {
            Output::UpdateRoleDescription(role::update_description(on, input, world)?)
        }
        Input::UpdateAssumeRolePolicy(input) => {
            role::update_trust(on, input, world).map(|()| Output::UpdateAssumeRolePolicy)?
        }
        Input::ListRoles(input) => Output::ListRoles(role::list(on, input, world)?),
        Input::TagRole(input) => {
            tag::add_to::<Role>(on, input.role_name.as_str(), input.tags, world).map(|()| Output::TagRole)?
        }
        Input::UntagRole(input) => {
            tag::remove_from::<Role>(on, input.role_name.as_str(), &input.tag_keys, world)
                .map(|()| Output::UntagRole)?
        }
        Input::ListRoleTags(input) => Output::ListRoleTags(role::list_tags(on, input, world)?),
        Input::CreateServiceLinkedRole(input) => {
            Output::CreateServiceLinkedRole(service_linked_role::create(on, input, world)?)
        }
        Input::DeleteServiceLinkedRole(input) => {
            Output::DeleteServiceLinkedRole(service_linked_role::delete(on, input, world)?)
        }
        Input::GetServiceLinkedRoleDeletionStatus(input) => Output::GetServiceLinkedRoleDeletionStatus(
            service_linked_role::deletion_status(on, &input, world)?,
        ),
        Input::PutRolePermissionsBoundary(input) => {
            boundary::put::<Role>(on, input.role_name.as_str(), input.permissions_boundary, world)
                .map(|()| Output::PutRolePermissionsBoundary)?
        }
        Input::DeleteRolePermissionsBoundary(input) => {
            boundary::delete::<Role>(on, input.role_name.as_str(), world)
                .map(|()| Output::DeleteRolePermissionsBoundary)?
        }
        other => return Err(misplaced(&other)),
    })
}

/// Users and access keys.
fn users(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(match input {
        Input::CreateUser(input) => Output::CreateUser(user::create(on, input, world)?),
        Input::GetUser(input) => Output::GetUser(user::get(on, input, world)?),
        Input::UpdateUser(input) => user::update(on, input, world).map(|()| Output::UpdateUser)?,
        Input::DeleteUser(input) => user::delete(on, input, world).map(|()| Output::DeleteUser)?,
        Input::ListUsers(input) => Output::ListUsers(user::list(on, input, world)?),
        Input::TagUser(input) => {
            tag::add_to::<User>(on, input.user_name.as_str(), input.tags, world).map(|()| Output::TagUser)?
        }
        Input::UntagUser(input) => {
            tag::remove_from::<User>(on, input.user_name.as_str(), &input.tag_keys, world)
                .map(|()| Output::UntagUser)?
        }
        Input::ListUserTags(input) => Output::ListUserTags(user::list_tags(on, input, world)?),
        Input::ListGroupsForUser(input) => Output::ListGroupsForUser(user::list_groups(on, input, world)?),
        Input::CreateAccessKey(input) => Output::CreateAccessKey(access_key::create(on, &input, world)?),
        Input::ListAccessKeys(input) => Output::ListAccessKeys(access_key::list(on, input, world)?),
        Input::UpdateAccessKey(input) => {
            access_key::update(on, &input, world).map(|()| Output::UpdateAccessKey)?
        }
        Input::DeleteAccessKey(input) => {
            access_key::delete(on, &input, world).map(|()| Output::DeleteAccessKey)?
        }
        Input::GetAccessKeyLastUsed(input) => {
            Output::GetAccessKeyLastUsed(access_key::last_used(on, &input, world)?)
        }
        Input::PutUserPermissionsBoundary(input) => {
            boundary::put::<User>(on, input.user_name.as_str(), input.permissions_boundary, world)
                .map(|()| Output::PutUserPermissionsBoundary)?
        }
        Input::DeleteUserPermissionsBoundary(input) => {
            boundary::delete::<User>(on, input.user_name.as_str(), world)
                .map(|()| Output::DeleteUserPermissionsBoundary)?
        }
        other => return Err(misplaced(&other)),
    })
}

/// Groups.
fn groups(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(match input {
        Input::CreateGroup(input) => Output::CreateGroup(group::create(on, input, world)?),
        Input::GetGroup(input) => Output::GetGroup(group::get(on, input, world)?),
        Input::UpdateGroup(input) => group::update(on, input, world).map(|()| Output::UpdateGroup)?,
        Input::DeleteGroup(input) => group::delete(on, input, world).map(|()| Output::DeleteGroup)?,
        Input::ListGroups(input) => Output::ListGroups(group::list(on, input, world)?),
        Input::AddUserToGroup(input) => group::add_user(on, input, world).map(|()| Output::AddUserToGroup)?,
        Input::RemoveUserFromGroup(input) => {
            group::remove_user(on, input, world).map(|()| Output::RemoveUserFromGroup)?
        }
        other => return Err(misplaced(&other)),
    })
}

/// Managed policies and their versions.
fn managed_policies(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(match input {
        Input::CreatePolicy(input) => Output::CreatePolicy(managed_policy::create(on, input, world)?),
        Input::GetPolicy(input) => Output::GetPolicy(managed_policy::get(on, input, world)?),
        Input::DeletePolicy(input) => {
            managed_policy::delete(on, input, world).map(|()| Output::DeletePolicy)?
        }
        Input::ListPolicies(input) => Output::ListPolicies(managed_policy::list(on, input, world)?),
        Input::TagPolicy(input) => managed_policy::add_tags(on, input, world).map(|()| Output::TagPolicy)?,
        Input::UntagPolicy(input) => {
            managed_policy::remove_tags(on, input, world).map(|()| Output::UntagPolicy)?
        }
        Input::ListPolicyTags(input) => Output::ListPolicyTags(managed_policy::list_tags(on, input, world)?),
        Input::ListEntitiesForPolicy(input) => {
            Output::ListEntitiesForPolicy(entities_for_policy::list(on, input, world)?)
        }
        Input::CreatePolicyVersion(input) => {
            Output::CreatePolicyVersion(policy_version::create(on, input, world)?)
        }
        Input::GetPolicyVersion(input) => Output::GetPolicyVersion(policy_version::get(on, input, world)?),
        Input::ListPolicyVersions(input) => {
            Output::ListPolicyVersions(policy_version::list(on, input, world)?)
        }
        Input::DeletePolicyVersion(input) => {
            policy_version::delete(on, input, world).map(|()| Output::DeletePolicyVersion)?
        }
        Input::SetDefaultPolicyVersion(input) => {
            policy_version::set_default(on, input, world).map(|()| Output::SetDefaultPolicyVersion)?
        }
        other => return Err(misplaced(&other)),
    })
}

/// The account as a whole, and the simulator.
fn account_itself(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(match input {
        Input::CreateAccountAlias(input) => {
            account::create_alias(on, input, world).map(|()| Output::CreateAccountAlias)?
        }
        Input::DeleteAccountAlias(input) => {
            account::delete_alias(on, &input, world).map(|()| Output::DeleteAccountAlias)?
        }
        Input::ListAccountAliases(input) => {
            Output::ListAccountAliases(account::list_aliases(on, input, world)?)
        }
        Input::GetAccountSummary => Output::GetAccountSummary(account::summary(on, world)?),
        Input::GetAccountAuthorizationDetails(input) => {
            Output::GetAccountAuthorizationDetails(authorization_details::get(on, input, world)?)
        }
        Input::GenerateCredentialReport => {
            Output::GenerateCredentialReport(credential_report::generate(on, world)?)
        }
        Input::GetCredentialReport => Output::GetCredentialReport(credential_report::get(on, world)?),
        Input::SimulatePrincipalPolicy(input) => {
            Output::SimulatePrincipalPolicy(simulate::principal_policy(on, input, world)?)
        }
        Input::SimulateCustomPolicy(input) => {
            Output::SimulateCustomPolicy(simulate::custom_policy(on, input)?)
        }
        other => return Err(misplaced(&other)),
    })
}

/// Things that nobody has here.
fn absent_things(on: &On<'_>, input: Input, world: &World<'_>) -> Result<Output, Failure> {
    Ok(match input {
        Input::ListInstanceProfilesForRole(input) => {
            Output::ListInstanceProfilesForRole(role::list_instance_profiles(on, &input, world)?)
        }
        Input::GetAccountPasswordPolicy => Output::GetAccountPasswordPolicy(absent::password_policy(on)?),
        Input::ListMFADevices(input) => Output::ListMFADevices(absent::mfa_devices(on, &input, world)?),
        Input::ListVirtualMFADevices(_) => Output::ListVirtualMFADevices(absent::virtual_mfa_devices()),
        Input::ListSigningCertificates(input) => {
            Output::ListSigningCertificates(absent::signing_certificates(on, &input, world)?)
        }
        Input::ListSSHPublicKeys(input) => {
            Output::ListSSHPublicKeys(absent::ssh_public_keys(on, &input, world)?)
        }
        Input::ListServiceSpecificCredentials(input) => {
            Output::ListServiceSpecificCredentials(absent::service_specific_credentials(on, &input, world)?)
        }
        Input::GetLoginProfile(input) => Output::GetLoginProfile(absent::login_profile(on, &input, world)?),
        Input::DeleteLoginProfile(input) => {
            absent::delete_login_profile(on, &input, world).map(|()| Output::DeleteLoginProfile)?
        }
        Input::ListServerCertificates(_) => Output::ListServerCertificates(absent::server_certificates()),
        Input::ListInstanceProfiles(_) => Output::ListInstanceProfiles(absent::instance_profiles()),
        Input::ListSAMLProviders(_) => Output::ListSAMLProviders(absent::saml_providers()),
        Input::ListOpenIDConnectProviders(_) => {
            Output::ListOpenIDConnectProviders(absent::open_id_connect_providers())
        }
        other => return Err(misplaced(&other)),
    })
}

/// The operations on inline policies and attachments, which are the same for users, groups and
/// roles.
macro_rules! with_policies {
    ($on:ident, $world:ident, $input:ident, $name:ident, $type:ident; $put:ident, $get:ident $get_answer:ident,
     $delete:ident, $list:ident $list_answer:ident, $attach:ident, $detach:ident,
     $attached:ident $attached_answer:ident) => {
        match $input {
            Input::$put(it) => {
                let document = &it.policy_document;
                inline_policy::put::<$type>($on, it.$name.as_str(), it.policy_name, document, $world)?;
                Output::$put
            }
            Input::$get(it) => {
                let (name, policy_document) =
                    inline_policy::get::<$type>($on, it.$name.as_str(), &it.policy_name, $world)?;
                let policy_name = it.policy_name;
                Output::$get(model::$get_answer { $name: name.into(), policy_name, policy_document })
            }
            Input::$delete(it) => {
                inline_policy::delete::<$type>($on, it.$name.as_str(), &it.policy_name, $world)?;
                Output::$delete
            }
            Input::$list(it) => {
                let asked = (it.marker, it.max_items);
                let page =
                    inline_policy::list::<$type>($on, stringify!($list), it.$name.as_str(), asked, $world)?;
                Output::$list(model::$list_answer {
                    policy_names: page.items,
                    is_truncated: page.is_truncated,
                    marker: page.marker,
                })
            }
            Input::$attach(it) => {
                attachment::attach::<$type>($on, it.$name.as_str(), &it.policy_arn, $world)?;
                Output::$attach
            }
            Input::$detach(it) => {
                attachment::detach::<$type>($on, it.$name.as_str(), &it.policy_arn, $world)?;
                Output::$detach
            }
            Input::$attached(it) => {
                let asked = (it.marker, it.max_items);
                let prefix = it.path_prefix.as_ref();
                let name = it.$name.as_str();
                let page =
                    attachment::list::<$type>($on, stringify!($attached), name, prefix, asked, $world)?;
                Output::$attached(model::$attached_answer {
                    attached_policies: Some(page.items),
                    is_truncated: page.is_truncated,
                    marker: page.marker,
                })
            }
            other => return Err(misplaced(&other)),
        }
    };
}

fn user_policies(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(with_policies!(on, world, input, user_name, User;
        PutUserPolicy, GetUserPolicy GetUserPolicyResponse, DeleteUserPolicy, ListUserPolicies ListUserPoliciesResponse,
        AttachUserPolicy, DetachUserPolicy, ListAttachedUserPolicies ListAttachedUserPoliciesResponse))
}

fn role_policies(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(with_policies!(on, world, input, role_name, Role;
        PutRolePolicy, GetRolePolicy GetRolePolicyResponse, DeleteRolePolicy, ListRolePolicies ListRolePoliciesResponse,
        AttachRolePolicy, DetachRolePolicy, ListAttachedRolePolicies ListAttachedRolePoliciesResponse))
}

fn group_policies(on: &On<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(with_policies!(on, world, input, group_name, Group;
        PutGroupPolicy, GetGroupPolicy GetGroupPolicyResponse, DeleteGroupPolicy, ListGroupPolicies ListGroupPoliciesResponse,
        AttachGroupPolicy, DetachGroupPolicy, ListAttachedGroupPolicies ListAttachedGroupPoliciesResponse))
}
