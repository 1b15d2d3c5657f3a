//! Central root access: what an organization lets its management account do about the root users of members.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management>

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::refusal::Refusal;

use super::{EVENT_SOURCE, On};
use crate::authority::ancestry::Ancestry;
use crate::failure::Failure;
use crate::model::iam::{
    DisableOrganizationsRootCredentialsManagementResponse, DisableOrganizationsRootSessionsResponse,
    EnableOrganizationsRootCredentialsManagementResponse, EnableOrganizationsRootSessionsResponse,
    FeatureType, ListOrganizationsFeaturesResponse, OrganizationIdType,
};
use crate::state::organization::{FeatureSet, Organization};
use crate::world::World;

/// F-IAMAPI-ROOT-2 (texts *assumed*).
const NO_ORGANIZATION: &str = "The request failed because your account is not a member of an organization.";
const NOT_ALL_FEATURES: &str = "The organization does not have all features enabled.";
const NEITHER: &str =
    "The caller is neither the management account nor a delegated administrator of the organization.";
const NOT_MANAGEMENT: &str = "The caller is not the management account of the organization.";

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// The management account, and delegated administrators of IAM.
    Administrators,
    /// The management account alone.
    Management,
}

/// The organization of the caller, who may see to its root users.
///
/// # Errors
/// F-IAMAPI-ROOT-1: without trusted access of IAM `ServiceAccessNotEnabledException` (text recorded). F-IAMAPI-ROOT-2.
fn organization(on: &On<'_>, callers: Callers, world: &World<'_>) -> Result<Arc<Organization>, Failure> {
    let refused = |code: &'static str, status, text: &str| Failure::from(Refusal::new(code, status, text));
    let ancestry = Ancestry::of(on.account, world)?;
    let ancestry = ancestry.ok_or_else(|| refused("OrganizationNotFoundException", 404, NO_ORGANIZATION))?;
    let organization = &ancestry.organization;
    let is_management = ancestry.is_management_account();
    if !is_management && !organization.delegates(EVENT_SOURCE, on.account) {
        return Err(refused("AccountNotManagementOrDelegatedAdministratorException", 400, NEITHER));
    }
    if !is_management && callers == Callers::Management {
        return Err(refused("CallerIsNotManagementAccountException", 400, NOT_MANAGEMENT));
    }
    if organization.feature_set != FeatureSet::All {
        return Err(refused("OrganizationNotInAllFeaturesModeException", 400, NOT_ALL_FEATURES));
    }
    if !organization.trusts(EVENT_SOURCE) {
        let account = on.account;
        let text = format!("Trusted Access for IAM not enabled by organization of input account {account}.");
        return Err(refused("ServiceAccessNotEnabledException", 400, &text));
    }
    Ok(Arc::clone(organization))
}

/// What every one of these operations answers: the organization, and its features in the model's order.
type Answer = (Option<OrganizationIdType>, Option<Vec<FeatureType>>);

fn answer(organization: &Organization, features: &BTreeSet<FeatureType>) -> Answer {
    (Some(organization.id.as_str().into()), Some(features.iter().copied().collect()))
}

/// Switches a feature.
fn switch(on: &On<'_>, feature: FeatureType, is_on: bool, world: &mut World<'_>) -> Result<Answer, Failure> {
    let callers = if is_on { Callers::Management } else { Callers::Administrators };
    let mut organization = Arc::unwrap_or_clone(organization(on, callers, world)?);
    match is_on {
        true => organization.root_features.insert(feature),
        false => organization.root_features.remove(&feature),
    };
    let answer = answer(&organization, &organization.root_features);
    world.save(organization);
    Ok(answer)
}

/// ListOrganizationsFeatures.
///
/// # Errors
/// F-IAMAPI-ROOT-1, F-IAMAPI-ROOT-2.
pub fn list(on: &On<'_>, world: &World<'_>) -> Result<ListOrganizationsFeaturesResponse, Failure> {
    let organization = organization(on, Callers::Administrators, world)?;
    let (organization_id, enabled_features) = answer(&organization, &organization.root_features);
    Ok(ListOrganizationsFeaturesResponse { organization_id, enabled_features })
}

/// EnableOrganizationsRootCredentialsManagement.
///
/// # Errors
/// F-IAMAPI-ROOT-1, F-IAMAPI-ROOT-2.
pub fn enable_credentials(
    on: &On<'_>,
    world: &mut World<'_>,
) -> Result<EnableOrganizationsRootCredentialsManagementResponse, Failure> {
    let (organization_id, enabled_features) =
        switch(on, FeatureType::RootCredentialsManagement, true, world)?;
    Ok(EnableOrganizationsRootCredentialsManagementResponse { organization_id, enabled_features })
}

/// DisableOrganizationsRootCredentialsManagement.
///
/// # Errors
/// F-IAMAPI-ROOT-1, F-IAMAPI-ROOT-2.
pub fn disable_credentials(
    on: &On<'_>,
    world: &mut World<'_>,
) -> Result<DisableOrganizationsRootCredentialsManagementResponse, Failure> {
    let (organization_id, enabled_features) =
        switch(on, FeatureType::RootCredentialsManagement, false, world)?;
    Ok(DisableOrganizationsRootCredentialsManagementResponse { organization_id, enabled_features })
}

/// EnableOrganizationsRootSessions.
///
/// # Errors
/// F-IAMAPI-ROOT-1, F-IAMAPI-ROOT-2.
pub fn enable_sessions(
    on: &On<'_>,
    world: &mut World<'_>,
) -> Result<EnableOrganizationsRootSessionsResponse, Failure> {
    let (organization_id, enabled_features) = switch(on, FeatureType::RootSessions, true, world)?;
    Ok(EnableOrganizationsRootSessionsResponse { organization_id, enabled_features })
}

/// DisableOrganizationsRootSessions.
///
/// # Errors
/// F-IAMAPI-ROOT-1, F-IAMAPI-ROOT-2.
pub fn disable_sessions(
    on: &On<'_>,
    world: &mut World<'_>,
) -> Result<DisableOrganizationsRootSessionsResponse, Failure> {
    let (organization_id, enabled_features) = switch(on, FeatureType::RootSessions, false, world)?;
    Ok(DisableOrganizationsRootSessionsResponse { organization_id, enabled_features })
}
