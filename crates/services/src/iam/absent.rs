//! Questions about things that cannot be created here. They are answered truthfully: nobody has any.
//!
//! Tools ask them before they delete a user, and audits ask them of every account. F-IAMAPI-NONE-1.

use super::directory::page::Pages;
use super::model::{
    DeleteLoginProfileRequest, GetAccountPasswordPolicyResponse, GetLoginProfileRequest,
    GetLoginProfileResponse, ListInstanceProfilesRequest, ListInstanceProfilesResponse,
    ListMFADevicesRequest, ListMFADevicesResponse, ListOpenIDConnectProvidersResponse,
    ListSAMLProvidersResponse, ListSSHPublicKeysRequest, ListSSHPublicKeysResponse,
    ListServerCertificatesRequest, ListServerCertificatesResponse, ListServiceSpecificCredentialsRequest,
    ListServiceSpecificCredentialsResponse, ListSigningCertificatesRequest, ListSigningCertificatesResponse,
    ListVirtualMFADevicesRequest, ListVirtualMFADevicesResponse, MarkerType, UserNameType,
};
use super::users::user::{named_or_self, refuse_absent};
use super::{On, refusal};
use crate::failure::Failure;
use crate::world::World;
use aws::principal::Principal;

/// Whom a list is about: the named user, the calling one, or the root user.
fn refuse_absent_owner(on: &On<'_>, name: Option<&str>, world: &World<'_>) -> Result<(), Failure> {
    match (name, &on.caller.principal) {
        (Some(name), _) => refuse_absent(on, name, world),
        (None, Principal::Root { .. }) => Ok(()),
        (None, _) => Ok(named_or_self(on, None).map(drop)?),
    }
}

/// F-IAMAPI-PAGE-3: lists that hold nothing refuse a marker of another list, too.
fn refuse_foreign_marker(
    operation: &'static str,
    on: &On<'_>,
    marker: Option<MarkerType>,
) -> Result<(), Failure> {
    Ok(Pages::new(operation, on, [], marker, None).map(drop)?)
}

/// ListMFADevices.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn mfa_devices(
    on: &On<'_>,
    input: &ListMFADevicesRequest,
    world: &World<'_>,
) -> Result<ListMFADevicesResponse, Failure> {
    refuse_absent_owner(on, input.user_name.as_ref().map(|name| name.as_str()), world)?;
    refuse_foreign_marker("ListMFADevices", on, input.marker.clone())?;
    Ok(ListMFADevicesResponse { mfa_devices: Vec::new(), is_truncated: Some(false), marker: None })
}

/// ListSigningCertificates.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn signing_certificates(
    on: &On<'_>,
    input: &ListSigningCertificatesRequest,
    world: &World<'_>,
) -> Result<ListSigningCertificatesResponse, Failure> {
    refuse_absent_owner(on, input.user_name.as_ref().map(|name| name.as_str()), world)?;
    refuse_foreign_marker("ListSigningCertificates", on, input.marker.clone())?;
    Ok(ListSigningCertificatesResponse { certificates: Vec::new(), is_truncated: Some(false), marker: None })
}

/// ListSSHPublicKeys.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn ssh_public_keys(
    on: &On<'_>,
    input: &ListSSHPublicKeysRequest,
    world: &World<'_>,
) -> Result<ListSSHPublicKeysResponse, Failure> {
    refuse_absent_owner(on, input.user_name.as_ref().map(UserNameType::as_str), world)?;
    refuse_foreign_marker("ListSSHPublicKeys", on, input.marker.clone())?;
    Ok(ListSSHPublicKeysResponse {
        ssh_public_keys: Some(Vec::new()),
        is_truncated: Some(false),
        marker: None,
    })
}

/// F-IAMAPI-NONE-2: the services that have credentials of their own.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html>
const WITH_CREDENTIALS: [&str; 3] =
    ["bedrock.amazonaws.com", "cassandra.amazonaws.com", "codecommit.amazonaws.com"];

/// ListServiceSpecificCredentials.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn service_specific_credentials(
    on: &On<'_>,
    input: &ListServiceSpecificCredentialsRequest,
    world: &World<'_>,
) -> Result<ListServiceSpecificCredentialsResponse, Failure> {
    if !input.all_users.unwrap_or(false) {
        refuse_absent_owner(on, input.user_name.as_ref().map(UserNameType::as_str), world)?;
    }
    if let Some(service) = input.service_name.as_deref().filter(|name| !WITH_CREDENTIALS.contains(name)) {
        let text = format!("No such service {service} is supported for Service Specific Credentials");
        return Err(refusal::no_such_entity(text).into());
    }
    refuse_foreign_marker("ListServiceSpecificCredentials", on, input.marker.clone())?;
    Ok(ListServiceSpecificCredentialsResponse {
        service_specific_credentials: Some(Vec::new()),
        marker: None,
        is_truncated: Some(false),
    })
}

fn no_login_profile(on: &On<'_>, name: Option<&UserNameType>, world: &World<'_>) -> Result<Failure, Failure> {
    let name = match name {
        Some(name) => name.as_str(),
        None => named_or_self(on, None)?,
    };
    refuse_absent(on, name, world)?;
    Ok(refusal::no_such_entity(format!("Login Profile for User {name} cannot be found.")).into())
}

/// GetLoginProfile.
///
/// # Errors
/// `NoSuchEntity`, always; `ValidationError`.
pub fn login_profile(
    on: &On<'_>,
    input: &GetLoginProfileRequest,
    world: &World<'_>,
) -> Result<GetLoginProfileResponse, Failure> {
    Err(no_login_profile(on, input.user_name.as_ref(), world)?)
}

/// DeleteLoginProfile.
///
/// # Errors
/// `NoSuchEntity`, always; `ValidationError`.
pub fn delete_login_profile(
    on: &On<'_>,
    input: &DeleteLoginProfileRequest,
    world: &World<'_>,
) -> Result<(), Failure> {
    Err(no_login_profile(on, input.user_name.as_ref(), world)?)
}

/// GetAccountPasswordPolicy.
///
/// # Errors
/// `NoSuchEntity`, always.
pub fn password_policy(on: &On<'_>) -> Result<GetAccountPasswordPolicyResponse, Failure> {
    let text = format!("The Password Policy with domain name {} cannot be found.", on.account);
    Err(refusal::no_such_entity(text).into())
}

/// ListVirtualMFADevices.
///
/// # Errors
/// `ValidationError`.
pub fn virtual_mfa_devices(
    on: &On<'_>,
    input: ListVirtualMFADevicesRequest,
) -> Result<ListVirtualMFADevicesResponse, Failure> {
    refuse_foreign_marker("ListVirtualMFADevices", on, input.marker)?;
    Ok(ListVirtualMFADevicesResponse {
        virtual_mfa_devices: Vec::new(),
        is_truncated: Some(false),
        marker: None,
    })
}

/// ListServerCertificates.
///
/// # Errors
/// `ValidationError`.
pub fn server_certificates(
    on: &On<'_>,
    input: ListServerCertificatesRequest,
) -> Result<ListServerCertificatesResponse, Failure> {
    refuse_foreign_marker("ListServerCertificates", on, input.marker)?;
    Ok(ListServerCertificatesResponse {
        server_certificate_metadata_list: Vec::new(),
        is_truncated: Some(false),
        marker: None,
    })
}

/// ListInstanceProfiles.
///
/// # Errors
/// `ValidationError`.
pub fn instance_profiles(
    on: &On<'_>,
    input: ListInstanceProfilesRequest,
) -> Result<ListInstanceProfilesResponse, Failure> {
    refuse_foreign_marker("ListInstanceProfiles", on, input.marker)?;
    Ok(ListInstanceProfilesResponse {
        instance_profiles: Vec::new(),
        is_truncated: Some(false),
        marker: None,
    })
}

/// ListSAMLProviders.
pub fn saml_providers() -> ListSAMLProvidersResponse {
    ListSAMLProvidersResponse { saml_provider_list: Some(Vec::new()) }
}

/// ListOpenIDConnectProviders.
pub fn open_id_connect_providers() -> ListOpenIDConnectProvidersResponse {
    ListOpenIDConnectProvidersResponse { open_id_connect_provider_list: Some(Vec::new()) }
}
