//! What may be wrong with an effective policy, though each policy that contributes to it was right.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/invalid-policy-alerts.html>

use serde_json::{Map, Value};

use crate::model::organizations::{EffectivePolicyType, EffectivePolicyValidationError};

/// F-ORGS-EFF-5: rules of a backup plan.
const MAX_BACKUP_RULES: usize = 10;
/// F-ORGS-EFF-5: characters of an effective tag policy.
const MAX_TAG_POLICY_SIZE: usize = 395_000;

/// A policy that reaches the account.
pub(crate) struct Contribution {
    /// `p-…`
    pub policy_id: String,
    /// Its document.
    pub document: Value,
}

/// The errors of an effective policy, in the order of their paths. F-ORGS-EFF-5: those that the page names for backup and
/// tag policies; of other types none are known.
pub(crate) fn errors(
    kind: EffectivePolicyType,
    content: &Value,
    contributions: &[Contribution],
) -> Vec<EffectivePolicyValidationError> {
    match kind {
        EffectivePolicyType::BackupPolicy => backup_errors(content, contributions),
        EffectivePolicyType::TagPolicy => tag_errors(content, contributions),
        _ => Vec::new(),
    }
}

/// Each plan has rules, up to ten of them, and Regions.
fn backup_errors(content: &Value, contributions: &[Contribution]) -> Vec<EffectivePolicyValidationError> {
    let mut errors = Vec::new();
    for (name, plan) in content.get("plans").and_then(Value::as_object).into_iter().flatten() {
        let path = ["plans", name.as_str()];
        if plan.get("regions").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            let text = "'regions' is below the allowed minimum limit 1";
            errors.push(error("ELEMENTS_TOO_FEW", text, &[&path[..], &["regions"]].concat(), contributions));
        }
        let rules_path = [&path[..], &["rules"]].concat();
        match plan.get("rules").and_then(Value::as_object).map_or(0, Map::len) {
            0 => errors.push(error("KEY_REQUIRED", "'rules' is required", &rules_path, contributions)),
            1..=MAX_BACKUP_RULES => {}
            _ => {
                let text = format!("'rules' exceeds the allowed maximum limit {MAX_BACKUP_RULES}");
                errors.push(error("ELEMENTS_TOO_MANY", &text, &rules_path, contributions));
            }
        }
    }
    errors
}

fn tag_errors(content: &Value, contributions: &[Contribution]) -> Vec<EffectivePolicyValidationError> {
    if content.to_string().chars().count() <= MAX_TAG_POLICY_SIZE {
        return Vec::new();
    }
    let text = format!("'tags' exceeds the allowed maximum limit {MAX_TAG_POLICY_SIZE}");
    vec![error("ELEMENTS_TOO_MANY", &text, &["tags"], contributions)]
}

/// F-ORGS-EFF-5: the codes are the page's, and so is the form of the text for too many; the other texts are *assumed*.
fn error(
    code: &str,
    text: &str,
    path: &[&str],
    contributions: &[Contribution],
) -> EffectivePolicyValidationError {
    // What is missing is missing in the member above it, which somebody wrote.
    let reaches = |document: &Value, path: &[&str]| {
        path.iter().try_fold(document, |value, name| value.get(name)).is_some()
    };
    let contributing = |path: &[&str]| -> Vec<_> {
        let policies = contributions.iter().filter(|policy| reaches(&policy.document, path));
        policies.map(|policy| policy.policy_id.as_str().into()).collect()
    };
    let mut policies = contributing(path);
    if policies.is_empty() {
        policies = contributing(&path[..path.len() - 1]);
    }
    EffectivePolicyValidationError {
        error_code: Some(code.to_owned()),
        error_message: Some(text.to_owned()),
        path_to_error: Some(path.join("/")),
        contributing_policies: Some(policies),
    }
}
