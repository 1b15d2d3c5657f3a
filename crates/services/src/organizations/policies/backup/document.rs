//! What a backup policy's document may hold: the table of its members and values.
//!
//! F-ORGS-POL-14. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html>

use serde_json::{Map, Value};

use super::super::grammar::{Place, member, text};
use super::super::inheritance::ASSIGN;
use super::schedule::Schedule;
use crate::regions;

type Members = &'static [(&'static str, Place)];

/// The grammar of a document.
pub(in super::super) const BACKUP_POLICY: Place =
    Place::Block(&[("plans", Place::Named(is_name_with_dots, &PLAN))]);

const PLAN: Place = Place::Block(&[
    ("regions", Place::List(|it| regions::ALL.contains(&it))),
    ("rules", Place::Named(is_name_with_dots, &Place::Block(RULE))),
    ("selections", Place::Block(SELECTIONS)),
    ("advanced_backup_settings", Place::Block(ADVANCED_SETTINGS)),
    ("backup_plan_tags", TAGS),
    ("scan_settings", Place::Block(&[("guardduty", Place::Block(SCAN_SETTINGS))])),
]);

const RULE: Members = &[
    ("schedule_expression", Place::One(|it| Schedule::parse(it).is_some())),
    ("target_backup_vault_name", Place::One(is_name)),
    ("target_logically_air_gapped_backup_vault_arn", Place::One(is_vault_of_any_region)),
    ("start_backup_window_minutes", Place::One(|it| number(it).is_some_and(|minutes| minutes >= 60))),
    ("complete_backup_window_minutes", Place::One(|it| number(it).is_some_and(|minutes| minutes >= 60))),
    ("enable_continuous_backup", Place::One(is_boolean)),
    ("lifecycle", LIFECYCLE),
    ("copy_actions", Place::Named(any, &Place::Where(has_target, &Place::Block(COPY)))),
    ("recovery_point_tags", TAGS),
    ("index_actions", Place::Block(&[("resource_types", Place::Filled(|it| matches!(it, "EBS" | "S3")))])),
    (
        "scan_actions",
        Place::Block(&[("guardduty", Place::Block(&[("scan_mode", Place::One(is_scan_mode))]))]),
    ),
];

const LIFECYCLE: Place = Place::Block(&[
    ("move_to_cold_storage_after_days", Place::One(|it| number(it).is_some_and(|days| days >= 1))),
    ("delete_after_days", Place::One(|it| number(it).is_some_and(|days| days >= 1))),
    ("opt_in_to_archive_for_supported_resources", Place::One(is_boolean)),
]);

const COPY: Members = &[("target_backup_vault_arn", Place::One(is_vault)), ("lifecycle", LIFECYCLE)];

const SELECTIONS: Members = &[
    ("tags", Place::Named(any, &Place::Where(has_tag, &Place::Block(BY_TAG)))),
    ("resources", Place::Named(any, &Place::Where(has_resources, &Place::Block(BY_RESOURCE)))),
];

const BY_TAG: Members = &[
    ("iam_role_arn", Place::One(is_role)),
    ("tag_key", Place::One(|it| (1..=128).contains(&it.chars().count()))),
    ("tag_value", Place::Filled(any)),
    ("conditions", CONDITIONS),
];

const BY_RESOURCE: Members = &[
    ("iam_role_arn", Place::One(is_role)),
    ("resource_types", Place::Filled(is_resource)),
    ("not_resource_types", Place::Filled(is_resource)),
    ("conditions", CONDITIONS),
];

const CONDITIONS: Place = Place::Block(&[
    ("string_equals", Place::Named(any, &CONDITION)),
    ("string_not_equals", Place::Named(any, &CONDITION)),
    ("string_like", Place::Named(any, &CONDITION)),
    ("string_not_like", Place::Named(any, &CONDITION)),
]);
const CONDITION: Place = Place::Where(
    |_, members| has_all(members, &["condition_key", "condition_value"]),
    &Place::Block(&[("condition_key", Place::One(any)), ("condition_value", Place::One(any))]),
);

const ADVANCED_SETTINGS: Members = &[
    ("ec2", Place::Block(&[("windows_vss", Place::One(is_switch))])),
    (
        "s3",
        Place::Block(&[
            ("backup_acls", Place::One(is_switch)),
            ("backup_object_tags", Place::One(is_switch)),
        ]),
    ),
];

/// Tags by their keys; that those of recovery points are held to the same is *assumed*.
const TAGS: Place = Place::Named(any, &Place::Where(is_named_by_key, &Place::Block(TAG)));
const TAG: Members = &[("tag_key", Place::One(any)), ("tag_value", Place::One(any))];

const SCAN_SETTINGS: Members = &[
    ("resource_types", Place::Filled(|it| matches!(it, "EBS" | "EC2" | "S3" | "ALL"))),
    ("scanner_role_arn", Place::One(is_role)),
];

/// The services whose resources can be selected (the guide's list).
const RESOURCE_SERVICES: [&str; 15] = [
    "backup-gateway",
    "cloudformation",
    "dsql",
    "dynamodb",
    "ec2",
    "eks",
    "elasticfilesystem",
    "fsx",
    "rds",
    "redshift",
    "redshift-serverless",
    "s3",
    "ssm-sap",
    "storagegateway",
    "timestream",
];

const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

fn any(_: &str) -> bool {
    true
}

/// A whole number as documents write it: up to 16 digits (recorded at both sides of 10^16).
pub(super) fn number(text: &str) -> Option<u64> {
    let is_written = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_written)
}

fn is_boolean(value: &str) -> bool {
    matches!(value, "true" | "false")
}

fn is_switch(value: &str) -> bool {
    matches!(value, "enabled" | "disabled")
}

fn is_scan_mode(value: &str) -> bool {
    matches!(value, "INCREMENTAL_SCAN" | "FULL_SCAN")
}

/// Of a vault.
fn is_name(name: &str) -> bool {
    is_name_with_dots(name) && !name.contains('.')
}

/// Of a plan or, as AWS Backup has it, of a rule.
fn is_name_with_dots(name: &str) -> bool {
    (1..=50).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `$account`, or the id of one.
fn is_account(text: &str) -> bool {
    text == "$account" || (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The parts of an ARN after its partition: service, Region, account, resource.
fn arn(text: &str) -> Option<[&str; 4]> {
    let mut parts = text.splitn(6, ':');
    let is_arn = parts.next() == Some("arn") && PARTITIONS.contains(&parts.next()?);
    let parts = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    is_arn.then_some(parts)
}

fn is_role(text: &str) -> bool {
    arn(text).is_some_and(|[service, region, account, resource]| {
        let name = resource.strip_prefix("role/");
        service == "iam" && region.is_empty() && is_account(account) && name.is_some_and(|it| !it.is_empty())
    })
}

fn is_vault_in(text: &str, is_region: impl Fn(&str) -> bool) -> bool {
    arn(text).is_some_and(|[service, region, account, resource]| {
        let name = resource.strip_prefix("backup-vault:");
        service == "backup" && is_region(region) && is_account(account) && name.is_some_and(is_name)
    })
}

/// A vault to copy to, in a Region.
fn is_vault(text: &str) -> bool {
    is_vault_in(text, |region| regions::ALL.contains(&region))
}

/// A vault in whatever Region the plan runs in.
fn is_vault_of_any_region(text: &str) -> bool {
    is_vault_in(text, |region| region == "$region")
}

/// An ARN of what can be backed up, with wildcards, or all.
fn is_resource(text: &str) -> bool {
    text == "*" || arn(text).is_some_and(|[service, ..]| RESOURCE_SERVICES.contains(&service))
}

fn has_all(members: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().all(|name| member(members, name).is_some())
}

fn has_target(_: &str, members: &Map<String, Value>) -> bool {
    has_all(members, &["target_backup_vault_arn"])
}

fn has_tag(_: &str, members: &Map<String, Value>) -> bool {
    has_all(members, &["tag_key", "tag_value"])
}

fn has_resources(_: &str, members: &Map<String, Value>) -> bool {
    has_all(members, &["resource_types"]) || has_all(members, &["conditions"])
}

fn is_named_by_key(name: &str, members: &Map<String, Value>) -> bool {
    let key = member(members, "tag_key").and_then(Value::as_object).and_then(|key| member(key, ASSIGN));
    let is_key = key.and_then(text).is_some_and(|key| key.to_lowercase() == name.to_lowercase());
    is_key && has_all(members, &["tag_value"])
}
