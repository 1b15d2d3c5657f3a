//! Managed policies: the account's own, and AWS's where they are only read.

use std::sync::Arc;

use aws::arn::Arn;
use aws::policy::PolicyKind;
use aws::refusal::Refusal;

use super::inline_policy::{read, size};
use crate::iam::directory;
use crate::iam::directory::names;
use crate::iam::directory::page::Pages;
use crate::iam::{On, refusal, tag};
use crate::model::iam::{
    CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest, GetPolicyRequest, GetPolicyResponse,
    ListPoliciesRequest, ListPoliciesResponse, ListPolicyTagsRequest, ListPolicyTagsResponse, Policy,
    PolicyScopeType, PolicyUsageType, TagPolicyRequest, UntagPolicyRequest,
};

use crate::authority::managed::AwsManaged;
use crate::failure::Failure;
use crate::quotas::number;
use crate::service_quotas::POLICIES;
use crate::state::identity::{ManagedPolicy, ManagedPolicyId};
use crate::world::World;

/// F-IAMAPI-LIM-4: the most characters of a managed policy, white space not counted.
const MOST_CHARACTERS: usize = 6144;

/// A managed policy that exists.
pub enum Known {
    /// One of AWS's.
    Aws(AwsManaged),
    /// One of the account's own.
    Own(Arc<ManagedPolicy>),
}

impl Known {
    /// The ARN.
    pub fn arn(&self) -> String {
        match self {
            Self::Aws(managed) => managed.arn(),
            Self::Own(policy) => names::policy_arn(policy.account, &policy.path, &policy.name),
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Aws(managed) => managed.path,
            Self::Own(policy) => &policy.path,
        }
    }
}

/// The managed policy with this ARN that the account can use.
///
/// # Errors
/// F-IAMAPI-ERR-9: `ValidationError` for what is no ARN, `InvalidInput` for one that names no policy.
pub fn find(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<Option<Known>, Failure> {
    let Some(parts) = Arn::parse(arn) else {
        return Err(refusal::validation(format!("ARN {arn} is not valid.")).into());
    };
    if parts.service != "iam" || !parts.resource.starts_with("policy/") {
        return Err(refusal::not_a_policy_arn(arn).into());
    }
    if parts.account == "aws" {
        return Ok(AwsManaged::find(arn).map(Known::Aws));
    }
    if parts.account != on.account.as_str() {
        return Ok(None);
    }
    let found = world.get::<ManagedPolicy>(ManagedPolicyId::new(on.account, names::last_part(arn)))?;
    // The path and the case of the name are part of the ARN.
    Ok(found.map(Known::Own).filter(|known| known.arn() == arn))
}

/// The account's own policy with this ARN, to be changed.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-POL-1: AWS's own policies cannot be changed (*assumed*: refused as access is).
pub fn open(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<ManagedPolicy, Failure> {
    match find(on, arn, world)? {
        Some(Known::Own(policy)) => Ok(Arc::unwrap_or_clone(policy)),
        Some(Known::Aws(_)) => {
            let text = format!("Policy {arn} is managed by AWS and cannot be changed.");
            Err(Refusal::new("AccessDenied", 403, text).into())
        }
        None => Err(refusal::no_policy(arn).into()),
    }
}

/// Refuses an ARN that cannot be attached.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-POL-2: `PolicyNotAttachable` for the policy of a service-linked role.
pub fn refuse_unattachable(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<(), Failure> {
    match find(on, arn, world)? {
        Some(Known::Aws(managed)) if managed.path.starts_with("/aws-service-role/") => {
            let text = "Cannot attach a Service Role Policy to a Customer Role.";
            Err(Refusal::new("PolicyNotAttachable", 400, text).into())
        }
        Some(_) => Ok(()),
        None => Err(refusal::not_attachable(arn).into()),
    }
}

/// Refuses an ARN that cannot be a permissions boundary (F-IAMAPI-BND-2).
///
/// # Errors
/// As [`refuse_unattachable`], in words of its own for a policy that is not there.
pub fn refuse_unusable_boundary(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<(), Failure> {
    match find(on, arn, world)? {
        Some(_) => refuse_unattachable(on, arn, world),
        None => Err(refusal::no_boundary(arn).into()),
    }
}

/// The policy as answers show it; description and tags are shown by GetPolicy only.
fn shown(on: &On<'_>, known: &Known, world: &World<'_>) -> Result<Policy, Failure> {
    let arn = known.arn();
    let used = directory::policy_use(on.account, &arn, world)?;
    let counted = Policy {
        attachment_count: i32::try_from(used.attachments).ok(),
        permissions_boundary_usage_count: i32::try_from(used.boundaries).ok(),
        is_attachable: Some(true),
        arn: Some(arn.into()),
        ..Policy::default()
    };
    Ok(match known {
        Known::Aws(managed) => Policy {
            policy_name: Some(managed.name.into()),
            policy_id: Some(managed.id().into()),
            path: Some(managed.path.into()),
            default_version_id: Some(managed.version.into()),
            create_date: Some(managed.created_at),
            update_date: Some(managed.published_at),
            ..counted
        },
        Known::Own(policy) => Policy {
            policy_name: Some(policy.name.as_str().into()),
            policy_id: Some(policy.id.as_str().into()),
            path: Some(policy.path.as_str().into()),
            default_version_id: Some(format!("v{}", policy.default_version).into()),
            create_date: Some(policy.created_at),
            update_date: Some(policy.updated_at.unwrap_or(policy.created_at)),
            ..counted
        },
    })
}

/// CreatePolicy.
///
/// # Errors
/// `EntityAlreadyExists`, `MalformedPolicyDocument`, `LimitExceeded`, `InvalidInput`.
pub fn create(
    on: &On<'_>,
    input: CreatePolicyRequest,
    world: &mut World<'_>,
) -> Result<CreatePolicyResponse, Failure> {
    let name = input.policy_name.into_string();
    let document = read_sized(&input.policy_document)?;
    if world.get::<ManagedPolicy>(ManagedPolicyId::new(on.account, &name))?.is_some() {
        let text = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(refusal::already_exists(text).into());
    }
    let count = number(directory::account(on.account, world)?.policies);
    if let Some(limit) = POLICIES.limit_reached(count, on.account, on.context.now, world)? {
        return Err(refusal::quota("PoliciesPerAccount", limit).into());
    }
    let id = names::unique_id("ANPA", &on.context.seed);
    let policy = ManagedPolicy {
        path: input.path.map_or_else(|| "/".to_owned(), crate::model::iam::PolicyPathType::into_string),
        description: input.description.map(|text| text.into_string()).unwrap_or_default(),
        tags: tag::of_new(input.tags, tag::Keys::CaseSensitive)?,
        ..ManagedPolicy::new(on.account, name, id, on.context.now, document)
    };
    directory::save_policy(policy.clone(), world)?;
    let tags = tag::shown(&policy.tags);
    let policy = Policy { tags, ..shown(on, &Known::Own(Arc::new(policy)), world)? };
    Ok(CreatePolicyResponse { policy: Some(policy) })
}

/// Reads the document of a managed policy.
///
/// # Errors
/// `MalformedPolicyDocument`; F-IAMAPI-LIM-4: `LimitExceeded`, which is told first (F-COST-2).
pub fn read_sized(document: &crate::model::iam::PolicyDocumentType) -> Result<aws::policy::Policy, Refusal> {
    if size(document.as_str()) > MOST_CHARACTERS {
        return Err(refusal::quota("PolicySize", MOST_CHARACTERS));
    }
    read(document, PolicyKind::Managed)
}

/// GetPolicy.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn get(on: &On<'_>, input: GetPolicyRequest, world: &World<'_>) -> Result<GetPolicyResponse, Failure> {
    let arn = input.policy_arn.as_str();
    let known = find(on, arn, world)?.ok_or_else(|| refusal::no_policy(arn))?;
    let policy = shown(on, &known, world)?;
    let (description, tags) = match &known {
        Known::Aws(managed) => (managed.description().unwrap_or_default(), Some(Vec::new())),
        Known::Own(policy) => {
            (policy.description.as_str(), Some(tag::listed(&policy.tags).map(|(_, tag)| tag).collect()))
        }
    };
    let description = (!description.is_empty()).then(|| description.into());
    Ok(GetPolicyResponse { policy: Some(Policy { description, tags, ..policy }) })
}

/// DeletePolicy.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-POL-3: `DeleteConflict` while it is attached or has further versions.
pub fn delete(on: &On<'_>, input: DeletePolicyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let arn = input.policy_arn.as_str();
    let policy = open(on, arn, world)?;
    let used = directory::policy_use(on.account, arn, world)?;
    if used.attachments > 0 || used.boundaries > 0 {
        return Err(refusal::delete_conflict("Cannot delete a policy attached to entities.").into());
    }
    if !policy.other_versions.is_empty() {
        return Err(refusal::delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy.",
        )
        .into());
    }
    Ok(directory::remove_policy(&policy, world)?)
}

/// ListPolicies: AWS's first, then the account's own, each in the order of names (F-IAMAPI-POL-4, *assumed*).
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(
    on: &On<'_>,
    input: ListPoliciesRequest,
    world: &World<'_>,
) -> Result<ListPoliciesResponse, Failure> {
    let scope = input.scope.unwrap_or(PolicyScopeType::All);
    let prefix = input.path_prefix.as_ref().map_or("/", crate::model::iam::PolicyPathType::as_str);
    let only_attached = input.only_attached.unwrap_or(false);
    let usage = input.policy_usage_filter;
    let filter = [
        scope.as_str(),
        prefix,
        if only_attached { "attached" } else { "" },
        usage.map_or("", PolicyUsageType::as_str),
    ];
    let pages = Pages::new("ListPolicies", on, filter, input.marker, input.max_items)?;
    let select = |known: &Known| -> Result<Option<Policy>, Failure> {
        if !known.path().starts_with(prefix) {
            return Ok(None);
        }
        let policy = shown(on, known, world)?;
        let attached = policy.attachment_count.unwrap_or(0) > 0;
        let boundary = policy.permissions_boundary_usage_count.unwrap_or(0) > 0;
        // F-IAMAPI-POL-6: the usage is looked at only where attached policies are asked for.
        let wanted = match usage {
            _ if !only_attached => true,
            Some(PolicyUsageType::PermissionsPolicy) => attached,
            Some(PolicyUsageType::PermissionsBoundary) => boundary,
            None => attached || boundary,
        };
        Ok(wanted.then_some(policy))
    };
    let mut filling = pages.filling();
    let mut full = false;
    if scope != PolicyScopeType::Local {
        let after = match pages.after() {
            Some(place) if place.starts_with("own:") => None,
            place => Some(place.and_then(|place| place.strip_prefix("aws:"))),
        };
        // Nobody looks at every policy of AWS to find those few that are in use.
        let in_use = only_attached.then(|| directory::aws_policies_in_use(on.account, world)).transpose()?;
        for managed in after.into_iter().flat_map(AwsManaged::after) {
            if in_use.as_ref().is_none_or(|in_use| in_use.contains(managed.name))
                && let Some(policy) = select(&Known::Aws(managed))?
                && !filling.add(format!("aws:{}", managed.name), || policy)
            {
                full = true;
                break;
            }
        }
    }
    if scope != PolicyScopeType::Aws && !full {
        fill_with_own(on, &pages, &mut filling, world, select)?;
    }
    let page = filling.page();
    Ok(ListPoliciesResponse {
        policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// Adds the account's own policies until the page is full.
fn fill_with_own(
    on: &On<'_>,
    pages: &Pages<'_>,
    filling: &mut crate::iam::directory::page::Filling<'_, Policy>,
    world: &World<'_>,
    select: impl Fn(&Known) -> Result<Option<Policy>, Failure>,
) -> Result<(), Failure> {
    let prefix = ManagedPolicyId::within(on.account);
    let mut after = pages.after().and_then(|after| after.strip_prefix("own:")).map(str::to_owned);
    for _ in 0..crate::iam::directory::page::LOOKED_AT / BATCH {
        let keys = world.keys(&prefix, after.as_deref(), BATCH)?;
        for key in &keys {
            let Some(policy) = world.get::<ManagedPolicy>(key.id()?)? else { continue };
            let place = format!("own:{}", key.place(&prefix));
            if let Some(policy) = select(&Known::Own(policy))?
                && !filling.add(place, || policy)
            {
                return Ok(());
            }
        }
        if keys.len() < BATCH {
            return Ok(());
        }
        after = keys.last().map(|key| key.place(&prefix).to_owned());
    }
    filling.continue_after(after.map(|place| format!("own:{place}")));
    Ok(())
}

/// How many documents are read at a time.
const BATCH: usize = 100;

/// TagPolicy.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_tags(on: &On<'_>, input: TagPolicyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut policy = open(on, input.policy_arn.as_str(), world)?;
    tag::add(&mut policy.tags, input.tags, tag::Keys::CaseSensitive)?;
    Ok(directory::save_policy(policy, world)?)
}

/// UntagPolicy.
///
/// # Errors
/// `NoSuchEntity`.
pub fn remove_tags(on: &On<'_>, input: UntagPolicyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut policy = open(on, input.policy_arn.as_str(), world)?;
    tag::remove(&mut policy.tags, &input.tag_keys, tag::Keys::CaseSensitive);
    Ok(directory::save_policy(policy, world)?)
}

/// ListPolicyTags.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list_tags(
    on: &On<'_>,
    input: ListPolicyTagsRequest,
    world: &World<'_>,
) -> Result<ListPolicyTagsResponse, Failure> {
    let arn = input.policy_arn.as_str();
    let known = find(on, arn, world)?.ok_or_else(|| refusal::no_policy(arn))?;
    let pages = Pages::new("ListPolicyTags", on, [arn], input.marker, input.max_items)?;
    let page = match &known {
        Known::Aws(_) => pages.of_list(std::iter::empty()),
        Known::Own(policy) => pages.of_list(tag::listed(&policy.tags)),
    };
    Ok(ListPolicyTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
