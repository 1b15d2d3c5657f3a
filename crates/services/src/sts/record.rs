//! What the event log shows of STS's answers.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>

use aws::arn::{AccountId, Arn};
use aws::principal::Caller;
use serde_json::{Value, json};

use super::model::{Operation, Unchecked};
use super::session_tags;

/// What a record shows in place of a session token.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// F-STSAPI-37: issuing a token to oneself is a change in records, opening a session of a role is none.
pub fn is_read_only(operation: Operation) -> bool {
    !matches!(operation, Operation::GetSessionToken | Operation::GetFederationToken)
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

/// F-STSAPI-30: `responseElements`: the credentials without their secret and with a hidden token, and whom
/// they stand for. Operations that issue nothing show nothing.
pub fn response_elements(operation: Operation, output: &Value) -> Value {
    let text = |value: &Value, name: &str| value.get(name).cloned().unwrap_or_default();
    let mut elements = match operation {
        Operation::AssumeRole | Operation::GetFederationToken | Operation::GetSessionToken => {
            let credentials = text(output, "Credentials");
            json!({ "credentials": {
                "accessKeyId": text(&credentials, "AccessKeyId"),
                "sessionToken": HIDDEN,
                "expiration": expiration(&text(&credentials, "Expiration")),
            } })
        }
        Operation::GetCallerIdentity
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
    for (member, shown) in [("PackedPolicySize", "packedPolicySize"), ("SourceIdentity", "sourceIdentity")] {
        if let Some(value) = output.get(member) {
            elements[shown] = value.clone();
        }
    }
    elements
}

/// F-STSAPI-31: an instant as these records show it, `Nov 21, 2026, 1:05:09 PM`.
fn expiration(value: &Value) -> Value {
    let seconds = value.as_f64().unwrap_or_default() as i64;
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    Value::from(time.strftime("%b %-d, %Y, %-I:%M:%S %p").to_string())
}

/// F-STSAPI-32: `resources` of AssumeRole: the role.
pub fn resources(operation: Operation, members: &Value) -> Value {
    let role = match Unchecked::of(operation, members) {
        Unchecked::AssumeRole(members) => members.role_arn(),
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
