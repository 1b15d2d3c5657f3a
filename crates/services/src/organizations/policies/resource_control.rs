//! Resource control policies: what they may say beyond the grammar of all policies.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>

use serde_json::Value;

use super::rewritten::one_or_many;

/// F-ORGS-RCP-2: the services whose resources these policies control, by the prefix of their actions; the file says its source.
const SERVICES: &str = include_str!("rcp_services.txt");

/// The prefixes, in alphabetical order.
fn services() -> impl Iterator<Item = &'static str> {
    SERVICES.lines().filter(|line| !line.starts_with('#'))
}

/// Checks a document that the grammar of policies has passed.
///
/// # Errors
/// F-ORGS-RCP-2: what is wrong with it, as the end of a sentence. It denies, and names its actions one service at a time.
pub(crate) fn check(content: &str) -> Result<(), String> {
    let document: Value = serde_json::from_str(content).map_err(|_| "it is not JSON")?;
    for statement in one_or_many(&document["Statement"]) {
        if statement["Effect"] != "Deny" {
            return Err("a resource control policy can only deny".to_owned());
        }
        if statement.get("NotAction").is_some() {
            return Err("a resource control policy has no `NotAction`".to_owned());
        }
        for action in one_or_many(&statement["Action"]).filter_map(Value::as_str) {
            let service = action.split_once(':').map_or(action, |(service, _)| service).to_lowercase();
            if !services().any(|known| known == service) {
                return Err("an action is of no service that supports resource control policies".to_owned());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// F-ORGS-RCP-2.
    #[test]
    fn a_resource_control_policy_denies_actions_of_services_that_support_it() {
        assert!(services().is_sorted());
        let passes = |statement: Value| check(&json!({ "Statement": statement }).to_string()).is_ok();
        let deny =
            |action: Value| json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"});
        for action in [json!("sqs:SendMessage"), json!("SQS:Unheard"), json!(["s3:*", "sts:Assume*"])] {
            assert!(passes(deny(action.clone())), "{action}");
            assert!(passes(json!([deny(action)])));
        }
        for action in [json!("*"), json!("*:*"), json!("iam:CreateUser"), json!(["s3:*", "unknown:Do"])] {
            assert!(!passes(deny(action.clone())), "{action}");
        }
        assert!(!passes(json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"})));
        assert!(!passes(json!({"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"})));
    }
}
