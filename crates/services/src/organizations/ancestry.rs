//! An account's place in its organization: the organization, and the way from the root down to the account.

use std::sync::Arc;

use aws::arn::AccountId;
use aws::policy::Policy;

use crate::state::organization::{
    AttachedPolicies, Membership, Organization, OrganizationPolicy, OrganizationalUnit,
};
use crate::world::{Fault, World};

/// The id of the AWS-managed policy that allows everything and is attached everywhere at first.
pub const FULL_AWS_ACCESS_ID: &str = "p-FullAWSAccess";

/// The policy type whose policies bound what a member account's principals may do.
pub const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

/// The policy type whose policies bound what may be done to a member account's resources.
pub const RESOURCE_CONTROL_POLICY: &str = "RESOURCE_CONTROL_POLICY";

/// An account's place in its organization.
pub struct Ancestry {
    /// The account.
    pub account: AccountId,
    /// The organization.
    pub organization: Arc<Organization>,
    /// The account's own membership.
    pub membership: Arc<Membership>,
    /// The way from the root (first) to the unit the account is in (last).
    pub units: Vec<Arc<OrganizationalUnit>>,
}

impl Ancestry {
    /// The place of `account`; `None` where it is in no organization.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn of(account: AccountId, world: &World<'_>) -> Result<Option<Self>, Fault> {
        let Some(membership) = world.get::<Membership>(account.as_str())? else { return Ok(None) };
        let organization = found(world.get::<Organization>(&membership.organization_id)?, "organization")?;
        let mut units = Vec::with_capacity(6);
        let mut next = Some(membership.parent_id.clone());
        while let Some(id) = next {
            let unit = found(world.get::<OrganizationalUnit>(&id)?, "organizational unit")?;
            next = unit.parent_id.clone();
            units.push(unit);
        }
        units.reverse();
        Ok(Some(Self { account, organization, membership, units }))
    }

    /// Whether the account is the management account.
    pub fn is_management_account(&self) -> bool {
        self.organization.management_account == self.account
    }

    /// The account's entity path, as `aws:PrincipalOrgPaths` shows it: `o-…/r-…/ou-…/`.
    pub fn path(&self) -> String {
        let mut path = self.organization.id.clone();
        for unit in &self.units {
            path.push('/');
            path.push_str(&unit.id);
        }
        path.push('/');
        path
    }

    /// The policies attached at each level, from the root down to the account itself. Which of them are of the wanted
    /// type is decided where they are loaded.
    pub fn attached(&self) -> impl Iterator<Item = &AttachedPolicies> {
        self.units.iter().map(|unit| &unit.policies).chain(std::iter::once(&self.membership.policies))
    }

    /// The policies of one type, level by level from the root down to the account. Empty where the type is not
    /// enabled or the account is the management account, which no such policy touches.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn policies(&self, kind: &str, world: &World<'_>) -> Result<Vec<Vec<PolicyOfLevel>>, Fault> {
        if self.is_management_account() || !self.organization.enabled_policy_types.contains(kind) {
            return Ok(Vec::new());
        }
        self.attached().map(|ids| self.policies_of_level(ids, kind, world)).collect()
    }

    fn policies_of_level(
        &self,
        ids: &AttachedPolicies,
        kind: &str,
        world: &World<'_>,
    ) -> Result<Vec<PolicyOfLevel>, Fault> {
        let mut level = Vec::with_capacity(ids.len() + 1);
        // F-ORGS-RCP-1: RCPFullAWSAccess is attached everywhere as long as the type is enabled, and cannot be detached.
        if kind == RESOURCE_CONTROL_POLICY {
            level.push(PolicyOfLevel::FullAwsAccess);
        }
        for id in ids {
            if id == FULL_AWS_ACCESS_ID {
                if kind == SERVICE_CONTROL_POLICY {
                    level.push(PolicyOfLevel::FullAwsAccess);
                }
                continue;
            }
            let policy = found(world.get::<OrganizationPolicy>(id)?, "policy")?;
            if policy.kind == kind
                && let Some(document) = policy.document.authorization()
            {
                let (id, document) = (policy.id.clone(), document.clone());
                level.push(PolicyOfLevel::Stored(AuthorizationPolicy { id, document }));
            }
        }
        Ok(level)
    }
}

/// A policy that is attached somewhere on the way.
pub enum PolicyOfLevel {
    /// The AWS-managed one that allows everything: `FullAWSAccess`, or for resource control policies
    /// `RCPFullAWSAccess`.
    FullAwsAccess,
    /// One of the organization's own.
    Stored(AuthorizationPolicy),
}

/// A service or resource control policy.
pub struct AuthorizationPolicy {
    /// `p-…`
    pub id: String,
    /// Its document.
    pub document: Policy,
}

fn found<T>(document: Option<Arc<T>>, what: &str) -> Result<Arc<T>, Fault> {
    document.ok_or_else(|| Fault::Broken(format!("an organization refers to an absent {what}")))
}
