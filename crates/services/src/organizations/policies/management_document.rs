//! The grammar of the documents of management policies: objects down to the inheritance operators, and what some types
//! demand of theirs.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>

use serde_json::{Map, Value};

use super::inheritance::{ALLOWED, APPEND, ASSIGN, OPERATORS, REMOVE};
use super::policy_type::top_member;
use crate::organizations::model::PolicyType;

/// What a tag policy says of a tag (Organizations guide, "Tag policy syntax").
const TAG_MEMBERS: [&str; 4] = ["tag_key", "tag_value", "enforced_for", "report_required_tag_for"];

/// Checks a document of the type.
///
/// # Errors
/// F-ORGS-POL-3, F-ORGS-POL-10: what is wrong with it, as the end of a sentence.
pub(crate) fn check(kind: PolicyType, document: &Value) -> Result<(), String> {
    let top = document.as_object().ok_or("it is not a JSON object")?;
    if let Some(name) = top_member(kind)
        && !top.get(name).is_some_and(Value::is_object)
    {
        return Err(format!("it has no object `{name}`"));
    }
    check_members(top)?;
    match kind {
        PolicyType::TagPolicy => members(&top["tags"]).try_for_each(|(_, tag)| check_tag(tag)),
        PolicyType::AiservicesOptOutPolicy => {
            members(&top["services"]).try_for_each(|(_, service)| check_service(service))
        }
        _ => Ok(()),
    }
}

/// A member is an object again, or an operator. An effective policy, which shows values without operators, is no document
/// (guide, "Inheritance examples").
fn check_members(members: &Map<String, Value>) -> Result<(), String> {
    for (name, member) in members {
        match name.strip_prefix("@@") {
            Some(_) => check_operator(name, member)?,
            None => check_members(member.as_object().ok_or_else(|| format!("`{name}` has no operator"))?)?,
        }
    }
    Ok(())
}

fn check_operator(name: &str, operand: &Value) -> Result<(), String> {
    let values = operand.as_array();
    let fits = match name {
        ASSIGN => !operand.is_object() && !operand.is_null(),
        APPEND | REMOVE => values.is_some(),
        ALLOWED => values.is_some_and(|values| values.iter().all(is_allowance)),
        _ => return Err(format!("`{name}` is no operator")),
    };
    if fits { Ok(()) } else { Err(format!("`{name}` is given something else than it takes")) }
}

fn is_allowance(value: &Value) -> bool {
    value.as_str().is_some_and(|name| OPERATORS.contains(&name) || matches!(name, "@@all" | "@@none"))
}

/// The members of an object that are no operators.
fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with("@@"))
}

fn check_tag(tag: &Value) -> Result<(), String> {
    match members(tag).find(|(member, _)| !TAG_MEMBERS.contains(&member.as_str())) {
        Some((member, _)) => Err(format!("a tag has no `{member}`")),
        None => Ok(()),
    }
}

/// A service is opted in or out of, and nothing else; values are not appended or removed (guide, "AI services opt-out
/// policy syntax and examples").
fn check_service(service: &Value) -> Result<(), String> {
    for (member, policy) in members(service) {
        if member != "opt_out_policy" {
            return Err(format!("a service has no `{member}`"));
        }
        for (operator, value) in policy.as_object().into_iter().flatten() {
            let fits = operator == ALLOWED
                || operator == ASSIGN && value.as_str().is_some_and(|it| matches!(it, "optIn" | "optOut"));
            if !fits {
                return Err("`opt_out_policy` assigns neither `optIn` nor `optOut`".to_owned());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// F-ORGS-POL-10.
    #[test]
    fn a_document_is_made_of_objects_and_operators() {
        let tag = |members: Value| json!({"tags": {"team": members}});
        let service = |policy: Value| json!({"services": {"lex": {"opt_out_policy": policy}}});
        let none = json!(["@@none"]);
        let right = [
            (PolicyType::TagPolicy, json!({"tags": {}})),
            (PolicyType::TagPolicy, tag(json!({"tag_key": {"@@assign": "Team", ALLOWED: none}}))),
            (PolicyType::TagPolicy, tag(json!({"tag_value": {"@@append": ["a"], "@@remove": ["b"]}}))),
            (PolicyType::TagPolicy, json!({"tags": {ALLOWED: none}})),
            (PolicyType::AiservicesOptOutPolicy, service(json!({"@@assign": "optOut", ALLOWED: none}))),
            (
                PolicyType::AiservicesOptOutPolicy,
                json!({"services": {"lex": {ALLOWED: none}, ALLOWED: none}}),
            ),
            (PolicyType::SecurityhubPolicy, json!({"securityhub": {"enable_in_regions": {"@@assign": []}}})),
            (PolicyType::S3Policy, json!({"s3_attributes": {"x": {"@@assign": "all"}}})),
        ];
        for (kind, document) in right {
            assert_eq!(check(kind, &document), Ok(()), "{document}");
        }
        let wrong = [
            (PolicyType::TagPolicy, json!([]), "it is not a JSON object"),
            (PolicyType::TagPolicy, json!({"services": {}}), "it has no object `tags`"),
            (PolicyType::TagPolicy, tag(json!({"tag_key": "Team"})), "`tag_key` has no operator"),
            (PolicyType::TagPolicy, tag(json!({"tag_key": {"@@asign": "T"}})), "`@@asign` is no operator"),
            (PolicyType::TagPolicy, tag(json!({"key": {"@@assign": "Team"}})), "a tag has no `key`"),
            (
                PolicyType::TagPolicy,
                tag(json!({"tag_value": {"@@append": "a"}})),
                "`@@append` is given something else than it takes",
            ),
            (
                PolicyType::AiservicesOptOutPolicy,
                service(json!({"@@assign": "optout"})),
                "`opt_out_policy` assigns neither `optIn` nor `optOut`",
            ),
            (
                PolicyType::AiservicesOptOutPolicy,
                json!({"services": {"lex": {"opt_in": {"@@assign": "optIn"}}}}),
                "a service has no `opt_in`",
            ),
        ];
        for (kind, document, problem) in wrong {
            assert_eq!(check(kind, &document), Err(problem.to_owned()), "{document}");
        }
    }
}
