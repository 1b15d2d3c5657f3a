//! SimulatePrincipalPolicy and SimulateCustomPolicy: what the evaluator that answers every request would
//! decide.
//!
//! As in AWS's simulator nothing is known of the simulated request but what `ContextEntries` say.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::arn::{AccountId, Arn};
use aws::authorization::{
    AttachedPolicy, Decision, MatchedStatement, PolicySets, PolicyType, Request, RequestContext,
    ResourcePolicy, ResourcePolicyKind, explain,
};
use aws::policy::{Policy, PolicyKind};
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;

use super::entity::{Entity, EntityKind};
use super::inline_policy::read;
use super::managed::FULL_AWS_ACCESS;
use super::model::{
    ActionNameType, ContextEntry, EvaluationResult, MarkerType, OrganizationsDecisionDetail,
    PermissionsBoundaryDecisionDetail, PolicyDocumentType, PolicyEvaluationDecisionType, PolicyIdentifier,
    PolicySourceType, Position, ResourceNameType, ResourceSpecificResult, SimulateCustomPolicyRequest,
    SimulatePolicyResponse, SimulatePrincipalPolicyRequest, Statement,
};
use super::page::Pages;
use super::statement_position::span;
use super::{On, directory, names, policies, refuse, user};
use crate::failure::Failure;
use crate::organizations::ancestry::Ancestry;
use crate::state::identity::{Group, Role, User};
use crate::world::World;

/// A policy of a simulation and how results name it.
struct Source {
    policy: AttachedPolicy,
    id: String,
    kind: PolicySourceType,
}

/// Everything that is simulated.
struct Simulation {
    caller: Caller,
    identity: Vec<Source>,
    boundary: Option<Source>,
    /// Policies of the organization, level by level.
    organization: Vec<Vec<AttachedPolicy>>,
    resource: Option<(Source, AccountId)>,
    context: Vec<ContextEntry>,
}

/// What is asked, and which page of the results is wanted.
struct Asked {
    operation: &'static str,
    actions: Vec<ActionNameType>,
    resources: Option<Vec<ResourceNameType>>,
    marker: Option<MarkerType>,
    max_items: Option<i32>,
}

/// SimulatePrincipalPolicy.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `MalformedPolicyDocument`.
pub fn principal_policy(
    on: &On<'_>,
    input: SimulatePrincipalPolicyRequest,
    world: &World<'_>,
) -> Result<SimulatePolicyResponse, Failure> {
    let (principal, mut identity, mut boundary) = source(on, input.policy_source_arn.as_str(), world)?;
    identity.extend(given(input.policy_input_list, "PolicyInputList", PolicyKind::Inline)?);
    if let Some(given) = given_boundary(input.permissions_boundary_policy_input_list)? {
        boundary = Some(given);
    }
    let ancestry = Ancestry::of(on.account, world)?;
    let mut organization = policies::service_control(ancestry.as_ref(), world)?;
    for excluded in input.policy_exclusion_list.iter().flatten() {
        exclude(excluded, &mut identity, &mut boundary, &mut organization);
    }
    let caller = Caller { principal, access_key_id: String::new(), session: None };
    let resource = resource_policy(input.resource_policy, input.resource_owner, on.account)?;
    let context = input.context_entries.unwrap_or_default();
    let simulation = Simulation { caller, identity, boundary, organization, resource, context };
    let asked = Asked {
        operation: "SimulatePrincipalPolicy",
        actions: input.action_names,
        resources: input.resource_arns,
        marker: input.marker,
        max_items: input.max_items,
    };
    simulation.answer(on, asked)
}

/// SimulateCustomPolicy.
///
/// # Errors
/// `InvalidInput`, `MalformedPolicyDocument`.
pub fn custom_policy(
    on: &On<'_>,
    input: SimulateCustomPolicyRequest,
) -> Result<SimulatePolicyResponse, Failure> {
    let identity = given(Some(input.policy_input_list), "PolicyInputList", PolicyKind::Inline)?;
    let boundary = given_boundary(input.permissions_boundary_policy_input_list)?;
    let mut organization = Vec::new();
    for level in input.ordered_organization_policy_input_list.unwrap_or_default() {
        let level = given(level.service_control_policy_input_list, "", PolicyKind::Inline)?;
        organization.push(level.into_iter().map(|source| source.policy).collect());
    }
    if input.resource_policy.is_some() && input.caller_arn.is_none() {
        return Err(refuse::invalid_input("CallerArn must be specified with ResourcePolicy.").into());
    }
    let principal = named_principal(on, input.caller_arn.as_ref().map(ResourceNameType::as_str));
    let caller = Caller { principal, access_key_id: String::new(), session: None };
    let resource = resource_policy(input.resource_policy, input.resource_owner, on.account)?;
    let context = input.context_entries.unwrap_or_default();
    let simulation = Simulation { caller, identity, boundary, organization, resource, context };
    let asked = Asked {
        operation: "SimulateCustomPolicy",
        actions: input.action_names,
        resources: input.resource_arns,
        marker: input.marker,
        max_items: input.max_items,
    };
    simulation.answer(on, asked)
}

/// The policies that came with the request.
fn given(
    documents: Option<Vec<PolicyDocumentType>>,
    list: &str,
    kind: PolicyKind,
) -> Result<Vec<Source>, Refusal> {
    let documents = documents.unwrap_or_default();
    documents
        .iter()
        .enumerate()
        .map(|(place, document)| {
            Ok(Source {
                policy: AttachedPolicy { arn: None, policy: read(document, kind)? },
                id: format!("{list}.{}", place + 1),
                kind: PolicySourceType::None,
            })
        })
        .collect()
}

fn given_boundary(documents: Option<Vec<PolicyDocumentType>>) -> Result<Option<Source>, Refusal> {
    let mut boundaries = given(documents, "PermissionsBoundaryPolicyInputList", PolicyKind::Inline)?;
    if boundaries.len() > 1 {
        return Err(refuse::invalid_input("Only one permissions boundary policy can be simulated."));
    }
    Ok(boundaries.pop())
}

fn resource_policy(
    document: Option<PolicyDocumentType>,
    owner: Option<ResourceNameType>,
    account: AccountId,
) -> Result<Option<(Source, AccountId)>, Refusal> {
    let Some(document) = document else { return Ok(None) };
    let owner = match &owner {
        None => account,
        Some(owner) => {
            let parts = Arn::parse(owner.as_str()).and_then(|arn| arn.account.parse().ok());
            let id = owner.as_str().parse().ok();
            parts
                .or(id)
                .ok_or_else(|| refuse::invalid_input(format!("Invalid ResourceOwner: {}", owner.as_str())))?
        }
    };
    let source = Source {
        policy: AttachedPolicy { arn: None, policy: read(&document, PolicyKind::Resource)? },
        id: "ResourcePolicy".to_owned(),
        kind: PolicySourceType::Resource,
    };
    Ok(Some((source, owner)))
}

/// The principal that an ARN names, as far as policies can see it; nobody in particular where there is none.
fn named_principal(on: &On<'_>, arn: Option<&str>) -> Principal {
    let parts = arn.and_then(Arn::parse);
    let account = parts.and_then(|parts| parts.account.parse().ok()).unwrap_or(on.account);
    let rest = parts.and_then(|parts| parts.resource.strip_prefix("user")).unwrap_or("/");
    let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
    Principal::User { account, path: format!("{path}/"), name: name.to_owned(), id: String::new() }
}

type Bound = (Principal, Vec<Source>, Option<Source>);

/// The user, group or role of an ARN with all policies that bind it.
fn source(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<Bound, Failure> {
    let own = Arn::parse(arn).filter(|parts| parts.service == "iam" && parts.account == on.account.as_str());
    let kind = own.and_then(|parts| {
        EntityKind::ALL.into_iter().find(|kind| parts.resource.starts_with(&format!("{}/", kind.name())))
    });
    let name = names::last_part(arn);
    match kind {
        Some(EntityKind::User) => {
            let user = directory::find::<User>(on.account, name, world)?;
            let mut identity = of_entity(&*user, world)?;
            for group in user::groups_of(&user, world)? {
                identity.extend(of_entity(&*group, world)?);
            }
            let (path, name, id) = (user.path.clone(), user.name.clone(), user.id.clone());
            let principal = Principal::User { account: on.account, path, name, id };
            Ok((principal, identity, boundary_of(&*user, world)?))
        }
        Some(EntityKind::Role) => {
            let role = directory::find::<Role>(on.account, name, world)?;
            let principal = Principal::AssumedRole {
                account: on.account,
                role_path: role.path.clone(),
                role_name: role.name.clone(),
                role_id: role.id.clone(),
                session_name: "simulation".to_owned(),
            };
            Ok((principal, of_entity(&*role, world)?, boundary_of(&*role, world)?))
        }
        Some(EntityKind::Group) => {
            let group = directory::find::<Group>(on.account, name, world)?;
            Ok((named_principal(on, None), of_entity(&*group, world)?, None))
        }
        None => Err(refuse::invalid_input(format!(
            "Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ))
        .into()),
    }
}

/// F-IAMAPI-SIM-1: an inline policy is named `<kind>_<entity>_<policy>`, a managed one by its name.
fn of_entity<E: Entity>(entity: &E, world: &World<'_>) -> Result<Vec<Source>, Failure> {
    let kind = match E::ENTITY {
        EntityKind::User => PolicySourceType::User,
        EntityKind::Group => PolicySourceType::Group,
        EntityKind::Role => PolicySourceType::Role,
    };
    let inline = entity.inline_policies().iter().map(|(name, policy)| Source {
        policy: AttachedPolicy { arn: None, policy: policy.clone() },
        id: format!("{}_{}_{name}", E::ENTITY.name(), entity.name()),
        kind,
    });
    let mut sources: Vec<Source> = inline.collect();
    for arn in entity.attached_policies() {
        sources.extend(of_managed(arn, world)?);
    }
    Ok(sources)
}

fn of_managed(arn: &str, world: &World<'_>) -> Result<Option<Source>, Failure> {
    let kind = match arn.starts_with(super::managed::AWS_MANAGED_PREFIX) {
        true => PolicySourceType::AwsManaged,
        false => PolicySourceType::UserManaged,
    };
    let id = names::last_part(arn).to_owned();
    Ok(policies::managed(arn, world)?.map(|policy| Source { policy, id, kind }))
}

fn boundary_of<E: Entity>(entity: &E, world: &World<'_>) -> Result<Option<Source>, Failure> {
    match entity.boundary() {
        Some(arn) => of_managed(arn, world),
        None => Ok(None),
    }
}

/// Leaves a policy out of the simulation.
fn exclude(
    excluded: &PolicyIdentifier,
    identity: &mut Vec<Source>,
    boundary: &mut Option<Source>,
    organization: &mut [Vec<AttachedPolicy>],
) {
    let arn = excluded.policy_arn.as_ref().map(|arn| Arc::<str>::from(arn.as_str()));
    let inline = excluded.inline_policy_identifier.as_ref().map(|inline| {
        let (kind, name) = (inline.attachment_type.as_str(), inline.attachment_name.as_str());
        format!("{kind}_{name}_{}", inline.policy_name.as_str())
    });
    let is_excluded = |policy: &AttachedPolicy| arn.is_some() && policy.arn == arn;
    identity.retain(|source| !is_excluded(&source.policy) && inline.as_ref() != Some(&source.id));
    if boundary.as_ref().is_some_and(|boundary| is_excluded(&boundary.policy)) {
        *boundary = None;
    }
    for level in organization {
        level.retain(|policy| !is_excluded(policy));
    }
}

impl Simulation {
    fn answer(&self, on: &On<'_>, asked: Asked) -> Result<SimulatePolicyResponse, Failure> {
        let everywhere = vec![ResourceNameType::from("*")];
        let resources = asked.resources.as_ref().filter(|resources| !resources.is_empty());
        let named = resources.is_some();
        let resources = resources.unwrap_or(&everywhere);
        let pairs =
            asked.actions.iter().flat_map(|action| resources.iter().map(move |resource| (action, resource)));
        let filter = asked.actions.iter().map(ActionNameType::as_str);
        let filter: Vec<&str> = filter.chain(resources.iter().map(ResourceNameType::as_str)).collect();
        let pages = Pages::new(asked.operation, on, filter, asked.marker, asked.max_items)?;
        let places = pairs.enumerate().map(|(place, pair)| (format!("{place:08}"), pair));
        // What earlier pages showed is not decided again.
        let wanted = places.filter(|(place, _)| pages.after().is_none_or(|after| place.as_str() > after));
        let page = pages.of_list(wanted.map(|(place, (action, resource))| {
            (place, self.result(action.as_str(), resource.as_str(), named))
        }));
        Ok(SimulatePolicyResponse {
            evaluation_results: Some(page.items),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }

    fn result(&self, action: &str, resource: &str, named: bool) -> EvaluationResult {
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
        let resource_policy = self.resource.as_ref().map(|(source, owner)| ResourcePolicy {
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
        let (decision, matched) = explain(&request, &sets);
        let decision = decision_type(&decision);
        let statements: Vec<Statement> =
            matched.iter().filter_map(|matched| self.statement(matched, &identity)).collect();
        let missing: Vec<_> =
            self.missing_keys(&context).into_iter().map(|key| key.as_str().into()).collect();
        let boundary_detail = boundary.map(|boundary| PermissionsBoundaryDecisionDetail {
            allowed_by_permissions_boundary: Some(allows_alone(&request, Some(boundary), &[])),
        });
        let specific = ResourceSpecificResult {
            eval_resource_name: resource.into(),
            eval_resource_decision: decision,
            matched_statements: Some(statements.clone()),
            missing_context_values: Some(missing.clone()),
            eval_decision_details: None,
            permissions_boundary_decision_detail: boundary_detail.clone(),
        };
        EvaluationResult {
            eval_action_name: action.into(),
            eval_resource_name: Some(resource.into()),
            eval_decision: decision,
            matched_statements: Some(statements),
            missing_context_values: Some(missing),
            organizations_decision_detail: (!levels.is_empty()).then(|| OrganizationsDecisionDetail {
                allowed_by_organizations: Some(allows_alone(&request, None, &levels)),
            }),
            permissions_boundary_decision_detail: boundary_detail,
            eval_decision_details: None,
            resource_specific_results: named.then(|| vec![specific]),
        }
    }

    fn context(&self) -> RequestContext<'_> {
        let mut context = RequestContext::new();
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
    fn missing_keys(&self, context: &RequestContext<'_>) -> BTreeSet<String> {
        let organization = self.organization.iter().flatten();
        let own = self
            .identity
            .iter()
            .chain(&self.boundary)
            .chain(self.resource.as_ref().map(|(source, _)| source));
        let policies = own.map(|source| &source.policy).chain(organization);
        let keys = policies.flat_map(|policy| policy.policy.statements()).flat_map(|it| it.condition_keys());
        keys.filter(|key| context.values(key).is_empty()).map(str::to_owned).collect()
    }

    /// A matched statement as results show it. Policies of the organization are not shown, as in AWS.
    fn statement(&self, matched: &MatchedStatement<'_>, identity: &[AttachedPolicy]) -> Option<Statement> {
        let source = match matched.policy_type {
            PolicyType::Identity => {
                let place = identity.iter().position(|policy| std::ptr::eq(policy, matched.policy))?;
                self.identity.get(place)
            }
            PolicyType::PermissionsBoundary => self.boundary.as_ref(),
            PolicyType::Resource | PolicyType::RoleTrust => self.resource.as_ref().map(|(source, _)| source),
            PolicyType::ResourceControl | PolicyType::ServiceControl | PolicyType::Session => None,
        }?;
        let position = |(line, column): (usize, usize)| Position {
            line: i32::try_from(line).ok(),
            column: i32::try_from(column).ok(),
        };
        let span = span(source.policy.policy.source(), matched.position);
        Some(Statement {
            source_policy_id: Some(source.id.clone()),
            source_policy_type: Some(source.kind),
            start_position: span.map(|(start, _)| position(start)),
            end_position: span.map(|(_, end)| position(end)),
        })
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
