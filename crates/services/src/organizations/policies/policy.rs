//! The policies of an organization.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>

use std::sync::Arc;

use aws::policy::{Policy as Parsed, PolicyKind};
use jiff::Timestamp;

use super::rewritten::rewritten;
use super::{kept, management_document, resource_control};
use crate::authority::ancestry::FULL_AWS_ACCESS_ID;
use crate::failure::Failure;
use crate::model::organizations::{
    ConstraintViolationExceptionReason, CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest,
    DescribePolicyRequest, DescribePolicyResponse, InvalidInputExceptionReason, ListPoliciesRequest,
    ListPoliciesResponse, Policy as Shown, PolicySummary, PolicyType, UpdatePolicyRequest,
    UpdatePolicyResponse,
};
use crate::organizations::ids::new_id;
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::standing::Standing;
use crate::organizations::tree::tag;
use crate::organizations::{Call, arn, index, refusal};
use crate::state::organization::{
    AttachmentId, FeatureSet, Organization, OrganizationCounts, OrganizationId, OrganizationPolicy,
    PolicyDocument, PolicyId, PolicyName, PolicyNameId,
};
use crate::world::{Fault, World};

/// A policy that AWS gives to every organization. It is not stored: it is the same everywhere.
pub struct AwsManaged {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: PolicyType,
    description: &'static str,
    content: &'static str,
}

/// F-ORGS-SCP-2: allows everything; attached wherever nobody detached it.
pub const FULL_AWS_ACCESS: AwsManaged = AwsManaged {
    id: FULL_AWS_ACCESS_ID,
    name: "FullAWSAccess",
    kind: PolicyType::ServiceControlPolicy,
    description: "Allows access to every operation",
    content: "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
              \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}",
};

/// F-ORGS-RCP-1: allows everything; attached everywhere while the type is enabled, and cannot be detached.
pub const RCP_FULL_AWS_ACCESS: AwsManaged = AwsManaged {
    id: "p-RCPFullAWSAccess",
    name: "RCPFullAWSAccess",
    kind: PolicyType::ResourceControlPolicy,
    description: "Allows access to every resource",
    content: "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
              \"Principal\": \"*\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}",
};

const AWS_MANAGED: [&AwsManaged; 2] = [&FULL_AWS_ACCESS, &RCP_FULL_AWS_ACCESS];

impl AwsManaged {
    /// The one with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        AWS_MANAGED.into_iter().find(|managed| managed.id == id)
    }

    /// Its document.
    pub fn content(&self) -> &'static str {
        self.content
    }

    /// Its summary.
    pub(crate) fn summary(&self, organization: &Organization) -> PolicySummary {
        PolicySummary {
            id: Some(self.id.into()),
            arn: Some(arn::policy(organization, self.kind.as_str(), self.id, true).into()),
            name: Some(self.name.into()),
            description: Some(self.description.into()),
            r#type: Some(self.kind),
            aws_managed: Some(true),
        }
    }
}

/// Whether the policy with this id is AWS's own.
pub(crate) fn is_aws_managed(id: &str) -> bool {
    AwsManaged::find(id).is_some()
}

/// Why a text is no document of a policy type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// F-ORGS-POL-2: it has more characters than a document of the type may have.
    TooLong {
        /// The characters that it may have.
        max: usize,
    },
    /// F-ORGS-POL-3, F-ORGS-POL-10, F-ORGS-RCP-2: it does not follow the type's grammar, for this reason.
    Malformed(String),
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::TooLong { .. } => {
                refusal::constraint(ConstraintViolationExceptionReason::PolicyContentLimitExceeded).into()
            }
            Misfit::Malformed(_) => refusal::malformed_policy().into(),
        }
    }
}

/// Reads a document of the type, which may have `max` characters. Whether the schedules in it are fit depends on the time (F-ORGS-POL-15); without one they
/// are taken as they are, so that a seed file is right at any time or at none.
///
/// # Errors
/// See [`Misfit`].
pub fn read(
    content: &str,
    kind: PolicyType,
    at: Option<Timestamp>,
    max: usize,
) -> Result<PolicyDocument, Misfit> {
    if content.chars().count() > max {
        return Err(Misfit::TooLong { max });
    }
    let authorization = |content: &str, kind| {
        let parsed = Parsed::parse_as(content, kind).map(PolicyDocument::Authorization);
        parsed.map_err(|error| Misfit::Malformed(error.to_string()))
    };
    match kind {
        PolicyType::ServiceControlPolicy => authorization(content, PolicyKind::ServiceControl),
        PolicyType::ResourceControlPolicy => {
            authorization(content, PolicyKind::ResourceControl)?;
            resource_control::check(content).map_err(Misfit::Malformed)?;
            authorization(&rewritten(content), PolicyKind::ResourceControl)
        }
        _ => {
            management_document::check(kind, content, at).map_err(Misfit::Malformed)?;
            Ok(PolicyDocument::Management(content.to_owned()))
        }
    }
}

/// The summary of a stored policy.
pub(crate) fn summary(organization: &Organization, policy: &OrganizationPolicy) -> PolicySummary {
    PolicySummary {
        id: Some(policy.id.as_str().into()),
        arn: Some(arn::policy(organization, policy.kind.as_str(), &policy.id, false).into()),
        name: Some(policy.name.as_str().into()),
        description: Some(policy.description.as_str().into()),
        r#type: Some(policy.kind),
        aws_managed: Some(false),
    }
}

fn show(organization: &Organization, policy: &OrganizationPolicy) -> Shown {
    Shown {
        policy_summary: Some(summary(organization, policy)),
        content: Some(policy.document.source().into()),
    }
}

/// The organization's own policy with this id.
///
/// # Errors
/// `PolicyNotFoundException`.
pub(crate) fn own(
    standing: &Standing,
    id: &str,
    world: &World<'_>,
) -> Result<Arc<OrganizationPolicy>, Failure> {
    let policy = world.get::<OrganizationPolicy>(PolicyId(id))?;
    let policy = policy.filter(|policy| policy.organization_id == standing.organization.id);
    policy.ok_or_else(|| refusal::policy_not_found().into())
}

/// # Errors
/// F-ORGS-POL-4: IMMUTABLE_POLICY for what is AWS's.
fn refuse_aws_managed(id: &str) -> Result<(), Failure> {
    if is_aws_managed(id) {
        return Err(refusal::invalid_input(InvalidInputExceptionReason::ImmutablePolicy).into());
    }
    Ok(())
}

/// Whether a policy of the organization has this type and name.
fn is_taken(standing: &Standing, kind: PolicyType, name: &str, world: &World<'_>) -> Result<bool, Fault> {
    if AWS_MANAGED.iter().any(|managed| managed.kind == kind && managed.name == name) {
        return Ok(true);
    }
    let id = PolicyNameId { organization: &standing.organization.id, kind, name };
    Ok(world.get::<PolicyName>(id)?.is_some())
}

/// CreatePolicy.
///
/// # Errors
/// `PolicyTypeNotAvailableForOrganizationException` without all features; those of [`read`]; F-ORGS-POL-5:
/// `DuplicatePolicyException`; F-ORGS-POL-1.
pub(crate) fn create(
    standing: &Standing,
    input: CreatePolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreatePolicyResponse, Failure> {
    let organization = &standing.organization;
    if organization.feature_set != FeatureSet::All {
        return Err(refusal::policy_type_not_available().into());
    }
    let kind = input.r#type;
    let tags = tag::read(input.tags, call)?;
    let document =
        read(input.content.as_str(), kind, Some(call.context.now), call.context.quotas.policy_size(kind))?;
    if is_taken(standing, kind, input.name.as_str(), world)? {
        return Err(refusal::duplicate_policy().into());
    }
    let counts = world.get::<OrganizationCounts>(OrganizationId(&organization.id))?;
    if counts.is_some_and(|counts| {
        counts.policies.get(&kind).is_some_and(|it| *it >= call.context.quotas.policies(kind))
    }) {
        let reason = ConstraintViolationExceptionReason::PolicyNumberLimitExceeded;
        return Err(refusal::constraint(reason).into());
    }
    let policy = OrganizationPolicy {
        id: new_id(call.context, "p-", 10),
        organization_id: organization.id.clone(),
        kind,
        name: input.name.into_string(),
        description: input.description.into_string(),
        document,
        tags,
        updated_at: Some(call.context.now),
    };
    let shown = show(organization, &policy);
    index::put_policy(policy, world);
    index::count(&organization.id, world, |counts| {
        *counts.policies.entry(kind).or_default() += 1;
    })?;
    Ok(CreatePolicyResponse { policy: Some(shown) })
}

/// DescribePolicy.
pub(crate) fn describe(
    standing: &Standing,
    input: DescribePolicyRequest,
    world: &World<'_>,
) -> Result<DescribePolicyResponse, Failure> {
    let id = input.policy_id.as_str();
    if let Some(managed) = AwsManaged::find(id) {
        let policy = Shown {
            policy_summary: Some(managed.summary(&standing.organization)),
            content: Some(managed.content.into()),
        };
        return Ok(DescribePolicyResponse { policy: Some(policy) });
    }
    let policy = own(standing, id, world)?;
    Ok(DescribePolicyResponse { policy: Some(show(&standing.organization, &policy)) })
}

/// UpdatePolicy: what is not given stays. F-ORGS-POL-40: neither is a blank name or description taken; the answer shows no
/// other of the two than the call gave, as it gave it.
///
/// # Errors
/// F-ORGS-POL-4, F-ORGS-POL-5, and those of [`read`].
pub(crate) fn update(
    standing: &Standing,
    input: UpdatePolicyRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<UpdatePolicyResponse, Failure> {
    refuse_aws_managed(input.policy_id.as_str())?;
    let stored = own(standing, input.policy_id.as_str(), world)?;
    let mut policy = (*stored).clone();
    let kind = policy.kind;
    let is_rewritten = input.content.is_some();
    if let Some(content) = input.content {
        policy.document =
            read(content.as_str(), kind, Some(call.context.now), call.context.quotas.policy_size(kind))?;
        policy.updated_at = Some(call.context.now);
    }
    let given = |text: &str| !text.trim().is_empty();
    if let Some(description) = input.description.as_ref().filter(|it| given(it.as_str())) {
        policy.description = description.as_str().to_owned();
    }
    if let Some(name) = input.name.as_ref().filter(|it| given(it.as_str()) && it.as_str() != stored.name) {
        if is_taken(standing, kind, name.as_str(), world)? {
            return Err(refusal::duplicate_policy().into());
        }
        policy.name = name.as_str().to_owned();
    }
    let summary = PolicySummary {
        name: input.name,
        description: input.description,
        ..summary(&standing.organization, &policy)
    };
    let shown = Shown { policy_summary: Some(summary), content: Some(policy.document.source().into()) };
    let replace = |world: &mut World<'_>| {
        if policy.name != stored.name {
            index::delete_policy(&stored, world);
        }
        index::put_policy(policy, world);
        Ok(())
    };
    match is_rewritten {
        true => kept::changing_policy(&stored, world, replace)?,
        false => replace(world)?,
    }
    Ok(UpdatePolicyResponse { policy: Some(shown) })
}

/// DeletePolicy.
///
/// # Errors
/// F-ORGS-POL-4; F-ORGS-POL-6: `PolicyInUseException` while it is attached.
pub(crate) fn delete(
    standing: &Standing,
    input: DeletePolicyRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    refuse_aws_managed(input.policy_id.as_str())?;
    let policy = own(standing, input.policy_id.as_str(), world)?;
    let organization_id = &standing.organization.id;
    if !world.keys(&AttachmentId::within(organization_id, &policy.id), None, 1)?.is_empty() {
        return Err(refusal::policy_in_use().into());
    }
    index::delete_policy(&policy, world);
    Ok(index::count(organization_id, world, |counts| {
        if let Some(count) = counts.policies.get_mut(&policy.kind) {
            *count = count.saturating_sub(1);
        }
    })?)
}

/// ListPolicies: those of one type, AWS's first, then in order of names.
pub(crate) fn list(
    standing: &Standing,
    input: ListPoliciesRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListPoliciesResponse, Failure> {
    let organization = &standing.organization;
    let kind = input.filter;
    let listing = Listing::open(call, &[kind.as_str()], input.next_token.as_ref(), input.max_results)?;
    // F-ORGS-LIST-4: there is one of AWS's own at most for each type, so that it always fits the first page.
    let managed: Vec<_> = AWS_MANAGED.iter().filter(|managed| managed.kind == kind).collect();
    let (listing, first) = listing.after_first(managed.len());
    let prefix = PolicyNameId::within(&organization.id, kind);
    let (mut policies, next_token) = listing.over(&prefix, world, |id| {
        let Some(named) = world.get::<PolicyName>(id)? else {
            return Ok(Entry::Hidden);
        };
        let policy = own(standing, &named.policy_id, world)?;
        Ok(Entry::Shown(summary(organization, &policy)))
    })?;
    policies.splice(0..0, managed.into_iter().take(first).map(|managed| managed.summary(organization)));
    Ok(ListPoliciesResponse { policies: Some(policies), next_token })
}
