//! Which records of the log a trail takes: of whose calls, in which Regions, of which kind.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::selectors::selectors;
use crate::service::Service;
use crate::state::trail::{Selectors, Trail};

/// What selection looks at in a record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenRecord<'r> {
    /// The service, for example `iam.amazonaws.com`.
    #[serde(borrow, default)]
    pub event_source: Cow<'r, str>,
    /// The operation.
    #[serde(borrow, default)]
    pub event_name: Cow<'r, str>,
    /// The Region.
    #[serde(borrow, default)]
    pub aws_region: Cow<'r, str>,
    /// `AwsApiCall`, `AwsServiceEvent`.
    #[serde(borrow, default)]
    pub event_type: Cow<'r, str>,
    /// Whether it only read.
    #[serde(default)]
    pub read_only: Option<bool>,
    /// Who called.
    #[serde(borrow, default)]
    pub user_identity: SeenIdentity<'r>,
}

/// The caller.
#[derive(Debug, Default, Deserialize)]
pub struct SeenIdentity<'r> {
    /// Its ARN.
    #[serde(borrow, default)]
    pub arn: Option<Cow<'r, str>>,
}

impl<'r> SeenRecord<'r> {
    /// Reads a record; `None` where it is none.
    pub fn read(json: &'r str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "eventCategory" => Some("Management".into()),
            "eventName" => Some(Cow::Borrowed(&self.event_name)),
            "eventSource" => Some(Cow::Borrowed(&self.event_source)),
            "eventType" => Some(Cow::Borrowed(&self.event_type)),
            "readOnly" => Some(if self.read_only == Some(true) { "true" } else { "false" }.into()),
            "sessionCredentialFromConsole" => Some("false".into()),
            "userIdentity.arn" => self.user_identity.arn.as_deref().map(Cow::Borrowed),
            _ => None,
        }
    }
}

/// What a trail takes.
pub struct Selection {
    home: String,
    is_multi_region: bool,
    includes_global_services: bool,
    selectors: Selectors,
}

impl Selection {
    /// Of a trail.
    pub fn of(trail: &Trail) -> Self {
        Self {
            home: trail.region.clone(),
            is_multi_region: trail.is_multi_region,
            includes_global_services: trail.includes_global_services,
            selectors: selectors(trail),
        }
    }

    /// Whether a record of an account that the trail is for is delivered.
    pub fn takes(&self, record: &SeenRecord<'_>) -> bool {
        self.is_of_region(record)
            && match &self.selectors {
                Selectors::Basic(selectors) => selectors.iter().any(|selector| is_selected(selector, record)),
                Selectors::Advanced(selectors) => {
                    selectors.iter().any(|selector| fields(selector).all(|field| holds(field, record)))
                }
            }
    }

    /// F-TRAILS-REGION-1: a trail of one Region takes what is recorded there; global services record in us-east-1 (F-EVENT-7)
    /// and are left out where the trail does not include them.
    fn is_of_region(&self, record: &SeenRecord<'_>) -> bool {
        if !self.is_multi_region && record.aws_region != self.home {
            return false;
        }
        self.includes_global_services || !is_global(&record.event_source)
    }
}

fn is_global(event_source: &str) -> bool {
    Service::ALL.into_iter().any(|service| service.is_global() && service.event_source() == event_source)
}

/// F-TRAILS-SEL-6: a selector of the older form.
fn is_selected(selector: &Value, record: &SeenRecord<'_>) -> bool {
    let excluded = selector["ExcludeManagementEventSources"].as_array();
    selector["IncludeManagementEvents"].as_bool().unwrap_or(true)
        && match selector["ReadWriteType"].as_str() {
            Some("ReadOnly") => record.read_only == Some(true),
            Some("WriteOnly") => record.read_only != Some(true),
            _ => true,
        }
        && !excluded.into_iter().flatten().any(|source| *source == *record.event_source)
}

fn fields(selector: &Value) -> impl Iterator<Item = &Value> {
    selector["FieldSelectors"].as_array().into_iter().flatten()
}

/// F-TRAILS-SEL-7: of one field, any value of an operator that selects, and none of one that excludes.
fn holds(field: &Value, record: &SeenRecord<'_>) -> bool {
    let found = record.field(field["Field"].as_str().unwrap_or_default());
    let Some(found) = found.as_deref() else { return false };
    let any = |operator: &str, is: &dyn Fn(&str) -> bool| {
        field[operator].as_array().map(|values| values.iter().filter_map(Value::as_str).any(is))
    };
    let equals = |value: &str| found == value;
    let starts = |value: &str| found.starts_with(value);
    let ends = |value: &str| found.ends_with(value);
    let selects = [any("Equals", &equals), any("StartsWith", &starts), any("EndsWith", &ends)];
    let excludes = [any("NotEquals", &equals), any("NotStartsWith", &starts), any("NotEndsWith", &ends)];
    let is_asked = selects.iter().any(Option::is_some);
    (!is_asked || selects.contains(&Some(true))) && !excludes.contains(&Some(true))
}

#[cfg(test)]
mod tests {
    use aws::arn::AccountId;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn trail(selectors: Option<Selectors>) -> Trail {
        let stored = json!({
            "account": AccountId::from_number(1), "region": "eu-west-1", "name": "main", "bucket": "b",
            "includes_global_services": true, "is_multi_region": true, "validates_files": false,
            "created_at": Timestamp::UNIX_EPOCH,
        });
        let trail: Trail = serde_json::from_value(stored).expect("a trail");
        Trail { selectors, ..trail }
    }

    fn takes(trail: &Trail, source: &str, name: &str, region: &str, read_only: bool) -> bool {
        let record = json!({ "eventSource": source, "eventName": name, "awsRegion": region, "readOnly": read_only,
                             "eventType": "AwsApiCall", "userIdentity": { "arn": "arn:aws:iam::1:root" } });
        let text = record.to_string();
        Selection::of(trail).takes(&SeenRecord::read(&text).expect("a record"))
    }

    /// F-TRAILS-SEL-6, F-TRAILS-SEL-7, F-TRAILS-REGION-1.
    #[test]
    fn trails_take_what_their_selectors_say_f_trails_sel_6() {
        let read = |trail: &Trail| takes(trail, "account.amazonaws.com", "ListRegions", "eu-west-1", true);
        let write = |trail: &Trail| takes(trail, "kms.amazonaws.com", "CreateKey", "eu-west-1", false);
        assert!(read(&trail(None)) && write(&trail(None)));
        let basic = |selector: Value| Selectors::Basic(vec![selector]);
        let cases = [
            (basic(json!({ "ReadWriteType": "ReadOnly" })), (true, false)),
            (basic(json!({ "ReadWriteType": "WriteOnly" })), (false, true)),
            (basic(json!({ "IncludeManagementEvents": false })), (false, false)),
            (basic(json!({ "ExcludeManagementEventSources": ["kms.amazonaws.com"] })), (true, false)),
            (Selectors::Basic(vec![json!({ "ReadWriteType": "ReadOnly" }), json!({})]), (true, true)),
        ];
        for (selectors, expected) in cases {
            let shown = format!("{selectors:?}");
            assert_eq!(
                (read(&trail(Some(selectors.clone()))), write(&trail(Some(selectors)))),
                expected,
                "{shown}"
            );
        }
        let advanced = |fields: Value| Selectors::Advanced(vec![json!({ "FieldSelectors": fields })]);
        let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
        let cases = [
            (json!([management]), (true, true)),
            (json!([{ "Field": "eventCategory", "Equals": ["Data"] }]), (false, false)),
            (json!([management, { "Field": "readOnly", "Equals": ["true"] }]), (true, false)),
            (
                json!([management, { "Field": "eventSource", "NotEquals": ["kms.amazonaws.com"] }]),
                (true, false),
            ),
            (json!([management, { "Field": "eventName", "StartsWith": ["Create", "Put"] }]), (false, true)),
            (
                json!([management, { "Field": "eventName", "EndsWith": ["s"], "NotStartsWith": ["List"] }]),
                (false, false),
            ),
            (json!([management, { "Field": "userIdentity.arn", "NotEndsWith": [":root"] }]), (false, false)),
            (json!([management, { "Field": "resources.ARN", "Equals": ["a"] }]), (false, false)),
        ];
        for (fields, expected) in cases {
            let trail = trail(Some(advanced(fields.clone())));
            assert_eq!((read(&trail), write(&trail)), expected, "{fields}");
        }
        let iam = |trail: &Trail| takes(trail, "iam.amazonaws.com", "CreateUser", "us-east-1", false);
        assert!(iam(&trail(None)));
        assert!(!iam(&Trail { is_multi_region: false, ..trail(None) }));
        assert!(!iam(&Trail { includes_global_services: false, ..trail(None) }));
        let virginia = Trail { is_multi_region: false, region: "us-east-1".to_owned(), ..trail(None) };
        assert!(iam(&virginia) && !read(&virginia));
    }
}
