//! What the event log shows of STS's answers.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>

use aws::arn::{AccountId, Arn};
use aws::principal::Caller;
use aws::smithy::{Shape, Timestamp, iso8601};
use aws::trail::small_first;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::model::{Operation, Unchecked};
use super::session_tags;
use crate::context::Context;
use crate::service::Endpoint;

/// What a record shows in place of a session token.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// F-STSAPI-37: issuing a token to oneself is a change in records, opening a session of a role is none.
pub fn is_read_only(operation: Operation) -> bool {
    !matches!(operation, Operation::AssumeRoot | Operation::GetSessionToken | Operation::GetFederationToken)
}

/// F-STSAPI-33: a role that is assumed from another account is recorded in the role's account too.
pub fn is_recorded_in_target(operation: Operation) -> bool {
    operation == Operation::AssumeRole
}

/// F-STSAPI-39: what the caller's own session adds to the parameters of AssumeRole: the tags that go on, and the
/// source identity.
pub fn inherited_parameters(operation: Operation, parameters: &mut Value, caller: &Caller) {
    let Some(session) = caller.session.as_ref().filter(|_| operation == Operation::AssumeRole) else {
        return;
    };
    let inherited = session_tags::inherited(caller);
    if !inherited.is_empty() {
        parameters["incomingTransitiveTags"] = json!(inherited);
    }
    if let Some(identity) =
        session.source_identity.as_ref().filter(|_| parameters["sourceIdentity"].is_null())
    {
        parameters["sourceIdentity"] = json!(identity);
    }
}

/// F-MFA-13: one-time codes are in no record.
pub fn hide_codes(parameters: &mut Value) {
    if let Some(members) = parameters.as_object_mut() {
        members.shift_remove("tokenCode");
        // F-WEB-9: neither are tokens of others.
        members.shift_remove("webIdentityToken");
    }
}

/// F-STSAPI-30: `responseElements`: the credentials without their secret and with a hidden token, and whom
/// they stand for. Operations that issue nothing show nothing.
pub fn response_elements(operation: Operation, output: &Value) -> Value {
    let text = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    let mut elements = match operation {
        Operation::AssumeRole
        | Operation::AssumeRoleWithWebIdentity
        | Operation::AssumeRoot
        | Operation::GetFederationToken
        | Operation::GetSessionToken => {
            let credentials = text(output, "Credentials");
            json!({ "credentials": {
                "accessKeyId": text(&credentials, "AccessKeyId"),
                "sessionToken": HIDDEN,
                "expiration": expiration(&text(&credentials, "Expiration")),
            } })
        }
        // F-OUT-6: the token is a credential, and there is nothing else in the answer.
        Operation::GetWebIdentityToken
        | Operation::GetCallerIdentity
        | Operation::GetAccessKeyInfo
        | Operation::DecodeAuthorizationMessage => return Value::Null,
    };
    if let Some(user) = output.get("AssumedRoleUser") {
        elements["assumedRoleUser"] =
            json!({ "assumedRoleId": text(user, "AssumedRoleId"), "arn": text(user, "Arn") });
    }
    if let Some(user) = output.get("FederatedUser") {
        elements["federatedUser"] =
            json!({ "federatedUserId": text(user, "FederatedUserId"), "arn": text(user, "Arn") });
    }
    for member in [
        "SubjectFromWebIdentityToken",
        "Provider",
        "Audience",
        "PackedPolicySize",
        "SourceIdentity",
        "SessionTokenUtilization",
        "SessionTokenSize",
    ] {
        if let Some(value) = output.get(member) {
            elements[small_first(member)] = value.clone();
        }
    }
    elements
}

/// F-STSAPI-31: an instant as these records show it.
fn expiration(value: &Value) -> Value {
    Timestamp::from_value(value).map_or(Value::Null, |time| iso8601(time).into())
}

/// The alphabet of what ends an extended request id.
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// F-STSAPI-42: `additionalEventData` of an answered call: which endpoint served it, and an id that says where and when.
pub fn additional_event_data(endpoint: &Endpoint<'_>, context: &Context) -> Value {
    let milliseconds = context.now.as_millisecond();
    let random = context.seed.text("extended request id", ALPHANUMERIC, 8);
    let id = format!("1:{}:S:{milliseconds}:R:{random}", endpoint.region);
    let is_global = endpoint.host.is_some_and(super::is_global_endpoint);
    json!({
        "ExtendedRequestId": STANDARD.encode(id),
        "RequestDetails": {
            "endpointType": if is_global { "global" } else { "regional" },
            "awsServingRegion": endpoint.region,
        },
    })
}

/// F-STSAPI-32: `resources` of AssumeRole: the role.
pub fn resources(operation: Operation, members: &Value) -> Value {
    let role = match Unchecked::of(operation, members) {
        Unchecked::AssumeRole(members) => members.role_arn(),
        Unchecked::AssumeRoleWithWebIdentity(members) => members.role_arn(),
        _ => None,
    };
    let Some((arn, account)) = role.and_then(|arn| {
        let account: AccountId = Arn::parse(arn)?.account.parse().ok()?;
        Some((arn, account))
    }) else {
        return Value::Null;
    };
    json!([{ "ARN": arn, "accountId": account.as_str(), "type": "AWS::IAM::Role" }])
}
