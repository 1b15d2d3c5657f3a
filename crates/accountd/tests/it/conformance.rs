//! Every member of every input of all 18 operations, held to the model through the whole service and in all
//! three forms a request can have (F-VAL-1, F-WIRE-5, F-WIRE-11).
//!
//! The cases come from the model file itself (`cases.rs`); the texts are written out here.

use aws::protocol::Protocol;
use serde_json::json;
use services::account::model::Operation;
use services::service::Service;

use crate::answer::Answer;
use crate::cases::{Broken, Case, Model, Rule};
use crate::cast::*;
use crate::wire::write_form;
use crate::world::{Setup, World};

fn all_cases() -> Vec<(&'static str, Case)> {
    let model = Model::read(Service::Account);
    let mut all = Vec::new();
    for operation in Operation::ALL {
        let mut cases = Vec::new();
        let input = model.input(operation.name()).expect("every operation has one");
        let path = [operation.name().to_owned()];
        model.cases(&path, input, &model.whole(input), &|value| value, &mut cases);
        all.extend(cases.into_iter().map(|case| (operation.name(), case)));
    }
    all
}

/// What Account Management's validator says of a broken constraint.
fn text(broken: &Broken) -> String {
    let length = || broken.value.as_str().map_or(0, |text| text.chars().count());
    let (name, value) = (broken.path.last().unwrap(), &broken.value);
    match &broken.rule {
        Rule::Required => format!("object has missing required properties ([\"{name}\"])"),
        Rule::MinLength(min) => {
            format!("string {value} is too short (length: {}, required minimum: {min})", length())
        }
        Rule::MaxLength(max) => {
            format!("string {value} is too long (length: {}, maximum allowed: {max})", length())
        }
        Rule::Pattern(pattern) => {
            // A pattern that has no anchors is shown with them.
            let pattern = if pattern.starts_with('^') { pattern.clone() } else { format!("^{pattern}$") };
            format!("ECMA 262 regex \"{pattern}\" does not match input string {value}")
        }
        Rule::Enum(values) => {
            format!("instance value ({value}) not found in enum (possible values: {})", json!(values))
        }
        Rule::Min(min) => {
            format!("numeric instance is lower than the required minimum (minimum: {min}, found: {value})")
        }
        Rule::Max(max) => {
            format!("numeric instance is greater than the required maximum (maximum: {max}, found: {value})")
        }
        Rule::Type(is, right) => {
            format!("instance type ({is}) does not match any allowed primitive type (allowed: [\"{right}\"])")
        }
    }
}

/// A contact type that is none is refused before the constraints, in words of its own (O-alternate-4).
fn is_refused_earlier(case: &Case) -> bool {
    case.what.ends_with("AlternateContactType: not in the enum")
}

#[track_caller]
fn assert_told(case: &Case, form: &str, protocol: Protocol, answer: &Answer) {
    let what = format!("{} ({form}): {} {}", case.what, answer.status, answer.text());
    if is_refused_earlier(case) {
        assert_eq!(
            (answer.status, answer.code(protocol).as_deref()),
            (403, Some("AccessDeniedException")),
            "{what}"
        );
        return;
    }
    if case.broken.is_empty() {
        let message = if answer.status == 200 { String::new() } else { answer.message() };
        assert!(!message.starts_with('['), "{what}");
        return;
    }
    assert_eq!(
        (answer.status, answer.code(protocol).as_deref()),
        (400, Some("ValidationException")),
        "{what}"
    );
    let told: Vec<_> = case.broken.iter().map(text).collect();
    assert_eq!(answer.message(), format!("[{}]", told.join(", ")), "{what}");
}

#[test]
fn every_member_of_every_input_is_held_to_the_model_in_every_form_f_val_1() {
    let world = World::company();
    let cases = all_cases();
    assert!(cases.len() > 450, "only {} cases were derived from the model", cases.len());
    let mut by_query = 0;
    for (operation, case) in &cases {
        let answer = world.call(&MANAGEMENT_ADMIN, operation, case.input.clone());
        assert_told(case, "restJson", Protocol::RestJson, &answer);
        let answer = world.call_by_target(&MANAGEMENT_ADMIN, operation, case.input.clone());
        assert_told(case, "X-Amz-Target", Protocol::RestJson, &answer);
        // Parameters have no types, and none of them is null.
        if case.what.contains(" for ") || case.what.ends_with("null") {
            continue;
        }
        let mut form = String::new();
        write_form("", &case.input, false, &mut form);
        let answer = world.call_by_query(&MANAGEMENT_ADMIN, operation, &form);
        assert_told(case, "Query", Protocol::Query, &answer);
        by_query += 1;
    }
    assert!(by_query > 150, "only {by_query} cases went by Query");
}

/// `--validation masked`: the same cases without their patterns (F-WIRE-8).
#[test]
fn masked_validation_leaves_out_patterns_only_f_wire_8() {
    let world = World::of(Setup { validation: services::context::Validation::Masked, ..Setup::company() });
    for (operation, mut case) in all_cases() {
        // An AccountId names an account, whatever is masked: one that is none is refused as such.
        if case.what.contains("AccountId: against") {
            let answer = world.call(&MANAGEMENT_ADMIN, operation, case.input);
            assert_eq!(answer.status, 403, "{}", case.what);
            continue;
        }
        case.broken.retain(|broken| !matches!(broken.rule, Rule::Pattern(_)));
        let answer = world.call(&MANAGEMENT_ADMIN, operation, case.input.clone());
        assert_told(&case, "masked", Protocol::RestJson, &answer);
    }
}
