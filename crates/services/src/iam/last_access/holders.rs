//! Whose policies are asked about: a user, a group, a role or a managed policy; and who uses what it grants.

use std::collections::BTreeSet;

use aws::arn::Arn;
use aws::policy::Policy;

use super::granted::Granted;
use crate::authority::groups::groups_of;
use crate::authority::policies::managed;
use crate::failure::Failure;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::policies::managed_policy;
use crate::iam::{On, refusal};
use crate::state::identity::{
    Group, GroupId, GroupMember, GroupMemberId, PolicyEntity, PolicyEntityId, Role, RoleId, User, UserId,
};
use crate::world::key::CaseInsensitive;
use crate::world::{Fault, World};

/// F-IAMAPI-LASTACC-6: the most users and roles whose use of something is told.
const MOST_USERS: usize = 1_000;

/// A policy of somebody, with where it is kept.
pub(super) struct Held {
    pub(super) policy: Policy,
    /// The name of an inline policy, or the ARN of a managed one.
    pub(super) named: Result<String, String>,
    pub(super) holder: (EntityKind, String),
}

/// A user or a role: whoever may have used a service.
pub(super) struct Principal {
    pub(super) kind: EntityKind,
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) path: String,
}

fn principal<E: Entity>(entity: &E) -> Principal {
    Principal {
        kind: E::ENTITY,
        arn: entity.arn(),
        name: entity.name().to_owned(),
        id: entity.id().to_owned(),
        path: entity.path().to_owned(),
    }
}

/// What a report is about.
pub(super) enum Subject {
    User(User),
    Group(Group),
    Role(Role),
    /// A managed policy by its ARN.
    Policy(String, Policy),
}

impl Subject {
    /// F-IAMAPI-LASTACC-1: what an ARN names.
    ///
    /// # Errors
    /// `NoSuchEntity`; `InvalidInput` for an ARN of something else (texts *assumed*).
    pub(super) fn find(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<Self, Failure> {
        let absent = || refusal::no_such_entity(format!("ARN {arn} does not exist."));
        let invalid = || refusal::invalid_input(format!("ARN {arn} is not valid."));
        let parts = Arn::parse(arn).filter(|parts| parts.service == "iam").ok_or_else(invalid)?;
        let kind = parts.resource.split('/').next().unwrap_or_default();
        let (account, name) = (on.account, names::last_part(arn));
        if kind == "policy" {
            managed_policy::find(on, arn, world)?.ok_or_else(absent)?;
            let policy = managed(arn, world)?.ok_or_else(absent)?.policy;
            return Ok(Self::Policy(arn.to_owned(), policy));
        }
        if parts.account != account.as_str() {
            return Err(absent().into());
        }
        let found = match kind {
            "user" => world.get::<User>(UserId::new(account, name))?.map(|it| Self::User((*it).clone())),
            "group" => world.get::<Group>(GroupId::new(account, name))?.map(|it| Self::Group((*it).clone())),
            "role" => world.get::<Role>(RoleId::new(account, name))?.map(|it| Self::Role((*it).clone())),
            _ => return Err(invalid().into()),
        };
        let found = found.filter(|found| found.arn() == arn);
        found.ok_or_else(|| absent().into())
    }

    fn arn(&self) -> String {
        match self {
            Self::User(user) => user.arn(),
            Self::Group(group) => group.arn(),
            Self::Role(role) => role.arn(),
            Self::Policy(arn, _) => arn.clone(),
        }
    }

    /// The policies that grant it something; a user's groups hold theirs.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn policies(&self, world: &World<'_>) -> Result<Vec<Held>, Fault> {
        let mut held = Vec::new();
        match self {
            Self::User(user) => {
                add(user, world, &mut held)?;
                for group in groups_of(user, world)? {
                    add(&*group, world, &mut held)?;
                }
            }
            Self::Group(group) => add(group, world, &mut held)?,
            Self::Role(role) => add(role, world, &mut held)?,
            Self::Policy(..) => {}
        }
        Ok(held)
    }

    /// What it grants, or what its policies grant it.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn granted(&self, world: &World<'_>) -> Result<Granted, Fault> {
        Ok(match self {
            Self::Policy(_, policy) => Granted::by([policy]),
            _ => Granted::by(self.policies(world)?.iter().map(|held| &held.policy)),
        })
    }

    /// The users and roles that use it: itself, a group's users, or whom a policy is attached to.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn principals(&self, on: &On<'_>, world: &World<'_>) -> Result<Vec<Principal>, Fault> {
        let mut users = BTreeSet::new();
        let mut principals = Vec::new();
        match self {
            Self::User(user) => principals.push(principal(user)),
            Self::Role(role) => principals.push(principal(role)),
            Self::Group(group) => add_members(on, &group.name, &mut users, world)?,
            Self::Policy(arn, _) => {
                let policy = names::policy_key(arn);
                let prefix = PolicyEntityId::within(on.account, &policy);
                for key in world.keys::<PolicyEntity>(&prefix, None, MOST_USERS)? {
                    let id = key.id()?;
                    match id.kind {
                        EntityKind::User => drop(users.insert(id.name.0.to_owned())),
                        EntityKind::Group => add_members(on, id.name.0, &mut users, world)?,
                        EntityKind::Role => {
                            let role = world.get::<Role>(RoleId::new(on.account, id.name.0))?;
                            principals.extend(role.map(|role| principal(&*role)));
                        }
                    }
                }
            }
        }
        for name in users.iter().take(MOST_USERS) {
            let user = world.get::<User>(UserId::new(on.account, name))?;
            principals.extend(user.map(|user| principal(&*user)));
        }
        principals.sort_by(|one, other| one.arn.cmp(&other.arn));
        Ok(principals)
    }
}

fn add_members(
    on: &On<'_>,
    group: &str,
    users: &mut BTreeSet<String>,
    world: &World<'_>,
) -> Result<(), Fault> {
    let prefix = GroupMemberId::within(on.account, CaseInsensitive(group));
    for key in world.keys::<GroupMember>(&prefix, None, MOST_USERS)? {
        users.insert(key.id()?.user.0.to_owned());
    }
    Ok(())
}

fn add<E: Entity>(entity: &E, world: &World<'_>, held: &mut Vec<Held>) -> Result<(), Fault> {
    let holder = || (E::ENTITY, entity.name().to_owned());
    for (name, policy) in entity.inline_policies() {
        held.push(Held { policy: policy.clone(), named: Ok(name.clone()), holder: holder() });
    }
    for arn in entity.attached_policies() {
        if let Some(attached) = managed(arn, world)? {
            held.push(Held { policy: attached.policy, named: Err(arn.clone()), holder: holder() });
        }
    }
    Ok(())
}
