//! The delegation policy of an organization: what the management account lets other accounts do in its place.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>

use aws::arn::AccountId;
use aws::authorization::{AttachedPolicy, PolicySets, Request, ResourcePolicy, ResourcePolicyKind, evaluate};

use super::managed::FULL_AWS_ACCESS;
use crate::state::organization::{Organization, OrganizationId, OrganizationResourcePolicy};
use crate::world::{Fault, World};

/// A delegation policy that has a say in a call.
#[derive(Debug, Clone)]
pub struct Delegation {
    policy: AttachedPolicy,
    management_account: AccountId,
}

impl Delegation {
    /// The delegation policy of an organization, if it has one.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(crate) fn of(organization: &Organization, world: &World<'_>) -> Result<Option<Self>, Fault> {
        let stored = world.get::<OrganizationResourcePolicy>(OrganizationId(&organization.id))?;
        Ok(stored.map(|stored| Self {
            policy: AttachedPolicy { arn: None, policy: stored.document.clone() },
            management_account: organization.management_account,
        }))
    }

    /// F-ORGS-AUTH-3: whether the policy itself allows what is asked for. What binds the caller in its own account decides
    /// beside it, so that here the caller may do everything.
    pub(super) fn allows(&self, request: &Request<'_>) -> bool {
        self.ask(|sets| evaluate(request, sets).is_allowed())
    }

    /// Asks the policy alone.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&PolicySets<'_>) -> T) -> T {
        let everything = [AttachedPolicy { arn: None, policy: FULL_AWS_ACCESS.clone() }];
        let resource = ResourcePolicy {
            policy: &self.policy,
            owner: self.management_account,
            kind: ResourcePolicyKind::Optional,
        };
        ask(&PolicySets { identity: &everything, resource: Some(resource), ..PolicySets::default() })
    }
}
