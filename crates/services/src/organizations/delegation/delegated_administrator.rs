//! Delegated administrators: members that act for the management account in one service.

use aws::arn::AccountId;
use jiff::Timestamp;

use super::trusted_access::check_principal;
use crate::account::access::SERVICE_PRINCIPAL as ACCOUNT_MANAGEMENT;
use crate::failure::Failure;
use crate::model::organizations::{
    AccountStatus, ConstraintViolationExceptionReason as Reason, DelegatedAdministrator, DelegatedService,
    DeregisterDelegatedAdministratorRequest, ListDelegatedAdministratorsRequest,
    ListDelegatedAdministratorsResponse, ListDelegatedServicesForAccountRequest,
    ListDelegatedServicesForAccountResponse, RegisterDelegatedAdministratorRequest,
};
use crate::organizations::listing::Listing;
use crate::organizations::standing::Standing;
use crate::organizations::tree::account::{member, status_at};
use crate::organizations::{Call, arn, refusal};
use crate::state::organization::Organization;
use crate::world::World;

/// RegisterDelegatedAdministrator.
///
/// # Errors
/// F-ORGS-DELEGATE-1, in this order: F-ORGS-FEAT-1, UNRECOGNIZED_SERVICE_PRINCIPAL, `AccountNotFoundException`,
/// CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR, CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR,
/// `AccountAlreadyRegisteredException`, SERVICE_ACCESS_NOT_ENABLED. F-ORGS-DELEGATE-2: Account Management takes one
/// delegated administrator only.
pub(crate) fn register(
    standing: &Standing,
    input: RegisterDelegatedAdministratorRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    standing.require_all_features()?;
    let organization = &standing.organization;
    let principal = input.service_principal.into_string();
    check_principal(&principal)?;
    let member = member(standing, input.account_id.as_str(), call, world)?;
    let id = member.account.id;
    let refuse = |reason| Err(refusal::constraint(reason).into());
    if id == organization.management_account {
        return refuse(Reason::CannotRegisterMasterAsDelegatedAdministrator);
    }
    if status_at(&member.membership, member.account.state, call.context.now).0 != AccountStatus::Active {
        return refuse(Reason::CannotRegisterSuspendedAccountAsDelegatedAdministrator);
    }
    if organization.delegates(&principal, id) {
        return Err(refusal::account_already_registered().into());
    }
    if !organization.trusts(&principal) {
        return Err(refusal::service_access_needed_to_delegate().into());
    }
    let mut delegated = organization.delegated_administrators.values();
    if principal == ACCOUNT_MANAGEMENT && delegated.any(|services| services.contains_key(&principal)) {
        return refuse(Reason::DelegatedAdministratorExistsForThisService);
    }
    standing.change(world, |organization| {
        let services = organization.delegated_administrators.entry(id).or_default();
        services.insert(principal, call.context.now);
    });
    Ok(())
}

/// DeregisterDelegatedAdministrator.
///
/// # Errors
/// `AccountNotFoundException`, `AccountNotRegisteredException`.
pub(crate) fn deregister(
    standing: &Standing,
    input: DeregisterDelegatedAdministratorRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    standing.require_all_features()?;
    let principal = input.service_principal.as_str();
    check_principal(principal)?;
    let id = member(standing, input.account_id.as_str(), call, world)?.account.id;
    if !standing.organization.delegates(principal, id) {
        return Err(refusal::account_not_registered().into());
    }
    standing.change(world, |organization| {
        if let Some(services) = organization.delegated_administrators.get_mut(&id) {
            services.remove(principal);
        }
        organization.delegated_administrators.retain(|_, services| !services.is_empty());
    });
    Ok(())
}

/// Makes a member the delegated administrator of a service, for a service that has an operation of its own for that.
pub(crate) fn delegate(
    organization: &Organization,
    account: AccountId,
    principal: &str,
    now: Timestamp,
    world: &mut World<'_>,
) {
    let mut organization = organization.clone();
    let services = organization.delegated_administrators.entry(account).or_default();
    services.insert(principal.to_owned(), now);
    world.save(organization);
}

/// The reverse.
pub(crate) fn end_delegation(
    organization: &Organization,
    account: AccountId,
    principal: &str,
    world: &mut World<'_>,
) {
    let mut organization = organization.clone();
    if let Some(services) = organization.delegated_administrators.get_mut(&account) {
        services.remove(principal);
    }
    organization.delegated_administrators.retain(|_, services| !services.is_empty());
    world.save(organization);
}

/// ListDelegatedAdministrators, in order of account ids; those of one service if it is named.
pub(crate) fn list(
    standing: &Standing,
    input: ListDelegatedAdministratorsRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListDelegatedAdministratorsResponse, Failure> {
    standing.require_all_features()?;
    let principal = input.service_principal.as_ref().map(|principal| principal.as_str());
    principal.map_or(Ok(()), check_principal)?;
    let filter: Vec<&str> = principal.into_iter().collect();
    let listing = Listing::open(call, &filter, input.next_token.as_ref(), input.max_results)?;
    let mut administrators = Vec::new();
    for (id, services) in &standing.organization.delegated_administrators {
        let since = match principal {
            Some(principal) => services.get(principal),
            None => services.values().min(),
        };
        let (Some(since), Some(member)) = (since, standing.member(id.as_str(), call, world)?) else {
            continue;
        };
        let (account, membership) = (&member.account, &member.membership);
        let (status, state) = status_at(membership, account.state, call.context.now);
        let administrator = DelegatedAdministrator {
            id: Some(id.as_str().into()),
            arn: Some(arn::account(&standing.organization, *id).into()),
            email: Some(account.email_at(call.context.now).into()),
            name: Some(account.name.as_str().into()),
            status: Some(status),
            state: Some(state),
            joined_method: Some(membership.joined_method),
            joined_timestamp: Some(membership.joined_at),
            delegation_enabled_date: Some(*since),
        };
        administrators.push((id.to_string(), administrator));
    }
    let (administrators, next_token) = listing.of(administrators);
    Ok(ListDelegatedAdministratorsResponse { delegated_administrators: Some(administrators), next_token })
}

/// ListDelegatedServicesForAccount, in order of service principals.
///
/// # Errors
/// `AccountNotFoundException`, `AccountNotRegisteredException`.
pub(crate) fn list_services(
    standing: &Standing,
    input: ListDelegatedServicesForAccountRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListDelegatedServicesForAccountResponse, Failure> {
    standing.require_all_features()?;
    let id = member(standing, input.account_id.as_str(), call, world)?.account.id;
    let services = standing.organization.delegated_administrators.get(&id);
    let services = services.ok_or_else(refusal::account_not_registered)?;
    let listing = Listing::open(call, &[id.as_str()], input.next_token.as_ref(), input.max_results)?;
    let shown = services.iter().map(|(principal, since)| {
        let service = DelegatedService {
            service_principal: Some(principal.as_str().into()),
            delegation_enabled_date: Some(*since),
        };
        (principal.clone(), service)
    });
    let (services, next_token) = listing.of(shown);
    Ok(ListDelegatedServicesForAccountResponse { delegated_services: Some(services), next_token })
}
