//! A decision with its reasons. The policies are gathered and asked as for every request ([`super::policies`]); this adds
//! their names, and tells what each statement saw.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use aws::arn::PARTITION;
use aws::authorization::{
    self, AttachedPolicy, Decision, Denial, Explanation, MatchedStatement, PolicySets, PolicyType, Request,
    RequestContext,
};
use aws::policy::{Effect, SeenCondition, WrittenConditions};
use aws::principal::Caller;

use super::access::{Access, Asked};
use super::ancestry::{Ancestry, Levels};
use super::explained::{
    AskedExplained, ConditionSaid, KeyValue, Layer, LayerName, Level, Part, PolicySaid, StatementSaid,
};
use super::policies::{self, Bound, Places, RequestOrigin};
use super::trust::RoleSide;
use crate::state::account::Account;
use crate::state::organization::{OrganizationPolicy, PolicyId};
use crate::world::{Fault, World};

/// How many steps policies may take for one explanation: about a tenth of a second, and a thousand times what ordinary
/// policies take. Only policies that are made to be slow get there.
const MOST_STEPS: u64 = 20_000_000;

/// Explains all that a call asks for, each by itself and in the order in which a refusal is told.
///
/// # Errors
/// See [`Fault`].
pub fn explain(
    access: &Access,
    caller: &Caller,
    origin: &RequestOrigin<'_>,
    world: &World<'_>,
) -> Result<Vec<AskedExplained>, Fault> {
    let ancestry = Ancestry::of(caller.account(), world)?;
    let mut bound = Bound::gather(caller, ancestry.as_ref(), Some(Vec::new()), world)?;
    bound.add_given(access, world)?;
    let places = Places::of(access, caller, ancestry, world)?;
    let role = match RoleSide::of(access, origin, &places, world)? {
        Ok(role) => role,
        Err(absent) => return Ok(vec![of_absent_role(absent.denial(access, caller))]),
    };
    let names = Names::of(&bound, &places, role.as_ref(), world)?;
    let steps = Cell::new(MOST_STEPS);
    let one = |asked: &Asked| {
        let context = policies::context(caller, &bound.tags, &places, access.owner(asked), asked, origin);
        let context = context.limited_to(steps.get());
        let (action, resource, target_account) = (&asked.action, &asked.resource, access.target);
        let request = Request { caller, action, resource, target_account, context: &context };
        let mut explained = bound
            .ask(role.as_ref(), |sets| names.tell(authorization::explain(&request, sets), &request, sets));
        if let Some(delegation) = &access.delegation {
            let layer = delegation
                .ask(|sets| delegation_layer(&authorization::explain(&request, sets), sets, &context));
            explained.layers.push(layer);
        }
        steps.set(context.steps_left());
        explained
    };
    let explained = access.asked().map(one).collect();
    if steps.get() == 0 {
        // Whatever was told was told without looking at everything.
        return Err(Fault::Broken("the caller's policies take too long".to_owned()));
    }
    Ok(explained)
}

/// F-STSAPI-3: a role that is not there trusts nobody.
fn of_absent_role(denial: Denial) -> AskedExplained {
    AskedExplained {
        action: denial.action.clone(),
        resource: denial.resource.clone(),
        allowed: false,
        message: Some(denial.message()),
        layers: vec![Layer {
            layer: LayerName::TrustPolicy,
            outcome: Part::Nothing,
            says: None,
            decides: true,
            levels: Vec::new(),
            policies: Vec::new(),
        }],
        context: BTreeMap::new(),
        denial: Some(Box::new(denial)),
    }
}

/// The names of everything that is asked, in the order in which it is asked.
struct Names {
    identity: Vec<PolicySaid>,
    boundary: Vec<PolicySaid>,
    session: Vec<PolicySaid>,
    service_control: Vec<Level>,
    resource_control: Vec<Level>,
    trust: Vec<PolicySaid>,
}

impl Names {
    fn of(bound: &Bound, places: &Places, role: Option<&RoleSide>, world: &World<'_>) -> Result<Self, Fault> {
        let origins = bound.origins.iter().flatten();
        let identity = bound.identity.iter().zip(origins).map(|(policy, origin)| PolicySaid {
            held_by: Some(origin.holder.clone()),
            ..match &origin.inline_name {
                Some(name) => named(format!("inline:{}/{name}", origin.holder), name.clone()),
                None => by_arn(policy, "account:root"),
            }
        });
        let session = bound.session.iter().flatten().map(|policy| by_arn(policy, "session"));
        let trusted = role.map(|role| {
            let role = role.role();
            let path_and_name = format!("{}{}", role.path, role.name);
            let arn = format!("arn:{}:iam::{}:role{path_and_name}", PARTITION, role.account);
            (
                role.account,
                PolicySaid {
                    held_by: Some(format!("role/{}", role.name)),
                    ..named(format!("trust:{arn}"), "trust policy".to_owned())
                },
            )
        });
        let (service, resource) = (LayerName::ServiceControlPolicies, LayerName::ResourceControlPolicies);
        Ok(Self {
            identity: identity.collect(),
            boundary: bound.boundary.iter().map(|policy| by_arn(policy, "boundary")).collect(),
            session: session.collect(),
            service_control: levels(service, &bound.service_control, places.own(), world)?,
            resource_control: match (role, &trusted) {
                (Some(role), Some((account, _))) => {
                    levels(resource, role.resource_control(), places.find(*account), world)?
                }
                _ => Vec::new(),
            },
            trust: trusted.map(|(_, policy)| policy).into_iter().collect(),
        })
    }

    /// The explanation with everything called by its name.
    fn tell(
        &self,
        explanation: Explanation<'_>,
        request: &Request<'_>,
        sets: &PolicySets<'_>,
    ) -> AskedExplained {
        let Explanation { decision, layers, statements } = &explanation;
        let told = layers.iter().map(|layer| {
            let said: Vec<_> = statements.iter().filter(|it| it.policy_type == layer.policy_type).collect();
            self.layer(layer, &said, request.context, sets)
        });
        let layers = told.collect();
        let denial = match decision {
            Decision::Allowed(_) => None,
            Decision::Denied(denial) => Some(denial.clone()),
        };
        AskedExplained {
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            allowed: denial.is_none(),
            message: denial.as_ref().map(|denial| denial.message()),
            layers,
            context: keys_of(request.context),
            denial,
        }
    }

    fn layer(
        &self,
        layer: &authorization::Layer,
        said: &[&MatchedStatement<'_>],
        context: &RequestContext<'_>,
        sets: &PolicySets<'_>,
    ) -> Layer {
        let boundary = sets.permissions_boundary.map(std::slice::from_ref).unwrap_or_default();
        let resource =
            sets.resource.map(|resource| std::slice::from_ref(resource.policy)).unwrap_or_default();
        let flat = |name, names: &[PolicySaid], policies: &[AttachedPolicy]| {
            (name, Vec::new(), with_statements(names, policies, said, context))
        };
        let by_level = |name, names: &[Level], levels: &[&[AttachedPolicy]]| {
            let told = names.iter().zip(levels).zip(&layer.levels).enumerate().map(
                |(at, ((level, policies), says))| {
                    let said: Vec<_> = said.iter().copied().filter(|it| it.level == at).collect();
                    let policies = with_statements(&level.policies, policies, &said, context);
                    Level { says: Part::from(*says), policies, ..level.clone() }
                },
            );
            (name, told.collect(), Vec::new())
        };
        let (name, levels, policies) = match layer.policy_type {
            PolicyType::ResourceControl => {
                by_level(LayerName::ResourceControlPolicies, &self.resource_control, sets.resource_control)
            }
            PolicyType::ServiceControl => {
                by_level(LayerName::ServiceControlPolicies, &self.service_control, sets.service_control)
            }
            PolicyType::Resource | PolicyType::RoleTrust => {
                let name =
                    if self.trust.is_empty() { LayerName::ResourcePolicy } else { LayerName::TrustPolicy };
                flat(name, &self.trust, resource)
            }
            PolicyType::Identity => flat(LayerName::IdentityPolicies, &self.identity, sets.identity),
            PolicyType::PermissionsBoundary => flat(LayerName::PermissionsBoundary, &self.boundary, boundary),
            PolicyType::Session => {
                flat(LayerName::SessionPolicies, &self.session, sets.session.unwrap_or_default())
            }
        };
        Layer {
            layer: name,
            outcome: layer.outcome.into(),
            says: layer.says.map(Part::from),
            decides: layer.decides,
            levels,
            policies,
        }
    }
}

/// The policies with what they said. Names and policies are in the same order.
fn with_statements(
    names: &[PolicySaid],
    policies: &[AttachedPolicy],
    said: &[&MatchedStatement<'_>],
    context: &RequestContext<'_>,
) -> Vec<PolicySaid> {
    let told = names.iter().zip(policies).map(|(name, policy)| {
        let own = said.iter().filter(|it| std::ptr::eq(it.policy, policy));
        let written = OnceCell::new();
        let written = || written.get_or_init(|| WrittenConditions::of(&policy.policy));
        let statements: Vec<_> = own.map(|it| statement(it, written().seen(it.position, context))).collect();
        let document = (!statements.is_empty()).then(|| policy.policy.source().to_owned());
        PolicySaid { statements, document, ..name.clone() }
    });
    told.collect()
}

fn statement(matched: &MatchedStatement<'_>, conditions: Vec<SeenCondition>) -> StatementSaid {
    let conditions = conditions.into_iter().map(|seen| ConditionSaid {
        operator: seen.operator,
        key: seen.key,
        wanted: seen.wanted,
        seen: seen.seen,
        holds: seen.holds,
    });
    StatementSaid {
        number: matched.position + 1,
        sid: matched.statement.sid().map(str::to_owned),
        effect: match matched.statement.effect() {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }
        .to_owned(),
        lines: None,
        applies: matched.applies,
        conditions: conditions.collect(),
    }
}

/// F-ORGS-AUTH-3: what the delegation policy says. It decides nothing here: where it does not allow, the rule of
/// Organizations refuses in its own words.
fn delegation_layer(
    explanation: &Explanation<'_>,
    sets: &PolicySets<'_>,
    context: &RequestContext<'_>,
) -> Layer {
    let is_own = |policy_type| policy_type == PolicyType::Resource;
    let says = explanation.layers.iter().find(|layer| is_own(layer.policy_type)).and_then(|layer| layer.says);
    let said: Vec<_> = explanation.statements.iter().filter(|it| is_own(it.policy_type)).collect();
    let policy = sets.resource.map(|resource| std::slice::from_ref(resource.policy)).unwrap_or_default();
    let name = named("delegation".to_owned(), "delegation policy".to_owned());
    Layer {
        layer: LayerName::DelegationPolicy,
        outcome: says.map_or(Part::DoesNotApply, Part::from),
        says: says.map(Part::from),
        decides: false,
        levels: Vec::new(),
        policies: with_statements(&[name], policy, &said, context),
    }
}

fn named(id: String, name: String) -> PolicySaid {
    PolicySaid { id, name, held_by: None, draft: false, statements: Vec::new(), document: None }
}

/// A managed policy by its ARN; `otherwise` names one that has none.
fn by_arn(policy: &AttachedPolicy, otherwise: &str) -> PolicySaid {
    let arn = policy.arn.as_deref().unwrap_or(otherwise);
    named(arn.to_owned(), arn.rsplit('/').next().unwrap_or(arn).to_owned())
}

/// The levels of an organization's policies with their names.
fn levels(
    layer: LayerName,
    levels: &Levels,
    ancestry: Option<&Ancestry>,
    world: &World<'_>,
) -> Result<Vec<Level>, Fault> {
    let Some(ancestry) = ancestry else { return Ok(Vec::new()) };
    let units = ancestry.units().iter().map(|unit| {
        let kind = if unit.parent_id.is_none() { "root" } else { "organizational_unit" };
        (kind, unit.id.clone(), unit.name.clone())
    });
    let account = world.get::<Account>(ancestry.account)?;
    let name = account.map(|account| account.name.clone()).unwrap_or_default();
    let account = ("account", ancestry.account.to_string(), name);
    let targets = units.chain(std::iter::once(account));
    let told = targets.zip(levels.iter()).map(|((kind, id, name), policies)| {
        let policies = policies.iter().map(|policy| of_organization(layer, policy, world));
        let policies = policies.collect::<Result<_, _>>()?;
        Ok(Level { kind: kind.to_owned(), id, name, says: Part::Nothing, policies })
    });
    told.collect()
}

/// A policy of an organization by its id; the ones of AWS are shown without an ARN.
fn of_organization(
    layer: LayerName,
    policy: &AttachedPolicy,
    world: &World<'_>,
) -> Result<PolicySaid, Fault> {
    let Some(arn) = policy.arn.as_deref() else {
        let name = match layer {
            LayerName::ResourceControlPolicies => "RCPFullAWSAccess",
            _ => "FullAWSAccess",
        };
        return Ok(named(format!("p-{name}"), name.to_owned()));
    };
    let id = arn.rsplit('/').next().unwrap_or(arn);
    let stored = world.get::<OrganizationPolicy>(PolicyId(id))?;
    Ok(named(id.to_owned(), stored.map_or_else(|| id.to_owned(), |stored| stored.name.clone())))
}

/// Every key of a context with its values; of a key that was given twice the last ones count.
fn keys_of(context: &RequestContext<'_>) -> BTreeMap<String, KeyValue> {
    let of = |key: &str| {
        let mut values = context.values(key).iter().map(|value| value.text().into_owned());
        match context.is_multivalued(key) {
            true => Some(KeyValue::Several(values.collect())),
            false => values.next().map(KeyValue::One),
        }
    };
    context.keys().filter_map(|key| Some((key.to_owned(), of(key)?))).collect()
}
