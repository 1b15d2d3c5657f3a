//! GetSessionToken: temporary credentials of the caller itself.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>

use aws::principal::{Caller, Principal};

use super::credentials::Drawn;
use super::model::{GetSessionTokenRequest, GetSessionTokenResponse};
use crate::context::Context;
use crate::failure::Failure;
use crate::state::identity::{CredentialOwner, SessionToken, SessionUser};
use crate::world::{Fault, World};

/// What a user gets without asking.
const DEFAULT_SECONDS: u32 = 43_200;
/// F-STSAPI-15: the root user's sessions last an hour at most; one that asks for more gets an hour.
const ROOT_SECONDS: u32 = 3_600;

/// How long the credentials of a user or of the root user last.
pub(super) fn lifetime_seconds(caller: &Caller, asked: Option<i32>) -> u32 {
    let asked = asked.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(DEFAULT_SECONDS);
    match caller.principal {
        Principal::Root { .. } => asked.min(ROOT_SECONDS),
        _ => asked,
    }
}

/// The user that stands behind a session; `None` for the root user.
///
/// # Errors
/// For a caller that is neither, which `access` has refused before.
pub(super) fn session_user(caller: &Caller) -> Result<Option<SessionUser>, Fault> {
    match &caller.principal {
        Principal::Root { .. } => Ok(None),
        Principal::User { name, id, .. } => Ok(Some(SessionUser { name: name.clone(), id: id.clone() })),
        Principal::AssumedRole { .. } | Principal::FederatedUser { .. } | Principal::WebIdentity { .. } => {
            Err(Fault::Broken("a session asks for a session of itself".into()))
        }
    }
}

/// Issues the credentials.
///
/// # Errors
/// See [`Fault`].
pub fn get_session_token(
    caller: &Caller,
    input: GetSessionTokenRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<GetSessionTokenResponse, Failure> {
    let account = caller.account();
    let user = session_user(caller)?;
    let seconds = lifetime_seconds(caller, input.duration_seconds);
    let drawn = Drawn::draw(account, seconds, context);
    let owner = CredentialOwner::SessionToken(SessionToken {
        user,
        session_token: String::new(),
        issued_at: drawn.issued_at,
        expires_at: drawn.expires_at,
        // The path asks for the second factor before it gets here (F-MFA-4).
        mfa_authenticated_at: input.serial_number.is_some().then_some(context.now),
    });
    let issued = drawn.issue(account, owner, input.minimum_session_token_size, context, world)?;
    Ok(GetSessionTokenResponse {
        credentials: Some(issued.credentials),
        session_token_utilization: Some(issued.token_utilization),
        session_token_size: Some(issued.token_size),
    })
}
