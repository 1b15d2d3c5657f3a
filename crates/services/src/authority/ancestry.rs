//! An account's place in its organization: the organization, and the way from the root down to the account.

use std::sync::Arc;

use aws::arn::AccountId;
use aws::authorization::AttachedPolicy;

use super::managed::FULL_AWS_ACCESS;
use crate::model::organizations::PolicyType;
use crate::state::organization::{
    AttachedPolicies, Membership, Organization, OrganizationId, OrganizationPolicy, OrganizationalUnit,
    PolicyId, UnitId, arn,
};
use crate::world::{Fault, World};

/// The id of the AWS-managed policy that allows everything and is attached everywhere at first.
pub const FULL_AWS_ACCESS_ID: &str = "p-FullAWSAccess";

/// The way from the root of an organization down to a unit.
struct Way {
    /// The root first, the unit last.
    units: Vec<Arc<OrganizationalUnit>>,
    /// `o-…/r-…/ou-…/`
    path: String,
}

impl Way {
    /// The way to a unit, remembered as long as no unit on it changes.
    fn to(unit_id: &str, organization_id: &str, world: &World<'_>) -> Result<Arc<Self>, Fault> {
        let key = ["way/", organization_id, "/", unit_id].concat();
        world.derived(&key, |world| Self::walk(unit_id, organization_id, world))
    }

    fn walk(unit_id: &str, organization_id: &str, world: &World<'_>) -> Result<Self, Fault> {
        let mut units = Vec::with_capacity(6);
        let mut next = Some(unit_id.to_owned());
        while let Some(id) = next {
            let unit = found(world.get::<OrganizationalUnit>(UnitId(&id))?, "organizational unit")?;
            next = unit.parent_id.clone();
            units.push(unit);
        }
        units.reverse();
        let mut path = organization_id.to_owned();
        for unit in &units {
            path.push('/');
            path.push_str(&unit.id);
        }
        path.push('/');
        Ok(Self { units, path })
    }
}

/// An account's place in its organization.
pub struct Ancestry {
    /// The account.
    pub account: AccountId,
    /// The organization.
    pub organization: Arc<Organization>,
    /// The account's own membership.
    pub membership: Arc<Membership>,
    way: Arc<Way>,
}

impl Ancestry {
    /// The place of `account`; `None` where it is in no organization.
    ///
    /// It knows no time: an account that is still being created has its place here. Nobody of it can sign in or assume a
    /// role in it (F-ORGS-CREATE-8), and whoever looks it up for somebody else asks [`Membership::is_visible_at`] first.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn of(account: AccountId, world: &World<'_>) -> Result<Option<Self>, Fault> {
        let Some(membership) = world.get::<Membership>(account)? else { return Ok(None) };
        let organization = organization(&membership.organization_id, world)?;
        let way = Way::to(&membership.parent_id, &membership.organization_id, world)?;
        Ok(Some(Self { account, organization, membership, way }))
    }

    /// Whether the account is the management account.
    pub fn is_management_account(&self) -> bool {
        self.organization.management_account == self.account
    }

    /// The account's entity path, as `aws:PrincipalOrgPaths` shows it: `o-…/r-…/ou-…/`.
    pub fn path(&self) -> &str {
        &self.way.path
    }

    /// The root and the units on the way to the account, the root first.
    pub(super) fn units(&self) -> &[Arc<OrganizationalUnit>] {
        &self.way.units
    }

    /// The ids of the policies attached at each level, from the root down to the account itself. Which of them
    /// are of the wanted type is decided where they are loaded.
    pub fn attached(&self) -> impl Iterator<Item = &AttachedPolicies> {
        self.way.units.iter().map(|unit| &unit.policies).chain(std::iter::once(&self.membership.policies))
    }

    /// The policies of one type, level by level from the root down to the account. Empty where the type is not
    /// enabled or the account is the management account, which no such policy touches.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn policies(&self, kind: PolicyType, world: &World<'_>) -> Result<Levels, Fault> {
        if self.is_management_account() || !self.organization.enabled_policy_types.contains(&kind) {
            return Ok(Levels::default());
        }
        let (organization_id, unit_id) = (&self.organization.id, &self.membership.parent_id);
        let key = ["levels/", kind.as_str(), "/", organization_id, "/", unit_id].concat();
        let units = world.derived(&key, |world| {
            let organization = organization(organization_id, world)?;
            let way = Way::to(unit_id, organization_id, world)?;
            let levels = way.units.iter().map(|unit| level(&unit.policies, kind, &organization, world));
            levels.collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Levels { units: Some(units), account: self.own_level(kind, world)? })
    }

    /// The policies attached to the account itself. Most accounts have the one of AWS and nothing else, which is
    /// not worth remembering.
    fn own_level(&self, kind: PolicyType, world: &World<'_>) -> Result<Arc<Vec<AttachedPolicy>>, Fault> {
        let own = &self.membership.policies;
        if own.iter().all(|id| id == FULL_AWS_ACCESS_ID) {
            return level(own, kind, &self.organization, world).map(Arc::new);
        }
        let (account, organization_id) = (self.account, &self.organization.id);
        world.derived(
            &["levels/", kind.as_str(), "/", organization_id, "/", account.as_str()].concat(),
            |world| {
                let organization = organization(organization_id, world)?;
                let membership = found(world.get::<Membership>(account)?, "member")?;
                level(&membership.policies, kind, &organization, world)
            },
        )
    }
}

/// The policies of one type on the way to an account, level by level.
#[derive(Default)]
pub struct Levels {
    /// Those of the root and the units on the way; `None` where such policies bind nobody.
    units: Option<Arc<Vec<Vec<AttachedPolicy>>>>,
    /// Those of the account itself.
    account: Arc<Vec<AttachedPolicy>>,
}

impl Levels {
    /// From the root down to the account; no level at all where such policies bind nobody.
    pub fn iter(&self) -> impl Iterator<Item = &[AttachedPolicy]> {
        let account = self.units.is_some().then_some(&self.account);
        let units = self.units.iter().flat_map(|units| units.iter());
        units.chain(account.map(|account| &**account)).map(Vec::as_slice)
    }
}

/// The policies of one type among those attached to a root, a unit or an account. The AWS-managed one that
/// allows everything is shown without an ARN.
fn level(
    ids: &AttachedPolicies,
    kind: PolicyType,
    organization: &Organization,
    world: &World<'_>,
) -> Result<Vec<AttachedPolicy>, Fault> {
    let everything = || AttachedPolicy { arn: None, policy: FULL_AWS_ACCESS.clone() };
    let mut level = Vec::with_capacity(ids.len() + 1);
    // F-ORGS-RCP-1, F-STSAPI-9: RCPFullAWSAccess is attached everywhere as long as the type is enabled, and
    // cannot be detached.
    if kind == PolicyType::ResourceControlPolicy {
        level.push(everything());
    }
    for id in ids {
        if id == FULL_AWS_ACCESS_ID {
            if kind == PolicyType::ServiceControlPolicy {
                level.push(everything());
            }
            continue;
        }
        let policy = found(world.get::<OrganizationPolicy>(PolicyId(id))?, "policy")?;
        if policy.kind == kind
            && let Some(document) = policy.document.authorization()
        {
            let arn = Some(Arc::from(arn::policy(organization, kind.as_str(), &policy.id, false)));
            level.push(AttachedPolicy { arn, policy: document.clone() });
        }
    }
    Ok(level)
}

fn organization(id: &str, world: &World<'_>) -> Result<Arc<Organization>, Fault> {
    found(world.get::<Organization>(OrganizationId(id))?, "organization")
}

fn found<T>(document: Option<Arc<T>>, what: &str) -> Result<Arc<T>, Fault> {
    document.ok_or_else(|| Fault::Broken(format!("an organization refers to an absent {what}")))
}
