//! What a call of AWS Organizations asks to do: action, resource and condition keys.
//!
//! F-ORGS-AUTH-4: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html>. Where
//! an action has more than one resource the required one is decided on.

use aws::authorization::RequestContext;
use aws::principal::Caller;
use serde_json::Value;

use super::model::Operation;
use super::{arn, policy};
use crate::access::{Access, ConditionKey};
use crate::state::organization::{
    Handshake, Membership, Organization, OrganizationPolicy, OrganizationalUnit,
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
    let membership = world.get::<Membership>(caller.account().as_str())?;
    let organization = match &membership {
        Some(membership) => world.get::<Organization>(&membership.organization_id)?,
        None => None,
    };
    let organization = organization.as_deref();
    let (resource, tags) = match resource_member(operation) {
        None => (ALL.to_owned(), Vec::new()),
        Some(name) => {
            let id = members.get(name).and_then(Value::as_str).unwrap_or_default();
            let resource = resource(id, members, organization, world)?.unwrap_or_else(|| ALL.to_owned());
            (resource, resource_tags(id, world)?)
        }
    };
    let mut keys = tags;
    keys.extend(request_keys(operation, members, world)?);
    let action = format!("organizations:{}", operation.name());
    Ok(Access { action, resource, target: caller.account(), keys })
}

/// Adds the keys of an access to a context.
pub(super) fn add_keys<'a>(access: &'a Access, context: &mut RequestContext<'a>) {
    for key in &access.keys {
        if key.is_multivalued {
            context.insert_all(key.name.as_str(), key.values.iter().map(String::as_str));
        } else if let Some(value) = key.values.first() {
            context.insert(key.name.as_str(), value.as_str());
        }
    }
}

/// The member that names the resource; `None` for actions on everything.
fn resource_member(operation: Operation) -> Option<&'static str> {
    use Operation as O;
    Some(match operation {
        O::AcceptHandshake | O::CancelHandshake | O::DeclineHandshake | O::DescribeHandshake => "HandshakeId",
        O::AttachPolicy | O::DetachPolicy | O::DeletePolicy | O::DescribePolicy => "PolicyId",
        O::UpdatePolicy | O::ListTargetsForPolicy => "PolicyId",
        O::CloseAccount | O::DescribeAccount | O::MoveAccount | O::RemoveAccountFromOrganization => {
            "AccountId"
        }
        O::RegisterDelegatedAdministrator | O::DeregisterDelegatedAdministrator => "AccountId",
        O::ListDelegatedServicesForAccount => "AccountId",
        O::CreateOrganizationalUnit | O::ListAccountsForParent | O::ListChildren => "ParentId",
        O::ListOrganizationalUnitsForParent => "ParentId",
        O::DeleteOrganizationalUnit | O::DescribeOrganizationalUnit | O::UpdateOrganizationalUnit => {
            "OrganizationalUnitId"
        }
        O::ListParents => "ChildId",
        O::DescribeEffectivePolicy | O::ListPoliciesForTarget => "TargetId",
        O::EnablePolicyType | O::DisablePolicyType => "RootId",
        O::TagResource | O::UntagResource | O::ListTagsForResource => "ResourceId",
        O::InviteAccountToOrganization => "Target",
        _ => return None,
    })
}

/// The ARN of the resource with this id; `None` where the caller's organization has none such.
fn resource(
    id: &str,
    members: &Value,
    organization: Option<&Organization>,
    world: &World<'_>,
) -> Result<Option<String>, Fault> {
    if id.starts_with("h-") {
        return Ok(world.get::<Handshake>(id)?.map(|handshake| arn::handshake(&handshake)));
    }
    let Some(organization) = organization else { return Ok(None) };
    if let Some(target) = members.get("Target").and_then(|target| target.get("Id")) {
        let target = target.as_str().and_then(|id| id.parse().ok());
        return Ok(target.map(|account| arn::account(organization, account)));
    }
    if id.starts_with("p-") {
        if let Some(managed) = policy::AwsManaged::find(id) {
            return Ok(Some(arn::policy(organization, managed.kind.as_str(), id, true)));
        }
        let stored = world.get::<OrganizationPolicy>(id)?;
        return Ok(stored.map(|stored| arn::policy(organization, &stored.kind, id, false)));
    }
    if id.starts_with("rp-") {
        return Ok(Some(arn::resource_policy(organization, id)));
    }
    Ok((!id.is_empty()).then(|| arn::target(organization, id)))
}

/// `aws:ResourceTag/…` of the resource.
fn resource_tags(id: &str, world: &World<'_>) -> Result<Vec<ConditionKey>, Fault> {
    let tags = if id.starts_with("ou-") || id.starts_with("r-") {
        world.get::<OrganizationalUnit>(id)?.map(|unit| unit.tags.clone())
    } else if id.starts_with("p-") {
        world.get::<OrganizationPolicy>(id)?.map(|policy| policy.tags.clone())
    } else if id.len() == 12 {
        world.get::<Membership>(id)?.map(|membership| membership.tags.clone())
    } else {
        None
    };
    let tags = tags.unwrap_or_default();
    Ok(tags.into_iter().map(|(tag, value)| single(format!("aws:ResourceTag/{tag}"), value)).collect())
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
        keys.push(single("organizations:ServicePrincipal".to_owned(), principal));
    }
    let policy_type = match operation {
        Operation::CreatePolicy => text("Type"),
        Operation::ListPolicies | Operation::ListPoliciesForTarget => text("Filter"),
        _ => text("PolicyType"),
    };
    let policy_type = match (policy_type, text("PolicyId")) {
        (Some(given), _) => Some(given),
        (None, Some(id)) => match policy::AwsManaged::find(&id) {
            Some(managed) => Some(managed.kind.as_str().to_owned()),
            None => world.get::<OrganizationPolicy>(&id)?.map(|policy| policy.kind.clone()),
        },
        (None, None) => None,
    };
    keys.extend(policy_type.map(|kind| single("organizations:PolicyType".to_owned(), kind)));
    let tags = members.get("Tags").and_then(Value::as_array).map_or(&[][..], |tags| tags);
    let tag = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    keys.extend(tags.iter().map(|it| single(format!("aws:RequestTag/{}", tag(it, "Key")), tag(it, "Value"))));
    let removed = members.get("TagKeys").and_then(Value::as_array).map_or(&[][..], |keys| keys);
    let removed = removed.iter().filter_map(Value::as_str).map(str::to_owned);
    let names: Vec<String> = tags.iter().map(|it| tag(it, "Key")).chain(removed).collect();
    if !names.is_empty() {
        keys.push(ConditionKey { name: "aws:TagKeys".to_owned(), values: names, is_multivalued: true });
    }
    Ok(keys)
}

fn single(name: String, value: String) -> ConditionKey {
    ConditionKey { name, values: vec![value], is_multivalued: false }
}
