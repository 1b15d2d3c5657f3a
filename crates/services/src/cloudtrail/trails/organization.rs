//! What an organization lets its accounts do with its trails, and who is CloudTrail's delegated administrator.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html>

use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;

use super::{On, refusal};
use crate::cloudtrail::EVENT_SOURCE;
use crate::cloudtrail::model::{
    DeregisterOrganizationDelegatedAdminRequest, DeregisterOrganizationDelegatedAdminResponse,
    RegisterOrganizationDelegatedAdminRequest, RegisterOrganizationDelegatedAdminResponse,
};
use crate::failure::Failure;
use crate::iam::roles::service_linked_role;
use crate::organizations::delegation::delegated_administrator::{delegate, end_delegation};
use crate::state::organization::{FeatureSet, Membership, Organization, OrganizationId};
use crate::world::{Fault, World};

/// F-TRAILS-ORG-4: the most delegated administrators of CloudTrail (documented).
const MOST_ADMINISTRATORS: usize = 3;

/// An account's organization.
pub(super) struct Place {
    account: AccountId,
    pub organization: Arc<Organization>,
}

impl Place {
    /// The organization of an account; `None` where it is in none.
    pub fn of(account: AccountId, now: Timestamp, world: &World<'_>) -> Result<Option<Self>, Fault> {
        let Some(membership) = world.get::<Membership>(account)? else { return Ok(None) };
        if !membership.is_visible_at(now) {
            return Ok(None);
        }
        let organization = world.get::<Organization>(OrganizationId(&membership.organization_id))?;
        Ok(organization.map(|organization| Self { account, organization }))
    }

    pub fn is_management(&self) -> bool {
        self.organization.management_account == self.account
    }

    fn is_administrator(&self) -> bool {
        self.is_management() || self.organization.delegates(EVENT_SOURCE, self.account)
    }
}

/// The organization of the caller, which may have trails.
///
/// # Errors
/// F-TRAILS-ORG-1, in this order (*assumed*): `OrganizationsNotInUseException`,
/// `NotOrganizationMasterAccountException`, `OrganizationNotInAllFeaturesModeException`,
/// `CloudTrailAccessNotEnabledException`.
pub(super) fn require_administrator(on: On<'_>, world: &World<'_>) -> Result<Place, Failure> {
    let place = Place::of(on.account, on.context.now, world)?.ok_or_else(refusal::no_organization)?;
    if !place.is_administrator() {
        return Err(refusal::not_management().into());
    }
    require_trust(&place)?;
    Ok(place)
}

fn require_trust(place: &Place) -> Result<(), Failure> {
    if place.organization.feature_set != FeatureSet::All {
        return Err(refusal::not_all_features().into());
    }
    if !place.organization.trusts(EVENT_SOURCE) {
        return Err(refusal::no_trusted_access().into());
    }
    Ok(())
}

/// F-TRAILS-ORG-3: the management account gets CloudTrail's service-linked role with its first trail of the organization; a
/// delegated administrator needs it to be there.
///
/// # Errors
/// `NoManagementAccountSLRExistsException`.
pub(super) fn ensure_service_linked_role(
    place: &Place,
    on: On<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let management = place.organization.management_account;
    if place.is_management() {
        return Ok(service_linked_role::ensure(EVENT_SOURCE, management, on.context, world)?);
    }
    match service_linked_role::is_there(EVENT_SOURCE, management, world)? {
        true => Ok(()),
        false => Err(refusal::no_service_linked_role().into()),
    }
}

/// The organization of the management account, which alone says who its delegated administrators are.
fn require_management(on: On<'_>, world: &World<'_>) -> Result<Place, Failure> {
    let place = Place::of(on.account, on.context.now, world)?.ok_or_else(refusal::no_organization)?;
    if !place.is_management() {
        return Err(refusal::not_management_itself().into());
    }
    require_trust(&place)?;
    Ok(place)
}

fn member(id: &str, place: &Place, on: On<'_>, world: &World<'_>) -> Result<AccountId, Failure> {
    let absent = || {
        let text = format!("The account {id} could not be found in your organization.");
        refusal::refusal("AccountNotFoundException", text)
    };
    let account: AccountId = id.parse().map_err(|_| absent())?;
    let found = Place::of(account, on.context.now, world)?;
    match found.is_some_and(|found| found.organization.id == place.organization.id) {
        true => Ok(account),
        false => Err(absent().into()),
    }
}

/// RegisterOrganizationDelegatedAdmin.
///
/// # Errors
/// F-TRAILS-ORG-4 (texts *assumed*): `AccountNotFoundException`, `CannotDelegateManagementAccountException`,
/// `AccountRegisteredException`, `DelegatedAdminAccountLimitExceededException`.
pub(in crate::cloudtrail) fn register(
    on: On<'_>,
    input: RegisterOrganizationDelegatedAdminRequest,
    world: &mut World<'_>,
) -> Result<RegisterOrganizationDelegatedAdminResponse, Failure> {
    let place = require_management(on, world)?;
    let account = member(input.member_account_id.as_str(), &place, on, world)?;
    if account == on.account {
        let text = "The management account cannot be a delegated administrator.";
        return Err(refusal::refusal("CannotDelegateManagementAccountException", text).into());
    }
    if place.organization.delegates(EVENT_SOURCE, account) {
        let text = format!("The account {account} is already a delegated administrator of CloudTrail.");
        return Err(refusal::refusal("AccountRegisteredException", text).into());
    }
    let services = place.organization.delegated_administrators.values();
    if services.filter(|services| services.contains_key(EVENT_SOURCE)).count() >= MOST_ADMINISTRATORS {
        let text = "The organization already has three delegated administrators of CloudTrail.";
        return Err(refusal::refusal("DelegatedAdminAccountLimitExceededException", text).into());
    }
    service_linked_role::ensure(EVENT_SOURCE, on.account, on.context, world)?;
    delegate(&place.organization, account, EVENT_SOURCE, on.context.now, world);
    Ok(RegisterOrganizationDelegatedAdminResponse {})
}

/// DeregisterOrganizationDelegatedAdmin.
///
/// # Errors
/// `AccountNotFoundException`, `AccountNotRegisteredException` (texts *assumed*).
pub(in crate::cloudtrail) fn deregister(
    on: On<'_>,
    input: DeregisterOrganizationDelegatedAdminRequest,
    world: &mut World<'_>,
) -> Result<DeregisterOrganizationDelegatedAdminResponse, Failure> {
    let place = require_management(on, world)?;
    let account = member(input.delegated_admin_account_id.as_str(), &place, on, world)?;
    if !place.organization.delegates(EVENT_SOURCE, account) {
        let text = format!("The account {account} is not a delegated administrator of CloudTrail.");
        return Err(refusal::refusal("AccountNotRegisteredException", text).into());
    }
    end_delegation(&place.organization, account, EVENT_SOURCE, world);
    Ok(DeregisterOrganizationDelegatedAdminResponse {})
}
