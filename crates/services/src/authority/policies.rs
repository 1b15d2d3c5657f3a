//! The policies that bind a caller, gathered from wherever they are kept, and the decision over them.

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
use super::ancestry::{Ancestry, Levels, RESOURCE_CONTROL_POLICY, SERVICE_CONTROL_POLICY};
use super::groups::groups_of;
use super::managed::{FULL_AWS_ACCESS, NOTHING, aws_managed};
use super::trust::RoleSide;
use crate::state::identity::{ManagedPolicy, ManagedPolicyId, Role, RoleId, User, UserId};
use crate::world::{Fault, World};

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
    let role = match RoleSide::of(&access, origin, world)? {
        Ok(role) => role,
        Err(absent) => return Ok(Err(Box::new(absent.denial(&access, caller)))),
    };
    let is_bound = !(bound.are_none() && role.is_none());
    let ask = |asked: &Asked| {
        let context = match is_bound {
            true => context(caller, &bound, ancestry.as_ref(), asked, role.as_ref(), origin),
            // No policy will look at it.
            false => RequestContext::default(),
        };
        let (action, resource, target_account) = (&asked.action, &asked.resource, access.target);
        let request = Request { caller, action, resource, target_account, context: &context };
        bound.decide(&request, role.as_ref()).into_result()
    };
    let decision = ask(&access.first)
        .and_then(|permit| access.further.iter().try_for_each(|asked| ask(asked).map(drop)).map(|()| permit));
    Ok(decision.map(|permit| access.permitted(permit)))
}

/// What the request says about itself.
fn context<'a>(
    caller: &'a Caller,
    bound: &'a Bound,
    ancestry: Option<&'a Ancestry>,
    asked: &'a Asked,
    role: Option<&'a RoleSide>,
    origin: &RequestOrigin<'a>,
) -> RequestContext<'a> {
    let tags = bound.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let mut context = RequestContext::for_caller(caller, tags);
    context.add_request(&RequestFacts {
        now: origin.now,
        requested_region: origin.region,
        source_ip: Some(origin.source_ip),
        user_agent: origin.user_agent,
        secure_transport: origin.secure_transport,
        caller_organization: ancestry.map(facts),
        resource_account: resource_account(asked),
        resource_organization: role.and_then(RoleSide::organization),
    });
    asked.add_keys(&mut context);
    context
}

/// The owner of the resource, as its ARN says.
fn resource_account(asked: &Asked) -> Option<AccountId> {
    Arn::parse(&asked.resource).and_then(|arn| arn.account.parse().ok())
}

/// Every policy that binds one caller.
struct Bound {
    identity: Vec<AttachedPolicy>,
    boundary: Option<AttachedPolicy>,
    session: Option<Vec<AttachedPolicy>>,
    service_control: Levels,
    tags: BTreeMap<String, String>,
}

impl Bound {
    fn of(caller: &Caller, ancestry: Option<&Ancestry>, world: &World<'_>) -> Result<Self, Fault> {
        let mut bound = Self {
            identity: Vec::new(),
            boundary: None,
            session: None,
            service_control: service_control(ancestry, world)?,
            tags: BTreeMap::new(),
        };
        match &caller.principal {
            // The root user needs no identity-based policy; service control policies bind it all the same.
            Principal::Root { .. } => {}
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
                    bound.add(&role.inline_policies, &role.attached_policies, world)?;
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
        let Self { identity, boundary, session, service_control, tags: _ } = self;
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
            self.identity.push(AttachedPolicy { arn: None, policy: FULL_AWS_ACCESS.clone() });
            return Ok(());
        };
        if let Some(user) = world.get::<User>(UserId::new(account, user))? {
            self.add_user(&user, world)?;
        }
        Ok(())
    }

    /// A user's own policies and those of its groups (F-IAMAPI-GRPEVAL-1).
    fn add_user(&mut self, user: &User, world: &World<'_>) -> Result<(), Fault> {
        self.add(&user.inline_policies, &user.attached_policies, world)?;
        for group in groups_of(user, world)? {
            self.add(&group.inline_policies, &group.attached_policies, world)?;
        }
        self.add_boundary(user.permissions_boundary.as_deref(), world)
    }

    fn add(
        &mut self,
        inline: &BTreeMap<String, Policy>,
        attached: &BTreeSet<String>,
        world: &World<'_>,
    ) -> Result<(), Fault> {
        self.identity
            .extend(inline.values().map(|policy| AttachedPolicy { arn: None, policy: policy.clone() }));
        for arn in attached {
            self.identity.extend(managed(arn, world)?);
        }
        Ok(())
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
        let levels: Vec<&[AttachedPolicy]> = self.service_control.iter().collect();
        let resource_control: Vec<&[AttachedPolicy]> =
            role.map(|role| role.resource_control().iter().collect()).unwrap_or_default();
        evaluate(
            request,
            &PolicySets {
                identity: &self.identity,
                permissions_boundary: self.boundary.as_ref(),
                session: self.session.as_deref(),
                service_control: &levels,
                // Of the services here only STS takes resource control policies.
                resource_control: &resource_control,
                resource: role.map(RoleSide::resource_policy),
            },
        )
    }
}

/// The managed policy with this ARN, AWS's own or the account's. One that is gone binds nobody.
pub(crate) fn managed(arn: &str, world: &World<'_>) -> Result<Option<AttachedPolicy>, Fault> {
    if let Some(policy) = aws_managed(arn) {
        return Ok(Some(AttachedPolicy { arn: Some(Arc::from(arn)), policy }));
    }
    let Some((account, name)) = Arn::parse(arn).and_then(|parts| {
        let (_, name) = parts.resource.strip_prefix("policy")?.rsplit_once('/')?;
        Some((parts.account.parse().ok()?, name))
    }) else {
        return Ok(None);
    };
    let stored = world.get::<ManagedPolicy>(ManagedPolicyId::new(account, name))?;
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
    ancestry
        .map_or_else(|| Ok(Levels::default()), |ancestry| ancestry.policies(SERVICE_CONTROL_POLICY, world))
}

/// F-STSAPI-9: resource control policies of the account that owns a resource, level by level.
/// `RCPFullAWSAccess` stands at every level, so every level allows and only denials bind.
pub(super) fn resource_control(ancestry: Option<&Ancestry>, world: &World<'_>) -> Result<Levels, Fault> {
    ancestry
        .map_or_else(|| Ok(Levels::default()), |ancestry| ancestry.policies(RESOURCE_CONTROL_POLICY, world))
}

/// What the global condition keys say of an account's organization.
pub(super) fn facts(ancestry: &Ancestry) -> OrganizationFacts<'_> {
    OrganizationFacts {
        id: &ancestry.organization.id,
        management_account: ancestry.organization.management_account,
        path: ancestry.path(),
    }
}
