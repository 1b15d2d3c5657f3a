//! AssumeRoot: a short session of a member's root user, for one task.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html>

use aws::arn::{AccountId, Arn, PARTITION};
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;

use super::credentials::Drawn;
use super::model::{AssumeRootRequest, AssumeRootResponse};
use super::{access_denied, validation_error};
use crate::authority::access::{Access, ConditionKey};
use crate::authority::ancestry::Ancestry;
use crate::context::Context;
use crate::failure::Failure;
use crate::iam;
use crate::model::iam::FeatureType;
use crate::state::identity::{CredentialOwner, RootSession};
use crate::world::{Fault, World};

/// The action.
pub(super) const ACTION: &str = "sts:AssumeRoot";

/// F-STSAPI-ROOT-3: how long a session lasts that asks for no time, which is as long as one can last.
const SECONDS: u32 = 900;

/// F-STSAPI-ROOT-1, both recorded.
const INVALID_TARGET: &str = "Request must contain a valid target principal";
const INVALID_TASK: &str = "Request must contain valid AWS managed task policy ARN";

const TASK_PREFIX: &str = "arn:aws:iam::aws:policy/root-task/";

/// F-STSAPI-ROOT-2: the tasks, each with the features of which the organization must have one (AWS page "Centrally manage
/// root access"; that an audit needs either is *assumed*).
const TASKS: [(&str, &[FeatureType]); 5] = [
    ("IAMAuditRootUserCredentials", &[FeatureType::RootCredentialsManagement, FeatureType::RootSessions]),
    ("IAMCreateRootUserPassword", &[FeatureType::RootCredentialsManagement]),
    ("IAMDeleteRootUserCredentials", &[FeatureType::RootCredentialsManagement]),
    ("S3UnlockBucketPolicy", &[FeatureType::RootSessions]),
    ("SQSUnlockQueuePolicy", &[FeatureType::RootSessions]),
];

/// What is asked for, checked.
struct Asked<'i> {
    target: AccountId,
    task_policy: &'i str,
    features: &'static [FeatureType],
}

impl<'i> Asked<'i> {
    /// # Errors
    /// F-STSAPI-ROOT-1: `ValidationError`.
    fn read(input: &'i AssumeRootRequest) -> Result<Self, Refusal> {
        let target = input.target_principal.as_str();
        let of_arn = || {
            let arn = Arn::parse(target)?;
            let is_root = arn.partition == PARTITION && arn.service == "iam" && arn.resource == "root";
            is_root.then(|| arn.account.parse().ok())?
        };
        let target: Option<AccountId> = target.parse().ok().or_else(of_arn);
        let target = target.ok_or_else(|| validation_error(INVALID_TARGET))?;
        let task_policy = input.task_policy_arn.arn.as_ref().map_or("", |arn| arn.as_str());
        let task = task_policy.strip_prefix(TASK_PREFIX).unwrap_or_default();
        let task = TASKS.iter().find(|(name, _)| *name == task);
        let (_, features) = task.ok_or_else(|| validation_error(INVALID_TASK))?;
        Ok(Self { target, task_policy, features })
    }

    fn resource(&self) -> String {
        format!("arn:{PARTITION}:iam::{}:root", self.target)
    }
}

/// F-STSAPI-ROOT-2: the one refusal of who may not, whatever the reason (recorded).
pub(super) fn refused(caller_arn: &str, resource: &str) -> Refusal {
    access_denied(format!(
        "User: {caller_arn} is not authorized to perform: {ACTION} on resource: {resource}"
    ))
}

/// What the call asks to do.
///
/// # Errors
/// F-STSAPI-ROOT-1; F-STSAPI-ROOT-2: a root user (*assumed*).
pub(super) fn access(input: &AssumeRootRequest, caller: &Caller) -> Result<Access, Refusal> {
    let asked = Asked::read(input)?;
    if matches!(caller.principal, Principal::Root { .. }) {
        return Err(refused(&caller.principal.arn(), &asked.resource()));
    }
    let keys = vec![ConditionKey::single("sts:TaskPolicyArn", asked.task_policy)];
    Ok(Access::to(caller.account(), ACTION, asked.resource(), keys))
}

/// Opens the session.
///
/// # Errors
/// F-STSAPI-ROOT-2: `AccessDenied`.
pub(super) fn assume_root(
    caller: &Caller,
    input: &AssumeRootRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<AssumeRootResponse, Failure> {
    let asked = Asked::read(input)?;
    if !may(&asked, caller, context, world)? {
        return Err(refused(&caller.principal.arn(), &asked.resource()).into());
    }
    let seconds = input.duration_seconds.and_then(|seconds| u32::try_from(seconds).ok());
    let seconds = seconds.filter(|seconds| *seconds > 0).unwrap_or(SECONDS);
    let source_identity = caller.session.as_ref().and_then(|session| session.source_identity.clone());
    let drawn = Drawn::draw(asked.target, seconds, context);
    let owner = CredentialOwner::RootSession(RootSession {
        session_token: String::new(),
        issued_at: drawn.issued_at,
        expires_at: drawn.expires_at,
        task_policy: asked.task_policy.to_owned(),
        source_identity: source_identity.clone(),
    });
    let issued = drawn.issue(asked.target, owner, input.minimum_session_token_size, context, world)?;
    Ok(AssumeRootResponse {
        credentials: Some(issued.credentials),
        source_identity: source_identity.as_deref().map(Into::into),
        session_token_utilization: Some(issued.token_utilization),
        session_token_size: Some(issued.token_size),
    })
}

/// F-STSAPI-ROOT-2: whether the caller's account sees to the root users of its organization, and the target is a member of
/// it other than the management account.
fn may(asked: &Asked<'_>, caller: &Caller, context: &Context, world: &World<'_>) -> Result<bool, Fault> {
    let Some(own) = Ancestry::of(caller.account(), world)? else { return Ok(false) };
    let organization = &own.organization;
    let administers =
        own.is_management_account() || organization.delegates(iam::EVENT_SOURCE, caller.account());
    let is_on = organization.trusts(iam::EVENT_SOURCE)
        && asked.features.iter().any(|feature| organization.root_features.contains(feature));
    if !administers || !is_on {
        return Ok(false);
    }
    let target = Ancestry::of(asked.target, world)?;
    Ok(target.is_some_and(|target| {
        target.organization.id == organization.id
            && !target.is_management_account()
            && target.membership.is_visible_at(context.now)
    }))
}
