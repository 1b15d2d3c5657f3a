//! What each type of management policy demands of its documents: the tables of members and values.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>

use jiff::Timestamp;
use serde_json::Value;

use super::backup;
use super::grammar::{self, Place};
use super::policy_type::top_member;
use crate::model::organizations::PolicyType;

/// Checks a document of the type, and its schedules as of an instant, if one is given.
///
/// # Errors
/// F-ORGS-POL-3, F-ORGS-POL-10: what is wrong with it, as the end of a sentence.
pub(crate) fn check(kind: PolicyType, content: &str, at: Option<Timestamp>) -> Result<(), String> {
    let document = grammar::parse(content)?;
    let top = document.as_object().ok_or("it is not a JSON object")?;
    if let Some(name) = top_member(kind)
        && !grammar::member(top, name).is_some_and(Value::is_object)
    {
        return Err(format!("it has no object `{name}`"));
    }
    let place = match kind {
        PolicyType::TagPolicy => &TAG_POLICY,
        PolicyType::AiservicesOptOutPolicy => &AI_POLICY,
        PolicyType::ChatbotPolicy => &CHAT_POLICY,
        PolicyType::BackupPolicy => &backup::BACKUP_POLICY,
        _ => &Place::Open,
    };
    grammar::check(&document, place)?;
    match kind {
        PolicyType::BackupPolicy => backup::check(&document, at),
        _ => Ok(()),
    }
}

const fn any(_: &str) -> bool {
    true
}

/// Organizations guide, "Tag policy syntax"; that the tag key is assigned only is *assumed* of its single value.
const TAG_POLICY: Place = Place::Block(&[("tags", Place::Named(any, &TAG))]);
const TAG: Place = Place::Block(&[
    ("tag_key", Place::One(any)),
    ("tag_value", Place::List(any)),
    ("enforced_for", Place::List(any)),
    ("report_required_tag_for", Place::List(any)),
]);

/// Organizations guide, "AI services opt-out policy syntax and examples".
const AI_POLICY: Place = Place::Block(&[("services", Place::Named(is_ai_service, &AI_SERVICE))]);
const AI_SERVICE: Place = Place::Block(&[("opt_out_policy", Place::One(is_opt_out))]);

fn is_opt_out(value: &str) -> bool {
    matches!(value, "optIn" | "optOut")
}

/// The services that can be opted out of, in their own case: those that were recorded as accepted, and further ones of
/// the guide's page. That the list is whole is *assumed*.
const AI_SERVICES: &[&str] = &[
    "aidevops",
    "aiops",
    "awssupplychain",
    "biodiscovery",
    "chimesdkvoiceanalytics",
    "cloudwatch",
    "codeguruprofiler",
    "codewhisperer",
    "comprehend",
    "config",
    "connectdecision",
    "connecthealth::operations",
    "connecthealth::training",
    "connectoptimization",
    "contactlens",
    "datazone",
    "default",
    "dms",
    "entityresolution",
    "finopsagent",
    "frauddetector",
    "glue",
    "guardduty",
    "lex",
    "polly",
    "q",
    "quicksightq",
    "rekognition",
    "scenariodiscovery",
    "securitylake",
    "textract",
    "transcribe",
    "transform",
    "translate",
];

fn is_ai_service(name: &str) -> bool {
    AI_SERVICES.contains(&name)
}

/// Organizations guide, "Chat applications policy syntax and examples"; Amazon Chime has no more than its client.
const CHAT_POLICY: Place = Place::Block(&[("chatbot", Place::Block(&[("platforms", CHAT_PLATFORMS)]))]);
const CHAT_PLATFORMS: Place = Place::Block(&[
    ("slack", Place::Block(SLACK)),
    ("microsoft_teams", Place::Block(TEAMS)),
    ("chime", Place::Block(&[CLIENT])),
]);
const SLACK: &[(&str, Place)] = &[
    CLIENT,
    ("workspaces", Place::List(|it| it == "*" || is_workspace(it))),
    ("default", Place::Block(&[CHANNEL_TYPES, ROLES])),
    ("overrides", Place::Named(is_workspace, &Place::Block(&[CHANNEL_TYPES, ROLES]))),
];
const TEAMS: &[(&str, Place)] = &[
    CLIENT,
    ("tenants", Place::Named(is_uuid_or_all, &Place::List(is_uuid_or_all))),
    ("default", Place::Block(&[ROLES])),
    ("overrides", Place::Named(is_uuid, &Place::Named(is_uuid, &Place::Block(&[ROLES])))),
];
const CLIENT: (&str, Place) = ("client", Place::One(|it| matches!(it, "enabled" | "disabled")));
const CHANNEL_TYPES: (&str, Place) =
    ("supported_channel_types", Place::List(|it| matches!(it, "public" | "private")));
const ROLES: (&str, Place) =
    ("supported_role_settings", Place::List(|it| matches!(it, "user_role" | "channel_role")));

fn is_workspace(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_uuid_or_all(name: &str) -> bool {
    name == "*" || is_uuid(name)
}

/// `12345678-1234-1234-1234-123456789abc`, in lower case.
fn is_uuid(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::inheritance::ALLOWED;
    use super::*;

    fn check(kind: PolicyType, content: &str) -> Result<(), String> {
        super::check(kind, content, None)
    }

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
            assert_eq!(check(kind, &document.to_string()), Ok(()), "{document}");
        }
        let wrong = [
            (PolicyType::TagPolicy, json!([]), "it is not a JSON object"),
            (PolicyType::TagPolicy, json!({"services": {}}), "it has no object `tags`"),
            (PolicyType::TagPolicy, tag(json!({"tag_key": "Team"})), "`tag_key` has no operator"),
            (PolicyType::TagPolicy, tag(json!({"tag_key": {"@@asign": "T"}})), "`@@asign` is no operator"),
            (
                PolicyType::TagPolicy,
                tag(json!({"key": {"@@assign": "Team"}})),
                "there is no `key` where it stands",
            ),
            (
                PolicyType::TagPolicy,
                tag(json!({"tag_value": {"@@append": "a"}})),
                "`@@append` is given something else than it takes",
            ),
            (
                PolicyType::AiservicesOptOutPolicy,
                service(json!({"@@assign": "optout"})),
                "`@@assign` is given something else than it takes",
            ),
            (
                PolicyType::AiservicesOptOutPolicy,
                json!({"services": {"lex": {"opt_in": {"@@assign": "optIn"}}}}),
                "there is no `opt_in` where it stands",
            ),
        ];
        for (kind, document, problem) in wrong {
            assert_eq!(check(kind, &document.to_string()), Err(problem.to_owned()), "{document}");
        }
    }

    /// F-ORGS-POL-11.
    #[test]
    fn names_stand_in_any_case_and_once() {
        let check = |content: &str| check(PolicyType::TagPolicy, content);
        assert_eq!(check(r#"{"TAGS": {"k": {"Tag_Value": {"@@Assign": ["red", 1, true, null]}}}}"#), Ok(()));
        let twice = [
            r#"{"tags": {}, "tags": {}}"#,
            r#"{"tags": {}, "Tags": {}}"#,
            r#"{"tags": {"k": {"tag_value": {"@@assign": ["a"], "@@Assign": ["b"]}}}}"#,
        ];
        for content in twice {
            assert!(check(content).is_err(), "{content}");
        }
    }

    /// F-ORGS-POL-11.
    #[test]
    fn what_binds_children_names_each_operator_once_and_none_alone() {
        let check =
            |named: Value| check(PolicyType::BackupPolicy, &json!({"plans": {ALLOWED: named}}).to_string());
        for named in [json!(["@@all", "@@assign"]), json!(["@@assign", "@@Assign"]), json!(["@@NONE"])] {
            assert_eq!(check(named.clone()), Ok(()), "{named}");
        }
        let wrong = [
            json!([]),
            json!("@@none"),
            json!(["@@none", "@@assign"]),
            json!(["@@none", "@@none"]),
            json!(["@@assign", "@@assign"]),
            json!(["assign"]),
            json!([null]),
        ];
        for named in wrong {
            assert!(check(named.clone()).is_err(), "{named}");
        }
    }

    /// F-ORGS-POL-11.
    #[test]
    fn only_at_the_root_may_a_block_have_operators_of_settings() {
        for operand in [json!("a"), json!(null), json!(1), json!([]), json!(["a", null])] {
            for operator in ["@@assign", "@@append", "@@remove"] {
                let root = json!({"tags": {}, operator: operand}).to_string();
                assert_eq!(check(PolicyType::TagPolicy, &root), Ok(()), "{root}");
                let block = json!({"tags": {operator: operand}}).to_string();
                assert!(check(PolicyType::TagPolicy, &block).is_err(), "{block}");
            }
        }
        for operand in [json!({}), json!([{}]), json!([["a"]])] {
            let root = json!({"tags": {}, "@@assign": operand}).to_string();
            assert!(check(PolicyType::TagPolicy, &root).is_err(), "{root}");
        }
    }

    /// F-ORGS-POL-12.
    #[test]
    fn a_chat_policy_speaks_of_platforms_and_their_settings() {
        let check = |platform: &str, members: Value| {
            let document = json!({"chatbot": {"platforms": {platform: members}}});
            check(PolicyType::ChatbotPolicy, &document.to_string()).is_ok()
        };
        let tenant = "12345678-abcd-1234-1234-123456789abc";
        assert!(check("Slack", json!({"workspaces": {"@@assign": ["*", "T0123", 1]}})));
        assert!(check(
            "slack",
            json!({"overrides": {"T0123": {"supported_channel_types": {"@@append": ["private"]}}}})
        ));
        assert!(check(
            "microsoft_teams",
            json!({"tenants": {"*": {"@@assign": ["*"]}, tenant: {"@@append": [tenant]}}})
        ));
        assert!(check("microsoft_teams", json!({"overrides": {tenant: {tenant: {}}}})));
        assert!(check("chime", json!({"client": {"@@assign": "disabled"}})));
        assert!(!check("chime", json!({"default": {}})));
        assert!(!check("default", json!({})));
        assert!(!check("slack", json!({"client": {"@@append": ["enabled"]}})));
        assert!(!check("slack", json!({"client": {"@@assign": "ENABLED"}})));
        assert!(!check("slack", json!({"overrides": {"*": {}}})));
        assert!(!check("slack", json!({"workspaces": {"@@assign": ["t0123"]}})));
        assert!(!check("microsoft_teams", json!({"default": {"supported_channel_types": {"@@assign": []}}})));
        assert!(!check("microsoft_teams", json!({"tenants": {tenant.to_uppercase(): {}}})));
    }

    /// F-ORGS-POL-13.
    #[test]
    fn only_known_services_are_opted_out_of() {
        let check = |name: &str| {
            let document = json!({"services": {name: {"opt_out_policy": {"@@assign": "optOut"}}}});
            check(PolicyType::AiservicesOptOutPolicy, &document.to_string()).is_ok()
        };
        assert!(AI_SERVICES.is_sorted() && AI_SERVICES.iter().all(|name| check(name)));
        assert!(!["", "*", "Default", "lex ", "unknown"].into_iter().any(check));
    }
}
