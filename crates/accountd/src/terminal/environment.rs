//! `accountd env`: what a shell, a profile of the AWS CLI or Terraform needs to reach accountd as somebody.

use std::fmt::Write;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::client::Endpoint;
use super::page;

/// As whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The well-known root user of account 000000000000.
    WellKnown,
    /// The administrator of an account.
    Account(String),
    /// A user, by account and name.
    User(String, String),
    /// A role, by account and name.
    Role(String, String),
}

impl Whose {
    /// What the own endpoint for credentials is asked.
    fn question(&self) -> Option<Value> {
        match self {
            Self::WellKnown => None,
            Self::Account(account) => Some(json!({ "account": account })),
            Self::User(account, user) => Some(json!({ "account": account, "user": user })),
            Self::Role(account, role) => Some(json!({ "account": account, "role": role })),
        }
    }
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines for a shell: `eval "$(accountd env)"`.
    Exports,
    /// A profile for `~/.aws/config`.
    Profile,
    /// A provider block.
    Terraform,
    /// What `credential_process` of a profile prints.
    Json,
}

/// Which service of Terraform's provider is which of accountd's.
const TERRAFORM_ENDPOINTS: &[(&str, &str)] = &[
    ("account", "account"),
    ("cloudtrail", "cloudtrail"),
    ("ec2", "ec2"),
    ("iam", "iam"),
    ("identitystore", "identitystore"),
    ("organizations", "organizations"),
    ("resourcegroupstaggingapi", "tagging"),
    ("servicequotas", "servicequotas"),
    ("ssoadmin", "sso"),
    ("sts", "sts"),
];

/// Where accountd is, for clients.
struct There<'a> {
    url: &'a str,
    region: &'a str,
    /// The authorities to trust.
    ca: Option<&'a str>,
}

/// Asks for credentials where they must be asked for, and writes the form.
pub(super) fn told(endpoint: &Endpoint, whose: &Whose, form: Form, region: &str) -> Result<String, String> {
    let credentials = match whose.question() {
        None => json!({ "Version": 1, "AccessKeyId": "test", "SecretAccessKey": "test" }),
        Some(question) => {
            page(endpoint, Method::POST, "/_accountd/credentials", question.to_string().into())?
        }
    };
    // Only over TLS is there anything to trust; in whatever directory it is read.
    let ca = endpoint.ca_bundle.as_ref().filter(|_| endpoint.url.starts_with("https://"));
    let ca = ca.map(|ca| std::fs::canonicalize(ca).unwrap_or_else(|_| ca.clone()).display().to_string());
    let there = There { url: &endpoint.url, region, ca: ca.as_deref() };
    Ok(match form {
        Form::Exports => exports(&there, &credentials),
        Form::Profile => profile(&there, &credentials),
        Form::Terraform => {
            let health = page(endpoint, Method::GET, "/_accountd/health", Bytes::new())?;
            terraform(&there, &credentials, &health["services"])
        }
        Form::Json => credentials.to_string(),
    })
}

fn text<'a>(credentials: &'a Value, member: &str) -> &'a str {
    credentials[member].as_str().unwrap_or_default()
}

/// The three parts of credentials under the names that somebody gives them, as far as they are there.
fn parts<'a>(
    credentials: &'a Value,
    names: [&'static str; 3],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let members = ["AccessKeyId", "SecretAccessKey", "SessionToken"];
    names
        .into_iter()
        .zip(members.map(|member| text(credentials, member)))
        .filter(|(_, value)| !value.is_empty())
}

fn exports(there: &There<'_>, credentials: &Value) -> String {
    let mut lines = format!("export AWS_ENDPOINT_URL={}\n", quoted(there.url));
    let _ = writeln!(lines, "export AWS_DEFAULT_REGION={0} AWS_REGION={0}", quoted(there.region));
    if let Some(ca) = there.ca {
        let _ = writeln!(lines, "export AWS_CA_BUNDLE={0} NODE_EXTRA_CA_CERTS={0}", quoted(ca));
    }
    for (name, value) in
        parts(credentials, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
    {
        let _ = writeln!(lines, "export {name}={}", quoted(value));
    }
    // What an earlier `eval` or a person's own setup left must not mix with these.
    let stale = if text(credentials, "SessionToken").is_empty() { " AWS_SESSION_TOKEN" } else { "" };
    let _ = writeln!(lines, "unset AWS_PROFILE{stale}");
    lines
}

/// In single quotes for a shell, unless it needs none.
fn quoted(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+=@%".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn profile(there: &There<'_>, credentials: &Value) -> String {
    let There { url, region, ca } = there;
    let mut lines = format!("[profile accountd]\nendpoint_url = {url}\nregion = {region}\n");
    if let Some(ca) = ca {
        let _ = writeln!(lines, "ca_bundle = {ca}");
    }
    for (name, value) in
        parts(credentials, ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"])
    {
        let _ = writeln!(lines, "{name} = {value}");
    }
    lines
}

fn terraform(there: &There<'_>, credentials: &Value, services: &Value) -> String {
    let mut lines = format!("provider \"aws\" {{\n  region     = {}\n", json!(there.region));
    for (name, value) in parts(credentials, ["access_key", "secret_key", "token"]) {
        let _ = writeln!(lines, "  {name:<10} = {}", json!(value));
    }
    if let Some(ca) = there.ca {
        let _ = writeln!(lines, "  custom_ca_bundle = {}", json!(ca));
    }
    lines.push_str("\n  skip_metadata_api_check = true\n\n  endpoints {\n");
    for (name, _) in TERRAFORM_ENDPOINTS.iter().filter(|(_, service)| !services[service].is_null()) {
        let _ = writeln!(lines, "    {name} = {}", json!(there.url));
    }
    lines.push_str("  }\n}\n");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Value {
        json!({ "AccessKeyId": "ASIA1", "SecretAccessKey": "a/b+c", "SessionToken": "it's" })
    }

    /// F-EDGE-29
    #[test]
    fn each_form_says_where_and_as_whom() {
        let there = There { url: "http://127.0.0.1:1", region: "us-east-1", ca: None };
        let shell = exports(&there, &session());
        assert_eq!(
            shell,
            "export AWS_ENDPOINT_URL=http://127.0.0.1:1\nexport AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1\n\
             export AWS_ACCESS_KEY_ID=ASIA1\nexport AWS_SECRET_ACCESS_KEY=a/b+c\n\
             export AWS_SESSION_TOKEN='it'\\''s'\nunset AWS_PROFILE\n"
        );
        let long_term = json!({ "AccessKeyId": "test", "SecretAccessKey": "test" });
        assert!(exports(&there, &long_term).ends_with("unset AWS_PROFILE AWS_SESSION_TOKEN\n"));
        let profile = profile(&there, &long_term);
        assert!(profile.starts_with("[profile accountd]\nendpoint_url = http://127.0.0.1:1\n"), "{profile}");
        assert!(!profile.contains("session_token"), "{profile}");
        let secured = There { url: "https://a", region: "eu-west-1", ca: Some("/d/ca.pem") };
        assert!(
            exports(&secured, &long_term).contains("AWS_CA_BUNDLE=/d/ca.pem NODE_EXTRA_CA_CERTS=/d/ca.pem\n")
        );
        let block = terraform(&secured, &session(), &json!({ "sts": "running" }));
        assert!(block.contains("custom_ca_bundle = \"/d/ca.pem\"\n"), "{block}");
        assert!(block.contains("  token      = \"it's\"\n"), "{block}");
        assert!(block.contains("  endpoints {\n    sts = \"https://a\"\n  }\n"), "{block}");
    }

    #[test]
    fn who_is_meant_is_asked_for_by_account_and_name() {
        let own = |text: &str| text.to_owned();
        assert_eq!(Whose::WellKnown.question(), None);
        let role = Whose::Role(own("1"), own("R")).question();
        assert_eq!(role, Some(json!({ "account": "1", "role": "R" })));
    }
}
