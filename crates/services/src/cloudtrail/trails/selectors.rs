//! PutEventSelectors and GetEventSelectors. Selectors of data events are kept and select nothing, since no data event is
//! recorded here.

use aws::refusal::Refusal;
use aws::smithy::Shape;
use serde_json::{Value, json};

use super::{On, find, open, refusal};
use crate::cloudtrail::model::{
    AdvancedEventSelector, EventSelector, GetEventSelectorsRequest, GetEventSelectorsResponse,
    PutEventSelectorsRequest, PutEventSelectorsResponse, ReadWriteType,
};
use crate::failure::Failure;
use crate::state::trail::{Selectors, Trail};
use crate::world::World;

/// F-TRAILS-SEL-2: the most selectors of the older form, resources they name together, and conditions of advanced ones.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
const MOST_SELECTORS: usize = 5;
const MOST_RESOURCES: usize = 250;
const MOST_CONDITIONS: usize = 500;

/// F-TRAILS-SEL-3: the types of resources that selectors of the older form know, and all that advanced ones do.
const BASIC_TYPES: [&str; 3] = ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"];
const RESOURCE_TYPES: &str = include_str!("resource_types.txt");

/// F-TRAILS-SEL-4: the services whose management events can be left out (documented).
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// The fields that a selector may look at, by category (documented).
const MANAGEMENT_FIELDS: [&str; 7] = [
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "readOnly",
    "sessionCredentialFromConsole",
    "userIdentity.arn",
];
const DATA_FIELDS: [&str; 9] = [
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "readOnly",
    "resources.ARN",
    "resources.type",
    "sessionCredentialFromConsole",
    "userIdentity.arn",
];
const NETWORK_FIELDS: [&str; 6] =
    ["errorCode", "eventCategory", "eventName", "eventSource", "resources.ARN", "vpcEndpointId"];

/// F-TRAILS-SEL-1: a ReadWriteType that is none has an exception of its own, and not the model's constraint.
///
/// # Errors
/// `InvalidEventSelectorsException`.
pub(in crate::cloudtrail) fn check_read_write_types(members: &Value) -> Result<(), Refusal> {
    let selectors = members["EventSelectors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let given = selectors.iter().filter_map(|selector| selector["ReadWriteType"].as_str());
    for kind in given {
        if kind.parse::<ReadWriteType>().is_err() {
            return Err(refusal::invalid_selectors(format!("Value {kind} for ReadWriteType is invalid.")));
        }
    }
    Ok(())
}

/// PutEventSelectors: replaces what was there, whichever form it had. F-TRAILS-SEL-5: the answer has them as they were
/// sent.
///
/// # Errors
/// F-TRAILS-SEL-1 to -4: `InvalidEventSelectorsException`; and as [`open`].
pub(in crate::cloudtrail) fn put(
    on: On<'_>,
    input: PutEventSelectorsRequest,
    world: &mut World<'_>,
) -> Result<PutEventSelectorsResponse, Failure> {
    let mut trail = open(&input.trail_name, on, world)?;
    let basic = input.event_selectors.filter(|selectors| !selectors.is_empty());
    let advanced = input.advanced_event_selectors.filter(|selectors| !selectors.is_empty());
    let selectors = match (&basic, &advanced) {
        (Some(_), Some(_)) => {
            let text = "You can select events by using either EventSelectors or AdvancedEventSelectors, but not both.";
            return Err(refusal::invalid_selectors(text).into());
        }
        (None, None) => return Err(wrong_number().into()),
        (Some(basic), None) => {
            check_basic(basic)?;
            Selectors::Basic(basic.iter().map(EventSelector::to_value).collect())
        }
        (None, Some(advanced)) => {
            check_advanced(advanced)?;
            Selectors::Advanced(advanced.iter().map(AdvancedEventSelector::to_value).collect())
        }
    };
    trail.selectors = Some(selectors);
    let trail_arn = Some(trail.arn());
    world.save(trail);
    Ok(PutEventSelectorsResponse { trail_arn, event_selectors: basic, advanced_event_selectors: advanced })
}

/// GetEventSelectors. F-TRAILS-SEL-5: those of the older form with every member, the fields of advanced ones in the order
/// of their names; of a trail that was told nothing, the one that selects all management events.
///
/// # Errors
/// As [`find`].
pub(in crate::cloudtrail) fn get(
    on: On<'_>,
    input: GetEventSelectorsRequest,
    world: &World<'_>,
) -> Result<GetEventSelectorsResponse, Failure> {
    let trail = find(&input.trail_name, on, world)?;
    let mut answer =
        GetEventSelectorsResponse { trail_arn: Some(trail.arn()), ..GetEventSelectorsResponse::default() };
    match selectors(&trail) {
        Selectors::Basic(selectors) => {
            let all = selectors.iter().map(|selector| EventSelector::from_value(&completed(selector)));
            answer.event_selectors = Some(all.collect::<Result<_, _>>()?);
        }
        Selectors::Advanced(selectors) => {
            let mut all =
                selectors.iter().map(AdvancedEventSelector::from_value).collect::<Result<Vec<_>, _>>()?;
            for selector in &mut all {
                selector.field_selectors.sort_by(|one, next| one.field.as_str().cmp(next.field.as_str()));
            }
            answer.advanced_event_selectors = Some(all);
        }
    }
    Ok(answer)
}

/// A trail's selectors, or what it has until somebody puts others.
pub(super) fn selectors(trail: &Trail) -> Selectors {
    trail.selectors.clone().unwrap_or_else(|| Selectors::Basic(vec![json!({})]))
}

/// A selector of the older form with what stands for members that were not given.
fn completed(selector: &Value) -> Value {
    let member = |name: &str, default: Value| match &selector[name] {
        Value::Null => default,
        given => given.clone(),
    };
    json!({
        "ReadWriteType": member("ReadWriteType", json!("All")),
        "IncludeManagementEvents": member("IncludeManagementEvents", json!(true)),
        "DataResources": member("DataResources", json!([])),
        "ExcludeManagementEventSources": member("ExcludeManagementEventSources", json!([])),
    })
}

fn wrong_number() -> Refusal {
    refusal::invalid_selectors("Specify a valid number of selectors (1 to 5) for your trail")
}

fn check_basic(selectors: &[EventSelector]) -> Result<(), Refusal> {
    if selectors.len() > MOST_SELECTORS {
        return Err(wrong_number());
    }
    let mut resources = 0;
    for selector in selectors {
        for source in selector.exclude_management_event_sources.iter().flatten() {
            if !EXCLUDABLE.contains(&source.as_str()) {
                let text = format!("Value {source} for ExcludeManagementEventSources is invalid.");
                return Err(refusal::invalid_selectors(text));
            }
        }
        for resource in selector.data_resources.iter().flatten() {
            let kind = resource.r#type.as_deref().unwrap_or_default();
            if !BASIC_TYPES.contains(&kind) {
                return Err(refusal::invalid_selectors(format!(
                    "Value {kind} for DataResources.Type is invalid."
                )));
            }
            resources += resource.values.as_ref().map_or(0, Vec::len);
        }
    }
    if resources > MOST_RESOURCES {
        let text = format!(
            "The total number of data resources cannot exceed {MOST_RESOURCES} across all selectors."
        );
        return Err(refusal::invalid_selectors(text));
    }
    Ok(())
}

fn check_advanced(selectors: &[AdvancedEventSelector]) -> Result<(), Refusal> {
    let mut conditions = 0;
    for selector in selectors {
        let equals = |field: &str| {
            let fields = selector.field_selectors.iter().filter(move |it| it.field.as_str() == field);
            fields.flat_map(|it| it.equals.iter().flatten()).map(|value| value.as_str()).collect::<Vec<_>>()
        };
        let has = |field: &str| selector.field_selectors.iter().any(|it| it.field.as_str() == field);
        if !has("eventCategory") {
            return Err(required("eventCategory"));
        }
        let known: &[&str] = match equals("eventCategory").as_slice() {
            ["Management"] => &MANAGEMENT_FIELDS,
            ["Data"] => &DATA_FIELDS,
            ["NetworkActivity"] => &NETWORK_FIELDS,
            _ => return Err(refusal::invalid_selectors("The eventCategory field value is not valid.")),
        };
        if known == DATA_FIELDS {
            if !has("resources.type") {
                return Err(required("resources.type"));
            }
            let is_type = |kind: &&str| RESOURCE_TYPES.lines().any(|line| line == *kind);
            let types = equals("resources.type");
            if types.len() != 1 || !types.iter().all(is_type) {
                return Err(refusal::invalid_selectors("The resources.type field value is not valid."));
            }
        }
        for field in &selector.field_selectors {
            let name = field.field.as_str();
            if !known.contains(&name) {
                return Err(refusal::invalid_selectors(format!("The field {name} is not valid.")));
            }
            let others = [
                &field.starts_with,
                &field.ends_with,
                &field.not_equals,
                &field.not_starts_with,
                &field.not_ends_with,
            ];
            let count = |values: &Option<Vec<_>>| values.as_ref().map_or(0, Vec::len);
            let other: usize = others.into_iter().map(count).sum();
            let all = other + count(&field.equals);
            let only_equals = matches!(name, "eventCategory" | "readOnly" | "resources.type");
            if all == 0 || (only_equals && other > 0) {
                return Err(refusal::invalid_selectors(format!(
                    "The operator of the field {name} is not valid."
                )));
            }
            conditions += all;
        }
    }
    if conditions > MOST_CONDITIONS {
        let text = format!(
            "A trail can have up to {MOST_CONDITIONS} conditions across all advanced event selectors."
        );
        return Err(refusal::invalid_selectors(text));
    }
    Ok(())
}

fn required(field: &str) -> Refusal {
    refusal::invalid_selectors(format!("The following fields are required: [{field}]."))
}
