//! Encoded authorization messages: why a call was denied, for those only who may know.
//!
//! A message is sealed with a key that derives from the installation's own and the account, so a message of
//! another installation, or another account's, is not valid. <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use aws::arn::AccountId;
use aws::authorization::{Denial, Reason};
use aws::principal::Caller;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::model::{
    DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse,
    InvalidAuthorizationMessageException,
};
use crate::authority::access::Permitted;
use crate::context::{Context, TokenKey};
use crate::failure::Failure;
use crate::sealed::Seal;

/// What seals one account's messages.
fn seal_of(account: AccountId, key: &TokenKey) -> Seal {
    Seal::derive(key.as_bytes(), "authorization message", account.as_str())
}

/// The encoded message of a denial, for a caller's eyes only if it may decode it.
pub fn encode(denial: &Denial, caller: &Caller, context: &Context) -> String {
    let seal = seal_of(caller.account(), &context.token_key);
    let nonce = context.seed.nonce("authorization message");
    URL_SAFE_NO_PAD.encode(seal.seal(&explanation(denial, caller), nonce))
}

/// F-STSAPI-18: the decoded text, in the form of AWS's example. Conditions are not told (*assumed* to be
/// none).
fn explanation(denial: &Denial, caller: &Caller) -> String {
    let none = json!({ "items": [] });
    let matched = match &denial.reason {
        Reason::NoAllow => none.clone(),
        Reason::ExplicitDeny { statement_id, .. } => json!({ "items": [{
            "statementId": statement_id.as_deref().unwrap_or(""),
            "effect": "DENY",
            "principals": { "items": [{ "value": caller.principal.unique_id() }] },
            "principalGroups": none,
            "actions": { "items": [{ "value": denial.action }] },
            "resources": { "items": [{ "value": denial.resource }] },
            "conditions": none,
        }] }),
    };
    let mut principal = json!({ "id": caller.principal.unique_id(), "arn": caller.principal.arn() });
    if let aws::principal::Principal::User { name, .. } = &caller.principal {
        principal["name"] = name.as_str().into();
    }
    json!({
        "allowed": false,
        "explicitDeny": denial.is_explicit(),
        "matchedStatements": matched,
        "failures": none,
        "context": {
            "principal": principal,
            "action": denial.action,
            "resource": denial.resource,
            "conditions": none,
        },
    })
    .to_string()
}

/// DecodeAuthorizationMessage.
///
/// # Errors
/// F-STSAPI-19: `InvalidAuthorizationMessageException` for anything that was not encoded here for this
/// account.
pub fn decode(
    permitted: &Permitted,
    input: &DecodeAuthorizationMessageRequest,
    context: &Context,
) -> Result<DecodeAuthorizationMessageResponse, Failure> {
    let decoded = open(input.encoded_message.as_str(), permitted.target(), &context.token_key);
    match decoded {
        Some(text) => Ok(DecodeAuthorizationMessageResponse { decoded_message: Some(text) }),
        None => {
            let message = Some("Message is not valid".to_owned());
            Err(InvalidAuthorizationMessageException { message }.into())
        }
    }
}

fn open(message: &str, account: AccountId, key: &TokenKey) -> Option<String> {
    seal_of(account, key).open(&URL_SAFE_NO_PAD.decode(message).ok()?)
}
