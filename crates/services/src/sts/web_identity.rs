//! AssumeRoleWithWebIdentity: a session of a role for somebody whom an issuer of OpenID Connect vouches for. The call has no
//! signature; the token in it has one.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use std::collections::BTreeMap;

use aws::arn::{AccountId, Arn, PARTITION};
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use serde_json::Value;

use super::credentials::Drawn;
use super::json_web_token::{Token, Verdict};
use super::model::{AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse, Tag};
use super::session_policy::SessionPolicies;
use super::{access_denied, assume_role, session_tags, validation_error};
use crate::authority::access::{Access, ConditionKey, Permitted, request_tag_keys};
use crate::authority::issuers::{IssuerKeys, NotFetched, name_of_issuer};
use crate::authority::trust::{is_role, role_with_arn};
use crate::context::Context;
use crate::failure::Failure;
use crate::state::identity::{CredentialOwner, OpenIdConnectProvider, OpenIdConnectProviderId, RoleSession};
use crate::world::{Fault, Wanted, World};

/// The operation's action.
pub const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// F-WEB-2: the texts of AWS that are known of public issues.
const NO_TOKEN: &str =
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
const WRONG_AUDIENCE: &str = "Incorrect token audience";
const NO_KEY: &str = "Couldn't retrieve verification key from your identity provider,  please reference \
     AssumeRoleWithWebIdentity documentation for requirements";
/// F-WEB-3: those that are *assumed*.
const FORGED: &str = "The web identity token could not be validated: its signature is not the issuer's.";
const TOO_EARLY: &str = "The web identity token is not valid yet.";
const NOT_REACHED: &str =
    "The identity provider that was asked to verify the incoming identity token could not be reached.";
/// How far an issuer's clock may be ahead.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// The claim with session tags, and that with a source identity.
const TAGS_CLAIM: &str = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY_CLAIM: &str = "https://aws.amazon.com/source_identity";

/// F-WEB-6: claims of single issuers that are condition keys too, besides those of every issuer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
const CLAIMS_OF_ISSUERS: [(&str, &[&str]); 2] = [
    (
        "token.actions.githubusercontent.com",
        &[
            "actor",
            "actor_id",
            "enterprise_id",
            "environment",
            "job_workflow_ref",
            "ref",
            "repository",
            "repository_id",
            "repository_owner",
            "repository_owner_id",
            "repository_visibility",
            "workflow",
        ],
    ),
    ("accounts.google.com", &["email", "hd"]),
];

fn invalid_token(text: impl Into<String>) -> Refusal {
    Refusal::new("InvalidIdentityToken", 400, text)
}

/// The account of a role's ARN.
fn account_of_role(arn: &str) -> Result<AccountId, Refusal> {
    let account = Arn::parse(arn).filter(|_| is_role(arn)).and_then(|arn| arn.account.parse().ok());
    account.ok_or_else(|| validation_error(assume_role::INVALID_ARN))
}

/// Who calls, by the token in the members. F-WEB-1: the token is read, then its issuer looked for among the providers of
/// the role's account, then its dates and audience are judged, and at last its signature.
///
/// # Errors
/// In AWS's words, whatever is wrong with the token. [`Wanted::IssuerKeys`] where the issuer's keys are not at hand.
pub fn caller(
    input: &AssumeRoleWithWebIdentityRequest,
    context: &Context,
    issuers: &dyn IssuerKeys,
    world: &World<'_>,
) -> Result<Caller, Failure> {
    let account = account_of_role(input.role_arn.as_str())?;
    if let Some(provider) = &input.provider_id {
        // F-WEB-7: access tokens of OAuth 2.0 are not signed for anybody to verify.
        return Err(invalid_token(format!("The provider {} is not supported.", provider.as_str())).into());
    }
    let token = Token::read(input.web_identity_token.as_str()).ok_or_else(|| invalid_token(NO_TOKEN))?;
    let issuer = required(&token, "iss")?;
    let provider = match name_of_issuer(issuer) {
        Some(url) => world.get::<OpenIdConnectProvider>(OpenIdConnectProviderId { account, url })?,
        None => None,
    };
    let provider = provider.ok_or_else(|| {
        invalid_token(format!("No OpenIDConnect provider found in your account for {issuer}"))
    })?;
    let subject = required(&token, "sub")?.to_owned();
    check_dates(&token, context)?;
    let audience = known_audience(&token, &provider)?;
    check_signature(&token, issuer, &provider, issuers)?;
    let arn = format!("arn:{PARTITION}:iam::{account}:oidc-provider/{}", provider.url);
    let principal = Principal::WebIdentity { account, provider: arn, audience, subject };
    Ok(Caller { principal, access_key_id: String::new(), session: None })
}

fn required<'t>(token: &'t Token<'_>, claim: &str) -> Result<&'t str, Refusal> {
    let text = token.text(claim).filter(|text| !text.is_empty());
    text.ok_or_else(|| invalid_token(format!("Missing a required claim: {claim}")))
}

/// F-WEB-2: by real time, which is the time of issuers.
fn check_dates(token: &Token<'_>, context: &Context) -> Result<(), Refusal> {
    let now = context.real_now.as_second();
    let expires_at = token.seconds("exp").ok_or_else(|| invalid_token("Missing a required claim: exp"))?;
    if expires_at <= now {
        let text = format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires_at}"
        );
        return Err(Refusal::new("ExpiredTokenException", 400, text));
    }
    let begins = ["iat", "nbf"].into_iter().filter_map(|claim| token.seconds(claim)).max();
    if begins.is_some_and(|begins| begins > now + CLOCK_SKEW_SECONDS) {
        return Err(invalid_token(TOO_EARLY));
    }
    Ok(())
}

/// Whom the token is for: `azp` where it says so, else `aud`; it must be one of the provider's audiences.
fn known_audience(token: &Token<'_>, provider: &OpenIdConnectProvider) -> Result<String, Refusal> {
    let audiences = audiences(token);
    if audiences.is_empty() {
        return Err(invalid_token("Missing a required claim: aud"));
    }
    let known = audiences.into_iter().find(|audience| provider.client_ids.contains(*audience));
    known.map(str::to_owned).ok_or_else(|| invalid_token(WRONG_AUDIENCE))
}

fn audiences<'t>(token: &'t Token<'_>) -> Vec<&'t str> {
    match token.text("azp") {
        Some(party) => vec![party],
        None => texts(token.claims.get("aud")),
    }
}

/// A claim that is a text or a list of texts.
fn texts(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// The keys are those that a seed file gave the provider, else those that the issuer publishes.
fn check_signature(
    token: &Token<'_>,
    issuer: &str,
    provider: &OpenIdConnectProvider,
    issuers: &dyn IssuerKeys,
) -> Result<(), Failure> {
    let verdict = match &provider.key_set {
        Some(keys) => token.verify(keys),
        None => match issuers.remembered(issuer, token.key_id()) {
            None => return Err(Fault::from(Wanted::IssuerKeys(issuer.to_owned())).into()),
            Some(Ok(keys)) => token.verify(&keys),
            Some(Err(NotFetched::Unusable)) => Verdict::NoSuchKey,
            Some(Err(NotFetched::Unreachable)) => {
                return Err(Refusal::new("IDPCommunicationError", 400, NOT_REACHED).into());
            }
        },
    };
    match verdict {
        Verdict::Signed => Ok(()),
        Verdict::NoSuchKey => Err(invalid_token(NO_KEY).into()),
        Verdict::Forged => Err(invalid_token(FORGED).into()),
    }
}

/// What the call asks to do: the role's trust policy alone decides (F-WEB-6).
///
/// # Errors
/// `AccessDenied` for somebody who has proved to be somebody else than a token says.
pub fn access(
    input: &AssumeRoleWithWebIdentityRequest,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Access, Failure> {
    let resource = input.role_arn.as_str();
    let token = Token::read(input.web_identity_token.as_str());
    let (Principal::WebIdentity { account, provider, .. }, Some(token)) = (&caller.principal, token) else {
        return Err(access_denied(format!("Not authorized to perform {ACTION}")).into());
    };
    let tags = tags_in(&token)?;
    let pairs = tags.given.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
    let mut keys = request_tag_keys(pairs, []);
    let issuer = provider.split_once("oidc-provider/").map_or("", |(_, issuer)| issuer);
    keys.extend(claim_keys(issuer, &token));
    keys.push(ConditionKey::single("sts:RoleSessionName", input.role_session_name.as_str()));
    if let Some(role) = role_with_arn(resource, world)? {
        for (tag, value) in &role.tags {
            keys.push(ConditionKey::single(format!("aws:ResourceTag/{tag}"), value));
            keys.push(ConditionKey::single(format!("iam:ResourceTag/{tag}"), value));
        }
    }
    if !tags.transitive.is_empty() {
        keys.push(ConditionKey::multivalued("sts:TransitiveTagKeys", tags.transitive));
    }
    let source_identity = token.text(SOURCE_IDENTITY_CLAIM);
    keys.extend(source_identity.map(|identity| ConditionKey::single("sts:SourceIdentity", identity)));
    let mut access = Access::to(*account, ACTION, resource, keys);
    if !tags.given.is_empty() {
        access = access.and_action(session_tags::ACTION);
    }
    if source_identity.is_some() {
        access = access.and_action("sts:SetSourceIdentity");
    }
    Ok(access)
}

/// F-WEB-6: `<issuer>:aud`, `:oaud`, `:sub`, `:amr`, and what single issuers say besides.
fn claim_keys(issuer: &str, token: &Token<'_>) -> Vec<ConditionKey> {
    let key = |claim: &str, values: Vec<&str>| {
        let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        match (values.len(), claim) {
            (0, _) => None,
            (1, "aud" | "oaud" | "sub") => {
                Some(ConditionKey::single(format!("{issuer}:{claim}"), &values[0]))
            }
            (_, "amr") | (2.., _) => Some(ConditionKey::multivalued(format!("{issuer}:{claim}"), values)),
            _ => Some(ConditionKey::single(format!("{issuer}:{claim}"), &values[0])),
        }
    };
    let original = token.text("azp").map(|_| texts(token.claims.get("aud"))).unwrap_or_default();
    let of_issuer = CLAIMS_OF_ISSUERS.iter().find(|(known, _)| *known == issuer);
    let mut keys: Vec<_> = of_issuer
        .into_iter()
        .flat_map(|(_, claims)| claims.iter())
        .chain(&["sub", "amr"])
        .filter_map(|claim| key(claim, texts(token.claims.get(*claim))))
        .collect();
    keys.extend(key("aud", audiences(token)));
    keys.extend(key("oaud", original));
    keys
}

/// The session tags in a token.
struct TokenTags {
    given: Vec<Tag>,
    transitive: Vec<String>,
}

/// F-WEB-8: `principal_tags`, whose values are lists of one text, and `transitive_tag_keys`.
fn tags_in(token: &Token<'_>) -> Result<TokenTags, Refusal> {
    let Some(claim) = token.claims.get(TAGS_CLAIM) else {
        return Ok(TokenTags { given: Vec::new(), transitive: Vec::new() });
    };
    let tags = claim["principal_tags"].as_object();
    let given = tags.into_iter().flatten().map(|(key, value)| match texts(Some(value)).as_slice() {
        [value] => Ok(Tag { key: key.as_str().into(), value: (*value).into() }),
        _ => Err(invalid_token(format!("The session tag {key} has not one value."))),
    });
    let transitive = texts(claim.get("transitive_tag_keys")).into_iter().map(str::to_owned).collect();
    Ok(TokenTags { given: given.collect::<Result<_, _>>()?, transitive })
}

/// Opens a session of the role.
///
/// # Errors
/// F-STSAPI-12, and what is wrong with session policies and tags.
pub fn assume(
    permitted: &Permitted,
    caller: &Caller,
    input: AssumeRoleWithWebIdentityRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<AssumeRoleWithWebIdentityResponse, Failure> {
    let (Principal::WebIdentity { provider, audience, subject, .. }, Some(token)) =
        (&caller.principal, Token::read(input.web_identity_token.as_str()))
    else {
        return Err(Fault::Broken("a role was opened without a token".into()).into());
    };
    let role = role_with_arn(input.role_arn.as_str(), world)?
        .filter(|role| role.account == permitted.target())
        .ok_or_else(|| Fault::Broken("a role that may be assumed is absent".into()))?;
    let seconds = assume_role::duration(&role, caller, input.duration_seconds)?;
    let tags = tags_in(&token)?;
    let transitive: Vec<_> = tags.transitive.iter().map(|key| key.as_str().into()).collect();
    let tags = session_tags::read(Some(&tags.given), Some(&transitive), BTreeMap::new())?;
    let policy = input.policy.as_ref().map(|policy| policy.as_str());
    let policies =
        SessionPolicies::read(role.account, policy, input.policy_arns.as_deref(), &tags.tags, world)?;
    let source_identity = token.text(SOURCE_IDENTITY_CLAIM).map(str::to_owned);
    let drawn = Drawn::draw(role.account, seconds, context);
    let session_name = input.role_session_name.as_str().to_owned();
    let user = assume_role::user(&role, &session_name);
    let owner = CredentialOwner::RoleSession(RoleSession {
        policy: policies.policy,
        policy_arns: policies.policy_arns,
        tags: tags.tags,
        transitive_tag_keys: tags.transitive_keys,
        source_identity: source_identity.clone(),
        federated_provider: Some(provider.clone()),
        ..RoleSession::new(&role, session_name, drawn.issued_at, drawn.expires_at)
    });
    let issued = drawn.issue(role.account, owner, input.minimum_session_token_size, context, world)?;
    Ok(AssumeRoleWithWebIdentityResponse {
        credentials: Some(issued.credentials),
        subject_from_web_identity_token: Some(subject.as_str().into()),
        assumed_role_user: Some(user),
        packed_policy_size: Some(issued.token_utilization),
        provider: Some(provider.as_str().into()),
        audience: Some(audience.as_str().into()),
        source_identity: source_identity.as_deref().map(Into::into),
        session_token_utilization: Some(issued.token_utilization),
        session_token_size: Some(issued.token_size),
        trusted_identity_propagation_context: None,
    })
}
