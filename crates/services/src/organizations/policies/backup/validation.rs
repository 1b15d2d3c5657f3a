//! What may be wrong with an effective backup policy, though each policy that contributes to it was right.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::policy_validation::{Contribution, error};
use super::{conflicts, members, plans};
use crate::model::organizations::EffectivePolicyValidationError;

/// F-ORGS-EFF-5: rules of a backup plan.
const MAX_RULES: usize = 10;

/// The errors of an effective backup policy whose schedules are judged as of an instant.
///
/// F-ORGS-EFF-5: a plan has rules, up to ten of them, Regions and selections; a rule has a vault, and settings that go
/// together; a selection says what it selects, and by whom.
pub(in super::super) fn errors(
    content: &Value,
    at: Timestamp,
    contributions: &[Contribution],
) -> Vec<EffectivePolicyValidationError> {
    let mut found = Found { errors: Vec::new(), contributions };
    for (name, plan) in plans(content) {
        let path = ["plans", name];
        found.require(plan, &["regions", "rules", "selections"], &path);
        for (rule_name, rule) in members(plan, "rules") {
            let path = ["plans", name, "rules", rule_name];
            found.require(rule, &["target_backup_vault_name"], &path);
            for conflict in conflicts(rule, Some(at)) {
                let text = format!(
                    "Dependent fields {} in policy block {rule_name} are invalid when used together",
                    conflict.join(",")
                );
                found.add("CROSS_ATTRIBUTE_VALIDATION", &text, &path);
            }
        }
        if plan.get("rules").and_then(Value::as_object).map_or(0, Map::len) > MAX_RULES {
            let text = format!("'rules' exceeds the allowed maximum limit {MAX_RULES}");
            found.add("ELEMENTS_TOO_MANY", &text, &["plans", name, "rules"]);
        }
        let selections = plan.get("selections").unwrap_or(&Value::Null);
        for (kind, needed) in
            [("tags", &["iam_role_arn", "tag_key", "tag_value"][..]), ("resources", &["iam_role_arn"][..])]
        {
            for (selection_name, selection) in members(selections, kind) {
                found.require(selection, needed, &["plans", name, "selections", kind, selection_name]);
            }
        }
    }
    found.errors
}

struct Found<'c> {
    errors: Vec<EffectivePolicyValidationError>,
    contributions: &'c [Contribution],
}

impl Found<'_> {
    fn add(&mut self, code: &str, text: &str, path: &[&str]) {
        self.errors.push(error(code, text, path, self.contributions));
    }

    /// These members must be there, and lists must have something in them.
    fn require(&mut self, block: &Value, names: &[&str], path: &[&str]) {
        for name in names {
            match block.get(name) {
                None => self.add("KEY_REQUIRED", &format!("'{name}' is missing"), path),
                Some(Value::Array(values)) if values.is_empty() => {
                    let text = format!("'{name}' is less than the allowed minimum limit 1");
                    self.add("ELEMENTS_TOO_FEW", &text, &[path, &[name]].concat());
                }
                Some(_) => {}
            }
        }
    }
}
