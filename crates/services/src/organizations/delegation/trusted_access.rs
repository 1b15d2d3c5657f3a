//! Trusted access: which AWS services may work with the organization.

use crate::failure::Failure;
use crate::model::organizations::{
    DisableAWSServiceAccessRequest, EnableAWSServiceAccessRequest, EnabledServicePrincipal,
    InvalidInputExceptionReason, ListAWSServiceAccessForOrganizationRequest,
    ListAWSServiceAccessForOrganizationResponse,
};
use crate::organizations::listing::Listing;
use crate::organizations::policies::policy_type;
use crate::organizations::standing::Standing;
use crate::organizations::{Call, refusal};
use crate::world::World;

/// The services that work with organizations; the file says its source.
const SERVICE_PRINCIPALS: &str = include_str!("service_principals.txt");

/// The service principals, in alphabetical order.
fn service_principals() -> impl Iterator<Item = &'static str> {
    SERVICE_PRINCIPALS.lines().filter(|line| !line.starts_with('#'))
}

/// # Errors
/// F-ORGS-TRUST-1: UNRECOGNIZED_SERVICE_PRINCIPAL for a service that does not work with organizations.
pub(crate) fn check_principal(principal: &str) -> Result<(), Failure> {
    if service_principals().any(|known| known == principal) {
        return Ok(());
    }
    let reason = InvalidInputExceptionReason::UnrecognizedServicePrincipal;
    Err(refusal::invalid_input(reason).into())
}

/// EnableAWSServiceAccess. F-ORGS-TRUST-2: doing it twice changes nothing.
///
/// # Errors
/// F-ORGS-FEAT-1, F-ORGS-TRUST-1.
pub(crate) fn enable(
    standing: &Standing,
    input: EnableAWSServiceAccessRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    standing.require_all_features()?;
    let principal = input.service_principal.into_string();
    check_principal(&principal)?;
    if !standing.organization.trusts(&principal) {
        standing.change(world, |organization| {
            organization.trusted_services.insert(principal, call.context.now);
        });
    }
    Ok(())
}

/// DisableAWSServiceAccess. F-ORGS-TRUST-3 (*assumed*): the service's delegated administrators go with it; doing it for a
/// service without trusted access changes nothing.
///
/// # Errors
/// F-ORGS-FEAT-1, F-ORGS-TRUST-1, F-ORGS-TYPE-3.
pub(crate) fn disable(
    standing: &Standing,
    input: DisableAWSServiceAccessRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    standing.require_all_features()?;
    let principal = input.service_principal.as_str();
    check_principal(principal)?;
    if standing.organization.trusts(principal) {
        policy_type::check_not_needed(standing, principal)?;
        standing.change(world, |organization| {
            organization.trusted_services.remove(principal);
            for services in organization.delegated_administrators.values_mut() {
                services.remove(principal);
            }
            organization.delegated_administrators.retain(|_, services| !services.is_empty());
        });
    }
    Ok(())
}

/// ListAWSServiceAccessForOrganization, in order of service principals.
///
/// # Errors
/// F-ORGS-FEAT-1.
pub(crate) fn list(
    standing: &Standing,
    input: ListAWSServiceAccessForOrganizationRequest,
    call: &Call<'_>,
) -> Result<ListAWSServiceAccessForOrganizationResponse, Failure> {
    standing.require_all_features()?;
    let listing = Listing::open(call, &[], input.next_token.as_ref(), input.max_results)?;
    let shown = standing.organization.trusted_services.iter().map(|(principal, since)| {
        let service = EnabledServicePrincipal {
            service_principal: Some(principal.as_str().into()),
            date_enabled: Some(*since),
        };
        (principal.clone(), service)
    });
    let (services, next_token) = listing.of(shown);
    Ok(ListAWSServiceAccessForOrganizationResponse { enabled_service_principals: Some(services), next_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-ORGS-TRUST-1.
    #[test]
    fn services_that_work_with_organizations_are_known_by_their_principals() {
        assert!(service_principals().is_sorted());
        let known = ["account", "sso", "inspector2", "securityhub", "member.org.stacksets.cloudformation"];
        for service in known {
            assert!(check_principal(&format!("{service}.amazonaws.com")).is_ok(), "{service}");
        }
        let unknown =
            ["", "account", "lambda.amazonaws.com", "x.account.amazonaws.com", "Account.amazonaws.com"];
        for principal in unknown {
            assert!(check_principal(principal).is_err(), "{principal}");
        }
    }
}
