//! The results of a simulation: what is decided, by which statements, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::authorization::{
    AttachedPolicy, Decision, Explanation, MatchedStatement, PolicySets, PolicyType, Request, RequestContext,
    ResourcePolicy, ResourcePolicyKind, explain,
};
use aws::policy::{Effect, Policy};
use aws::principal::Caller;

use super::statement_position::span;
use crate::authority::managed::FULL_AWS_ACCESS;
use crate::failure::Failure;
use crate::iam::On;
use crate::iam::directory::page::Pages;
use crate::model::iam::{
    ActionNameType, ContextEntry, EvaluationResult, MarkerType, OrganizationsDecisionDetail,
    PermissionsBoundaryDecisionDetail, PolicyEvaluationDecisionType, PolicySourceType, Position,
    ResourceNameType, ResourceSpecificResult, SimulatePolicyResponse, Statement,
};

/// A policy of a simulation and how results name it.
pub(crate) struct Source {
    pub policy: AttachedPolicy,
    pub id: String,
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
    statements: Vec<Statement>,
    missing: BTreeSet<String>,
    by_boundary: Option<bool>,
    by_organization: Option<bool>,
    details: BTreeMap<String, PolicyEvaluationDecisionType>,
}

impl Simulation {
    /// One result for each action, however many resources it is asked for.
    pub fn answer(&self, on: &On<'_>, asked: Asked) -> Result<SimulatePolicyResponse, Failure> {
        let resources = asked.resources.as_deref().filter(|resources| !resources.is_empty());
        let filter = asked.actions.iter().map(ActionNameType::as_str);
        let named = resources.unwrap_or_default().iter().map(ResourceNameType::as_str);
        let filter: Vec<&str> = filter.chain(named).collect();
        let pages = Pages::new(asked.operation, on, filter, asked.marker, asked.max_items)?;
        let places = asked.actions.iter().enumerate().map(|(place, it)| (format!("{place:08}"), it));
        // What earlier pages showed is not decided again.
        let wanted = places.filter(|(place, _)| pages.after().is_none_or(|after| place.as_str() > after));
        let page =
            pages.of_list(wanted.map(|(place, action)| (place, self.result(action.as_str(), resources))));
        Ok(SimulatePolicyResponse {
            evaluation_results: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }

    /// F-IAMAPI-SIM-5: the result of an action; with several resources the weakest decision, all statements, and as its
    /// name the form of the service's ARNs, where that is known.
    fn result(&self, action: &str, resources: Option<&[ResourceNameType]>) -> EvaluationResult {
        let everywhere = [ResourceNameType::from("*")];
        let named = resources.unwrap_or(&everywhere);
        let evaluated: Vec<_> =
            named.iter().map(|resource| self.evaluate(action, resource.as_str())).collect();
        let decisions = evaluated.iter().map(|one| one.decision);
        let decision = decisions.max_by_key(|decision| weakness(*decision));
        let all = |told: fn(&Evaluated) -> Option<bool>| {
            let each: Option<Vec<bool>> = evaluated.iter().map(told).collect();
            each.map(|each| each.into_iter().all(|allowed| allowed))
        };
        let mut statements: Vec<Statement> = Vec::new();
        for statement in evaluated.iter().flat_map(|one| &one.statements) {
            if !statements.contains(statement) {
                statements.push(statement.clone());
            }
        }
        let missing: BTreeSet<&String> = evaluated.iter().flat_map(|one| &one.missing).collect();
        EvaluationResult {
            eval_action_name: action.into(),
            eval_resource_name: match named {
                [only] => Some(only.clone()),
                _ => resource_form(action).map(Into::into),
            },
            eval_decision: decision.unwrap_or(PolicyEvaluationDecisionType::ImplicitDeny),
            matched_statements: Some(statements),
            missing_context_values: Some(missing.into_iter().map(|key| key.as_str().into()).collect()),
            organizations_decision_detail: all(|one| one.by_organization)
                .map(|allowed| OrganizationsDecisionDetail { allowed_by_organizations: Some(allowed) }),
            permissions_boundary_decision_detail: all(|one| one.by_boundary).map(boundary_detail),
            eval_decision_details: resources
                .map(|_| evaluated.iter().flat_map(|one| one.details.clone()).collect()),
            resource_specific_results: resources
                .map(|named| named.iter().zip(evaluated).map(|(name, one)| one.of_resource(name)).collect()),
        }
    }

    fn evaluate(&self, action: &str, resource: &str) -> Evaluated {
        let context = self.context();
        let request = Request {
            caller: &self.caller,
            action,
            resource,
            target_account: self.caller.account(),
            context: &context,
        };
        let identity: Vec<AttachedPolicy> =
            self.identity.iter().map(|source| source.policy.clone()).collect();
        let levels: Vec<&[AttachedPolicy]> = self.organization.iter().map(Vec::as_slice).collect();
        let boundary = self.boundary.as_ref().map(|boundary| &boundary.policy);
        let resource_policy = self.resource_for(action).map(|(source, owner)| ResourcePolicy {
            policy: &source.policy,
            owner: *owner,
            kind: ResourcePolicyKind::Optional,
        });
        let sets = PolicySets {
            identity: &identity,
            permissions_boundary: boundary,
            service_control: &levels,
            resource: resource_policy,
            ..PolicySets::default()
        };
        let Explanation { decision, statements: matched, .. } = explain(&request, &sets);
        let decision = decision_type(&decision);
        let told = effect_told(decision);
        let deciding = matched.iter().filter(|matched| told.is_some_and(|effect| matched.speaks(effect)));
        let is_allowed = decision == PolicyEvaluationDecisionType::Allowed;
        Evaluated {
            decision,
            statements: deciding.filter_map(|matched| self.statement(matched, &identity)).collect(),
            missing: if is_allowed { BTreeSet::new() } else { self.missing_keys(action, &context) },
            by_boundary: boundary.map(|boundary| allows_alone(&request, Some(boundary), &[])),
            by_organization: (!levels.is_empty()).then(|| allows_alone(&request, None, &levels)),
            details: self.cross_account_details(&request, &identity),
        }
    }

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

    /// The keys that conditions ask for and the request does not give, each once.
    fn missing_keys(&self, action: &str, context: &RequestContext<'_>) -> BTreeSet<String> {
        let organization = self.organization.iter().flatten();
        let own = self
            .identity
            .iter()
            .chain(&self.boundary)
            .chain(self.resource_for(action).map(|(source, _)| source));
        let policies = own.map(|source| &source.policy).chain(organization);
        let keys = policies.flat_map(|policy| policy.policy.statements()).flat_map(|it| it.condition_keys());
        keys.filter(|key| context.values(key).is_empty()).map(str::to_owned).collect()
    }

    /// A matched statement as results show it, the kinds of policies by their recorded names (F-IAMAPI-SIM-3). Policies
    /// of the organization are not shown.
    fn statement(&self, matched: &MatchedStatement<'_>, identity: &[AttachedPolicy]) -> Option<Statement> {
        let (source, kind) = match matched.policy_type {
            PolicyType::Identity => {
                let place = identity.iter().position(|policy| std::ptr::eq(policy, matched.policy))?;
                (self.identity.get(place)?, PolicySourceType::IamPolicy)
            }
            PolicyType::PermissionsBoundary => {
                (self.boundary.as_ref()?, PolicySourceType::PermissionsBoundaryPolicy)
            }
            PolicyType::Resource | PolicyType::RoleTrust => {
                (&self.resource.as_ref()?.0, PolicySourceType::ResourcePolicy)
            }
            PolicyType::ResourceControl | PolicyType::ServiceControl | PolicyType::Session => return None,
        };
        let position = |(line, column): (usize, usize)| Position {
            line: i32::try_from(line).ok(),
            column: i32::try_from(column).ok(),
        };
        let span = span(source.policy.policy.source(), matched.position);
        Some(Statement {
            source_policy_id: Some(source.id.clone()),
            source_policy_type: Some(kind),
            start_position: span.map(|(start, _)| position(start)),
            end_position: span.map(|(_, end)| position(end)),
        })
    }
}

impl Evaluated {
    /// The same, as the result of one of several resources.
    fn of_resource(self, name: &ResourceNameType) -> ResourceSpecificResult {
        let missing: Vec<_> = self.missing.iter().map(|key| key.as_str().into()).collect();
        ResourceSpecificResult {
            eval_resource_name: name.clone(),
            eval_resource_decision: self.decision,
            matched_statements: Some(self.statements),
            missing_context_values: Some(missing),
            eval_decision_details: Some(self.details).filter(|details| !details.is_empty()),
            permissions_boundary_decision_detail: self.by_boundary.map(boundary_detail),
        }
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
