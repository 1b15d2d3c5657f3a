//! AssumeRole: a session of a role, for a caller that the role trusts.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use aws::arn::{Arn, PARTITION};
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;

use super::credentials::Drawn;
use super::model::{AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser};
use super::session_policy::SessionPolicies;
use super::{access_denied, session_tags, validation_error};
use crate::authority::access::{Access, ConditionKey, Permitted, request_tag_keys};
use crate::authority::trust::{is_role, role_with_arn};
use crate::context::Context;
use crate::failure::Failure;
use crate::state::identity::{CredentialOwner, Role, RoleSession};
use crate::world::{Fault, World};

/// The lifetime of a session that asks for none.
const DEFAULT_SECONDS: u32 = 3_600;
/// F-STSAPI-12: the longest session that another session may open.
const CHAINED_SECONDS: u32 = 3_600;

const ROOT: &str = "Roles may not be assumed by root accounts.";
/// F-STSAPI-11: an ARN that is no role's.
pub const INVALID_ARN: &str = "Request ARN is invalid";
const LONGER_THAN_ROLE: &str =
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
const LONGER_THAN_CHAIN: &str =
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
const OTHER_SOURCE_IDENTITY: &str =
    "The source identity of the calling session cannot be replaced by another one.";
const CONTEXT_PROVIDER: &str = "The context provider is not trusted.";

/// Whom an answer says that a session is.
pub(super) fn user(role: &Role, session_name: &str) -> AssumedRoleUser {
    let (account, name) = (role.account, &role.name);
    AssumedRoleUser {
        assumed_role_id: format!("{}:{session_name}", role.id).as_str().into(),
        arn: format!("arn:{PARTITION}:sts::{account}:assumed-role/{name}/{session_name}").as_str().into(),
    }
}

/// What the call asks to do.
///
/// # Errors
/// F-STSAPI-10: a root user cannot assume roles (text recorded). F-STSAPI-11: what is no role's ARN.
pub fn access(input: &AssumeRoleRequest, caller: &Caller, world: &World<'_>) -> Result<Access, Failure> {
    if matches!(caller.principal, Principal::Root { .. }) {
        return Err(access_denied(ROOT).into());
    }
    let resource = input.role_arn.as_str();
    let is_whole = |arn: &Arn<'_>| ![arn.partition, arn.service, arn.resource].contains(&"");
    let Some(arn) = Arn::parse(resource).filter(is_whole) else {
        return Err(validation_error(format!("{resource} is invalid")).into());
    };
    let Some(target) = arn.account.parse().ok().filter(|_| is_role(resource)) else {
        return Err(validation_error(INVALID_ARN).into());
    };
    if input.provided_contexts.as_ref().is_some_and(|contexts| !contexts.is_empty()) {
        return Err(validation_error(CONTEXT_PROVIDER).into());
    }
    let mut keys = request_tag_keys(session_tags::pairs(input.tags.as_deref()), []);
    keys.extend(condition_keys(input, caller, world)?);
    let mut access = Access::to(target, "sts:AssumeRole", resource, keys);
    // Session tags and the source identity must be allowed too, whether they come with the call or from the caller's
    // own session.
    let brings_tags = input.tags.as_ref().is_some_and(|tags| !tags.is_empty());
    if brings_tags || !session_tags::inherited(caller).is_empty() {
        access = access.and_action(session_tags::ACTION);
    }
    if source_identity(input, caller).is_some() {
        access = access.and_action("sts:SetSourceIdentity");
    }
    Ok(access)
}

/// F-STSAPI-13: the condition keys of AssumeRole, besides those of its tags.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
fn condition_keys(
    input: &AssumeRoleRequest,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Vec<ConditionKey>, Fault> {
    let mut keys = Vec::new();
    let mut single = |name: &str, value: &str| keys.push(ConditionKey::single(name, value));
    single("sts:RoleSessionName", input.role_session_name.as_str());
    if let Some(external_id) = &input.external_id {
        single("sts:ExternalId", external_id.as_str());
    }
    if let Some(source_identity) = source_identity(input, caller) {
        single("sts:SourceIdentity", source_identity);
    }
    if let Some(role) = role_with_arn(input.role_arn.as_str(), world)? {
        for (tag, value) in &role.tags {
            single(&format!("aws:ResourceTag/{tag}"), value);
            single(&format!("iam:ResourceTag/{tag}"), value);
        }
    }
    let given = input.transitive_tag_keys.iter().flatten().map(|key| key.as_str().to_owned());
    let transitive: Vec<_> = given.chain(session_tags::inherited(caller).into_keys()).collect();
    if !transitive.is_empty() {
        keys.push(ConditionKey::multivalued("sts:TransitiveTagKeys", transitive));
    }
    Ok(keys)
}

/// The source identity of the new session: that of the call, or the one that goes on from the calling
/// session.
fn source_identity<'a>(input: &'a AssumeRoleRequest, caller: &'a Caller) -> Option<&'a str> {
    let given = input.source_identity.as_ref().map(|given| given.as_str());
    given.or_else(|| caller.session.as_ref()?.source_identity.as_deref())
}

/// F-STSAPI-14: a source identity is set once and goes on through the chain (the text is *assumed*).
fn refuse_other_source_identity(input: &AssumeRoleRequest, caller: &Caller) -> Result<(), Refusal> {
    let own = caller.session.as_ref().and_then(|session| session.source_identity.as_deref());
    match (input.source_identity.as_ref(), own) {
        (Some(given), Some(own)) if given.as_str() != own => Err(access_denied(OTHER_SOURCE_IDENTITY)),
        _ => Ok(()),
    }
}

/// F-STSAPI-12: how long the session lasts. Both texts are recorded.
pub fn duration(role: &Role, caller: &Caller, asked: Option<i32>) -> Result<u32, Refusal> {
    let seconds = asked.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(DEFAULT_SECONDS);
    // Any session chains, that of a user too.
    if caller.session.is_some() && seconds > CHAINED_SECONDS {
        return Err(validation_error(LONGER_THAN_CHAIN));
    }
    if seconds > role.max_session_duration_seconds {
        return Err(validation_error(LONGER_THAN_ROLE));
    }
    Ok(seconds)
}

/// Opens a session of the role.
///
/// # Errors
/// F-STSAPI-12, F-STSAPI-14, and what is wrong with session policies and tags.
pub fn assume_role(
    permitted: &Permitted,
    caller: &Caller,
    input: AssumeRoleRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<AssumeRoleResponse, Failure> {
    let role = role_with_arn(input.role_arn.as_str(), world)?
        .filter(|role| role.account == permitted.target())
        .ok_or_else(|| Fault::Broken("a role that may be assumed is absent".into()))?;
    let seconds = duration(&role, caller, input.duration_seconds)?;
    refuse_other_source_identity(&input, caller)?;
    let inherited = session_tags::inherited(caller);
    let tags = session_tags::read(input.tags.as_deref(), input.transitive_tag_keys.as_deref(), inherited)?;
    let policy = input.policy.as_ref().map(|policy| policy.as_str());
    let policies =
        SessionPolicies::read(role.account, policy, input.policy_arns.as_deref(), &tags.tags, world)?;
    let source_identity = source_identity(&input, caller).map(str::to_owned);
    let drawn = Drawn::draw(role.account, seconds, context);
    let session_name = input.role_session_name.as_str().to_owned();
    let user = user(&role, &session_name);
    let owner = CredentialOwner::RoleSession(RoleSession {
        policy: policies.policy,
        policy_arns: policies.policy_arns,
        tags: tags.tags,
        transitive_tag_keys: tags.transitive_keys,
        source_identity: source_identity.clone(),
        // F-MFA-11: a code that comes with AssumeRole opens the role and is not told on; the factor of the calling session is.
        mfa_authenticated_at: caller.session.as_ref().and_then(|session| session.mfa_authenticated_at),
        ..RoleSession::new(&role, session_name, drawn.issued_at, drawn.expires_at)
    });
    let issued = drawn.issue(role.account, owner, input.minimum_session_token_size, context, world)?;
    Ok(AssumeRoleResponse {
        credentials: Some(issued.credentials),
        assumed_role_user: Some(user),
        packed_policy_size: Some(issued.token_utilization),
        source_identity: source_identity.as_deref().map(Into::into),
        session_token_utilization: Some(issued.token_utilization),
        session_token_size: Some(issued.token_size),
    })
}
