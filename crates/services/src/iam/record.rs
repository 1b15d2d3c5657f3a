//! How the event log shows IAM's answers.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>

use aws::smithy;
use serde_json::Value;

use super::model::Operation;

/// F-IAMAPI-LOG-1: calls that change something show their answer, with small first letters and times in
/// ISO 8601; secret keys and passwords are never shown. Calls that only read show `null`, and so do answers
/// without members.
pub fn response_elements(operation: Operation, output: &Value) -> Value {
    let is_empty = output.as_object().is_none_or(serde_json::Map::is_empty);
    match operation.shape().output {
        Some(schema) if !is_empty && !super::is_read_only(operation) => {
            shown(&smithy::with_times_as_text(schema(), output.clone()))
        }
        _ => Value::Null,
    }
}

/// What is shown to the caller once and to nobody else.
const SECRETS: [&str; 5] =
    ["SecretAccessKey", "ServiceCredentialSecret", "ServicePassword", "Base32StringSeed", "QRCodePNG"];

fn shown(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let visible = members.iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
            let shown = visible.map(|(name, value)| (aws::trail::small_first(name), shown(value)));
            Value::Object(shown.collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(shown).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_new_access_key_is_shown_without_its_secret() {
        let output = json!({"AccessKey": {
            "UserName": "Ann", "AccessKeyId": "AKIAEXAMPLE", "Status": "Active",
            "SecretAccessKey": "hunter2", "CreateDate": 1_395_695_519,
        }});
        let expected = json!({"accessKey": {
            "userName": "Ann", "accessKeyId": "AKIAEXAMPLE", "status": "Active",
            "createDate": "2014-03-24T21:11:59Z",
        }});
        assert_eq!(response_elements(Operation::CreateAccessKey, &output), expected);
        assert_eq!(response_elements(Operation::GetUser, &json!({"User": {}})), Value::Null);
        assert_eq!(response_elements(Operation::DeleteUser, &json!({})), Value::Null);
    }
}
