//! Encoded authorization messages: why a call was denied, for those only who may know.
//!
//! A message is encrypted and cannot be changed: it is a keystream over the text and a keyed hash over both.
//! The keys derive from the installation's own, so a message of another installation, or another account's,
//! is not valid. <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use aws::arn::AccountId;
use aws::authorization::{Denial, Reason};
use aws::principal::Caller;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::model::{
    DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse,
    InvalidAuthorizationMessageException,
};
use crate::access::Permitted;
use crate::context::{Context, TokenKey};
use crate::failure::Failure;

const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 32;

fn keyed_hash(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The keys of one account's messages: one to hide, one to seal.
fn keys(account: AccountId, key: &TokenKey) -> [[u8; 32]; 2] {
    ["authorization message, hidden/", "authorization message, sealed/"]
        .map(|purpose| keyed_hash(key.as_bytes(), &[purpose.as_bytes(), account.as_str().as_bytes()]))
}

/// Hides or shows a text: the same step does both.
fn apply_keystream(text: &mut [u8], nonce: &[u8], key: &[u8; 32]) {
    for (counter, chunk) in (0u64..).zip(text.chunks_mut(32)) {
        let block = keyed_hash(key, &[nonce, &counter.to_be_bytes()]);
        chunk.iter_mut().zip(block).for_each(|(byte, mask)| *byte ^= mask);
    }
}

/// The encoded message of a denial, for a caller's eyes only if it may decode it.
pub fn encode(denial: &Denial, caller: &Caller, context: &Context) -> String {
    let [hiding, sealing] = keys(caller.account(), &context.token_key);
    let seed = context.seed.bytes("authorization message");
    let nonce = &seed[..NONCE_BYTES];
    let mut text = explanation(denial, caller).into_bytes();
    apply_keystream(&mut text, nonce, &hiding);
    let tag = keyed_hash(&sealing, &[nonce, &text]);
    URL_SAFE_NO_PAD.encode([nonce, &text, &tag].concat())
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
    let [hiding, sealing] = keys(account, key);
    let bytes = URL_SAFE_NO_PAD.decode(message).ok()?;
    let (nonce, rest) = bytes.split_at_checked(NONCE_BYTES)?;
    let (text, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_BYTES)?)?;
    let is_sealed: bool = keyed_hash(&sealing, &[nonce, text]).as_slice().ct_eq(tag).into();
    if !is_sealed {
        return None;
    }
    let mut text = text.to_vec();
    apply_keystream(&mut text, nonce, &hiding);
    String::from_utf8(text).ok()
}
