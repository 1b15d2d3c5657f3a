//! Whether a resource's tags are as the effective tag policy of its account wants them.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html>

use aws::arn::AccountId;
use serde_json::Value;

use super::get_resources::is_of;
use super::model::ComplianceDetails;
use super::resources::Resource;
use crate::authority::ancestry::Ancestry;
use crate::organizations::policies::effective_policy;
use crate::world::{Fault, World};

/// An effective tag policy. Where there is none, it wants nothing.
#[derive(Default)]
pub(super) struct TagPolicy {
    /// What it says of each key.
    pub(super) tags: Vec<PolicyTag>,
}

/// What a tag policy says of one key.
pub(super) struct PolicyTag {
    /// The key, in the case that it must have.
    pub(super) key: String,
    /// The values that it may have; `*` stands for any characters.
    values: Vec<String>,
    /// The types of resources that must have it.
    pub(super) required_for: Vec<String>,
}

impl TagPolicy {
    /// The one that is in force for an account.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn of(account: AccountId, world: &World<'_>) -> Result<Self, Fault> {
        match Ancestry::of(account, world)? {
            Some(ancestry) => Self::at(&ancestry, world),
            None => Ok(Self::default()),
        }
    }

    /// The one that is in force at a place.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn at(ancestry: &Ancestry, world: &World<'_>) -> Result<Self, Fault> {
        let content = effective_policy::tag_policy(ancestry, world)?;
        Ok(content.map_or_else(Self::default, |content| Self::read(&content)))
    }

    fn read(content: &Value) -> Self {
        let texts = |list: &Value| -> Vec<String> {
            list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let tags = content["tags"].as_object().into_iter().flatten().filter_map(|(_, tag)| {
            Some(PolicyTag {
                key: tag["tag_key"].as_str()?.to_owned(),
                values: texts(&tag["tag_value"]),
                required_for: texts(&tag["report_required_tag_for"]),
            })
        });
        Self { tags: tags.collect() }
    }

    /// F-TAG-9: how a resource's tags stand to the policy. A key in another case is a wrong key, and counts among those
    /// with wrong values too, as the reference says.
    pub(super) fn details(&self, resource: &Resource) -> ComplianceDetails {
        let (mut wrong_keys, mut wrong_values, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for wanted in &self.tags {
            let of_key =
                resource.tags.iter().filter(|(key, _)| key.to_lowercase() == wanted.key.to_lowercase());
            let mut is_there = false;
            let mut has_wrong_value = false;
            for (key, value) in of_key {
                is_there |= *key == wanted.key;
                if *key != wanted.key {
                    wrong_keys.push(key.as_str().into());
                }
                has_wrong_value |= *key != wanted.key || !wanted.allows(value);
            }
            if has_wrong_value {
                wrong_values.push(wanted.key.as_str().into());
            }
            if !is_there && wanted.required_for.iter().any(|kind| is_required_of(resource, kind)) {
                missing.push(wanted.key.as_str().into());
            }
        }
        let complies = wrong_keys.is_empty() && wrong_values.is_empty() && missing.is_empty();
        ComplianceDetails {
            noncompliant_keys: Some(wrong_keys),
            keys_with_noncompliant_values: Some(wrong_values),
            missing_tag_keys: Some(missing),
            compliance_status: Some(complies),
        }
    }
}

/// `iam:policy`, or `iam:ALL_SUPPORTED` for all of a service.
fn is_required_of(resource: &Resource, kind: &str) -> bool {
    match kind.strip_suffix(":ALL_SUPPORTED") {
        Some(service) => is_of(resource, service),
        None => is_of(resource, kind),
    }
}

impl PolicyTag {
    fn allows(&self, value: &str) -> bool {
        self.values.iter().any(|pattern| matches(pattern, value))
    }
}

/// Whether a value is one of a pattern, in which `*` stands for any characters.
fn matches(pattern: &str, value: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| value.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, value, expected) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("a*c", "abc", true),
            ("a*b*c", "axxbyyc", true),
            ("a*c", "ab", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn a_resource_complies_or_is_told_why_not_f_tag_9() {
        let policy = TagPolicy::read(&json!({"tags": {
            "team": {"tag_key": "Team", "tag_value": ["blue", "r*"], "report_required_tag_for": ["iam:policy"]},
        }}));
        let details = |tags: &[(&str, &str)], kind| {
            let tags: BTreeMap<_, _> =
                tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let of = policy.details(&Resource { arn: String::new(), kind, tags, native: String::new() });
            let count = |list: &Option<Vec<_>>| list.as_ref().map_or(0, Vec::len);
            (
                of.compliance_status,
                count(&of.noncompliant_keys),
                count(&of.keys_with_noncompliant_values),
                count(&of.missing_tag_keys),
            )
        };
        assert_eq!(details(&[("Team", "red")], "iam:policy"), (Some(true), 0, 0, 0));
        assert_eq!(details(&[("Team", "green")], "iam:policy"), (Some(false), 0, 1, 0));
        assert_eq!(details(&[("team", "blue")], "organizations:ou"), (Some(false), 1, 1, 0));
        assert_eq!(details(&[("other", "x")], "iam:policy"), (Some(false), 0, 0, 1));
        assert_eq!(details(&[("other", "x")], "organizations:ou"), (Some(true), 0, 0, 0));
    }
}
