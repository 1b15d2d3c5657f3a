//! Every member of every input of all 18 operations, held to the model through the whole service and in all three
//! forms a request can have (F-VAL-1, F-WIRE-5, F-WIRE-11).
//!
//! The cases come from the model file itself, not from the code that is generated from it, and the texts are
//! written out here.

use aws::protocol::Protocol;
use serde_json::{Map, Value, json};
use services::account::model::Operation;

use crate::answer::Answer;
use crate::cast::*;
use crate::wire::write_form;
use crate::world::{Setup, World};

/// The model.
struct Model(Value);

impl Model {
    fn read() -> Self {
        let text = include_str!("../../../../models/account-2021-02-01.json");
        Self(serde_json::from_str(text).unwrap())
    }

    fn input(&self, operation: &str) -> &Value {
        let name = self.0["operations"][operation]["input"]["shape"].as_str().unwrap();
        self.shape(name)
    }

    fn shape(&self, name: &str) -> &Value {
        &self.0["shapes"][name]
    }

    fn member<'m>(&'m self, structure: &Value, member: &str) -> &'m Value {
        self.shape(structure["members"][member]["shape"].as_str().unwrap())
    }
}

/// One input, and what is said of it: nothing where it breaks no constraint.
struct Case {
    what: String,
    input: Value,
    violations: Vec<String>,
}

/// A text of `length` characters that matches the pattern.
fn matching(pattern: Option<&str>, length: usize) -> String {
    match pattern {
        None => "ß".repeat(length),
        Some("^\\d{12}$") => MEMBER.to_owned(),
        Some("^[a-zA-Z0-9]{6}$") => "aB3dE6".to_owned(),
        Some("^[ -;=?-~]+$") => "n".repeat(length),
        Some("^[+][\\s0-9()-]+$") => format!("+{}", "1".repeat(length.max(2) - 1)),
        Some("^[\\s0-9()+-]+$") => "1".repeat(length),
        Some("^[\\s]*[\\w+=.#|!&-]+@[\\w.-]+\\.[\\w]+[\\s]*$") => {
            format!("a@b.{}", "c".repeat(length.max(5) - 4))
        }
        Some(other) => panic!("a text for the pattern {other} is missing here"),
    }
}

fn bound(shape: &Value, name: &str) -> Option<usize> {
    shape[name].as_u64().map(|bound| usize::try_from(bound).unwrap())
}

/// The pattern with its anchors, as the message shows it.
fn pattern(shape: &Value) -> Option<String> {
    let pattern = shape["pattern"].as_str()?;
    Some(if pattern.starts_with('^') { pattern.to_owned() } else { format!("^{pattern}$") })
}

fn valid(model: &Model, member: &str, shape: &Value) -> Value {
    match (member, shape["type"].as_str().unwrap()) {
        ("AccountId" | "StandardAccountId", _) => json!(MEMBER),
        ("RegionName", _) => json!("af-south-1"),
        ("NextToken", _) => json!(""),
        (_, "string") if shape["enum"].is_array() => shape["enum"][0].clone(),
        (_, "string") => {
            let length = bound(shape, "min").unwrap_or(1).max(2);
            json!(matching(pattern(shape).as_deref(), length))
        }
        (_, "integer") => shape["min"].clone(),
        (_, "list") => json!([]),
        (_, "structure") => Value::Object(whole(model, shape)),
        other => panic!("no input has {other:?}"),
    }
}

fn whole(model: &Model, structure: &Value) -> Map<String, Value> {
    let members = structure["members"].as_object().unwrap().keys();
    members.map(|name| (name.clone(), valid(model, name, model.member(structure, name)))).collect()
}

fn wrong_types(right: &str) -> Vec<(String, Value, Vec<String>)> {
    let values = [
        ("boolean", json!(true)),
        ("integer", json!(7)),
        ("number", json!(7.5)),
        ("string", json!("7")),
        ("array", json!([])),
        ("object", json!({})),
    ];
    let wrong = values.into_iter().filter(|(name, _)| *name != right);
    wrong
        .map(|(name, value)| {
            let text = format!(
                "instance type ({name}) does not match any allowed primitive type (allowed: [\"{right}\"])"
            );
            (format!("{name} for {right}"), value, vec![text])
        })
        .collect()
}

fn regex_text(pattern: &str, text: &str) -> String {
    format!("ECMA 262 regex \"{pattern}\" does not match input string \"{text}\"")
}

fn strings(member: &str, shape: &Value) -> Vec<(String, Value, Vec<String>)> {
    let pattern = pattern(shape);
    let mut cases = Vec::new();
    // The value of these is looked at before the model's constraints are, so a valid one is one that exists.
    let is_free = !matches!(member, "AccountId" | "StandardAccountId" | "Otp" | "NextToken");
    if let Some(min) = bound(shape, "min").filter(|min| *min > 0) {
        if is_free && matching(pattern.as_deref(), min).chars().count() == min {
            cases.push(("shortest".to_owned(), json!(matching(pattern.as_deref(), min)), Vec::new()));
        }
        let text = "1".repeat(min - 1);
        let mut told =
            vec![format!("string \"{text}\" is too short (length: {}, required minimum: {min})", min - 1)];
        told.extend(pattern.as_ref().map(|pattern| regex_text(pattern, &text)));
        cases.push(("too short".to_owned(), json!(text), told));
    }
    if let Some(max) = bound(shape, "max") {
        if is_free {
            cases.push(("longest".to_owned(), json!(matching(pattern.as_deref(), max)), Vec::new()));
        }
        let text = matching(pattern.as_deref(), max + 1);
        let told = format!("string \"{text}\" is too long (length: {}, maximum allowed: {max})", max + 1);
        cases.push(("too long".to_owned(), json!(text), vec![told]));
    }
    if let Some(pattern) = &pattern {
        let text = "<\u{1f600}>";
        cases.push(("against the pattern".to_owned(), json!(text), vec![regex_text(pattern, text)]));
    }
    cases.extend(wrong_types("string"));
    cases
}

fn enums(shape: &Value) -> Vec<(String, Value, Vec<String>)> {
    let mut cases: Vec<_> = shape["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| (format!("value {value}"), value.clone(), Vec::new()))
        .collect();
    let text = format!("instance value (\"NONE\") not found in enum (possible values: {})", shape["enum"]);
    cases.push(("not in the enum".to_owned(), json!("NONE"), vec![text]));
    cases.extend(wrong_types("string"));
    cases
}

fn integers(shape: &Value) -> Vec<(String, Value, Vec<String>)> {
    let (min, max) = (shape["min"].as_i64().unwrap(), shape["max"].as_i64().unwrap());
    let low =
        format!("numeric instance is lower than the required minimum (minimum: {min}, found: {})", min - 1);
    let high =
        format!("numeric instance is greater than the required maximum (maximum: {max}, found: {})", max + 1);
    let mut cases = vec![
        ("least".to_owned(), json!(min), Vec::new()),
        ("greatest".to_owned(), json!(max), Vec::new()),
        ("too small".to_owned(), json!(min - 1), vec![low]),
        ("too great".to_owned(), json!(max + 1), vec![high]),
    ];
    cases.extend(wrong_types("integer"));
    cases
}

fn variants(model: &Model, member: &str, shape: &Value) -> Vec<(String, Value, Vec<String>)> {
    match shape["type"].as_str().unwrap() {
        "string" if shape["enum"].is_array() => enums(shape),
        "string" => strings(member, shape),
        "integer" => integers(shape),
        "list" => {
            let of = model.shape(shape["member"]["shape"].as_str().unwrap());
            let each = variants(model, member, of).into_iter();
            let each = each.map(|(what, value, told)| (format!("member {what}"), json!([value]), told));
            each.chain(wrong_types("array")).collect()
        }
        "structure" => wrong_types("object"),
        other => panic!("no input has a {other}"),
    }
}

fn cases_of(
    model: &Model,
    path: &str,
    structure: &Value,
    put: &dyn Fn(Value) -> Value,
    cases: &mut Vec<Case>,
) {
    let required: Vec<&str> =
        structure["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for name in structure["members"].as_object().unwrap().keys() {
        let shape = model.member(structure, name);
        let path = format!("{path}.{name}");
        let with = |value: Value| {
            let mut input = whole(model, structure);
            input[name] = value;
            Value::Object(input)
        };
        for (what, value, violations) in variants(model, name, shape) {
            cases.push(Case { what: format!("{path}: {what}"), input: put(with(value)), violations });
        }
        let missing = format!("object has missing required properties ([\"{name}\"])");
        let violations: Vec<_> = required.contains(&name.as_str()).then_some(missing).into_iter().collect();
        let mut without = whole(model, structure);
        without.shift_remove(name);
        for (what, input) in [("absent", Value::Object(without)), ("null", with(Value::Null))] {
            let what = format!("{path}: {what}");
            cases.push(Case { what, input: put(input), violations: violations.clone() });
        }
        if shape["type"] == "structure" {
            cases_of(model, &path, shape, &|value| put(with(value)), cases);
        }
    }
}

fn all_cases(model: &Model) -> Vec<(&'static str, Case)> {
    let mut all = Vec::new();
    for operation in Operation::ALL {
        let mut cases = Vec::new();
        cases_of(model, operation.name(), model.input(operation.name()), &|value| value, &mut cases);
        all.extend(cases.into_iter().map(|case| (operation.name(), case)));
    }
    all
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
    if case.violations.is_empty() {
        let message = if answer.status == 200 { String::new() } else { answer.message() };
        assert!(!message.starts_with('['), "{what}");
        return;
    }
    assert_eq!(
        (answer.status, answer.code(protocol).as_deref()),
        (400, Some("ValidationException")),
        "{what}"
    );
    assert_eq!(answer.message(), format!("[{}]", case.violations.join(", ")), "{what}");
}

#[test]
fn every_member_of_every_input_is_held_to_the_model_in_every_form_f_val_1() {
    let world = World::company();
    let model = Model::read();
    let cases = all_cases(&model);
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
    let world = Setup { validation: services::context::Validation::Masked, ..Setup::company() }.build();
    let model = Model::read();
    for (operation, mut case) in all_cases(&model) {
        // An AccountId names an account, whatever is masked: one that is none is refused as such.
        if case.what.contains("AccountId: against") {
            let answer = world.call(&MANAGEMENT_ADMIN, operation, case.input);
            assert_eq!(answer.status, 403, "{}", case.what);
            continue;
        }
        case.violations.retain(|text| !text.starts_with("ECMA 262"));
        let answer = world.call(&MANAGEMENT_ADMIN, operation, case.input.clone());
        assert_told(&case, "masked", Protocol::RestJson, &answer);
    }
}
