//! Which policies are attached where.

use std::sync::Arc;

use aws::arn::AccountId;

use super::kept;
use super::policy::{self, AwsManaged, FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS};
use crate::failure::Failure;
use crate::model::organizations::{
    AttachPolicyRequest, ConstraintViolationExceptionReason as Constraint, DetachPolicyRequest,
    InvalidInputExceptionReason, ListPoliciesForTargetRequest, ListPoliciesForTargetResponse,
    ListTargetsForPolicyRequest, ListTargetsForPolicyResponse, PolicyTargetSummary, PolicyType, TargetType,
};
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::standing::{Member, Standing};
use crate::organizations::{Call, arn, index, refusal};
use crate::state::account::Account;
use crate::state::organization::{
    AttachedPolicies, Attachment, AttachmentId, Membership, OrganizationEntityId, OrganizationPolicy,
    OrganizationalUnit, PolicyId,
};
use crate::world::{Fault, World};

/// A root, a unit or an account.
pub(crate) enum Target {
    Member(Member),
    Unit(Arc<OrganizationalUnit>),
}

impl Target {
    /// # Errors
    /// `TargetNotFoundException`.
    pub(crate) fn find(
        standing: &Standing,
        id: &str,
        call: &Call<'_>,
        world: &World<'_>,
    ) -> Result<Self, Failure> {
        Self::look(standing, id, call, world)?.ok_or_else(|| refusal::target_not_found().into())
    }

    fn look(
        standing: &Standing,
        id: &str,
        call: &Call<'_>,
        world: &World<'_>,
    ) -> Result<Option<Self>, Fault> {
        Ok(match standing.member(id, call, world)? {
            Some(member) => Some(Self::Member(member)),
            None => standing.unit(id, world)?.map(Self::Unit),
        })
    }

    fn id(&self) -> &str {
        match self {
            Self::Member(member) => member.account.id.as_str(),
            Self::Unit(unit) => &unit.id,
        }
    }

    fn policies(&self) -> &AttachedPolicies {
        match self {
            Self::Member(member) => &member.membership.policies,
            Self::Unit(unit) => &unit.policies,
        }
    }

    fn change(&self, world: &mut World<'_>, change: impl FnOnce(&mut AttachedPolicies)) {
        match self {
            Self::Member(member) => {
                let mut membership = (*member.membership).clone();
                change(&mut membership.policies);
                world.put(member.account.id, membership);
            }
            Self::Unit(unit) => {
                let mut unit = (**unit).clone();
                change(&mut unit.policies);
                world.save(unit);
            }
        }
    }

    fn show(&self, standing: &Standing) -> PolicyTargetSummary {
        let (name, kind) = match self {
            Self::Member(member) => (member.account.name.as_str(), TargetType::Account),
            Self::Unit(unit) if unit.parent_id.is_none() => (unit.name.as_str(), TargetType::Root),
            Self::Unit(unit) => (unit.name.as_str(), TargetType::OrganizationalUnit),
        };
        PolicyTargetSummary {
            target_id: Some(self.id().into()),
            arn: Some(arn::target(&standing.organization, self.id()).into()),
            name: Some(name.into()),
            r#type: Some(kind),
        }
    }
}

/// The type of the policy with this id, AWS's or the organization's own.
///
/// # Errors
/// `PolicyNotFoundException`.
fn kind_of(standing: &Standing, id: &str, world: &World<'_>) -> Result<PolicyType, Failure> {
    match AwsManaged::find(id) {
        Some(managed) => Ok(managed.kind),
        None => Ok(policy::own(standing, id, world)?.kind),
    }
}

/// How many policies of a type are attached to the target, RCPFullAWSAccess included.
fn count(target: &Target, kind: PolicyType, world: &World<'_>) -> Result<usize, Fault> {
    let mut count = usize::from(kind == PolicyType::ResourceControlPolicy);
    for id in target.policies() {
        let is_of_kind = match AwsManaged::find(id) {
            Some(managed) => managed.kind == kind,
            None => world.get::<OrganizationPolicy>(PolicyId(id))?.is_some_and(|policy| policy.kind == kind),
        };
        count += usize::from(is_of_kind);
    }
    Ok(count)
}

/// Whether the policy is attached to the target.
fn is_attached(standing: &Standing, target: &Target, id: &str) -> bool {
    let enabled = &standing.organization.enabled_policy_types;
    target.policies().contains(id)
        || (id == RCP_FULL_AWS_ACCESS.id && enabled.contains(&RCP_FULL_AWS_ACCESS.kind))
}

/// AttachPolicy.
///
/// # Errors
/// F-ORGS-POL-8, in this order: `PolicyNotFoundException`, `TargetNotFoundException`, `PolicyTypeNotEnabledException`,
/// `DuplicatePolicyAttachmentException`, MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED.
pub(crate) fn attach(
    standing: &Standing,
    input: AttachPolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let id = input.policy_id.as_str();
    let kind = kind_of(standing, id, world)?;
    let target = Target::find(standing, input.target_id.as_str(), call, world)?;
    let organization = &standing.organization;
    if !organization.enabled_policy_types.contains(&kind) {
        return Err(refusal::policy_type_not_enabled().into());
    }
    if is_attached(standing, &target, id) {
        return Err(refusal::duplicate_attachment().into());
    }
    if count(&target, kind, world)? >= call.context.quotas.policies_per_target(kind) {
        return Err(refusal::constraint(Constraint::MaxPolicyTypeAttachmentLimitExceeded).into());
    }
    kept::changing_below(&standing.organization.id, target.id(), kind, world, |world| {
        target.change(world, |policies| policies.attach(id));
        if !policy::is_aws_managed(id) {
            // Written anew, so that it cannot be deleted at the same time.
            let policy = policy::own(standing, id, world)?;
            world.save((*policy).clone());
            let (organization, target) = (&organization.id, target.id());
            world.put(AttachmentId { organization, policy: id, target }, Attachment {});
        }
        Ok(())
    })
}

/// DetachPolicy.
///
/// # Errors
/// F-ORGS-POL-9: `PolicyNotAttachedException`; NON_DETACHABLE_POLICY for RCPFullAWSAccess;
/// MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED for the last service control policy.
pub(crate) fn detach(
    standing: &Standing,
    input: DetachPolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let id = input.policy_id.as_str();
    let kind = kind_of(standing, id, world)?;
    let target = Target::find(standing, input.target_id.as_str(), call, world)?;
    if !standing.organization.enabled_policy_types.contains(&kind) {
        return Err(refusal::policy_type_not_enabled().into());
    }
    if id == RCP_FULL_AWS_ACCESS.id {
        return Err(refusal::invalid_input(InvalidInputExceptionReason::NonDetachablePolicy).into());
    }
    if !is_attached(standing, &target, id) {
        return Err(refusal::policy_not_attached().into());
    }
    if kind == PolicyType::ServiceControlPolicy && count(&target, kind, world)? <= 1 {
        return Err(refusal::constraint(Constraint::MinPolicyTypeAttachmentLimitExceeded).into());
    }
    kept::changing_below(&standing.organization.id, target.id(), kind, world, |world| {
        detach_from(standing, &target, id, world);
        Ok(())
    })
}

fn detach_from(standing: &Standing, target: &Target, id: &str, world: &mut World<'_>) {
    target.change(world, |policies| policies.detach(id));
    if !policy::is_aws_managed(id) {
        let (organization, target) = (&standing.organization.id, target.id());
        world.delete::<Attachment>(AttachmentId { organization, policy: id, target });
    }
}

/// The target with this id, whether the account's creation is complete or not.
fn any_target(standing: &Standing, id: &str, world: &World<'_>) -> Result<Option<Target>, Fault> {
    if let Some(unit) = standing.unit(id, world)? {
        return Ok(Some(Target::Unit(unit)));
    }
    let Ok(id) = id.parse::<AccountId>() else { return Ok(None) };
    let (account, membership) = (world.get::<Account>(id)?, world.get::<Membership>(id)?);
    Ok(account.zip(membership).map(|(account, membership)| Target::Member(Member { account, membership })))
}

/// Detaches a policy of the organization's own wherever it is attached.
pub(crate) fn detach_everywhere(standing: &Standing, id: &str, world: &mut World<'_>) -> Result<(), Failure> {
    for key in index::all(&AttachmentId::within(&standing.organization.id, id), world)? {
        let attachment = key.id()?;
        match any_target(standing, attachment.target, world)? {
            Some(target) => detach_from(standing, &target, id, world),
            None => world.delete::<Attachment>(attachment),
        }
    }
    Ok(())
}

/// Attaches FullAWSAccess to every root, unit and account, or detaches it from them.
pub(crate) fn full_access_everywhere(
    standing: &Standing,
    attached: bool,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    for key in index::all(&OrganizationEntityId::within(&standing.organization.id), world)? {
        if let Some(target) = any_target(standing, key.id()?.entity, world)? {
            target.change(world, |policies| match attached {
                true => policies.attach(FULL_AWS_ACCESS.id),
                false => policies.detach(FULL_AWS_ACCESS.id),
            });
        }
    }
    Ok(())
}

/// ListPoliciesForTarget: those attached to the target itself.
pub(crate) fn list_policies(
    standing: &Standing,
    input: ListPoliciesForTargetRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListPoliciesForTargetResponse, Failure> {
    let organization = &standing.organization;
    let target = Target::find(standing, input.target_id.as_str(), call, world)?;
    let kind = input.filter;
    let listing =
        Listing::open(call, &[target.id(), kind.as_str()], input.next_token.as_ref(), input.max_results)?;
    let mut policies = Vec::new();
    let implicit = is_attached(standing, &target, RCP_FULL_AWS_ACCESS.id).then_some(RCP_FULL_AWS_ACCESS.id);
    for id in target.policies().iter().map(String::as_str).chain(implicit) {
        let summary = match AwsManaged::find(id) {
            Some(managed) => managed.summary(organization),
            None => policy::summary(organization, &*policy::own(standing, id, world)?),
        };
        if summary.r#type == Some(kind) {
            policies.push((id.to_owned(), summary));
        }
    }
    policies.sort_by(|one, other| one.0.cmp(&other.0));
    let (policies, next_token) = listing.of(policies);
    Ok(ListPoliciesForTargetResponse { policies: Some(policies), next_token })
}

/// ListTargetsForPolicy: accounts first, then units, then the root.
pub(crate) fn list_targets(
    standing: &Standing,
    input: ListTargetsForPolicyRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListTargetsForPolicyResponse, Failure> {
    let id = input.policy_id.as_str();
    kind_of(standing, id, world)?;
    let listing = Listing::open(call, &[id], input.next_token.as_ref(), input.max_results)?;
    let entry = |target: &str| -> Result<Entry<PolicyTargetSummary>, Failure> {
        let target = Target::look(standing, target, call, world)?;
        Ok(target
            .filter(|target| is_attached(standing, target, id))
            .map(|target| target.show(standing))
            .into())
    };
    let organization_id = &standing.organization.id;
    let (targets, next_token) = match policy::is_aws_managed(id) {
        true => listing.over(&OrganizationEntityId::within(organization_id), world, |id| entry(id.entity))?,
        false => listing.over(&AttachmentId::within(organization_id, id), world, |it| entry(it.target))?,
    };
    Ok(ListTargetsForPolicyResponse { targets: Some(targets), next_token })
}
