//! What may be wrong with an effective policy, though each policy that contributes to it was right.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/invalid-policy-alerts.html>

use jiff::Timestamp;
use serde_json::Value;

use super::backup;
use super::grammar::member;
use crate::model::organizations::{EffectivePolicyType, EffectivePolicyValidationError};

/// F-ORGS-EFF-5: characters of an effective tag policy.
const MAX_TAG_POLICY_SIZE: usize = 395_000;

/// A policy that reaches the account.
pub(crate) struct Contribution {
    /// `p-…`
    pub policy_id: String,
    /// Its document.
    pub document: Value,
}

/// The errors of an effective policy, whose schedules are judged as of an instant. F-ORGS-EFF-5: of other types than backup
/// and tag policies none are known.
pub(crate) fn errors(
    kind: EffectivePolicyType,
    content: &Value,
    at: Timestamp,
    contributions: &[Contribution],
) -> Vec<EffectivePolicyValidationError> {
    match kind {
        EffectivePolicyType::BackupPolicy => backup::validation::errors(content, at, contributions),
        EffectivePolicyType::TagPolicy => tag_errors(content, contributions),
        _ => Vec::new(),
    }
}

fn tag_errors(content: &Value, contributions: &[Contribution]) -> Vec<EffectivePolicyValidationError> {
    if content.to_string().chars().count() <= MAX_TAG_POLICY_SIZE {
        return Vec::new();
    }
    let text = format!("'tags' exceeds the allowed maximum limit {MAX_TAG_POLICY_SIZE}");
    vec![error("ELEMENTS_TOO_MANY", &text, &["tags"], contributions)]
}

/// An error at a path of an effective policy, whose names are in lower case.
pub(super) fn error(
    code: &str,
    text: &str,
    path: &[&str],
    contributions: &[Contribution],
) -> EffectivePolicyValidationError {
    // What is missing is missing in the member above it, which somebody wrote.
    let reaches = |document: &Value, path: &[&str]| {
        path.iter().try_fold(document, |value, name| member(value.as_object()?, name)).is_some()
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
