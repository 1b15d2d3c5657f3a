//! The root and the organizational units below it.

use std::sync::Arc;

use aws::arn::AccountId;

use super::tag;
use crate::failure::Failure;
use crate::model::organizations::{
    Child as ShownChild, ChildType, ConstraintViolationExceptionReason, CreateOrganizationalUnitRequest,
    CreateOrganizationalUnitResponse, DeleteOrganizationalUnitRequest, DescribeOrganizationalUnitRequest,
    DescribeOrganizationalUnitResponse, ListChildrenRequest, ListChildrenResponse,
    ListOrganizationalUnitsForParentRequest, ListOrganizationalUnitsForParentResponse, ListParentsRequest,
    ListParentsResponse, ListRootsRequest, ListRootsResponse, OrganizationalUnit as Shown, Parent,
    ParentType, PolicyType, PolicyTypeStatus, PolicyTypeSummary, Root, UpdateOrganizationalUnitRequest,
    UpdateOrganizationalUnitResponse,
};
use crate::organizations::ids::BASE36;
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::policies::policy;
use crate::organizations::standing::{Member, Standing};
use crate::organizations::{Call, arn, index, refusal};
use crate::quotas::number;
use crate::state::organization::{
    AttachedPolicies, ChildId, Membership, Organization, OrganizationCounts, OrganizationId,
    OrganizationalUnit, UnitId, UnitName, UnitNameId,
};
use crate::world::{Fault, World};

/// The root as it is shown.
pub(crate) fn show_root(organization: &Organization) -> Root {
    let mut types: Vec<PolicyType> = organization.enabled_policy_types.iter().copied().collect();
    types.sort_unstable_by_key(|kind| kind.as_str());
    Root {
        id: Some(organization.root_id.as_str().into()),
        arn: Some(arn::unit(organization, &organization.root_id).into()),
        name: Some("Root".into()),
        policy_types: Some(
            types
                .into_iter()
                .map(|kind| PolicyTypeSummary { r#type: Some(kind), status: Some(PolicyTypeStatus::Enabled) })
                .collect(),
        ),
    }
}

/// ListRoots: there is one.
pub(crate) fn list_roots(
    standing: &Standing,
    input: ListRootsRequest,
    call: &Call<'_>,
) -> Result<ListRootsResponse, Failure> {
    let listing = Listing::open(call, &[], input.next_token.as_ref(), input.max_results)?;
    let root = (standing.organization.root_id.clone(), show_root(&standing.organization));
    let (roots, next_token) = listing.of([root]);
    Ok(ListRootsResponse { roots: Some(roots), next_token })
}

/// The way from the root to a unit: the ids of its ancestors and its own, root first.
pub(crate) fn way_to(unit: &OrganizationalUnit, world: &World<'_>) -> Result<Vec<String>, Fault> {
    let mut way = vec![unit.id.clone()];
    let mut next = unit.parent_id.clone();
    while let Some(id) = next {
        let parent = world
            .get::<OrganizationalUnit>(UnitId(&id))?
            .ok_or_else(|| Fault::Broken("an organizational unit refers to an absent parent".into()))?;
        next = parent.parent_id.clone();
        way.push(id);
    }
    way.reverse();
    Ok(way)
}

/// The path of a root or unit, as the model's `Path` has it: `o-…/r-…/ou-…/`.
pub(crate) fn path(unit: &OrganizationalUnit, world: &World<'_>) -> Result<String, Fault> {
    Ok(format!("{}/{}/", unit.organization_id, way_to(unit, world)?.join("/")))
}

/// The path of a member account.
pub(crate) fn path_of_member(
    standing: &Standing,
    member: &Member,
    world: &World<'_>,
) -> Result<String, Fault> {
    let unit = standing
        .unit(&member.membership.parent_id, world)?
        .ok_or_else(|| Fault::Broken("a membership refers to an absent parent".into()))?;
    Ok(format!("{}{}/", path(&unit, world)?, member.account.id))
}

fn show(standing: &Standing, unit: &OrganizationalUnit, world: &World<'_>) -> Result<Shown, Fault> {
    Ok(Shown {
        id: Some(unit.id.as_str().into()),
        arn: Some(arn::unit(&standing.organization, &unit.id).into()),
        name: Some(unit.name.as_str().into()),
        path: Some(path(unit, world)?.into()),
    })
}

/// The unit with this id; the root is none.
fn unit(standing: &Standing, id: &str, world: &World<'_>) -> Result<Arc<OrganizationalUnit>, Failure> {
    standing.unit(id, world)?.ok_or_else(|| refusal::unit_not_found().into())
}

/// The root or unit with this id, as a parent.
pub(crate) fn parent(
    standing: &Standing,
    id: &str,
    world: &World<'_>,
) -> Result<Arc<OrganizationalUnit>, Failure> {
    standing.unit(id, world)?.ok_or_else(|| refusal::parent_not_found().into())
}

/// CreateOrganizationalUnit.
///
/// # Errors
/// F-ORGS-OU-1, F-ORGS-OU-2, F-ORGS-OU-3 (`DuplicateOrganizationalUnitException`), `ParentNotFoundException`.
pub(crate) fn create(
    standing: &Standing,
    input: CreateOrganizationalUnitRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreateOrganizationalUnitResponse, Failure> {
    let parent = parent(standing, input.parent_id.as_str(), world)?;
    let name = input.name.into_string();
    let tags = tag::read(input.tags, call)?;
    if world.get::<UnitName>(UnitNameId { parent: &parent.id, name: &name })?.is_some() {
        return Err(refusal::duplicate_unit().into());
    }
    // The root is on the way too.
    let quotas = &call.context.quotas;
    if way_to(&parent, world)?.len() > number(quotas.unit_depth) {
        return Err(refusal::constraint(ConstraintViolationExceptionReason::OuDepthLimitExceeded).into());
    }
    let organization = &standing.organization;
    let counts = world.get::<OrganizationCounts>(OrganizationId(&organization.id))?;
    if counts.is_some_and(|counts| counts.units >= quotas.units) {
        return Err(refusal::constraint(ConstraintViolationExceptionReason::OuNumberLimitExceeded).into());
    }
    let root = organization.root_id.trim_start_matches("r-");
    let own = call.context.seed.text("organizational unit", BASE36, 8);
    // F-ORGS-SCP-1: FullAWSAccess is attached to whatever is new, as long as the type is enabled.
    let policies = initial_policies(organization);
    let unit = OrganizationalUnit {
        id: format!("ou-{root}-{own}"),
        organization_id: organization.id.clone(),
        parent_id: Some(parent.id.clone()),
        name,
        policies,
        tags,
    };
    let shown = show(standing, &unit, world)?;
    index::put_unit(unit, world);
    index::hold_unit(&parent.id, world)?;
    index::count(&organization.id, world, |counts| counts.units += 1)?;
    Ok(CreateOrganizationalUnitResponse { organizational_unit: Some(shown) })
}

/// What is attached to a new unit or account.
pub(crate) fn initial_policies(organization: &Organization) -> AttachedPolicies {
    let mut policies = AttachedPolicies::default();
    if organization.enabled_policy_types.contains(&PolicyType::ServiceControlPolicy) {
        policies.attach(policy::FULL_AWS_ACCESS.id);
    }
    policies
}

/// DescribeOrganizationalUnit.
pub(crate) fn describe(
    standing: &Standing,
    input: DescribeOrganizationalUnitRequest,
    world: &World<'_>,
) -> Result<DescribeOrganizationalUnitResponse, Failure> {
    let unit = unit(standing, input.organizational_unit_id.as_str(), world)?;
    Ok(DescribeOrganizationalUnitResponse { organizational_unit: Some(show(standing, &unit, world)?) })
}

/// UpdateOrganizationalUnit: gives it another name.
///
/// # Errors
/// F-ORGS-OU-3: a name that its parent has, its own included.
pub(crate) fn update(
    standing: &Standing,
    input: UpdateOrganizationalUnitRequest,
    world: &mut World<'_>,
) -> Result<UpdateOrganizationalUnitResponse, Failure> {
    let stored = unit(standing, input.organizational_unit_id.as_str(), world)?;
    let mut unit = (*stored).clone();
    // F-ORGS-OU-5: a blank name is taken for none.
    let given = input.name.filter(|name| !name.as_str().trim().is_empty());
    if let (Some(name), Some(parent)) = (given, unit.parent_id.clone()) {
        let name = name.into_string();
        if world.get::<UnitName>(UnitNameId { parent: &parent, name: &name })?.is_some() {
            return Err(refusal::duplicate_unit().into());
        }
        world.delete::<UnitName>(UnitNameId { parent: &parent, name: &unit.name });
        unit.name = name;
        index::put_unit(unit.clone(), world);
    }
    Ok(UpdateOrganizationalUnitResponse { organizational_unit: Some(show(standing, &unit, world)?) })
}

/// DeleteOrganizationalUnit.
///
/// # Errors
/// F-ORGS-OU-4: `OrganizationalUnitNotEmptyException` where an account or a unit is in it.
pub(crate) fn delete(
    standing: &Standing,
    input: DeleteOrganizationalUnitRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let unit = unit(standing, input.organizational_unit_id.as_str(), world)?;
    let accounts = ChildId::within(&unit.id, ChildType::Account);
    let mut gone = Vec::new();
    for child in index::all(&accounts, world)? {
        let account = child.id()?.child;
        if standing.member(account, call, world)?.is_some() {
            return Err(refusal::unit_not_empty().into());
        }
        gone.push(account.to_owned());
    }
    if !world.keys(&ChildId::within(&unit.id, ChildType::OrganizationalUnit), None, 1)?.is_empty() {
        return Err(refusal::unit_not_empty().into());
    }
    // What is left are accounts that are closed for good; nobody sees where they are.
    for account in gone {
        move_hidden(&account, standing, world)?;
    }
    index::delete_unit(&unit, world);
    Ok(index::count(&standing.organization.id, world, |counts| {
        counts.units = counts.units.saturating_sub(1)
    })?)
}

fn move_hidden(account: &str, standing: &Standing, world: &mut World<'_>) -> Result<(), Fault> {
    let Ok(account) = account.parse::<AccountId>() else { return Ok(()) };
    if let Some(membership) = world.get::<Membership>(account)? {
        index::move_member(account, (*membership).clone(), &standing.organization.root_id, world);
    }
    Ok(())
}

/// ListOrganizationalUnitsForParent.
pub(crate) fn list(
    standing: &Standing,
    input: ListOrganizationalUnitsForParentRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListOrganizationalUnitsForParentResponse, Failure> {
    let parent = parent(standing, input.parent_id.as_str(), world)?;
    let listing = Listing::open(call, &[&parent.id], input.next_token.as_ref(), input.max_results)?;
    let prefix = ChildId::within(&parent.id, ChildType::OrganizationalUnit);
    let (units, next_token) = listing.over(&prefix, world, |id| {
        let unit = standing.unit(id.child, world)?;
        Ok(unit.map(|unit| show(standing, &unit, world)).transpose()?.into())
    })?;
    Ok(ListOrganizationalUnitsForParentResponse { organizational_units: Some(units), next_token })
}

/// ListChildren.
pub(crate) fn list_children(
    standing: &Standing,
    input: ListChildrenRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListChildrenResponse, Failure> {
    let parent = parent(standing, input.parent_id.as_str(), world)?;
    let kind = input.child_type;
    let listing =
        Listing::open(call, &[&parent.id, kind.as_str()], input.next_token.as_ref(), input.max_results)?;
    let prefix = ChildId::within(&parent.id, kind);
    let (children, next_token) = listing.over(&prefix, world, |id| {
        if kind == ChildType::Account && standing.member(id.child, call, world)?.is_none() {
            return Ok(Entry::Hidden);
        }
        Ok(Entry::Shown(ShownChild { id: Some(id.child.into()), r#type: Some(kind) }))
    })?;
    Ok(ListChildrenResponse { children: Some(children), next_token })
}

/// ListParents: there is exactly one.
///
/// # Errors
/// `ChildNotFoundException`.
pub(crate) fn list_parents(
    standing: &Standing,
    input: ListParentsRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListParentsResponse, Failure> {
    let child = input.child_id.as_str();
    let member = standing.member(child, call, world)?;
    let parent = match member {
        Some(member) => Some(member.membership.parent_id.clone()),
        None => standing.unit(child, world)?.and_then(|unit| unit.parent_id.clone()),
    };
    let parent = parent.ok_or_else(refusal::child_not_found)?;
    let listing = Listing::open(call, &[child], input.next_token.as_ref(), input.max_results)?;
    let kind = if parent.starts_with("r-") { ParentType::Root } else { ParentType::OrganizationalUnit };
    let shown = Parent { id: Some(parent.as_str().into()), r#type: Some(kind) };
    let (parents, next_token) = listing.of([(parent, shown)]);
    Ok(ListParentsResponse { parents: Some(parents), next_token })
}
