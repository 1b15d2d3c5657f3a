//! Whether a trail may deliver to its bucket: the bucket is there, and its policy lets CloudTrail read its ACL and put
//! objects where the trail's will lie.

use aws::arn::{AccountId, PARTITION};
use aws::authorization::{AttachedPolicy, PolicySets, Request, ResourcePolicy, ResourcePolicyKind, evaluate};
use aws::policy::{Policy, RequestContext};
use aws::principal::{Caller, Principal};
use serde_json::{Value, json};

use super::refusal;
use crate::bucket::BucketState;
use crate::cloudtrail::EVENT_SOURCE;
use crate::context::Context;
use crate::failure::Failure;
use crate::state::trail::Trail;

/// The folder of keys that an account's files lie in, below the prefix: `AWSLogs/<organization>/<account>`.
pub(super) fn folders(trail: &Trail) -> Vec<String> {
    let below = |rest: String| match &trail.prefix {
        Some(prefix) => format!("{prefix}/AWSLogs/{rest}"),
        None => format!("AWSLogs/{rest}"),
    };
    let own = below(trail.account.to_string());
    match &trail.organization {
        Some(organization) => vec![own, below(format!("{organization}/{}", trail.account))],
        None => vec![own],
    }
}

/// # Errors
/// F-TRAILS-BUCKET-1: `S3BucketDoesNotExistException`, `InsufficientS3BucketPolicyException`. Or the bucket is wanted.
pub(super) fn check(trail: &Trail, context: &Context) -> Result<(), Failure> {
    let name = trail.bucket.as_str();
    match context.trail_bucket.about(name)? {
        None | Some(BucketState::WithoutPolicies) => Ok(()),
        Some(BucketState::Absent) => Err(refusal::no_bucket(name).into()),
        Some(BucketState::Present { policy }) => {
            let lets_in = policy.as_deref().is_some_and(|policy| lets_in(policy, trail));
            if lets_in { Ok(()) } else { Err(refusal::bucket_policy(name).into()) }
        }
    }
}

/// Whether a bucket's policy lets CloudTrail do all that a trail needs.
fn lets_in(policy: &str, trail: &Trail) -> bool {
    let Some(policy) = as_cloudtrail_reads(policy) else { return false };
    let bucket = format!("arn:{PARTITION}:s3:::{}", trail.bucket);
    let digests: &[&str] =
        if trail.validates_files { &["CloudTrail", "CloudTrail-Digest"] } else { &["CloudTrail"] };
    let objects = folders(trail).into_iter().flat_map(|folder| {
        let bucket = &bucket;
        digests.iter().map(move |kind| format!("{bucket}/{folder}/{kind}/"))
    });
    let objects: Vec<String> = objects.collect();
    may(&policy, "s3:GetBucketAcl", &bucket, trail)
        && objects.iter().all(|object| may(&policy, "s3:PutObject", object, trail))
}

/// What is left of a policy for CloudTrail: the statements that name its service principal or everyone, so written that
/// they mean whoever asks. `None` where it is no policy.
fn as_cloudtrail_reads(policy: &str) -> Option<Policy> {
    let mut document: Value = serde_json::from_str(policy).ok()?;
    let statements = match document.get_mut("Statement")?.take() {
        Value::Array(statements) => statements,
        one => vec![one],
    };
    let mut meant = Vec::new();
    for mut statement in statements {
        if statement.get("Principal").is_some_and(means_cloudtrail) {
            statement["Principal"] = json!("*");
            meant.push(statement);
        }
    }
    document["Statement"] = Value::Array(meant);
    Policy::parse(&document.to_string()).ok()
}

fn means_cloudtrail(principal: &Value) -> bool {
    let named = |value: &Value, name: &str| match value {
        Value::Array(all) => all.iter().any(|one| one == name),
        one => one == name,
    };
    named(principal, "*")
        || principal.get("Service").is_some_and(|service| named(service, EVENT_SOURCE))
        || principal.get("AWS").is_some_and(|account| named(account, "*"))
}

fn may(policy: &Policy, action: &str, resource: &str, trail: &Trail) -> bool {
    let (owner, arn) = (trail.account, trail.arn());
    let mut context = RequestContext::new();
    context.insert("aws:SourceArn", arn.as_str());
    context.insert("aws:SourceAccount", owner.as_str());
    context.insert("aws:SecureTransport", true);
    context.insert("aws:PrincipalIsAWSService", true);
    context.insert("aws:PrincipalServiceName", EVENT_SOURCE);
    if let Some(organization) = &trail.organization {
        context.insert("aws:SourceOrgID", organization.as_str());
    }
    if action == "s3:PutObject" {
        context.insert("s3:x-amz-acl", "bucket-owner-full-control");
    }
    let caller = nobody(owner);
    let request = Request { caller: &caller, action, resource, target_account: owner, context: &context };
    let attached = AttachedPolicy { arn: None, policy: policy.clone() };
    let resource = ResourcePolicy { policy: &attached, owner, kind: ResourcePolicyKind::Required };
    evaluate(&request, &PolicySets { resource: Some(resource), ..PolicySets::default() }).is_allowed()
}

/// Somebody whom no policy knows by name.
fn nobody(account: AccountId) -> Caller {
    let id = String::new();
    let principal = Principal::User { account, path: "/".to_owned(), name: EVENT_SOURCE.to_owned(), id };
    Caller { principal, access_key_id: String::new(), session: None }
}
