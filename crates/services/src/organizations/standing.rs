//! The caller's standing: its organization, and what it may do there.

use std::sync::Arc;

use aws::arn::AccountId;

use super::model::{ConstraintViolationExceptionReason, Operation};
use super::{Call, refusal};
use crate::authority::delegation::Delegation;
use crate::failure::Failure;
use crate::state::account::Account;
use crate::state::organization::{
    FeatureSet, Membership, Organization, OrganizationId, OrganizationalUnit, UnitId,
};
use crate::world::{Fault, World};

/// Who may call an operation, beyond what IAM says. The API reference says so of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// Every account of the organization.
    Everyone,
    /// The management account, delegated administrators of any service, and whom the resource policy names.
    Readers,
    /// The management account, and whom the resource policy names.
    PolicyAdministrators,
    /// The management account alone.
    Management,
}

/// F-ORGS-AUTH-2.
fn callers(operation: Operation) -> Callers {
    use Operation as O;
    match operation {
        O::DescribeOrganization | O::DescribeEffectivePolicy | O::LeaveOrganization => Callers::Everyone,
        O::AttachPolicy
        | O::DetachPolicy
        | O::CreatePolicy
        | O::UpdatePolicy
        | O::DeletePolicy
        | O::EnablePolicyType
        | O::DisablePolicyType
        | O::TagResource
        | O::UntagResource => Callers::PolicyAdministrators,
        O::DescribeAccount
        | O::DescribeCreateAccountStatus
        | O::DescribeHandshake
        | O::DescribeOrganizationalUnit
        | O::DescribePolicy
        | O::DescribeResourcePolicy
        | O::ListAWSServiceAccessForOrganization
        | O::ListAccounts
        | O::ListAccountsForParent
        | O::ListAccountsWithInvalidEffectivePolicy
        | O::ListChildren
        | O::ListCreateAccountStatus
        | O::ListDelegatedAdministrators
        | O::ListDelegatedServicesForAccount
        | O::ListEffectivePolicyValidationErrors
        | O::ListHandshakesForAccount
        | O::ListHandshakesForOrganization
        | O::ListOrganizationalUnitsForParent
        | O::ListParents
        | O::ListPolicies
        | O::ListPoliciesForTarget
        | O::ListRoots
        | O::ListTagsForResource
        | O::ListTargetsForPolicy => Callers::Readers,
        O::AcceptHandshake
        | O::CancelHandshake
        | O::CloseAccount
        | O::CreateAccount
        | O::CreateGovCloudAccount
        | O::CreateOrganization
        | O::CreateOrganizationalUnit
        | O::DeclineHandshake
        | O::DeleteOrganization
        | O::DeleteOrganizationalUnit
        | O::DeleteResourcePolicy
        | O::DeregisterDelegatedAdministrator
        | O::DisableAWSServiceAccess
        | O::EnableAWSServiceAccess
        | O::EnableAllFeatures
        | O::InviteAccountToOrganization
        | O::MoveAccount
        | O::PutResourcePolicy
        | O::RegisterDelegatedAdministrator
        | O::RemoveAccountFromOrganization
        | O::UpdateOrganizationalUnit => Callers::Management,
    }
}

/// F-ORGS-AUTH-2: whether an account of the organization may call an operation by its position alone.
fn may_by_position(operation: Operation, account: AccountId, organization: &Organization) -> bool {
    account == organization.management_account
        || match callers(operation) {
            Callers::Everyone => true,
            Callers::Readers => organization.delegated_administrators.contains_key(&account),
            Callers::PolicyAdministrators | Callers::Management => false,
        }
}

/// F-ORGS-AUTH-3: the delegation policy, where an account may call an operation only if that allows it.
///
/// # Errors
/// See [`Fault`].
pub(super) fn delegation(
    operation: Operation,
    account: AccountId,
    organization: &Organization,
    world: &World<'_>,
) -> Result<Option<Delegation>, Fault> {
    if callers(operation) == Callers::Management || may_by_position(operation, account, organization) {
        return Ok(None);
    }
    Delegation::of(organization, world)
}

/// The caller's standing in its organization.
pub(crate) struct Standing {
    /// The caller's account.
    pub(super) account: AccountId,
    /// Its organization.
    pub(super) organization: Arc<Organization>,
}

impl Standing {
    /// The standing of an account, if it is in an organization.
    pub(super) fn of(account: AccountId, call: &Call<'_>, world: &World<'_>) -> Result<Option<Self>, Fault> {
        let Some(membership) = world.get::<Membership>(account)? else { return Ok(None) };
        if !membership.is_visible_at(call.context.now) {
            return Ok(None);
        }
        let organization = world
            .get::<Organization>(OrganizationId(&membership.organization_id))?
            .ok_or_else(|| Fault::Broken("a membership refers to an absent organization".into()))?;
        Ok(Some(Self { account, organization }))
    }

    /// The caller's standing, if it may call the operation.
    ///
    /// # Errors
    /// F-ORGS-AUTH-1: `AWSOrganizationsNotInUseException` outside any organization. F-ORGS-AUTH-2:
    /// `AccessDeniedException` for an account that may not, whatever IAM says.
    pub(super) fn enter(call: &Call<'_>, world: &World<'_>) -> Result<Self, Failure> {
        let standing = Self::of(call.caller.account(), call, world)?.ok_or_else(refusal::not_in_use)?;
        let may = may_by_position(call.operation, standing.account, &standing.organization)
            || call.permitted.is_delegated();
        if may { Ok(standing) } else { Err(refusal::access_denied().into()) }
    }

    /// Whether the caller is the management account.
    pub(super) fn is_management(&self) -> bool {
        self.organization.management_account == self.account
    }

    /// Changes the organization's own document.
    pub(super) fn change(
        &self,
        world: &mut World<'_>,
        change: impl FnOnce(&mut Organization),
    ) -> Organization {
        let mut organization = (*self.organization).clone();
        change(&mut organization);
        world.save(organization.clone());
        organization
    }

    /// # Errors
    /// F-ORGS-FEAT-1: what needs all features is refused where there is consolidated billing only.
    pub(super) fn require_all_features(&self) -> Result<(), Failure> {
        match self.organization.feature_set {
            FeatureSet::All => Ok(()),
            FeatureSet::ConsolidatedBilling => {
                Err(refusal::constraint(ConstraintViolationExceptionReason::OrganizationNotInAllFeaturesMode)
                    .into())
            }
        }
    }

    /// The root or a unit of this organization.
    pub(super) fn unit(&self, id: &str, world: &World<'_>) -> Result<Option<Arc<OrganizationalUnit>>, Fault> {
        let unit = world.get::<OrganizationalUnit>(UnitId(id))?;
        Ok(unit.filter(|unit| unit.organization_id == self.organization.id))
    }

    /// A member of this organization that is visible now.
    pub(super) fn member(
        &self,
        id: &str,
        call: &Call<'_>,
        world: &World<'_>,
    ) -> Result<Option<Member>, Fault> {
        let Ok(id) = id.parse::<AccountId>() else { return Ok(None) };
        let Some(membership) = world.get::<Membership>(id)? else { return Ok(None) };
        if membership.organization_id != self.organization.id || !membership.is_visible_at(call.context.now) {
            return Ok(None);
        }
        let account = world
            .get::<Account>(id)?
            .ok_or_else(|| Fault::Broken("a membership refers to an absent account".into()))?;
        Ok(Some(Member { account, membership }))
    }
}

/// A member account.
pub(crate) struct Member {
    /// The account.
    pub(super) account: Arc<Account>,
    /// Its membership.
    pub(super) membership: Arc<Membership>,
}
