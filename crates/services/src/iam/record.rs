//! How the event log shows IAM's answers.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>

use jiff::Timestamp;
use serde_json::Value;

use super::model::Operation;

/// F-IAMAPI-LOG-1: calls that change something show their answer, with small first letters and times as
/// people write them; secret keys and passwords are never shown. Calls that only read show `null`, and so do answers
/// without members.
pub fn response_elements(operation: Operation, output: &Value) -> Value {
    match output.as_object() {
        Some(members) if !members.is_empty() && !super::is_read_only(operation) => shown(output),
        _ => Value::Null,
    }
}

/// What is shown to the caller once and to nobody else.
const SECRETS: [&str; 3] = ["SecretAccessKey", "ServiceCredentialSecret", "ServicePassword"];

fn shown(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let visible = members.iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
            let shown = visible.map(|(name, value)| {
                let value = if name.ends_with("Date") { date(value) } else { shown(value) };
                (aws::trail::small_first(name), value)
            });
            Value::Object(shown.collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(shown).collect()),
        other => other.clone(),
    }
}

/// `Mar 24, 2014 9:11:59 PM`
fn date(value: &Value) -> Value {
    let seconds = value.as_f64().map(|seconds| seconds as i64);
    match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        Some(time) => Value::String(aws::trail::spelled_out(time)),
        None => value.clone(),
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
            "createDate": "Mar 24, 2014 9:11:59 PM",
        }});
        assert_eq!(response_elements(Operation::CreateAccessKey, &output), expected);
        assert_eq!(response_elements(Operation::GetUser, &json!({"User": {}})), Value::Null);
        assert_eq!(response_elements(Operation::DeleteUser, &json!({})), Value::Null);
    }
}
