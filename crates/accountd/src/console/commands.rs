//! An operation as somebody would type it: for the AWS CLI, and in Python with boto3.

use serde_json::Value;
use services::service::Operation;

/// The command of the AWS CLI.
pub fn as_cli(operation: Operation, members: &Value, endpoint: &str) -> String {
    let service = operation.service().signing_name();
    let mut command = format!("aws --endpoint-url {endpoint} {service} {}", dashed(operation.name()));
    for (name, value) in members.as_object().into_iter().flatten() {
        let name = dashed(name);
        command.push_str(" \\\n  ");
        command.push_str(&match value {
            Value::Bool(true) => format!("--{name}"),
            Value::Bool(false) => format!("--no-{name}"),
            Value::String(text) => format!("--{name} {}", quoted(text)),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                let items: Vec<_> = items.iter().filter_map(Value::as_str).map(quoted).collect();
                format!("--{name} {}", items.join(" "))
            }
            Value::Number(number) => format!("--{name} {number}"),
            other => format!("--{name} {}", quoted(&other.to_string())),
        });
    }
    command
}

/// The call in Python.
pub fn as_boto3(operation: Operation, members: &Value, endpoint: &str) -> String {
    let service = operation.service().signing_name();
    let arguments = members.as_object().into_iter().flatten();
    let arguments: String =
        arguments.map(|(name, value)| format!("\n    {name}={},", python(value))).collect();
    let end = if arguments.is_empty() { "" } else { "\n" };
    let operation = separated(operation.name(), '_');
    format!(
        "import boto3\n\nclient = boto3.client({}, endpoint_url={})\nclient.{operation}({arguments}{end})",
        Value::from(service),
        Value::from(endpoint)
    )
}

/// A literal of Python. Its texts are written as those of JSON are.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(python).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<_> = members
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), python(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// A word of a shell.
pub fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@+=,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn dashed(name: &str) -> String {
    separated(name, '-')
}

/// A name of a model in lower case, as botocore's `xform_name` separates its words. A plural of an abbreviation at the
/// end (`ARNs`) stays one word.
fn separated(name: &str, separator: char) -> String {
    let plural = name
        .strip_suffix('s')
        .map_or(0, |rest| rest.chars().rev().take_while(char::is_ascii_uppercase).count());
    let (name, last) = if plural >= 2 { name.split_at(name.len() - plural - 1) } else { (name, "") };
    let characters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 8);
    for (place, character) in characters.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| characters[before]);
        let is_word = characters.get(place + 1).is_some_and(char::is_ascii_lowercase);
        let begins = character.is_ascii_uppercase()
            && before.is_some_and(|before| is_word || before.is_ascii_lowercase() || before.is_ascii_digit());
        if begins {
            text.push(separator);
        }
        text.push(character.to_ascii_lowercase());
    }
    if !last.is_empty() {
        text.push(separator);
        text.push_str(&last.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use services::service::Service;

    fn operation(service: Service, name: &str) -> Operation {
        Operation::from_name(service, name).unwrap()
    }

    #[test]
    fn names_are_separated_as_botocore_does() {
        for (name, expected) in [
            ("MoveAccount", "move_account"),
            ("ListAWSServiceAccessForOrganization", "list_aws_service_access_for_organization"),
            ("AddressLine1", "address_line1"),
            ("IamUserAccessToBilling", "iam_user_access_to_billing"),
            ("GetSAMLProvider", "get_saml_provider"),
            ("PolicySourceArn", "policy_source_arn"),
            ("SomeARNs", "some_arns"),
        ] {
            assert_eq!(separated(name, '_'), expected);
        }
    }

    #[test]
    fn an_operation_is_written_for_a_shell_and_for_python() {
        let members = json!({
            "AccountName": "it's; rm -rf /", "Email": "a@example.com", "Tags": [{"Key": "k", "Value": "v"}],
            "Names": ["a", "b c"], "DryRun": true, "MaxItems": 5
        });
        let create = operation(Service::Organizations, "CreateAccount");
        assert_eq!(
            as_cli(create, &members, "http://127.0.0.1:4566"),
            "aws --endpoint-url http://127.0.0.1:4566 organizations create-account \\\n  \
             --account-name 'it'\\''s; rm -rf /' \\\n  --email a@example.com \\\n  \
             --tags '[{\"Key\":\"k\",\"Value\":\"v\"}]' \\\n  --names a 'b c' \\\n  --dry-run \\\n  --max-items 5"
        );
        let text = as_boto3(create, &members, "http://127.0.0.1:4566");
        assert!(
            text.contains("boto3.client(\"organizations\", endpoint_url=\"http://127.0.0.1:4566\")"),
            "{text}"
        );
        assert!(text.contains("client.create_account(\n    AccountName=\"it's; rm -rf /\","), "{text}");
        assert!(
            text.contains("DryRun=True,") && text.contains("[{\"Key\": \"k\", \"Value\": \"v\"}]"),
            "{text}"
        );
        let nothing = as_boto3(operation(Service::Sts, "GetCallerIdentity"), &json!({}), "http://x");
        assert!(nothing.ends_with("client.get_caller_identity()"), "{nothing}");
    }
}
