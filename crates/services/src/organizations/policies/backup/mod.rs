//! Backup policies: what a document may hold, when its schedules run, and which settings go together.

mod document;
mod schedule;
mod schedule_field;
pub(super) mod validation;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub(super) use document::BACKUP_POLICY;

use super::inheritance::Inherited;
use schedule::Schedule;

/// F-ORGS-POL-15: runs of a schedule are at least so far apart.
const MIN_HOURS_BETWEEN_RUNS: i64 = 1;
/// F-ORGS-POL-16: and those of a rule that archives at least so far.
const MIN_DAYS_BETWEEN_ARCHIVED_RUNS: i64 = 28;
/// F-ORGS-POL-16: what is in cold storage stays there so long at least.
const MIN_DAYS_ARCHIVED: u64 = 90;
/// F-ORGS-POL-17: continuous backups are kept so long at most.
const MAX_DAYS_OF_CONTINUOUS_BACKUPS: u64 = 35;

/// Checks what the settings of a document must be to one another, and its schedules as of an instant. Where no time is
/// known, the runs of schedules are not looked at.
///
/// # Errors
/// F-ORGS-POL-15 to F-ORGS-POL-17: what is wrong, as the end of a sentence.
pub(super) fn check(document: &Value, at: Option<Timestamp>) -> Result<(), String> {
    let mut alone = Inherited::default();
    alone.add_level([document]);
    let content = alone.effective().unwrap_or_default();
    for (name, rule) in plans(&content).flat_map(|(_, plan)| members(plan, "rules")) {
        let too_often = at.zip(text(rule, "schedule_expression")).is_some_and(|(at, expression)| {
            interval(expression, at).is_none_or(|it| it < SignedDuration::from_hours(MIN_HOURS_BETWEEN_RUNS))
        });
        if too_often {
            return Err(format!("the next two runs of `{name}` are not an hour apart"));
        }
        if let Some(conflict) = conflicts(rule, at).into_iter().next() {
            return Err(format!("{} of `{name}` do not go together", conflict.join(", ")));
        }
    }
    Ok(())
}

/// The plans of an effective policy.
pub(super) fn plans(content: &Value) -> impl Iterator<Item = (&str, &Value)> {
    members(content, "plans")
}

/// The members of a member.
pub(super) fn members<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let members = value.get(name).and_then(Value::as_object);
    members.into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

fn interval(expression: &str, at: Timestamp) -> Option<SignedDuration> {
    Schedule::parse(expression)?.next_interval(at)
}

/// Settings of a rule of an effective policy that cannot be used together, each as `name=value`; its schedule as of an
/// instant, if one is given.
pub(super) fn conflicts(rule: &Value, at: Option<Timestamp>) -> Vec<Vec<String>> {
    let said = |value: &Value, name: &str| format!("{name}={}", text(value, name).unwrap_or("null"));
    let number = |value: &Value, name: &str| document::number(text(value, name)?);
    let is_true = |value: &Value, name: &str| text(value, name) == Some("true");
    let mut conflicts = Vec::new();
    let none = Value::Null;
    let own = rule.get("lifecycle").unwrap_or(&none);
    if is_true(rule, "enable_continuous_backup")
        && number(own, "delete_after_days").is_none_or(|days| days > MAX_DAYS_OF_CONTINUOUS_BACKUPS)
    {
        conflicts.push(vec![said(rule, "enable_continuous_backup"), said(own, "delete_after_days")]);
    }
    let copies = members(rule, "copy_actions").filter_map(|(_, copy)| copy.get("lifecycle"));
    let archive = "opt_in_to_archive_for_supported_resources";
    for lifecycle in std::iter::once(own).chain(copies).filter(|lifecycle| is_true(lifecycle, archive)) {
        if !runs_seldom(text(rule, "schedule_expression"), at) {
            conflicts.push(vec![said(lifecycle, archive), said(rule, "schedule_expression")]);
        }
        let (cold, delete) = ("move_to_cold_storage_after_days", "delete_after_days");
        let days = number(lifecycle, cold).zip(number(lifecycle, delete));
        if days.is_some_and(|(cold, delete)| delete < cold.saturating_add(MIN_DAYS_ARCHIVED)) {
            conflicts.push(vec![said(lifecycle, archive), said(lifecycle, cold), said(lifecycle, delete)]);
        }
    }
    // Two copies that break one rule are one error.
    conflicts.sort();
    conflicts.dedup();
    conflicts
}

/// Whether there is a schedule, and it leaves time enough between runs that are archived.
fn runs_seldom(expression: Option<&str>, at: Option<Timestamp>) -> bool {
    let Some(expression) = expression else { return false };
    let Some(at) = at else { return true };
    let least = SignedDuration::from_hours(24 * MIN_DAYS_BETWEEN_ARCHIVED_RUNS);
    interval(expression, at).is_some_and(|interval| interval >= least)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::management_document;
    use super::*;
    use crate::model::organizations::PolicyType;

    fn is_right_at(document: &Value, at: Option<&str>) -> bool {
        let at = at.map(|at| at.parse().expect("an instant"));
        management_document::check(PolicyType::BackupPolicy, &document.to_string(), at).is_ok()
    }

    fn plan(name: &str, value: Value) -> Value {
        json!({"plans": {"daily": {name: value}}})
    }

    fn rule(settings: Value) -> Value {
        plan("rules", json!({"daily": settings}))
    }

    fn setting(name: &str, value: &Value) -> Value {
        rule(json!({name: {"@@assign": value}}))
    }

    /// The documents of one kind, those that are right first.
    fn check_all(of: impl Fn(&Value) -> Value, right: &[Value], wrong: &[Value]) {
        for value in right {
            assert!(is_right_at(&of(value), None), "{}", of(value));
        }
        for value in wrong {
            assert!(!is_right_at(&of(value), None), "{}", of(value));
        }
    }

    /// F-ORGS-POL-14.
    #[test]
    fn a_backup_policy_has_members_and_values_of_its_table() {
        let long = "x".repeat(50);
        let named = |name: &Value| json!({"plans": {name.as_str().unwrap_or_default(): {}}});
        let too_long = format!("{long}x");
        check_all(
            named,
            &[json!("with.dot"), json!(long)],
            &[json!("with space"), json!("é"), json!(""), json!(too_long)],
        );
        check_all(
            |value| plan("regions", json!({"@@assign": value})),
            &[json!(["us-east-1", "us-east-1"]), json!([])],
            &[json!(["*"]), json!("us-east-1"), json!([12]), json!(["us-east-9"])],
        );
        for minutes in ["start_backup_window_minutes", "complete_backup_window_minutes"] {
            check_all(
                |value| setting(minutes, value),
                &[json!("60"), json!("060"), json!(60), json!("9999999999999999")],
                &[
                    json!("59"),
                    json!("+60"),
                    json!(" 60"),
                    json!("1e2"),
                    json!(60.0),
                    json!("60.5"),
                    json!(true),
                    json!("10000000000000000"),
                    json!("bad"),
                    json!(""),
                    json!(["60"]),
                ],
            );
        }
        check_all(
            |value| setting("enable_continuous_backup", value),
            &[json!(false), json!("false")],
            &[json!("TRUE"), json!(1), json!("yes")],
        );
        check_all(
            |value| setting("target_backup_vault_name", value),
            &[json!("a"), json!("Vault-1_2")],
            &[json!("with space"), json!("with.dot"), json!(""), json!(too_long)],
        );
        let vault = |region: &str| json!(format!("arn:aws:backup:{region}:$account:backup-vault:Vault"));
        check_all(
            |value| setting("target_logically_air_gapped_backup_vault_arn", value),
            &[vault("$region")],
            &[vault("us-east-1"), json!("bad")],
        );
        check_all(
            |value| rule(json!({"copy_actions": {"copy": {"target_backup_vault_arn": {"@@assign": value}}}})),
            &[vault("us-east-1")],
            &[vault("$region"), json!("bad")],
        );
        check_all(
            |value| rule(json!({"lifecycle": {"delete_after_days": {"@@assign": value}}})),
            &[json!("1"), json!(1), json!("36501")],
            &[json!("0"), json!("-1"), json!("bad")],
        );
        check_all(
            |value| rule(json!({"scan_actions": {"GUARDDUTY": {"scan_mode": {"@@assign": value}}}})),
            &[json!("FULL_SCAN"), json!("INCREMENTAL_SCAN")],
            &[json!("wrong")],
        );
        check_all(
            |value| plan("scan_settings", json!({"GUARDDUTY": {"resource_types": {"@@assign": value}}})),
            &[json!(["EBS", "EC2", "S3", "ALL"])],
            &[json!(["wrong"]), json!([])],
        );
        check_all(
            |value| plan("advanced_backup_settings", value.clone()),
            &[
                json!({"ec2": {"windows_vss": {"@@assign": "enabled"}}, "s3": {"backup_acls": {"@@assign": "disabled"}}}),
            ],
            &[json!({"ec2": {"windows_vss": {"@@assign": "on"}}}), json!({"rds": {}})],
        );
        check_all(
            |value| value.clone(),
            &[
                json!({"PLANS": {"daily": {"Rules": {"a.b": {"Target_Backup_Vault_Name": {"@@Assign": "v"}}}}}}),
            ],
            &[plan("other", json!({})), rule(json!({"other": {"@@assign": "x"}}))],
        );
    }

    /// F-ORGS-POL-14.
    #[test]
    fn selections_copies_and_tags_are_whole() {
        let role = json!({"@@assign": "arn:aws:iam::$account:role/Backup"});
        let value = json!({"@@assign": ["one", 1, ""]});
        let key = json!({"@@assign": "k".repeat(128)});
        check_all(
            |selection| plan("selections", json!({"tags": {"cost": selection}})),
            &[
                json!({"tag_key": key, "tag_value": value}),
                json!({"tag_key": key, "tag_value": {"@@remove": ["one"]}, "iam_role_arn": role}),
            ],
            &[
                json!({"iam_role_arn": role, "tag_value": value}),
                json!({"iam_role_arn": role, "tag_key": key}),
                json!({"tag_key": key, "tag_value": {"@@append": []}}),
                json!({"tag_key": {"@@assign": ""}, "tag_value": value}),
                json!({"tag_key": {"@@assign": "k".repeat(129)}, "tag_value": value}),
                json!({"tag_key": key, "tag_value": value, "iam_role_arn": {"@@assign": "role"}}),
            ],
        );
        let condition = |members: Value| json!({"conditions": {"string_equals": {"one": members}}});
        let both =
            json!({"condition_key": {"@@assign": "aws:ResourceTag/a"}, "condition_value": {"@@assign": "b"}});
        check_all(
            |selection| plan("selections", json!({"resources": {"all": selection}})),
            &[json!({"resource_types": {"@@assign": ["arn:aws:ec2:*:*:volume/*", "*"]}}), condition(both)],
            &[
                json!({"iam_role_arn": role}),
                json!({"resource_types": {"@@assign": []}}),
                json!({"resource_types": {"@@assign": ["arn:aws:sqs:*:*:*"]}}),
                condition(json!({"condition_key": {"@@assign": "aws:ResourceTag/a"}})),
            ],
        );
        check_all(
            |copy| rule(json!({"copy_actions": {"arn": copy}})),
            &[],
            &[json!({}), json!({"lifecycle": {"delete_after_days": {"@@assign": "120"}}})],
        );
        let tag =
            |key: &str, value: Value| json!({"tag_key": {"@@assign": key}, "tag_value": {"@@assign": value}});
        check_all(
            |tag| plan("backup_plan_tags", json!({"Cost": tag})),
            &[tag("cost", json!("one")), tag("COST", json!(true))],
            &[
                tag("other", json!("one")),
                tag("", json!("one")),
                tag("cost", json!(["one"])),
                json!({"tag_key": {"@@assign": "cost"}}),
                json!({"tag_value": {"@@assign": "one"}}),
            ],
        );
    }

    fn scheduled(fields: &str) -> Value {
        setting("schedule_expression", &json!(format!("cron({fields})")))
    }

    /// F-ORGS-POL-15: one content is right, and wrong when time has passed.
    #[test]
    fn the_next_two_runs_are_an_hour_apart() {
        let (before, after) = (Some("2026-09-13T07:40:00Z"), Some("2026-09-13T07:59:01Z"));
        let document = scheduled("0,59 7 ? * * *");
        assert!(is_right_at(&document, before));
        assert!(!is_right_at(&scheduled("0,59 8 ? * * *"), before));
        assert!(!is_right_at(&document, Some("2026-09-13T06:30:00Z")));
        assert!(is_right_at(&document, None), "without a time it is not looked at");
        let once = scheduled("59 7 13,14 9 ? 2026");
        assert!(is_right_at(&once, before));
        assert!(!is_right_at(&once, after), "there is one run left");
        assert!(!is_right_at(&setting("schedule_expression", &json!("bad")), None));
    }

    fn archiving(fields: Option<&str>, cold: &str, delete: &str, archives: &str) -> Value {
        let lifecycle = json!({
            "move_to_cold_storage_after_days": {"@@assign": cold}, "delete_after_days": {"@@assign": delete},
            "opt_in_to_archive_for_supported_resources": {"@@assign": archives}});
        let mut settings = json!({"lifecycle": lifecycle});
        if let Some(fields) = fields {
            settings["schedule_expression"] = json!({"@@assign": format!("cron({fields})")});
        }
        rule(settings)
    }

    /// F-ORGS-POL-16.
    #[test]
    fn what_is_archived_is_backed_up_seldom_and_kept_long() {
        let at = Some("2026-09-13T07:40:00Z");
        let monthly = Some("0 5 1 * ? *");
        assert!(is_right_at(&archiving(monthly, "30", "120", "true"), at));
        assert!(is_right_at(&archiving(Some("0 5 ? * * *"), "30", "60", "false"), at));
        assert!(!is_right_at(&archiving(monthly, "30", "119", "true"), at));
        assert!(!is_right_at(&archiving(Some("0 5 ? * SUN *"), "30", "120", "true"), at));
        assert!(!is_right_at(&archiving(Some("0 5 1,29 * ? *"), "30", "120", "true"), at));
        for at in [at, None] {
            assert!(!is_right_at(&archiving(None, "30", "120", "true"), at));
        }
        let copied = |fields: &str| {
            let lifecycle =
                &archiving(None, "30", "120", "true")["plans"]["daily"]["rules"]["daily"]["lifecycle"];
            let vault = "arn:aws:backup:us-east-1:$account:backup-vault:Vault";
            rule(json!({
                "schedule_expression": {"@@assign": format!("cron({fields})")},
                "copy_actions": {vault: {"target_backup_vault_arn": {"@@assign": vault}, "lifecycle": lifecycle}}}))
        };
        assert!(is_right_at(&copied("0 5 1 * ? *"), at));
        assert!(!is_right_at(&copied("0 5 ? * * *"), at));
    }

    /// F-ORGS-POL-17.
    #[test]
    fn continuous_backups_are_kept_35_days_at_most() {
        let kept = |days: Option<&str>| {
            let mut settings = json!({"enable_continuous_backup": {"@@assign": true}});
            if let Some(days) = days {
                settings["lifecycle"] = json!({"delete_after_days": {"@@assign": days}});
            }
            rule(settings)
        };
        assert!(is_right_at(&kept(Some("35")), None));
        assert!(!is_right_at(&kept(Some("36")), None) && !is_right_at(&kept(None), None));
    }
}
