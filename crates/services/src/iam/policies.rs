//! The policies that bind a caller, gathered from wherever they are kept, and the decision over them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use aws::arn::{AccountId, Arn, PARTITION};
use aws::authorization::{
    AttachedPolicy, Decision, Denial, OrganizationFacts, PolicySets, Request, RequestContext, RequestFacts,
    evaluate,
};
use aws::policy::Policy;
use aws::principal::{Caller, Principal};
use jiff::Timestamp;

use super::managed::{FULL_AWS_ACCESS, aws_managed};
use crate::access::{Access, Permitted};
use crate::organizations::ancestry::{Ancestry, PolicyOfLevel, SERVICE_CONTROL_POLICY};
use crate::state::identity::{Credential, CredentialOwner, ManagedPolicy, Role, User};
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
}

/// Decides whether `caller` may do what it asks. The inner result is the decision.
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
    let path = ancestry.as_ref().map(Ancestry::path);
    let bound = Bound::of(caller, ancestry.as_ref(), world)?;
    let mut context = RequestContext::for_caller(
        caller,
        bound.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())),
    );
    context.add_request(&RequestFacts {
        now: origin.now,
        requested_region: origin.region,
        source_ip: Some(origin.source_ip),
        user_agent: origin.user_agent,
        secure_transport: false,
        caller_organization: ancestry.as_ref().zip(path.as_ref()).map(|(ancestry, path)| OrganizationFacts {
            id: &ancestry.organization.id,
            management_account: ancestry.organization.management_account,
            path,
        }),
        resource_account: resource_account(&access),
        resource_organization: None,
    });
    for key in &access.keys {
        if key.is_multivalued {
            context.insert_all(key.name.as_str(), key.values.iter().map(String::as_str));
        } else if let Some(value) = key.values.first() {
            context.insert(key.name.as_str(), value.as_str());
        }
    }
    let request = Request {
        caller,
        action: &access.action,
        resource: &access.resource,
        target_account: access.target,
        context: &context,
    };
    let decision = bound.decide(&request);
    Ok(match decision {
        Decision::Allowed(permit) => Ok(access.permitted(permit)),
        Decision::Denied(denial) => Err(denial),
    })
}

/// The owner of the resource, as its ARN says.
fn resource_account(access: &Access) -> Option<AccountId> {
    Arn::parse(&access.resource).and_then(|arn| arn.account.parse().ok())
}

/// Every policy that binds one caller.
struct Bound {
    identity: Vec<AttachedPolicy>,
    boundary: Option<AttachedPolicy>,
    session: Option<Vec<AttachedPolicy>>,
    service_control: Vec<Vec<AttachedPolicy>>,
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
                let user = world.get::<User>(&format!("{account}/{}", name.to_lowercase()))?;
                if let Some(user) = user {
                    bound.add(&user.inline_policies, &user.attached_policies, world)?;
                    bound.add_boundary(user.permissions_boundary.as_deref(), world)?;
                    bound.tags.clone_from(&user.tags);
                }
            }
            Principal::AssumedRole { account, role_name, .. } => {
                let role = world.get::<Role>(&format!("{account}/{}", role_name.to_lowercase()))?;
                if let Some(role) = role {
                    bound.add(&role.inline_policies, &role.attached_policies, world)?;
                    bound.add_boundary(role.permissions_boundary.as_deref(), world)?;
                    bound.tags.clone_from(&role.tags);
                }
                bound.session = session_policies(&caller.access_key_id, world)?;
            }
            Principal::FederatedUser { .. } => {
                bound.session = session_policies(&caller.access_key_id, world)?;
            }
        }
        Ok(bound)
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
            let found = managed(arn, world)?;
            let boundary = found.ok_or_else(|| Fault::Broken("a permissions boundary is absent".into()))?;
            self.boundary = Some(boundary);
        }
        Ok(())
    }

    fn decide(&self, request: &Request<'_>) -> Decision {
        let levels: Vec<&[AttachedPolicy]> = self.service_control.iter().map(Vec::as_slice).collect();
        evaluate(
            request,
            &PolicySets {
                identity: &self.identity,
                permissions_boundary: self.boundary.as_ref(),
                session: self.session.as_deref(),
                service_control: &levels,
                // Account Management, STS's GetCallerIdentity and CloudTrail take no resource control policies.
                resource_control: &[],
                resource: None,
            },
        )
    }
}

/// The managed policy with this ARN, AWS's own or the account's. One that is gone binds nobody.
fn managed(arn: &str, world: &World<'_>) -> Result<Option<AttachedPolicy>, Fault> {
    if let Some(policy) = aws_managed(arn) {
        return Ok(Some(AttachedPolicy { arn: Some(Arc::from(arn)), policy }));
    }
    let Some((account, name)) = Arn::parse(arn).and_then(|parts| {
        let (_, name) = parts.resource.strip_prefix("policy")?.rsplit_once('/')?;
        Some((parts.account, name))
    }) else {
        return Ok(None);
    };
    let stored = world.get::<ManagedPolicy>(&format!("{account}/{}", name.to_lowercase()))?;
    Ok(stored.map(|stored| AttachedPolicy { arn: Some(Arc::from(arn)), policy: stored.document.clone() }))
}

fn session_policies(access_key_id: &str, world: &World<'_>) -> Result<Option<Vec<AttachedPolicy>>, Fault> {
    let Some(credential) = world.get::<Credential>(access_key_id)? else { return Ok(None) };
    let CredentialOwner::RoleSession(session) = &credential.owner else { return Ok(None) };
    if session.policy.is_none() && session.policy_arns.is_empty() {
        return Ok(None);
    }
    let inline = session.policy.iter().map(|policy| AttachedPolicy { arn: None, policy: policy.clone() });
    let mut policies: Vec<_> = inline.collect();
    for arn in &session.policy_arns {
        policies.extend(managed(arn, world)?);
    }
    Ok(Some(policies))
}

/// Service control policies, level by level. They bind every principal of a member account, its root user too.
fn service_control(
    ancestry: Option<&Ancestry>,
    world: &World<'_>,
) -> Result<Vec<Vec<AttachedPolicy>>, Fault> {
    let Some(ancestry) = ancestry else { return Ok(Vec::new()) };
    let organization = &ancestry.organization;
    let attached = |policy: PolicyOfLevel| match policy {
        PolicyOfLevel::FullAwsAccess => AttachedPolicy { arn: None, policy: FULL_AWS_ACCESS.clone() },
        PolicyOfLevel::Stored(policy) => AttachedPolicy {
            arn: Some(Arc::from(format!(
                "arn:{PARTITION}:organizations::{}:policy/{}/service_control_policy/{}",
                organization.management_account, organization.id, policy.id
            ))),
            policy: policy.document.clone(),
        },
    };
    let levels = ancestry.policies(SERVICE_CONTROL_POLICY, world)?;
    Ok(levels.into_iter().map(|level| level.into_iter().map(attached).collect()).collect())
}
