//! The policies that bind a caller, gathered from wherever they are kept, and the decision over them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use aws::arn::{AccountId, Arn};
use aws::authorization::{
    AttachedPolicy, Decision, Denial, OrganizationFacts, PolicySets, Request, RequestContext, RequestFacts,
    evaluate,
};
use aws::policy::Policy;
use aws::principal::{Caller, Principal};
use aws::session::SessionTerms;
use jiff::Timestamp;

use super::access::{Access, Asked, Permitted};
use super::ancestry::{Ancestry, Levels};
use super::groups::groups_of;
use super::managed::{FULL_AWS_ACCESS, NOTHING, aws_managed};
use super::trust::RoleSide;
use crate::model::organizations::PolicyType;
use crate::state::identity::{ManagedPolicy, ManagedPolicyId, Role, RoleId, User, UserId};
use crate::world::{Fault, World};

/// How many steps policies may take at all, which is some seconds. Only policies that are made to be slow get there.
const MOST_STEPS: u64 = 1_000_000_000;

/// What is known of a request besides its caller, for the global condition keys.
#[derive(Debug, Clone, Copy)]
pub struct RequestOrigin<'a> {
    /// Service time.
    pub now: Timestamp,
    /// The Region the request was sent to.
    pub region: &'a str,
    /// Where it came from.
    pub source_ip: IpAddr,
    /// What the client calls itself.
    pub user_agent: Option<&'a str>,
    /// Whether it came over TLS, or counts as if it had (F-IAM-82).
    pub secure_transport: bool,
}

/// Decides whether `caller` may do all that it asks, each by itself. The inner result is the decision; the
/// first that is refused is told.
///
/// # Errors
/// See [`Fault`].
pub fn authorize(
    access: Access,
    caller: &Caller,
    origin: &RequestOrigin<'_>,
    world: &World<'_>,
) -> Result<Result<Permitted, Box<Denial>>, Fault> {
    let ancestry = Ancestry::of(caller.account(), world)?;
    let bound = Bound::of(caller, ancestry.as_ref(), world)?;
    let places = Places::of(&access, caller, ancestry, world)?;
    let role = match RoleSide::of(&access, origin, &places, world)? {
        Ok(role) => role,
        Err(absent) => return Ok(Err(Box::new(absent.denial(&access, caller)))),
    };
    let is_bound = !(bound.are_none() && role.is_none() && access.delegation.is_none());
    let most = if world.may_take_long() { MOST_STEPS } else { world.steps_at_once() };
    let steps = Cell::new(most);
    let ask = |asked: &Asked| {
        let context = match is_bound {
            true => context(caller, &bound.tags, &places, access.owner(asked), asked, origin),
            // No policy will look at it.
            false => RequestContext::default(),
        };
        let context = context.limited_to(steps.get());
        let (action, resource, target_account) = (&asked.action, &asked.resource, access.target);
        let request = Request { caller, action, resource, target_account, context: &context };
        let decision = bound.decide(&request, role.as_ref());
        let is_delegated = access.delegation.as_ref().is_some_and(|delegation| delegation.allows(&request));
        steps.set(context.steps_left());
        Ok((decision.into_result()?, is_delegated))
    };
    let decision = ask(&access.first).and_then(|(permit, first_is_delegated)| {
        let further = access.further.iter().map(|asked| ask(asked).map(|(_, is_delegated)| is_delegated));
        let is_delegated =
            further.collect::<Result<Vec<_>, _>>()?.into_iter().all(|is_delegated| is_delegated);
        Ok((permit, first_is_delegated && is_delegated))
    });
    let one_by_one = match decision {
        Ok(_) => access.one_by_one.iter().map(|asked| ask(asked).map(drop)).collect(),
        Err(_) => Vec::new(),
    };
    world.note_steps(most - steps.get());
    if steps.get() == 0 {
        // Whatever was decided was decided without looking at everything.
        world.take_time()?;
        return Err(Fault::Broken("the caller's policies take too long".to_owned()));
    }
    Ok(decision
        .map(|(permit, is_delegated)| access.permitted(permit, is_delegated, origin.region, one_by_one)))
}

/// Where the caller's account and those that own what is asked for stand in their organizations.
pub(super) struct Places {
    caller: AccountId,
    own: Option<Ancestry>,
    /// Of accounts other than the caller's.
    others: Vec<(AccountId, Option<Ancestry>)>,
}

impl Places {
    pub(super) fn of(
        access: &Access,
        caller: &Caller,
        own: Option<Ancestry>,
        world: &World<'_>,
    ) -> Result<Self, Fault> {
        let caller = caller.account();
        let mut others: Vec<(AccountId, Option<Ancestry>)> = Vec::new();
        for owner in access.asked().chain(&access.one_by_one).filter_map(|asked| access.owner(asked)) {
            if owner != caller && others.iter().all(|(known, _)| *known != owner) {
                others.push((owner, Ancestry::of(owner, world)?));
            }
        }
        Ok(Self { caller, own, others })
    }

    /// The place of the caller's account.
    pub(super) fn own(&self) -> Option<&Ancestry> {
        self.own.as_ref()
    }

    /// The place of an account that owns what is asked for; `None` where it is in no organization.
    pub(super) fn find(&self, account: AccountId) -> Option<&Ancestry> {
        if account == self.caller {
            return self.own();
        }
        self.others.iter().find(|(known, _)| *known == account)?.1.as_ref()
    }
}

/// What the request says about itself.
pub(super) fn context<'a>(
    caller: &'a Caller,
    tags: &'a BTreeMap<String, String>,
    places: &'a Places,
    owner: Option<AccountId>,
    asked: &'a Asked,
    origin: &RequestOrigin<'a>,
) -> RequestContext<'a> {
    let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let mut context = RequestContext::for_caller(caller, tags);
    context.add_request(&RequestFacts {
        now: origin.now,
        requested_region: origin.region,
        source_ip: Some(origin.source_ip),
        user_agent: origin.user_agent,
        secure_transport: origin.secure_transport,
        caller_organization: match caller.principal {
            Principal::WebIdentity { .. } => None,
            _ => places.own().map(facts),
        },
        resource_account: owner,
        resource_organization: owner.and_then(|owner| places.find(owner)).map(facts),
    });
    context.add_second_factor_age(caller, origin.now);
    asked.add_keys(&mut context);
    context
}

/// Every policy that binds one caller.
pub(super) struct Bound {
    pub(super) identity: Vec<AttachedPolicy>,
    pub(super) boundary: Option<AttachedPolicy>,
    pub(super) session: Option<Vec<AttachedPolicy>>,
    pub(super) service_control: Levels,
    pub(super) tags: BTreeMap<String, String>,
    /// Where each of the identity-based policies was found, for who asks to be told.
    pub(super) origins: Option<Vec<Origin>>,
}

/// Where an identity-based policy was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The user, group or role that holds it, for example `group/developers`.
    pub(super) holder: String,
    /// The name of an inline policy.
    pub(super) inline_name: Option<String>,
}

/// The user, group or role that holds policies: its kind and its name.
#[derive(Clone, Copy)]
struct Holder<'h>(&'static str, &'h str);

impl Bound {
    fn of(caller: &Caller, ancestry: Option<&Ancestry>, world: &World<'_>) -> Result<Self, Fault> {
        Self::gather(caller, ancestry, None, world)
    }

    /// The same; where `origins` are given, they are filled as well.
    pub(super) fn gather(
        caller: &Caller,
        ancestry: Option<&Ancestry>,
        origins: Option<Vec<Origin>>,
        world: &World<'_>,
    ) -> Result<Self, Fault> {
        let mut bound = Self {
            identity: Vec::new(),
            boundary: None,
            session: None,
            service_control: match caller.principal {
                // F-WEB-6: who has no account yet is bound by no organization.
                Principal::WebIdentity { .. } => Levels::default(),
                _ => service_control(ancestry, world)?,
            },
            tags: BTreeMap::new(),
            origins,
        };
        match &caller.principal {
            // The root user needs no identity-based policy; service control policies bind it all the same.
            Principal::Root { .. } | Principal::WebIdentity { .. } => {}
            Principal::User { account, name, .. } => {
                let user = world.get::<User>(UserId::new(*account, name))?;
                if let Some(user) = user {
                    bound.add_user(&user, world)?;
                    bound.tags.clone_from(&user.tags);
                }
            }
            Principal::AssumedRole { account, role_name, .. } => {
                let role = world.get::<Role>(RoleId::new(*account, role_name))?;
                if let Some(role) = role {
                    let holder = Holder("role", &role.name);
                    bound.add(holder, &role.inline_policies, &role.attached_policies, world)?;
                    bound.add_boundary(role.permissions_boundary.as_deref(), world)?;
                    bound.tags.clone_from(&role.tags);
                }
            }
            Principal::FederatedUser { account, .. } => {
                if let Some(session) = &caller.session {
                    bound.add_vouching(*account, session.terms.vouching_user.as_deref(), world)?;
                }
            }
        }
        if let Some(session) = &caller.session {
            bound.session = session_policies(&session.terms, world)?;
        }
        Ok(bound)
    }

    /// Whether there is none.
    fn are_none(&self) -> bool {
        let Self { identity, boundary, session, service_control, tags: _, origins: _ } = self;
        identity.is_empty()
            && boundary.is_none()
            && session.is_none()
            && service_control.iter().next().is_none()
    }

    /// The permissions of the user who vouches for a federated one, which bound those of the session.
    fn add_vouching(
        &mut self,
        account: AccountId,
        user: Option<&str>,
        world: &World<'_>,
    ) -> Result<(), Fault> {
        let Some(user) = user else {
            // The root user's permissions are all there are.
            let everything = AttachedPolicy { arn: None, policy: FULL_AWS_ACCESS.clone() };
            self.push(everything, Holder("root", "user"), None);
            return Ok(());
        };
        if let Some(user) = world.get::<User>(UserId::new(account, user))? {
            self.add_user(&user, world)?;
        }
        Ok(())
    }

    /// A user's own policies and those of its groups (F-IAMAPI-GRPEVAL-1).
    fn add_user(&mut self, user: &User, world: &World<'_>) -> Result<(), Fault> {
        self.add(Holder("user", &user.name), &user.inline_policies, &user.attached_policies, world)?;
        for group in groups_of(user, world)? {
            let holder = Holder("group", &group.name);
            self.add(holder, &group.inline_policies, &group.attached_policies, world)?;
        }
        self.add_boundary(user.permissions_boundary.as_deref(), world)
    }

    fn add(
        &mut self,
        holder: Holder<'_>,
        inline: &BTreeMap<String, Policy>,
        attached: &BTreeSet<String>,
        world: &World<'_>,
    ) -> Result<(), Fault> {
        for (name, policy) in inline {
            self.push(AttachedPolicy { arn: None, policy: policy.clone() }, holder, Some(name));
        }
        for arn in attached {
            if let Some(policy) = managed(arn, world)? {
                self.push(policy, holder, None);
            }
        }
        Ok(())
    }

    fn push(&mut self, policy: AttachedPolicy, Holder(kind, name): Holder<'_>, inline_name: Option<&str>) {
        self.identity.push(policy);
        if let Some(origins) = &mut self.origins {
            let inline_name = inline_name.map(str::to_owned);
            origins.push(Origin { holder: format!("{kind}/{name}"), inline_name });
        }
    }

    /// A boundary that cannot be found allows nothing: what is missing means refusal.
    fn add_boundary(&mut self, arn: Option<&str>, world: &World<'_>) -> Result<(), Fault> {
        if let Some(arn) = arn {
            let absent = || AttachedPolicy { arn: Some(Arc::from(arn)), policy: NOTHING.clone() };
            self.boundary = Some(managed(arn, world)?.unwrap_or_else(absent));
        }
        Ok(())
    }

    fn decide(&self, request: &Request<'_>, role: Option<&RoleSide>) -> Decision {
        self.ask(role, |sets| evaluate(request, sets))
    }

    /// Asks all policies together: those that bind the caller, and those of the role that is asked for.
    pub(super) fn ask<T>(&self, role: Option<&RoleSide>, ask: impl FnOnce(&PolicySets<'_>) -> T) -> T {
        let levels: Vec<&[AttachedPolicy]> = self.service_control.iter().collect();
        let resource_control: Vec<&[AttachedPolicy]> =
            role.map(|role| role.resource_control().iter().collect()).unwrap_or_default();
        ask(&PolicySets {
            identity: &self.identity,
            permissions_boundary: self.boundary.as_ref(),
            session: self.session.as_deref(),
            service_control: &levels,
            // Of the services here only STS takes resource control policies.
            resource_control: &resource_control,
            resource: role.map(RoleSide::resource_policy),
        })
    }
}

/// The managed policy with exactly this ARN, AWS's own or an account's. One that is gone binds nobody.
pub(crate) fn managed(arn: &str, world: &World<'_>) -> Result<Option<AttachedPolicy>, Fault> {
    if let Some(policy) = aws_managed(arn) {
        return Ok(Some(AttachedPolicy { arn: Some(Arc::from(arn)), policy }));
    }
    let Some((account, path_and_name)) = Arn::parse(arn).and_then(|parts| {
        let path_and_name = parts.resource.strip_prefix("policy").filter(|_| parts.service == "iam")?;
        Some((parts.account.parse().ok()?, path_and_name))
    }) else {
        return Ok(None);
    };
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let stored = world.get::<ManagedPolicy>(ManagedPolicyId::new(account, name))?;
    // The path and the case of the name are part of the ARN.
    let stored = stored.filter(|stored| path_and_name.strip_suffix(&stored.name) == Some(&stored.path));
    Ok(stored.map(|stored| AttachedPolicy { arn: Some(Arc::from(arn)), policy: stored.document.clone() }))
}

/// The policies that the one who opened a session bound it with; `None` where there are none.
fn session_policies(terms: &SessionTerms, world: &World<'_>) -> Result<Option<Vec<AttachedPolicy>>, Fault> {
    if terms.policy.is_none() && terms.policy_arns.is_empty() {
        return Ok(None);
    }
    let inline = terms.policy.iter().map(|policy| AttachedPolicy { arn: None, policy: policy.clone() });
    let mut policies: Vec<_> = inline.collect();
    for arn in &terms.policy_arns {
        policies.extend(managed(arn, world)?);
    }
    Ok(Some(policies))
}

/// Service control policies, level by level. They bind every principal of a member account, its root user
/// too.
pub(crate) fn service_control(ancestry: Option<&Ancestry>, world: &World<'_>) -> Result<Levels, Fault> {
    ancestry.map_or_else(
        || Ok(Levels::default()),
        |ancestry| ancestry.policies(PolicyType::ServiceControlPolicy, world),
    )
}

/// F-STSAPI-9: resource control policies of the account that owns a resource, level by level.
/// `RCPFullAWSAccess` stands at every level, so every level allows and only denials bind.
pub(super) fn resource_control(ancestry: Option<&Ancestry>, world: &World<'_>) -> Result<Levels, Fault> {
    ancestry.map_or_else(
        || Ok(Levels::default()),
        |ancestry| ancestry.policies(PolicyType::ResourceControlPolicy, world),
    )
}

/// What the global condition keys say of an account's organization.
fn facts(ancestry: &Ancestry) -> OrganizationFacts<'_> {
    OrganizationFacts {
        id: &ancestry.organization.id,
        management_account: ancestry.organization.management_account,
        path: ancestry.path(),
    }
}
