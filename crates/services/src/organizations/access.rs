//! What a call of AWS Organizations asks to do: action, resources and condition keys.
//!
//! F-ORGS-AUTH-4:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_organizations.html>.

use aws::arn::AccountId;
use aws::principal::Caller;
use serde_json::Value;

use super::arn;
use super::model::Operation;
use super::policies::policy;
use crate::authority::access::{Access, Asked, ConditionKey, brings_tags, request_tag_keys};
use crate::state::organization::{
    Handshake, HandshakeId, Membership, Organization, OrganizationId, OrganizationPolicy,
    OrganizationResourcePolicy, OrganizationalUnit, PolicyId, UnitId,
};
use crate::world::{Fault, World};

const ALL: &str = "*";

/// What the call asks to do.
///
/// # Errors
/// See [`Fault`].
pub fn access(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Access, Fault> {
    let account = caller.account();
    let membership = world.get::<Membership>(account)?;
    let organization = match &membership {
        Some(membership) => world.get::<Organization>(OrganizationId(&membership.organization_id))?,
        None => None,
    };
    let organization = organization.as_deref();
    let named = resource_members(operation).iter();
    let mut ids: Vec<&str> = named.filter_map(|path| members.pointer(path)?.as_str()).collect();
    // Without a target the caller's own account is meant.
    if operation == Operation::DescribeEffectivePolicy && ids.is_empty() {
        ids.push(account.as_str());
    }
    let request = request_keys(operation, members, world)?;
    let mut resources = Vec::new();
    for id in ids {
        let resource = resource(id, organization, world)?.unwrap_or_else(|| ALL.to_owned());
        let mut keys = resource_tags(id, organization, world)?;
        keys.extend(request.iter().cloned());
        resources.push((resource, keys));
    }
    let new = created(operation, members, organization, world)?;
    let mut resources = resources.into_iter();
    let (resource, keys) = resources.next().unwrap_or_else(|| {
        let first = new.clone().filter(|_| is_asked_for_what_it_creates(operation));
        (first.unwrap_or_else(|| ALL.to_owned()), request.clone())
    });
    let action = format!("organizations:{}", operation.name());
    let access = Access::to(account, action, resource, keys);
    let mut access = resources.fold(access, |access, (resource, keys)| access.and_resource(resource, keys));
    // F-ORGS-AUTH-5: who creates something with tags must be allowed to tag it.
    if creates_with_tags(operation) && brings_tags(members) {
        let resource = new.unwrap_or_else(|| access.first.resource.clone());
        let action = "organizations:TagResource".to_owned();
        access.further.push(Asked { action, resource, keys: request });
    }
    if operation == Operation::AcceptHandshake && leaves_another(members, organization, world)? {
        let (action, resource) = ("organizations:LeaveOrganization".to_owned(), ALL.to_owned());
        access.further.push(Asked { action, resource, keys: Vec::new() });
    }
    Ok(access)
}

/// F-ORGS-AUTH-7: whether an account that accepts an invitation leaves another organization by it.
fn leaves_another(
    members: &Value,
    organization: Option<&Organization>,
    world: &World<'_>,
) -> Result<bool, Fault> {
    let id = members.get("HandshakeId").and_then(Value::as_str).unwrap_or_default();
    let (Some(own), true) = (organization, id.starts_with("h-")) else { return Ok(false) };
    Ok(world.get::<Handshake>(HandshakeId(id))?.is_some_and(|handshake| handshake.organization_id != own.id))
}

/// The members that name the resources, as JSON pointers. Every resource that a call names must be allowed
/// (F-ORGS-AUTH-6); an operation without any is asked for on everything.
fn resource_members(operation: Operation) -> &'static [&'static str] {
    use Operation as O;
    match operation {
        O::AcceptHandshake | O::CancelHandshake | O::DeclineHandshake | O::DescribeHandshake => {
            &["/HandshakeId"]
        }
        O::AttachPolicy | O::DetachPolicy => &["/PolicyId", "/TargetId"],
        O::DeletePolicy | O::DescribePolicy | O::UpdatePolicy | O::ListTargetsForPolicy => &["/PolicyId"],
        O::MoveAccount => &["/AccountId", "/SourceParentId", "/DestinationParentId"],
        O::CloseAccount | O::DescribeAccount | O::RemoveAccountFromOrganization => &["/AccountId"],
        O::RegisterDelegatedAdministrator | O::DeregisterDelegatedAdministrator => &["/AccountId"],
        O::ListDelegatedServicesForAccount | O::ListEffectivePolicyValidationErrors => &["/AccountId"],
        O::CreateOrganizationalUnit | O::ListAccountsForParent | O::ListChildren => &["/ParentId"],
        O::ListOrganizationalUnitsForParent => &["/ParentId"],
        O::DeleteOrganizationalUnit | O::DescribeOrganizationalUnit | O::UpdateOrganizationalUnit => {
            &["/OrganizationalUnitId"]
        }
        O::ListParents => &["/ChildId"],
        O::DescribeEffectivePolicy | O::ListPoliciesForTarget => &["/TargetId"],
        O::EnablePolicyType | O::DisablePolicyType => &["/RootId"],
        O::TagResource | O::UntagResource | O::ListTagsForResource => &["/ResourceId"],
        O::InviteAccountToOrganization => &["/Target/Id"],
        _ => &[],
    }
}

/// Operations whose own action is asked for on what they create, by the reference's resource types.
fn is_asked_for_what_it_creates(operation: Operation) -> bool {
    matches!(operation, Operation::CreatePolicy | Operation::PutResourcePolicy)
}

/// Operations that take tags for what they create.
fn creates_with_tags(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::CreateAccount
            | O::CreateGovCloudAccount
            | O::CreateOrganizationalUnit
            | O::CreatePolicy
            | O::InviteAccountToOrganization
            | O::PutResourcePolicy
    )
}

/// The ARN of what an operation creates. What has no id yet is asked for with a `*` in its place (*assumed*).
fn created(
    operation: Operation,
    members: &Value,
    organization: Option<&Organization>,
    world: &World<'_>,
) -> Result<Option<String>, Fault> {
    let Some(organization) = organization else { return Ok(None) };
    Ok(match operation {
        Operation::CreateAccount | Operation::CreateGovCloudAccount => Some(arn::any_account(organization)),
        Operation::CreateOrganizationalUnit => Some(arn::unit(organization, "ou-*")),
        Operation::CreatePolicy => {
            let kind = members.get("Type").and_then(Value::as_str).unwrap_or(ALL);
            Some(arn::policy(organization, kind, "p-*", false))
        }
        Operation::PutResourcePolicy => {
            let stored = world.get::<OrganizationResourcePolicy>(OrganizationId(&organization.id))?;
            Some(arn::resource_policy(organization, stored.as_ref().map_or("rp-*", |stored| &stored.id)))
        }
        _ => None,
    })
}

/// The ARN of the resource with this id; `None` where the caller's organization has none such.
fn resource(
    id: &str,
    organization: Option<&Organization>,
    world: &World<'_>,
) -> Result<Option<String>, Fault> {
    if id.starts_with("h-") {
        return Ok(world.get::<Handshake>(HandshakeId(id))?.map(|handshake| arn::handshake(&handshake)));
    }
    let Some(organization) = organization else { return Ok(None) };
    if id.starts_with("p-") {
        if let Some(managed) = policy::AwsManaged::find(id) {
            return Ok(Some(arn::policy(organization, managed.kind.as_str(), id, true)));
        }
        let stored = world.get::<OrganizationPolicy>(PolicyId(id))?;
        return Ok(stored.map(|stored| arn::policy(organization, &stored.kind, id, false)));
    }
    if id.starts_with("rp-") {
        return Ok(Some(arn::resource_policy(organization, id)));
    }
    // An address that is invited is no account yet.
    let is_address = id.contains('@');
    Ok((!id.is_empty() && !is_address).then(|| arn::target(organization, id)))
}

/// `aws:ResourceTag/…` of the resource.
fn resource_tags(
    id: &str,
    organization: Option<&Organization>,
    world: &World<'_>,
) -> Result<Vec<ConditionKey>, Fault> {
    let tags = if id.starts_with("ou-") || id.starts_with("r-") {
        world.get::<OrganizationalUnit>(UnitId(id))?.map(|unit| unit.tags.clone())
    } else if id.starts_with("p-") {
        world.get::<OrganizationPolicy>(PolicyId(id))?.map(|policy| policy.tags.clone())
    } else if id.starts_with("rp-") {
        let stored = match organization {
            Some(organization) => {
                world.get::<OrganizationResourcePolicy>(OrganizationId(&organization.id))?
            }
            None => None,
        };
        stored.filter(|stored| stored.id == id).map(|stored| stored.tags.clone())
    } else if let Ok(account) = id.parse::<AccountId>() {
        world.get::<Membership>(account)?.map(|membership| membership.tags.clone())
    } else {
        None
    };
    let tags = tags.unwrap_or_default().into_iter();
    Ok(tags.map(|(tag, value)| ConditionKey::single(format!("aws:ResourceTag/{tag}"), value)).collect())
}

/// The keys that the members carry.
fn request_keys(
    operation: Operation,
    members: &Value,
    world: &World<'_>,
) -> Result<Vec<ConditionKey>, Fault> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut keys = Vec::new();
    if let Some(principal) = text("ServicePrincipal") {
        keys.push(ConditionKey::single("organizations:ServicePrincipal", principal));
    }
    let policy_type = match operation {
        Operation::CreatePolicy => text("Type"),
        Operation::ListPolicies | Operation::ListPoliciesForTarget => text("Filter"),
        _ => text("PolicyType"),
    };
    // Of a policy that is named, also as the resource of tags, the type is its own.
    let policy = text("PolicyId").or_else(|| text("ResourceId").filter(|id| id.starts_with("p-")));
    let policy_type = match (policy_type, policy) {
        (Some(given), _) => Some(given),
        (None, Some(id)) => match policy::AwsManaged::find(&id) {
            Some(managed) => Some(managed.kind.as_str().to_owned()),
            None => world.get::<OrganizationPolicy>(PolicyId(&id))?.map(|policy| policy.kind.clone()),
        },
        (None, None) => None,
    };
    keys.extend(policy_type.map(|kind| ConditionKey::single("organizations:PolicyType", kind)));
    keys.extend(request_tag_keys(members));
    Ok(keys)
}
