//! GetWebIdentityToken: a token that says to a service outside of AWS who the caller is.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>

use std::collections::BTreeMap;

use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::model::{GetWebIdentityTokenRequest, GetWebIdentityTokenResponse};
use super::{access_denied, session_tags, validation_error};
use crate::authority::access::{Access, ConditionKey, request_tag_keys};
use crate::authority::ancestry::Ancestry;
use crate::context::Context;
use crate::failure::Failure;
use crate::state::identity::{IamAccount, OutboundFederation, Role, RoleId, TokenKeys, User, UserId};
use crate::world::key::Current;
use crate::world::{Fault, Wanted, World};

/// F-OUT-3: how long a token is good that says nothing.
const DEFAULT_SECONDS: u32 = 300;
/// F-OUT-2: the texts are recorded.
const NOT_SUPPORTED: &str = "Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation for supported algorithms";
const OF_FEDERATED: &str = "GetWebIdentityToken does not support federated user sessions";
const DISABLED: &str = "OutboundWebIdentityFederation is disabled.";
const LONGER_THAN_SESSION: &str =
    "Requested token expiry time must be before the original session's expiry time.";
/// The claim that holds what AWS says of the caller.
const OF_STS: &str = "https://sts.amazonaws.com/";
/// F-OUT-4 (*own*): rules are not told which endpoint was asked, so tokens name the Region of the global one.
const SOURCE_REGION: &str = "us-east-1";
const RSA: &str = "RSA_0";
const EC384: &str = "EC384_0";

/// What the call asks to do. F-OUT-2: the algorithm and the tags are looked at before policies are asked.
///
/// # Errors
/// `AccessDenied` for federated users, `ValidationError`, `InvalidParameterValue`.
pub fn access(input: &GetWebIdentityTokenRequest, caller: &Caller) -> Result<Access, Refusal> {
    if matches!(caller.principal, Principal::FederatedUser { .. }) {
        return Err(access_denied(OF_FEDERATED));
    }
    let algorithm = input.signing_algorithm.as_str();
    if !["RS256", "ES384"].contains(&algorithm) {
        return Err(validation_error(NOT_SUPPORTED));
    }
    session_tags::read(input.tags.as_deref(), None, BTreeMap::new())?;
    let audiences: Vec<String> = input.audience.iter().map(|audience| audience.as_str().to_owned()).collect();
    let mut keys = request_tag_keys(session_tags::pairs(input.tags.as_deref()), []);
    keys.push(ConditionKey::multivalued("sts:IdentityTokenAudience", audiences));
    keys.push(ConditionKey::single("sts:SigningAlgorithm", algorithm));
    keys.push(ConditionKey::single("sts:DurationSeconds", seconds(input).to_string()));
    let account = caller.account();
    let resource = format!("arn:{}:sts::{account}:self", aws::arn::PARTITION);
    let access = Access::to(account, "sts:GetWebIdentityToken", resource, keys);
    Ok(match input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        true => access.and_action("sts:TagGetWebIdentityToken"),
        false => access,
    })
}

fn seconds(input: &GetWebIdentityTokenRequest) -> u32 {
    input.duration_seconds.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(DEFAULT_SECONDS)
}

/// Gives out the token. F-OUT-2: whether the account has the feature enabled is asked last.
///
/// # Errors
/// `SessionDurationEscalationException`, `OutboundWebIdentityFederationDisabledException`; [`Wanted::TokenKeys`] where there
/// are no keys yet.
pub fn get(
    caller: &Caller,
    input: &GetWebIdentityTokenRequest,
    context: &Context,
    world: &World<'_>,
) -> Result<GetWebIdentityTokenResponse, Failure> {
    let now = context.real_now;
    let expires_at =
        now.saturating_add(SignedDuration::from_secs(i64::from(seconds(input)))).unwrap_or(Timestamp::MAX);
    if caller.session.as_ref().is_some_and(|session| session.expires_at < expires_at) {
        return Err(Refusal::new("SessionDurationEscalationException", 403, LONGER_THAN_SESSION).into());
    }
    let federation = world.get::<IamAccount>(caller.account())?;
    let federation = federation.as_ref().and_then(|account| account.outbound_federation.as_ref());
    let Some(federation) = federation.filter(|federation| federation.enabled) else {
        return Err(Refusal::new("OutboundWebIdentityFederationDisabledException", 403, DISABLED).into());
    };
    let keys = world.get::<TokenKeys>(Current)?.ok_or_else(|| Fault::from(Wanted::TokenKeys))?;
    // Signing takes a millisecond.
    world.take_time()?;
    let claims = claims(caller, input, federation, (now, expires_at), context, world)?;
    let token = sign(&claims, input.signing_algorithm.as_str(), &keys)?;
    Ok(GetWebIdentityTokenResponse {
        web_identity_token: Some(token.as_str().into()),
        expiration: Some(expires_at),
    })
}

/// F-OUT-3: the claims, in the recorded order.
fn claims(
    caller: &Caller,
    input: &GetWebIdentityTokenRequest,
    federation: &OutboundFederation,
    (now, expires_at): (Timestamp, Timestamp),
    context: &Context,
    world: &World<'_>,
) -> Result<Value, Fault> {
    let audience = match input.audience.as_slice() {
        [one] => json!(one.as_str()),
        several => several.iter().map(|audience| audience.as_str()).collect(),
    };
    let subject = caller.principal.policy_arn();
    let mut claims = json!({
        "aud": audience,
        "sub": subject,
        OF_STS: of_caller(caller, input, world)?,
        "iss": federation.issuer(),
        "exp": expires_at.as_second(),
        "iat": now.as_second(),
        "jti": context.seed.id("token"),
    });
    if let Some(scope) = &input.scope {
        claims["scope"] = json!(scope.as_str());
    }
    Ok(claims)
}

fn of_caller(caller: &Caller, input: &GetWebIdentityTokenRequest, world: &World<'_>) -> Result<Value, Fault> {
    let mut told = Map::new();
    if let Some(ancestry) = Ancestry::of(caller.account(), world)? {
        told.insert("org_id".to_owned(), json!(ancestry.organization.id));
        told.insert("ou_path".to_owned(), json!([ancestry.path()]));
    }
    told.insert("aws_account".to_owned(), json!(caller.account()));
    told.insert("source_region".to_owned(), json!(SOURCE_REGION));
    told.insert("principal_id".to_owned(), json!(caller.principal.policy_arn()));
    let mut tags = match &caller.principal {
        Principal::User { account, name, .. } => {
            world.get::<User>(UserId::new(*account, name))?.map(|user| user.tags.clone())
        }
        Principal::AssumedRole { account, role_name, .. } => {
            world.get::<Role>(RoleId::new(*account, role_name))?.map(|role| role.tags.clone())
        }
        _ => None,
    }
    .unwrap_or_default();
    if let Some(session) = &caller.session {
        tags.extend(session.tags.iter().cloned());
        told.insert("original_session_exp".to_owned(), json!(session.expires_at.to_string()));
    }
    if !tags.is_empty() {
        told.insert("principal_tags".to_owned(), json!(tags));
    }
    let given: BTreeMap<&str, &str> = session_tags::pairs(input.tags.as_deref()).collect();
    if !given.is_empty() {
        told.insert("request_tags".to_owned(), json!(given));
    }
    Ok(Value::Object(told))
}

fn sign(claims: &Value, algorithm: &str, keys: &TokenKeys) -> Result<String, Fault> {
    let broken = |_| Fault::Broken("the keys of tokens cannot be used".to_owned());
    let key_id = if algorithm == "RS256" { RSA } else { EC384 };
    let header = json!({ "kid": key_id, "typ": "JWT", "alg": algorithm });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let (bytes, random) = (signed.as_bytes(), SystemRandom::new());
    let signature = if key_id == RSA {
        let key = rsa_key(keys)?;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature).map_err(broken)?;
        signature
    } else {
        ec_key(keys)?.sign(&random, bytes).map_err(broken)?.as_ref().to_vec()
    };
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn rsa_key(keys: &TokenKeys) -> Result<rsa::KeyPair, Fault> {
    let key = rsa::KeyPair::from_pkcs8(keys.rsa.as_bytes());
    key.map_err(|_| Fault::Broken("the RSA key of tokens is none".to_owned()))
}

fn ec_key(keys: &TokenKeys) -> Result<EcdsaKeyPair, Fault> {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, keys.ec384.as_bytes());
    key.map_err(|_| Fault::Broken("the key of tokens on P-384 is none".to_owned()))
}

/// The public keys as an issuer publishes them (RFC 7517).
///
/// # Errors
/// Says that a stored key is none.
pub fn key_set(keys: &TokenKeys) -> Result<Value, Fault> {
    let (rsa, ec) = (rsa_key(keys)?, ec_key(keys)?);
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public = rsa.public_key();
    // An uncompressed point: a 4, and two coordinates of 48 bytes.
    let point = ec.public_key().as_ref();
    let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
    Ok(json!({ "keys": [
        { "kty": "RSA", "kid": RSA, "use": "sig", "alg": "RS256",
          "n": number(public.modulus().big_endian_without_leading_zero()),
          "e": number(public.exponent().big_endian_without_leading_zero()) },
        { "kty": "EC", "kid": EC384, "use": "sig", "alg": "ES384", "crv": "P-384", "x": number(x), "y": number(y) },
    ] }))
}
