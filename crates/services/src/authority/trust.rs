//! The resource's side of a call on a role: its trust policy, and the resource control policies of its
//! account.

use std::sync::Arc;

use aws::arn::{Arn, PARTITION};
use aws::authorization::{AttachedPolicy, Denial, PolicyType, Reason, ResourcePolicy, ResourcePolicyKind};
use aws::principal::Caller;

use super::access::{Access, Asked};
use super::ancestry::Levels;
use super::policies::{Places, RequestOrigin, resource_control};
use crate::state::account::Account;
use crate::state::identity::{Role, RoleId};
use crate::world::{Fault, World};

/// What a role and its account say of those who come to assume it.
pub struct RoleSide {
    role: Arc<Role>,
    trust: AttachedPolicy,
    resource_control: Levels,
}

/// Says that there is no such role, at least not for the Region that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsentRole;

impl AbsentRole {
    /// F-STSAPI-3: a role that is not there is refused as one that trusts nobody, so that nobody can find out
    /// which roles there are.
    pub fn denial(self, access: &Access, caller: &Caller) -> Denial {
        Denial {
            caller_arn: caller.principal.arn(),
            action: access.first.action.clone(),
            resource: access.first.resource.clone(),
            policy_type: PolicyType::RoleTrust,
            reason: Reason::NoAllow,
        }
    }
}

impl RoleSide {
    /// The side of the role that `access` is about; `None` where no role is asked for. Only STS's actions ask
    /// the role itself: IAM's are about it.
    ///
    /// # Errors
    /// See [`Fault`]; the inner result says that there is no such role.
    pub(super) fn of(
        access: &Access,
        origin: &RequestOrigin<'_>,
        places: &Places,
        world: &World<'_>,
    ) -> Result<Result<Option<Self>, AbsentRole>, Fault> {
        let Asked { action, resource, .. } = &access.first;
        if !action.starts_with("sts:") || !is_role(resource) {
            return Ok(Ok(None));
        }
        let Some(role) = role_with_arn(resource, world)? else { return Ok(Err(AbsentRole)) };
        if !serves(&role, origin, world)? {
            return Ok(Err(AbsentRole));
        }
        let resource_control = resource_control(places.find(role.account), world)?;
        let trust = AttachedPolicy { arn: None, policy: role.trust_policy.clone() };
        Ok(Ok(Some(Self { role, trust, resource_control })))
    }

    /// The role.
    pub(super) fn role(&self) -> &Role {
        &self.role
    }

    /// The trust policy.
    pub fn resource_policy(&self) -> ResourcePolicy<'_> {
        ResourcePolicy { policy: &self.trust, owner: self.role.account, kind: ResourcePolicyKind::RoleTrust }
    }

    /// The resource control policies, level by level.
    pub fn resource_control(&self) -> &Levels {
        &self.resource_control
    }
}

/// Whether an ARN is a role's.
pub fn is_role(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
}

/// The role with this ARN. Names are unique without regard to case, but an ARN must be written as it is.
///
/// # Errors
/// See [`Fault`].
pub fn role_with_arn(arn: &str, world: &World<'_>) -> Result<Option<Arc<Role>>, Fault> {
    let Some((_, name)) = arn.rsplit_once('/') else { return Ok(None) };
    let Some(account) = Arn::parse(arn).and_then(|parts| parts.account.parse().ok()) else { return Ok(None) };
    let role = world.get::<Role>(RoleId::new(account, name))?;
    Ok(role.filter(|role| {
        arn == format!("arn:{PARTITION}:iam::{}:role{}{}", role.account, role.path, role.name)
    }))
}

/// Whether the role's account is open, and served by STS in the Region that was asked: where the Region is
/// disabled for the account, or still being enabled, roles of it were observed not to be assumable
/// (F-STSAPI-4). That those of a closed account are not either is *assumed* (F-STSAPI-5).
fn serves(role: &Role, origin: &RequestOrigin<'_>, world: &World<'_>) -> Result<bool, Fault> {
    let Some(account) = world.get::<Account>(role.account)? else { return Ok(false) };
    // An account that is still being created is there for nobody yet.
    if account.state.is_out_of_use_at(origin.now) || account.created_at > origin.now {
        return Ok(false);
    }
    Ok(account.is_served_in(origin.region, origin.now))
}
