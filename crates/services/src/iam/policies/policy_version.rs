//! Versions of managed policies: five at most, one of them in force.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

use jiff::Timestamp;

use super::managed_policy::{Known, find, open, read_sized};
use crate::authority::managed::AwsManaged;
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::Pages;
use crate::iam::{On, directory, refusal};
use crate::model::iam::{
    CreatePolicyVersionRequest, CreatePolicyVersionResponse, DeletePolicyVersionRequest,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPolicyVersionsRequest, ListPolicyVersionsResponse,
    PolicyVersion, SetDefaultPolicyVersionRequest,
};
use crate::state::identity::{self, ManagedPolicy};
use crate::world::World;

/// F-IAMAPI-LIM-5: the most versions of a policy.
pub const MOST: usize = 5;

fn number(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.parse().ok()
}

/// F-IAMAPI-ERR-10: so is a version refused whose policy is not there, by those who ask for the version.
fn missing(arn: &str, version: &str) -> Failure {
    let text = format!("Policy {arn} version {version} does not exist or is not attachable.");
    refusal::no_such_entity(text).into()
}

fn shown(number: u32, created_at: Timestamp, is_default: bool) -> PolicyVersion {
    PolicyVersion {
        document: None,
        version_id: Some(format!("v{number}").into()),
        is_default_version: Some(is_default),
        create_date: Some(created_at),
    }
}

fn default_created_at(policy: &ManagedPolicy) -> Timestamp {
    policy.default_created_at.unwrap_or(policy.created_at)
}

/// Every version with its document, the newest first, which is IAM's order.
pub fn all(policy: &ManagedPolicy) -> Vec<PolicyVersion> {
    let default = (policy.default_version, &policy.document, default_created_at(policy), true);
    let others = policy.other_versions.iter();
    let others = others.map(|(number, version)| (*number, &version.document, version.created_at, false));
    let mut versions: Vec<_> = others.chain([default]).collect();
    versions.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    let with_document = |(number, document, created_at, is_default): (u32, &aws::policy::Policy, _, _)| {
        let document = Some(names::url_encoded(document.source()).into());
        PolicyVersion { document, ..shown(number, created_at, is_default) }
    };
    versions.into_iter().map(with_document).collect()
}

/// The versions of AWS's own policies that are known: the one in force.
///
/// `document` is asked for by name, since not every list shows it.
pub fn of_aws(managed: &AwsManaged, document: Option<&str>) -> PolicyVersion {
    PolicyVersion {
        document: document.map(|document| names::url_encoded(document).into()),
        version_id: Some(managed.version.into()),
        is_default_version: Some(true),
        create_date: Some(managed.published_at),
    }
}

/// CreatePolicyVersion.
///
/// # Errors
/// `NoSuchEntity`, `MalformedPolicyDocument`, F-IAMAPI-LIM-5: `LimitExceeded`.
pub fn create(
    on: &On<'_>,
    input: CreatePolicyVersionRequest,
    world: &mut World<'_>,
) -> Result<CreatePolicyVersionResponse, Failure> {
    let mut policy = open(on, input.policy_arn.as_str(), world)?;
    let document = read_sized(&input.policy_document)?;
    if policy.other_versions.len() + 1 >= MOST {
        return Err(refusal::limit_exceeded(format!(
            "A managed policy can have up to {MOST} versions. Before you create a new version, you must delete an \
             existing version."
        ))
        .into());
    }
    policy.latest_version += 1;
    let number = policy.latest_version;
    let version = identity::PolicyVersion { document, created_at: on.context.now };
    policy.other_versions.insert(number, version);
    let is_default = input.set_as_default.unwrap_or(false);
    if is_default {
        make_default(&mut policy, number);
    }
    policy.updated_at = Some(on.context.now);
    directory::save_policy(policy, world)?;
    Ok(CreatePolicyVersionResponse { policy_version: Some(shown(number, on.context.now, is_default)) })
}

/// Swaps the default version for another one; `false` where there is none with this number.
fn make_default(policy: &mut ManagedPolicy, number: u32) -> bool {
    let Some(new) = policy.other_versions.remove(&number) else { return number == policy.default_version };
    let old = identity::PolicyVersion {
        created_at: default_created_at(policy),
        document: std::mem::replace(&mut policy.document, new.document),
    };
    policy.other_versions.insert(policy.default_version, old);
    policy.default_version = number;
    policy.default_created_at = Some(new.created_at);
    true
}

/// SetDefaultPolicyVersion.
///
/// # Errors
/// `NoSuchEntity`.
pub fn set_default(
    on: &On<'_>,
    input: SetDefaultPolicyVersionRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let (arn, version) = (input.policy_arn.as_str(), input.version_id.as_str());
    find(on, arn, world)?.ok_or_else(|| missing(arn, version))?;
    let mut policy = open(on, arn, world)?;
    if !number(version).is_some_and(|number| make_default(&mut policy, number)) {
        return Err(missing(arn, version));
    }
    policy.updated_at = Some(on.context.now);
    Ok(directory::save_policy(policy, world)?)
}

/// GetPolicyVersion.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(
    on: &On<'_>,
    input: GetPolicyVersionRequest,
    world: &World<'_>,
) -> Result<GetPolicyVersionResponse, Failure> {
    let (arn, version) = (input.policy_arn.as_str(), input.version_id.as_str());
    let known = find(on, arn, world)?.ok_or_else(|| missing(arn, version))?;
    let versions = match &known {
        Known::Aws(managed) if managed.version == version => vec![of_aws(managed, Some(&managed.document()))],
        Known::Aws(_) => Vec::new(),
        Known::Own(policy) => all(policy),
    };
    let found = versions.into_iter().find(|known| known.version_id.as_ref() == Some(&input.version_id));
    Ok(GetPolicyVersionResponse { policy_version: Some(found.ok_or_else(|| missing(arn, version))?) })
}

/// ListPolicyVersions.
///
/// # Errors
/// `NoSuchEntity`.
pub fn list(
    on: &On<'_>,
    input: ListPolicyVersionsRequest,
    world: &World<'_>,
) -> Result<ListPolicyVersionsResponse, Failure> {
    let arn = input.policy_arn.as_str();
    let known = find(on, arn, world)?.ok_or_else(|| refusal::no_policy(arn))?;
    let versions = match &known {
        Known::Aws(managed) => vec![of_aws(managed, None)],
        Known::Own(policy) => all(policy),
    };
    let pages = Pages::new("ListPolicyVersions", on, [arn], input.marker, input.max_items)?;
    // Newest first: the place counts down.
    let place = |version: &PolicyVersion| {
        let number = version.version_id.as_ref().and_then(|id| number(id.as_str())).unwrap_or(0);
        format!("{:010}", u32::MAX - number)
    };
    let page = pages.of_list(
        versions.into_iter().map(|version| (place(&version), PolicyVersion { document: None, ..version })),
    );
    Ok(ListPolicyVersionsResponse {
        versions: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// DeletePolicyVersion.
///
/// # Errors
/// `NoSuchEntity`; F-IAMAPI-POL-5: `DeleteConflict` for the default version.
pub fn delete(on: &On<'_>, input: DeletePolicyVersionRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let (arn, version) = (input.policy_arn.as_str(), input.version_id.as_str());
    let mut policy = open(on, arn, world)?;
    let number = number(version).ok_or_else(|| missing(arn, version))?;
    if number == policy.default_version {
        return Err(refusal::delete_conflict("Cannot delete the default version of a policy.").into());
    }
    if policy.other_versions.remove(&number).is_none() {
        return Err(missing(arn, version));
    }
    policy.updated_at = Some(on.context.now);
    Ok(directory::save_policy(policy, world)?)
}
