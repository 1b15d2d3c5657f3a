//! SimulatePrincipalPolicy and SimulateCustomPolicy: what the evaluator that answers every request would
//! decide.
//!
//! As in AWS's simulator nothing is known of the simulated request but what `ContextEntries` say.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::sync::Arc;

use aws::arn::{AccountId, Arn};
use aws::authorization::AttachedPolicy;
use aws::policy::{Policy, PolicyKind, is_address};
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;

use super::simulation::{Asked, Simulation, Source};
use crate::authority::ancestry::Ancestry;
use crate::authority::groups::groups_of;
use crate::authority::policies;
use crate::failure::Failure;
use crate::iam::directory::entity::{Entity, EntityKind};
use crate::iam::directory::names;
use crate::iam::policies::inline_policy::read;
use crate::iam::{On, refusal};
use crate::model::iam::{
    ContextEntry, ContextKeyTypeEnum, PolicyDocumentType, PolicyIdentifier, ResourceNameType,
    SimulateCustomPolicyRequest, SimulatePolicyResponse, SimulatePrincipalPolicyRequest,
};
use crate::state::identity::{Group, Role, User};
use crate::world::World;
use crate::world::key::Named;

/// SimulatePrincipalPolicy.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `MalformedPolicyDocument`.
pub fn principal_policy(
    on: &On<'_>,
    input: SimulatePrincipalPolicyRequest,
    world: &World<'_>,
) -> Result<SimulatePolicyResponse, Failure> {
    world.take_time()?;
    let (principal, mut identity, mut boundary) = source(on, input.policy_source_arn.as_str(), world)?;
    identity.extend(given(input.policy_input_list, "PolicyInputList", PolicyKind::Session)?);
    if let Some(given) = given_boundary(input.permissions_boundary_policy_input_list)? {
        boundary = Some(given);
    }
    let ancestry = Ancestry::of(on.account, world)?;
    let levels = policies::service_control(ancestry.as_ref(), world)?;
    let mut organization: Vec<_> = levels.iter().map(<[AttachedPolicy]>::to_vec).collect();
    for excluded in input.policy_exclusion_list.iter().flatten() {
        exclude(excluded, &mut identity, &mut boundary, &mut organization);
    }
    let caller = Caller { principal, access_key_id: String::new(), session: None };
    let resource = resource_policy(input.resource_policy, input.resource_owner, on.account)?;
    let context = input.context_entries.unwrap_or_default();
    refuse_wrong_values(&context)?;
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
    world: &World<'_>,
) -> Result<SimulatePolicyResponse, Failure> {
    world.take_time()?;
    let identity = given(Some(input.policy_input_list), "PolicyInputList", PolicyKind::Session)?;
    let boundary = given_boundary(input.permissions_boundary_policy_input_list)?;
    let mut organization = Vec::new();
    for level in input.ordered_organization_policy_input_list.unwrap_or_default() {
        let level = given(level.service_control_policy_input_list, "", PolicyKind::Session)?;
        organization.push(level.into_iter().map(Source::into_policy).collect());
    }
    if input.resource_policy.is_some() && input.caller_arn.is_none() {
        return Err(refusal::invalid_input("CallerArn must be specified with ResourcePolicy.").into());
    }
    let principal = named_principal(on, input.caller_arn.as_ref().map(ResourceNameType::as_str));
    let caller = Caller { principal, access_key_id: String::new(), session: None };
    let resource = resource_policy(input.resource_policy, input.resource_owner, on.account)?;
    let context = input.context_entries.unwrap_or_default();
    refuse_wrong_values(&context)?;
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

/// The policies that came with the request. They may hold values that cannot be read, as session policies may
/// (F-IAMAPI-SIM-7).
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
            let policy = AttachedPolicy { arn: None, policy: read(document, kind)? };
            Ok(Source::new(policy, format!("{list}.{}", place + 1)))
        })
        .collect()
}

fn given_boundary(documents: Option<Vec<PolicyDocumentType>>) -> Result<Option<Source>, Refusal> {
    let mut boundaries = given(documents, "PermissionsBoundaryPolicyInputList", PolicyKind::Session)?;
    if boundaries.len() > 1 {
        return Err(refusal::invalid_input("Only one permissions boundary policy can be simulated."));
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
            let account = Arn::parse(owner.as_str()).and_then(|arn| arn.account.parse().ok());
            let text = format!("'{}' is not a valid as a Resource Owner.", owner.as_str());
            account.ok_or_else(|| refusal::invalid_input(text))?
        }
    };
    let policy = AttachedPolicy { arn: None, policy: read_resource_policy(&document)? };
    Ok(Some((Source::new(policy, "ResourcePolicy".to_owned()), owner)))
}

/// F-IAMAPI-SIM-6: a trust policy, which has no resource, is taken too.
fn read_resource_policy(document: &PolicyDocumentType) -> Result<Policy, Refusal> {
    read(document, PolicyKind::Resource)
        .or_else(|refusal| read(document, PolicyKind::RoleTrust).map_err(|_| refusal))
}

/// F-IAMAPI-SIM-7: values that are no addresses though they are said to be.
fn refuse_wrong_values(entries: &[ContextEntry]) -> Result<(), Refusal> {
    let is_wrong = |entry: &&ContextEntry| {
        let is_of_addresses =
            matches!(entry.context_key_type, Some(ContextKeyTypeEnum::Ip | ContextKeyTypeEnum::IpList));
        let mut values = entry.context_key_values.iter().flatten();
        is_of_addresses && values.any(|value| !is_address(value.as_str()))
    };
    match entries.iter().find(is_wrong) {
        Some(entry) => {
            let name = entry.context_key_name.as_ref().map_or("", |name| name.as_str());
            Err(refusal::invalid_input(format!(
                "Invalid value for the context key {name}: it is not of type ip."
            )))
        }
        None => Ok(()),
    }
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

/// F-IAMAPI-SIM-4: an entity that is not there.
fn found<E: Entity>(on: &On<'_>, name: &str, world: &World<'_>) -> Result<Arc<E>, Failure> {
    let entity = world.get::<E>(Named::new(on.account, name))?;
    entity.ok_or_else(|| refusal::no_such_entity("Unable to retrieve specified IAM entity.").into())
}

/// The user, group or role of an ARN with all policies that bind it. The path in the ARN is not looked at.
///
/// # Errors
/// F-IAMAPI-SIM-4: `InvalidInput` for what is no such ARN, or one of another account; `NoSuchEntity`.
fn source(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<Bound, Failure> {
    let parts = Arn::parse(arn).filter(|parts| parts.service == "iam");
    let kind = parts.and_then(|parts| {
        EntityKind::ALL.into_iter().find(|kind| parts.resource.starts_with(&format!("{}/", kind.name())))
    });
    if let (Some(parts), Some(_)) = (parts, kind)
        && parts.account != on.account.as_str()
    {
        let text = format!(
            "Invalid Policy Source Arn: caller's account {} does not have access to policies in account {}.",
            on.account, parts.account
        );
        return Err(refusal::invalid_input(text).into());
    }
    let name = names::last_part(arn);
    match kind {
        Some(EntityKind::User) => {
            let user = found::<User>(on, name, world)?;
            let mut identity = of_entity(&*user, world)?;
            for group in groups_of(&user, world)? {
                identity.extend(of_entity(&*group, world)?);
            }
            let (path, name, id) = (user.path.clone(), user.name.clone(), user.id.clone());
            let principal = Principal::User { account: on.account, path, name, id };
            Ok((principal, identity, boundary_of(&*user, world)?))
        }
        Some(EntityKind::Role) => {
            let role = found::<Role>(on, name, world)?;
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
            let group = found::<Group>(on, name, world)?;
            Ok((named_principal(on, None), of_entity(&*group, world)?, None))
        }
        None => Err(refusal::invalid_input(format!("Invalid ARN provided in the request: {arn}")).into()),
    }
}

/// The identity-based policies of the user, group or role of an ARN.
///
/// # Errors
/// As SimulatePrincipalPolicy.
pub fn identity_policies(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<Vec<Policy>, Failure> {
    let (_, identity, _) = source(on, arn, world)?;
    Ok(identity.into_iter().map(|source| source.policy().policy.clone()).collect())
}

/// F-IAMAPI-SIM-1: an inline policy is named `<kind>_<entity>_<policy>`, a managed one by its name.
fn of_entity<E: Entity>(entity: &E, world: &World<'_>) -> Result<Vec<Source>, Failure> {
    let inline = entity.inline_policies().iter().map(|(name, policy)| {
        let policy = AttachedPolicy { arn: None, policy: policy.clone() };
        Source::new(policy, format!("{}_{}_{name}", E::ENTITY.name(), entity.name()))
    });
    let mut sources: Vec<Source> = inline.collect();
    for arn in entity.attached_policies() {
        sources.extend(of_managed(arn, world)?);
    }
    Ok(sources)
}

fn of_managed(arn: &str, world: &World<'_>) -> Result<Option<Source>, Failure> {
    let id = names::last_part(arn).to_owned();
    Ok(policies::managed(arn, world)?.map(|policy| Source::new(policy, id)))
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
    identity.retain(|source| !is_excluded(source.policy()) && inline.as_deref() != Some(source.id()));
    if boundary.as_ref().is_some_and(|boundary| is_excluded(boundary.policy())) {
        *boundary = None;
    }
    for level in organization {
        level.retain(|policy| !is_excluded(policy));
    }
}
