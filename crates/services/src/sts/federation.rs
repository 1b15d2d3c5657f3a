//! GetFederationToken: credentials for somebody the caller vouches for, bounded by a session policy.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>

use std::collections::BTreeMap;

use aws::arn::PARTITION;
use aws::principal::Caller;

use super::credentials::Drawn;
use super::model::{FederatedUser, GetFederationTokenRequest, GetFederationTokenResponse};
use super::session::{lifetime_seconds, session_user};
use super::session_policy::SessionPolicies;
use super::session_tags;
use crate::authority::access::{Access, Permitted, request_tag_keys};
use crate::context::Context;
use crate::failure::Failure;
use crate::state::identity::{CredentialOwner, FederatedSession};
use crate::world::World;

fn arn(caller: &Caller, name: &str) -> String {
    format!("arn:{PARTITION}:sts::{}:federated-user/{name}", caller.account())
}

/// F-STSAPI-16: what the call asks to do: `sts:GetFederationToken` on the federated user.
pub fn access(input: &GetFederationTokenRequest, caller: &Caller) -> Access {
    let resource = arn(caller, input.name.as_str());
    let keys = request_tag_keys(session_tags::pairs(input.tags.as_deref()), []);
    let access = Access::to(caller.account(), "sts:GetFederationToken", resource, keys);
    match input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        true => access.and_action(session_tags::ACTION),
        false => access,
    }
}

/// Issues the credentials.
///
/// # Errors
/// What is wrong with session policies and tags.
pub fn get_federation_token(
    permitted: &Permitted,
    caller: &Caller,
    input: GetFederationTokenRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<GetFederationTokenResponse, Failure> {
    let account = permitted.target();
    let name = input.name.as_str();
    let tags = session_tags::read(input.tags.as_deref(), None, BTreeMap::new())?.tags;
    let policy = input.policy.as_ref().map(|policy| policy.as_str());
    let policies = SessionPolicies::read(account, policy, input.policy_arns.as_deref(), &tags, world)?;
    let user = session_user(caller)?;
    let seconds = lifetime_seconds(caller, input.duration_seconds);
    let drawn = Drawn::draw(account, seconds, context);
    let owner = CredentialOwner::FederatedUser(FederatedSession {
        user,
        name: name.to_owned(),
        session_token: String::new(),
        issued_at: drawn.issued_at,
        expires_at: drawn.expires_at,
        policy: policies.policy,
        policy_arns: policies.policy_arns,
        tags,
    });
    let issued = drawn.issue(account, owner, input.minimum_session_token_size, context, world)?;
    Ok(GetFederationTokenResponse {
        credentials: Some(issued.credentials),
        federated_user: Some(FederatedUser {
            federated_user_id: format!("{account}:{name}").as_str().into(),
            arn: arn(caller, name).as_str().into(),
        }),
        packed_policy_size: Some(issued.token_utilization),
        session_token_utilization: Some(issued.token_utilization),
        session_token_size: Some(issued.token_size),
    })
}
