//! What a call of AWS Organizations asks to do: action, resources and condition keys.
//!
//! F-ORGS-AUTH-4:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_organizations.html>.

use aws::arn::AccountId;
use aws::principal::Caller;
use aws::smithy::{Items, Value};

use super::model::{HandshakePartyMembers, Operation, Tag, TagKey, Unchecked};
use super::policies::policy;
use super::{arn, standing};
use crate::authority::access::{Access, Asked, ConditionKey, request_tag_keys};
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
    let request = Unchecked::of(operation, members);
    let asks = asks(request, account.as_str());
    let keys = request_keys(&asks, world)?;
    let mut resources = Vec::new();
    for id in asks.named.into_iter().flatten() {
        let resource = resource(id, organization, world)?.unwrap_or_else(|| ALL.to_owned());
        let mut of_resource = resource_tags(id, organization, world)?;
        of_resource.extend(keys.iter().cloned());
        resources.push((resource, of_resource));
    }
    let new = match asks.creates {
        Some(creates) => created(creates, organization, world)?,
        None => None,
    };
    let mut resources = resources.into_iter();
    let (resource, first_keys) = resources.next().unwrap_or_else(|| {
        // By the reference's resource types these two are asked for on what they create.
        let is_own = matches!(asks.creates, Some(Creates::Policy(_) | Creates::ResourcePolicy));
        (new.clone().filter(|_| is_own).unwrap_or_else(|| ALL.to_owned()), keys.clone())
    });
    let action = format!("organizations:{}", operation.name());
    let access = Access::to(account, action, resource, first_keys);
    let mut access = resources.fold(access, |access, (resource, keys)| access.and_resource(resource, keys));
    // F-ORGS-AUTH-5: who creates something with tags must be allowed to tag it.
    if asks.creates.is_some() && asks.tags.is_some_and(|tags| !tags.is_empty()) {
        let resource = new.unwrap_or_else(|| access.first.resource.clone());
        let action = "organizations:TagResource".to_owned();
        access.further.push(Asked { action, resource, keys });
    }
    if let Unchecked::AcceptHandshake(accepted) = request
        && leaves_another(accepted.handshake_id().unwrap_or_default(), organization, world)?
    {
        let (action, resource) = ("organizations:LeaveOrganization".to_owned(), ALL.to_owned());
        access.further.push(Asked { action, resource, keys: Vec::new() });
    }
    if let Some(organization) = organization {
        // F-IAM-83: all of an organization is its management account's, AWS's own policies in it as well.
        access.answering = organization.management_account;
        access.delegation = standing::delegation(operation, account, organization, world)?;
    }
    Ok(access)
}

/// F-ORGS-AUTH-7: whether an account that accepts an invitation leaves another organization by it.
fn leaves_another(id: &str, organization: Option<&Organization>, world: &World<'_>) -> Result<bool, Fault> {
    let (Some(own), true) = (organization, id.starts_with("h-")) else { return Ok(false) };
    Ok(world.get::<Handshake>(HandshakeId(id))?.is_some_and(|handshake| handshake.organization_id != own.id))
}

/// What an operation asks for, by the members that the request gives. None of them is checked yet.
#[derive(Default)]
struct Asks<'v> {
    /// The ids of the resources. Every resource that a call names must be allowed (F-ORGS-AUTH-6); an operation
    /// without any is asked for on everything.
    named: [Option<&'v str>; 3],
    service_principal: Option<&'v str>,
    policy_type: Option<&'v str>,
    /// The policy whose type it is, where none is given.
    policy: Option<&'v str>,
    tags: Option<Items<'v, Tag>>,
    tag_keys: Option<Items<'v, TagKey>>,
    creates: Option<Creates<'v>>,
}

/// What an operation creates, with tags where the request gives some.
#[derive(Clone, Copy)]
enum Creates<'v> {
    Account,
    Unit,
    /// A policy of this type.
    Policy(Option<&'v str>),
    ResourcePolicy,
    Invitation,
}

fn on<const N: usize>(ids: [Option<&str>; N]) -> Asks<'_> {
    let mut named = [None; 3];
    named.iter_mut().zip(ids).for_each(|(slot, id)| *slot = id);
    Asks { named, ..Asks::default() }
}

impl<'v> Asks<'v> {
    fn service(self, service_principal: Option<&'v str>) -> Self {
        Self { service_principal, ..self }
    }

    fn policy_type(self, policy_type: Option<&'v str>) -> Self {
        Self { policy_type, ..self }
    }

    fn policy(self, id: Option<&'v str>) -> Self {
        Self { policy: id.filter(|id| id.starts_with("p-")), ..self }
    }

    fn tagged(self, tags: Option<Items<'v, Tag>>) -> Self {
        Self { tags, ..self }
    }

    fn untagged(self, tag_keys: Option<Items<'v, TagKey>>) -> Self {
        Self { tag_keys, ..self }
    }

    fn creating(self, creates: Creates<'v>, tags: Option<Items<'v, Tag>>) -> Self {
        Self { creates: Some(creates), tags, ..self }
    }
}

/// F-ORGS-AUTH-4: the resources and the condition keys of each action. `own` is the caller's account, which is meant
/// where DescribeEffectivePolicy names no target.
fn asks<'v>(request: Unchecked<'v>, own: &'v str) -> Asks<'v> {
    use Unchecked as Op;
    match request {
        Op::AcceptHandshake(m) => on([m.handshake_id()]),
        Op::AttachPolicy(m) => on([m.policy_id(), m.target_id()]).policy(m.policy_id()),
        Op::CancelHandshake(m) => on([m.handshake_id()]),
        Op::CloseAccount(m) => on([m.account_id()]),
        Op::CreateAccount(m) => on([]).creating(Creates::Account, m.tags()),
        Op::CreateGovCloudAccount(m) => on([]).creating(Creates::Account, m.tags()),
        Op::CreateOrganizationalUnit(m) => on([m.parent_id()]).creating(Creates::Unit, m.tags()),
        Op::CreatePolicy(m) => on([]).policy_type(m.r#type()).creating(Creates::Policy(m.r#type()), m.tags()),
        Op::DeclineHandshake(m) => on([m.handshake_id()]),
        Op::DeleteOrganizationalUnit(m) => on([m.organizational_unit_id()]),
        Op::DeletePolicy(m) => on([m.policy_id()]).policy(m.policy_id()),
        Op::DeregisterDelegatedAdministrator(m) => on([m.account_id()]).service(m.service_principal()),
        Op::DescribeAccount(m) => on([m.account_id()]),
        Op::DescribeEffectivePolicy(m) => on([m.target_id().or(Some(own))]).policy_type(m.policy_type()),
        Op::DescribeHandshake(m) => on([m.handshake_id()]),
        Op::DescribeOrganizationalUnit(m) => on([m.organizational_unit_id()]),
        Op::DescribePolicy(m) => on([m.policy_id()]).policy(m.policy_id()),
        Op::DetachPolicy(m) => on([m.policy_id(), m.target_id()]).policy(m.policy_id()),
        Op::DisableAWSServiceAccess(m) => on([]).service(m.service_principal()),
        Op::DisablePolicyType(m) => on([m.root_id()]).policy_type(m.policy_type()),
        Op::EnableAWSServiceAccess(m) => on([]).service(m.service_principal()),
        Op::EnablePolicyType(m) => on([m.root_id()]).policy_type(m.policy_type()),
        Op::InviteAccountToOrganization(m) => {
            on([m.target().and_then(HandshakePartyMembers::id)]).creating(Creates::Invitation, m.tags())
        }
        Op::ListAccountsForParent(m) => on([m.parent_id()]),
        Op::ListAccountsWithInvalidEffectivePolicy(m) => on([]).policy_type(m.policy_type()),
        Op::ListChildren(m) => on([m.parent_id()]),
        Op::ListDelegatedAdministrators(m) => on([]).service(m.service_principal()),
        Op::ListDelegatedServicesForAccount(m) => on([m.account_id()]),
        Op::ListEffectivePolicyValidationErrors(m) => on([m.account_id()]).policy_type(m.policy_type()),
        Op::ListOrganizationalUnitsForParent(m) => on([m.parent_id()]),
        Op::ListParents(m) => on([m.child_id()]),
        Op::ListPolicies(m) => on([]).policy_type(m.filter()),
        Op::ListPoliciesForTarget(m) => on([m.target_id()]).policy_type(m.filter()),
        Op::ListTagsForResource(m) => on([m.resource_id()]).policy(m.resource_id()),
        Op::ListTargetsForPolicy(m) => on([m.policy_id()]).policy(m.policy_id()),
        Op::MoveAccount(m) => on([m.account_id(), m.source_parent_id(), m.destination_parent_id()]),
        Op::PutResourcePolicy(m) => on([]).creating(Creates::ResourcePolicy, m.tags()),
        Op::RegisterDelegatedAdministrator(m) => on([m.account_id()]).service(m.service_principal()),
        Op::RemoveAccountFromOrganization(m) => on([m.account_id()]),
        Op::TagResource(m) => on([m.resource_id()]).policy(m.resource_id()).tagged(m.tags()),
        Op::UntagResource(m) => on([m.resource_id()]).policy(m.resource_id()).untagged(m.tag_keys()),
        Op::UpdateOrganizationalUnit(m) => on([m.organizational_unit_id()]),
        Op::UpdatePolicy(m) => on([m.policy_id()]).policy(m.policy_id()),
        Op::CreateOrganization(_)
        | Op::DeleteOrganization
        | Op::DeleteResourcePolicy
        | Op::DescribeCreateAccountStatus(_)
        | Op::DescribeOrganization
        | Op::DescribeResourcePolicy
        | Op::EnableAllFeatures(_)
        | Op::LeaveOrganization
        | Op::ListAWSServiceAccessForOrganization(_)
        | Op::ListAccounts(_)
        | Op::ListCreateAccountStatus(_)
        | Op::ListHandshakesForAccount(_)
        | Op::ListHandshakesForOrganization(_)
        | Op::ListRoots(_) => on([]),
    }
}

/// The ARN of what an operation creates. What has no id yet is asked for with a `*` in its place (*assumed*).
fn created(
    creates: Creates<'_>,
    organization: Option<&Organization>,
    world: &World<'_>,
) -> Result<Option<String>, Fault> {
    let Some(organization) = organization else { return Ok(None) };
    Ok(match creates {
        Creates::Account => Some(arn::any_account(organization)),
        Creates::Unit => Some(arn::unit(organization, "ou-*")),
        Creates::Policy(kind) => Some(arn::policy(organization, kind.unwrap_or(ALL), "p-*", false)),
        Creates::ResourcePolicy => {
            let stored = world.get::<OrganizationResourcePolicy>(OrganizationId(&organization.id))?;
            Some(arn::resource_policy(organization, stored.as_ref().map_or("rp-*", |stored| &stored.id)))
        }
        Creates::Invitation => None,
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
        return Ok(stored.map(|stored| arn::policy(organization, stored.kind.as_str(), id, false)));
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
fn request_keys(asks: &Asks<'_>, world: &World<'_>) -> Result<Vec<ConditionKey>, Fault> {
    let mut keys = Vec::new();
    if let Some(principal) = asks.service_principal {
        keys.push(ConditionKey::single("organizations:ServicePrincipal", principal));
    }
    // Of a policy that is named, also as the resource of tags, the type is its own.
    let policy_type = match (asks.policy_type, asks.policy) {
        (Some(given), _) => Some(given.to_owned()),
        (None, Some(id)) => match policy::AwsManaged::find(id) {
            Some(managed) => Some(managed.kind.as_str().to_owned()),
            None => {
                world.get::<OrganizationPolicy>(PolicyId(id))?.map(|policy| policy.kind.as_str().to_owned())
            }
        },
        (None, None) => None,
    };
    keys.extend(policy_type.map(|kind| ConditionKey::single("organizations:PolicyType", kind)));
    let tags = asks.tags.into_iter().flat_map(Items::iter);
    let pairs = tags.filter_map(|tag| Some((tag.key()?, tag.value()?)));
    keys.extend(request_tag_keys(pairs, asks.tag_keys.into_iter().flat_map(Items::iter)));
    Ok(keys)
}
