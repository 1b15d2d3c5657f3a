//! The results of a simulation: what is decided, by which statements, and what is missing.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::authorization::{
    AttachedPolicy, Decision, Explanation, MatchedStatement, PolicySets, PolicyType, Request, RequestContext,
    ResourcePolicy, ResourcePolicyKind, explain,
};
use aws::policy::{Effect, Policy};
use aws::principal::Caller;

use super::statement_position::{Place, spans};
use crate::authority::managed::FULL_AWS_ACCESS;
use crate::failure::Failure;
use crate::iam::directory::page::Pages;
use crate::iam::{On, refusal};
use crate::model::iam::{
    ActionNameType, ContextEntry, EvaluationResult, MarkerType, OrganizationsDecisionDetail,
    PermissionsBoundaryDecisionDetail, PolicyEvaluationDecisionType, PolicySourceType, Position,
    ResourceNameType, ResourceSpecificResult, SimulatePolicyResponse, Statement,
};

/// F-COST-13: how many steps of policies a page may take: a second at the worst, where usual policies take
/// some thousand for an action and a resource.
const MOST_STEPS: u64 = 200_000_000;

/// F-COST-13: how much a page may hold, in bytes. On the way to its wire form it takes about ten times that.
const MOST_BYTES: usize = 3_000_000;

/// What a result takes besides its texts.
const RESULT_BYTES: usize = 300;

/// A policy of a simulation and how results name it.
pub(crate) struct Source {
    policy: AttachedPolicy,
    id: String,
    /// Where its statements stand, once somebody asks.
    spans: OnceCell<Vec<(Place, Place)>>,
}

impl Source {
    /// A policy that results name `id`.
    pub fn new(policy: AttachedPolicy, id: String) -> Self {
        Self { policy, id, spans: OnceCell::new() }
    }

    /// The policy.
    pub fn policy(&self) -> &AttachedPolicy {
        &self.policy
    }

    /// The same without its name.
    pub fn into_policy(self) -> AttachedPolicy {
        self.policy
    }

    /// How results name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn span(&self, position: usize) -> Option<(Place, Place)> {
        self.spans.get_or_init(|| spans(self.policy.policy.source())).get(position).copied()
    }
}

/// The actions on a role itself, of which the simulator asks no resource policy (F-IAMAPI-SIM-6).
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Everything that is simulated.
pub(crate) struct Simulation {
    pub caller: Caller,
    pub identity: Vec<Source>,
    pub boundary: Option<Source>,
    /// Policies of the organization, level by level.
    pub organization: Vec<Vec<AttachedPolicy>>,
    pub resource: Option<(Source, AccountId)>,
    pub context: Vec<ContextEntry>,
}

/// What is asked, and which page of the results is wanted.
pub(crate) struct Asked {
    pub operation: &'static str,
    pub actions: Vec<ActionNameType>,
    pub resources: Option<Vec<ResourceNameType>>,
    pub marker: Option<MarkerType>,
    pub max_items: Option<i32>,
}

/// What one action on one resource comes to.
struct Evaluated {
    decision: PolicyEvaluationDecisionType,
    statements: Vec<(StatementPlace, Statement)>,
    by_boundary: Option<bool>,
    by_organization: Option<bool>,
    details: BTreeMap<String, PolicyEvaluationDecisionType>,
}

/// Which statement of which policy of which kind.
type StatementPlace = (&'static str, usize, usize);

/// What is the same for every action and resource.
struct Prepared<'a> {
    simulation: &'a Simulation,
    context: RequestContext<'a>,
    identity: Vec<AttachedPolicy>,
    levels: Vec<&'a [AttachedPolicy]>,
    /// The keys that conditions ask for and the request does not give, each once.
    missing: BTreeSet<&'a str>,
    /// The same with those of the resource policy.
    missing_with_resource: BTreeSet<&'a str>,
}

impl Simulation {
    /// One result for each action, however many resources it is asked for.
    ///
    /// # Errors
    /// F-COST-13: `InvalidInput` where one action alone is too much. A page ends where the next action would be.
    pub fn answer(&self, on: &On<'_>, asked: Asked) -> Result<SimulatePolicyResponse, Failure> {
        let resources = asked.resources.as_deref().filter(|resources| !resources.is_empty());
        let filter = asked.actions.iter().map(ActionNameType::as_str);
        let named = resources.unwrap_or_default().iter().map(ResourceNameType::as_str);
        let filter: Vec<&str> = filter.chain(named).collect();
        let pages = Pages::new(asked.operation, on, filter, asked.marker, asked.max_items)?;
        let places = asked.actions.iter().enumerate().map(|(place, it)| (format!("{place:08}"), it));
        // What earlier pages showed is not decided again.
        let wanted = places.filter(|(place, _)| pages.after().is_none_or(|after| place.as_str() > after));
        let prepared = Prepared::new(self);
        let mut filling = pages.filling();
        let (mut last, mut bytes_left) = (None, MOST_BYTES);
        for (place, action) in wanted {
            let room = if filling.is_full() { None } else { Some(&mut bytes_left) };
            match room.and_then(|room| prepared.result(action.as_str(), resources, room)) {
                Some(result) => {
                    filling.add(place.clone(), || result);
                    last = Some(place);
                }
                None if last.is_some() => {
                    filling.continue_after(last);
                    break;
                }
                None => return Err(too_much().into()),
            }
        }
        let page = filling.page();
        Ok(SimulatePolicyResponse {
            evaluation_results: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}

fn too_much() -> aws::refusal::Refusal {
    let text = "The simulation is too large. Simulate fewer resources, policies or context keys at a time.";
    refusal::invalid_input(text)
}

impl<'a> Prepared<'a> {
    fn new(simulation: &'a Simulation) -> Self {
        let context = simulation.context().limited_to(MOST_STEPS);
        Self {
            missing: simulation.missing_keys(None, &context),
            missing_with_resource: simulation.missing_keys(simulation.resource.as_ref(), &context),
            context,
            identity: simulation.identity.iter().map(|source| source.policy.clone()).collect(),
            levels: simulation.organization.iter().map(Vec::as_slice).collect(),
            simulation,
        }
    }

    /// F-IAMAPI-SIM-5: the result of an action; with several resources the weakest decision, all statements, and as its
    /// name the form of the service's ARNs, where that is known. `None` where it takes more than `bytes_left`, or more steps than there are.
    fn result(
        &self,
        action: &str,
        resources: Option<&[ResourceNameType]>,
        bytes_left: &mut usize,
    ) -> Option<EvaluationResult> {
        let everywhere = [ResourceNameType::from("*")];
        let named = resources.unwrap_or(&everywhere);
        let mut evaluated = Vec::new();
        for resource in named {
            let one = self.evaluate(action, resource.as_str())?;
            *bytes_left = bytes_left.checked_sub(self.bytes(action, &one) + resource.as_str().len())?;
            evaluated.push(one);
        }
        let decision = evaluated.iter().map(|one| one.decision).max_by_key(|decision| weakness(*decision));
        let all = |told: fn(&Evaluated) -> Option<bool>| {
            let each: Option<Vec<bool>> = evaluated.iter().map(told).collect();
            each.map(|each| each.into_iter().all(|allowed| allowed))
        };
        let mut seen = BTreeSet::new();
        let statements = evaluated.iter().flat_map(|one| &one.statements);
        let statements = statements.filter(|(place, _)| seen.insert(*place));
        let statements = statements.map(|(_, statement)| statement.clone()).collect();
        let is_missing = evaluated.iter().any(Evaluated::tells_missing_keys);
        let missing = self.missing_of(action);
        let missing = missing.iter().filter(|_| is_missing).map(|key| (*key).into()).collect();
        Some(EvaluationResult {
            eval_action_name: action.into(),
            eval_resource_name: match named {
                [only] => Some(only.clone()),
                _ => resource_form(action).map(Into::into),
            },
            eval_decision: decision.unwrap_or(PolicyEvaluationDecisionType::ImplicitDeny),
            matched_statements: Some(statements),
            missing_context_values: Some(missing),
            organizations_decision_detail: all(|one| one.by_organization)
                .map(|allowed| OrganizationsDecisionDetail { allowed_by_organizations: Some(allowed) }),
            permissions_boundary_decision_detail: all(|one| one.by_boundary).map(boundary_detail),
            eval_decision_details: resources
                .map(|_| evaluated.iter().flat_map(|one| one.details.clone()).collect()),
            resource_specific_results: resources.map(|named| {
                named.iter().zip(evaluated).map(|(name, one)| self.of_resource(action, one, name)).collect()
            }),
        })
    }

    /// The keys that are missing for an action.
    fn missing_of(&self, action: &str) -> &BTreeSet<&'a str> {
        match self.simulation.resource_for(action) {
            Some(_) => &self.missing_with_resource,
            None => &self.missing,
        }
    }

    /// About what a result takes.
    fn bytes(&self, action: &str, one: &Evaluated) -> usize {
        let missing: usize = match one.tells_missing_keys() {
            true => self.missing_of(action).iter().map(|key| key.len() + RESULT_BYTES / 6).sum(),
            false => 0,
        };
        let ids = one.statements.iter().map(|(_, statement)| {
            RESULT_BYTES + statement.source_policy_id.as_ref().map_or(0, |id| id.as_str().len())
        });
        RESULT_BYTES * (1 + one.details.len()) + missing + ids.sum::<usize>()
    }

    /// `None` where no steps are left.
    fn evaluate(&self, action: &str, resource: &str) -> Option<Evaluated> {
        let simulation = self.simulation;
        let request = Request {
            caller: &simulation.caller,
            action,
            resource,
            target_account: simulation.caller.account(),
            context: &self.context,
        };
        let boundary = simulation.boundary.as_ref().map(|boundary| &boundary.policy);
        let resource_policy = simulation.resource_for(action).map(|(source, owner)| ResourcePolicy {
            policy: &source.policy,
            owner: *owner,
            kind: ResourcePolicyKind::Optional,
        });
        let sets = PolicySets {
            identity: &self.identity,
            permissions_boundary: boundary,
            service_control: &self.levels,
            resource: resource_policy,
            ..PolicySets::default()
        };
        let Explanation { decision, statements: matched, .. } = explain(&request, &sets);
        let decision = decision_type(&decision);
        let told = effect_told(decision);
        let deciding = matched.iter().filter(|matched| told.is_some_and(|effect| matched.speaks(effect)));
        let evaluated = Evaluated {
            decision,
            statements: deciding
                .filter_map(|matched| simulation.statement(matched, &self.identity))
                .collect(),
            by_boundary: boundary.map(|boundary| allows_alone(&request, Some(boundary), &[])),
            by_organization: (!self.levels.is_empty()).then(|| allows_alone(&request, None, &self.levels)),
            details: simulation.cross_account_details(&request, &self.identity),
        };
        (self.context.steps_left() > 0).then_some(evaluated)
    }

    /// The same, as the result of one of several resources.
    fn of_resource(&self, action: &str, one: Evaluated, name: &ResourceNameType) -> ResourceSpecificResult {
        let is_missing = one.tells_missing_keys();
        let missing = self.missing_of(action);
        let missing = missing.iter().filter(|_| is_missing).map(|key| (*key).into()).collect();
        ResourceSpecificResult {
            eval_resource_name: name.clone(),
            eval_resource_decision: one.decision,
            matched_statements: Some(one.statements.into_iter().map(|(_, statement)| statement).collect()),
            missing_context_values: Some(missing),
            eval_decision_details: Some(one.details).filter(|details| !details.is_empty()),
            permissions_boundary_decision_detail: one.by_boundary.map(boundary_detail),
        }
    }
}

impl Simulation {
    /// Of a resource of another account: what each side says by itself.
    fn cross_account_details(
        &self,
        request: &Request<'_>,
        identity: &[AttachedPolicy],
    ) -> BTreeMap<String, PolicyEvaluationDecisionType> {
        let resource = self.resource_for(request.action);
        let Some((source, owner)) = resource.filter(|(_, owner)| *owner != self.caller.account()) else {
            return BTreeMap::new();
        };
        let everything = [AttachedPolicy { arn: None, policy: FULL_AWS_ACCESS.clone() }];
        let (policy, kind) = (&source.policy, ResourcePolicyKind::Optional);
        let resource = Some(ResourcePolicy { policy, owner: *owner, kind });
        let sides = [
            ("IAM Policy", PolicySets { identity, ..PolicySets::default() }),
            ("Resource Policy", PolicySets { identity: &everything, resource, ..PolicySets::default() }),
        ];
        let told = |(name, sets): (&str, PolicySets<'_>)| {
            (name.to_owned(), decision_type(&aws::authorization::evaluate(request, &sets)))
        };
        sides.into_iter().map(told).collect()
    }

    /// The resource policy, for actions of which it is asked.
    fn resource_for(&self, action: &str) -> Option<&(Source, AccountId)> {
        self.resource.as_ref().filter(|_| !action.eq_ignore_ascii_case(ASSUME_ROLE))
    }

    fn context(&self) -> RequestContext<'_> {
        let mut context = RequestContext::of_simulation();
        for entry in &self.context {
            let Some(name) = entry.context_key_name.as_ref() else { continue };
            let values = entry.context_key_values.as_deref().unwrap_or_default();
            let is_list = entry.context_key_type.is_some_and(|kind| kind.as_str().ends_with("List"));
            match (values, is_list) {
                ([value], false) => context.insert(name.as_str(), value.as_str()),
                _ => context.insert_all(name.as_str(), values.iter().map(String::as_str)),
            }
        }
        context
    }

    /// The keys that conditions ask for and the request does not give, each once. Where no steps are left they are not
    /// all of them.
    fn missing_keys<'a>(
        &'a self,
        resource: Option<&'a (Source, AccountId)>,
        context: &RequestContext<'_>,
    ) -> BTreeSet<&'a str> {
        let organization = self.organization.iter().flatten();
        let own = self.identity.iter().chain(&self.boundary).chain(resource.map(|(source, _)| source));
        let policies = own.map(|source| &source.policy).chain(organization);
        let keys = policies.flat_map(|policy| policy.policy.statements()).flat_map(|it| it.condition_keys());
        keys.take_while(|_| context.steps_left() > 0).filter(|key| context.values(key).is_empty()).collect()
    }

    /// A matched statement as results show it, the kinds of policies by their recorded names (F-IAMAPI-SIM-3). Policies
    /// of the organization are not shown.
    fn statement(
        &self,
        matched: &MatchedStatement<'_>,
        identity: &[AttachedPolicy],
    ) -> Option<(StatementPlace, Statement)> {
        let (source, kind, place) = match matched.policy_type {
            PolicyType::Identity => {
                let place = identity.iter().position(|policy| std::ptr::eq(policy, matched.policy))?;
                (self.identity.get(place)?, PolicySourceType::IamPolicy, place)
            }
            PolicyType::PermissionsBoundary => {
                (self.boundary.as_ref()?, PolicySourceType::PermissionsBoundaryPolicy, 0)
            }
            PolicyType::Resource | PolicyType::RoleTrust => {
                (&self.resource.as_ref()?.0, PolicySourceType::ResourcePolicy, 0)
            }
            PolicyType::ResourceControl | PolicyType::ServiceControl | PolicyType::Session => return None,
        };
        let position = |(line, column): (usize, usize)| Position {
            line: i32::try_from(line).ok(),
            column: i32::try_from(column).ok(),
        };
        let span = source.span(matched.position);
        let statement = Statement {
            source_policy_id: Some(source.id.clone()),
            source_policy_type: Some(kind),
            start_position: span.map(|(start, _)| position(start)),
            end_position: span.map(|(_, end)| position(end)),
        };
        Some(((kind.as_str(), place, matched.position), statement))
    }
}

impl Evaluated {
    fn tells_missing_keys(&self) -> bool {
        self.decision != PolicyEvaluationDecisionType::Allowed
    }
}

fn boundary_detail(allowed: bool) -> PermissionsBoundaryDecisionDetail {
    PermissionsBoundaryDecisionDetail { allowed_by_permissions_boundary: Some(allowed) }
}

/// The form of the ARNs that an action is about, by which a result over several resources is named; known of S3's
/// objects only (F-IAMAPI-SIM-5).
fn resource_form(action: &str) -> Option<&'static str> {
    let name = action.strip_prefix("s3:")?;
    (name.contains("Object") && !name.contains("Bucket")).then_some("arn:aws:s3:::${BucketName}/${KeyName}")
}

/// The statements that are told: those that decided. Nothing decides an implicit denial.
fn effect_told(decision: PolicyEvaluationDecisionType) -> Option<Effect> {
    match decision {
        PolicyEvaluationDecisionType::Allowed => Some(Effect::Allow),
        PolicyEvaluationDecisionType::ExplicitDeny => Some(Effect::Deny),
        PolicyEvaluationDecisionType::ImplicitDeny => None,
    }
}

/// Of several decisions the one that denies most is the result.
fn weakness(decision: PolicyEvaluationDecisionType) -> u8 {
    match decision {
        PolicyEvaluationDecisionType::Allowed => 0,
        PolicyEvaluationDecisionType::ImplicitDeny => 1,
        PolicyEvaluationDecisionType::ExplicitDeny => 2,
    }
}

fn decision_type(decision: &Decision) -> PolicyEvaluationDecisionType {
    match decision {
        Decision::Allowed(_) => PolicyEvaluationDecisionType::Allowed,
        Decision::Denied(denial) if denial.is_explicit() => PolicyEvaluationDecisionType::ExplicitDeny,
        Decision::Denied(_) => PolicyEvaluationDecisionType::ImplicitDeny,
    }
}

/// Whether the boundary, or the organization, would let the request pass if an identity-based policy allowed
/// all.
fn allows_alone(
    request: &Request<'_>,
    boundary: Option<&AttachedPolicy>,
    levels: &[&[AttachedPolicy]],
) -> bool {
    let everything: Policy = FULL_AWS_ACCESS.clone();
    let everything = [AttachedPolicy { arn: None, policy: everything }];
    let sets = PolicySets {
        identity: &everything,
        permissions_boundary: boundary,
        service_control: levels,
        ..PolicySets::default()
    };
    aws::authorization::evaluate(request, &sets).is_allowed()
}
