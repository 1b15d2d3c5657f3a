//! For every member of every input of Account Management, cases derived from the model: at each bound, just
//! beyond it, against the pattern, of another type, missing, outside the enum.
//!
//! The cases come from the generated descriptions, the expected texts from this file.
//! Ledger: F-WIRE-5, F-WIRE-8, F-WIRE-11.

use aws::protocol::Protocol;
use aws::smithy::{Bounds, Kind, Member, Pattern, Patterns, Schema, Shape, violations};
use serde_json::{Value, json};
use services::account::model::{Input, Operation};

/// One case: an input, and what is to be said of it.
struct Case {
    what: String,
    input: Value,
    expected: Vec<String>,
    expected_masked: Vec<String>,
}

/// Texts that some pattern of the model asks for, each with a filler that may be repeated.
const SEEDS: &[(&str, &str, char)] =
    &[("", "", '1'), ("+", "", '1'), ("", "@example.com", 'a'), ("", "", 'a'), ("", "", 'ß')];

/// A text of exactly `length` code points that matches the pattern.
fn matching(pattern: Option<&Pattern>, length: usize) -> Option<String> {
    SEEDS.iter().find_map(|(start, end, filler)| {
        let fixed = start.len() + end.len();
        let text: String = start
            .chars()
            .chain(std::iter::repeat_n(*filler, length.checked_sub(fixed)?))
            .chain(end.chars())
            .collect();
        pattern.is_none_or(|pattern| pattern.matches(&text)).then_some(text)
    })
}

/// Some length that the bounds allow, for which a matching text exists.
fn usual(length: Bounds, pattern: Option<&Pattern>) -> String {
    let min = length.min.unwrap_or(0).max(1);
    let max = length.max.unwrap_or(40);
    (min..=max)
        .find_map(|length| matching(pattern, usize::try_from(length).ok()?))
        .expect("some text fits the shape")
}

/// A value that breaks nothing.
fn valid(schema: &Schema) -> Value {
    match &schema.kind {
        Kind::String { length, pattern } => json!(usual(*length, *pattern)),
        Kind::Enum(values) => json!(values[0]),
        Kind::Integer(bounds) | Kind::Long(bounds) => json!(bounds.min.unwrap_or(1)),
        Kind::Boolean => json!(true),
        Kind::List { member, .. } => json!([valid(member())]),
        Kind::Structure(members) => members
            .iter()
            .map(|member| (member.name.to_owned(), valid((member.schema)())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => panic!("no input has a {other:?}"),
    }
}

/// What may stand in one place, and what is said of it. A text of the pattern is left out where masked.
fn variants(schema: &Schema) -> Vec<(String, Value, Vec<String>)> {
    match &schema.kind {
        Kind::String { length, pattern } => strings(*length, *pattern),
        Kind::Enum(values) => {
            let listed = serde_json::to_string(values).expect("names are JSON");
            let mut cases: Vec<_> =
                values.iter().map(|value| (format!("value {value}"), json!(value), Vec::new())).collect();
            for bad in [values[0].to_lowercase(), "OTHER".to_owned(), String::new()] {
                let text =
                    format!("instance value (\"{bad}\") not found in enum (possible values: {listed})");
                cases.push((format!("not in enum: {bad:?}"), json!(bad), vec![text]));
            }
            cases.extend(wrong_types("string"));
            cases
        }
        Kind::Integer(bounds) | Kind::Long(bounds) => integers(*bounds),
        Kind::List { member, .. } => lists(member()),
        Kind::Structure(_) => wrong_types("object"),
        other => panic!("no input has a {other:?}"),
    }
}

fn strings(length: Bounds, pattern: Option<&Pattern>) -> Vec<(String, Value, Vec<String>)> {
    let mut cases = vec![("usual".to_owned(), json!(usual(length, pattern)), Vec::new())];
    if let Some(min) = length.min {
        if let Some(text) = matching(pattern, min as usize) {
            cases.push(("shortest".to_owned(), json!(text), Vec::new()));
        }
        if min > 0 {
            let text = "a".repeat(min as usize - 1);
            let mut expected = vec![format!(
                "string \"{text}\" is too short (length: {}, required minimum: {min})",
                min - 1
            )];
            expected.extend(against(pattern, &text));
            cases.push(("too short".to_owned(), json!(text), expected));
        }
    }
    if let Some(max) = length.max {
        let longest = matching(pattern, max as usize).expect("the longest text can match");
        cases.push(("longest".to_owned(), json!(longest), Vec::new()));
        let beyond = matching(pattern, max as usize + 1).expect("a longer text can match");
        let text = format!("string \"{beyond}\" is too long (length: {}, maximum allowed: {max})", max + 1);
        cases.push(("too long".to_owned(), json!(beyond), vec![text]));
        if pattern.is_none() {
            let astral = "𝕏".repeat(max as usize);
            cases.push(("longest in code points".to_owned(), json!(astral), Vec::new()));
        }
    }
    if pattern.is_some() {
        // No pattern of the model takes a control character.
        let bad = "\u{1}".repeat(length.min.unwrap_or(1).max(1) as usize);
        let expected: Vec<String> = against(pattern, &bad).into_iter().collect();
        assert_eq!(expected.len(), 1, "{bad:?} breaks the pattern");
        cases.push(("against the pattern".to_owned(), json!(bad), expected));
    }
    cases.extend(wrong_types("string"));
    cases
}

/// What is said of a text that breaks the pattern.
fn against(pattern: Option<&Pattern>, text: &str) -> Option<String> {
    let pattern = pattern.filter(|pattern| !pattern.matches(text))?;
    Some(format!("ECMA 262 regex \"^{}$\" does not match input string \"{text}\"", pattern.source()))
}

fn integers(bounds: Bounds) -> Vec<(String, Value, Vec<String>)> {
    let mut cases = wrong_types("integer");
    if let Some(min) = bounds.min {
        cases.push(("least".to_owned(), json!(min), Vec::new()));
        let text = format!(
            "numeric instance is lower than the required minimum (minimum: {min}, found: {})",
            min - 1
        );
        cases.push(("too small".to_owned(), json!(min - 1), vec![text]));
    }
    if let Some(max) = bounds.max {
        cases.push(("greatest".to_owned(), json!(max), Vec::new()));
        for found in [max + 1, i64::MAX] {
            let text = format!(
                "numeric instance is greater than the required maximum (maximum: {max}, found: {found})"
            );
            cases.push(("too great".to_owned(), json!(found), vec![text]));
        }
    }
    cases
}

/// Of a list's members each is tried alone; of several outside an enum the first is named.
fn lists(member: &Schema) -> Vec<(String, Value, Vec<String>)> {
    let mut cases = wrong_types("array");
    cases.push(("empty".to_owned(), json!([]), Vec::new()));
    for (what, value, expected) in variants(member) {
        let expected_twice = match member.kind {
            Kind::Enum(_) => expected.clone(),
            _ => [expected.clone(), expected.clone()].concat(),
        };
        cases.push((format!("member {what}"), json!([value]), expected));
        cases.push((format!("members {what}"), json!([value, value]), expected_twice));
    }
    cases
}

/// One value of every JSON type but the right one.
fn wrong_types(right: &str) -> Vec<(String, Value, Vec<String>)> {
    let values = [
        ("boolean", json!(true)),
        ("integer", json!(7)),
        ("number", json!(7.5)),
        ("string", json!("7")),
        ("array", json!([])),
        ("object", json!({})),
    ];
    values
        .into_iter()
        .filter(|(name, _)| *name != right)
        .map(|(name, value)| {
            let text = format!(
                "instance type ({name}) does not match any allowed primitive type (allowed: [\"{right}\"])"
            );
            (format!("{name} for {right}"), value, vec![text])
        })
        .collect()
}

/// The cases of every member below `members`; `put` sets the structure that has them into an input.
fn cases_of(path: &str, members: &[Member], put: &dyn Fn(Value) -> Value, cases: &mut Vec<Case>) {
    let whole = |schema: &[Member]| -> Value {
        let members = schema.iter().map(|member| (member.name.to_owned(), valid((member.schema)())));
        Value::Object(members.collect())
    };
    for member in members {
        let path = format!("{path}.{}", member.name);
        let mut push = |what: String, input: Value, expected: Vec<String>| {
            let expected_masked = expected.iter().filter(|text| !text.starts_with("ECMA")).cloned().collect();
            cases.push(Case {
                what: format!("{path}: {what}"),
                input: put(input),
                expected,
                expected_masked,
            });
        };
        for (what, value, expected) in variants((member.schema)()) {
            let mut input = whole(members);
            input[member.name] = value;
            push(what, input, expected);
        }
        let missing = format!("object has missing required properties ([\"{}\"])", member.name);
        let expected = if member.required { vec![missing] } else { Vec::new() };
        let mut without = whole(members);
        without.as_object_mut().expect("a structure").shift_remove(member.name);
        push("absent".to_owned(), without, expected.clone());
        let mut null = whole(members);
        null[member.name] = Value::Null;
        push("null".to_owned(), null, expected);
        if let Kind::Structure(inner) = &(member.schema)().kind {
            let put_inner = |value: Value| {
                let mut input = whole(members);
                input[member.name] = value;
                put(input)
            };
            cases_of(&path, inner, &put_inner, cases);
        }
    }
}

fn all_cases() -> Vec<(Operation, Case)> {
    let mut all = Vec::new();
    for &operation in Operation::ALL {
        let schema = operation.shape().input_schema();
        let mut cases = Vec::new();
        cases_of(operation.name(), schema.members(), &|value| value, &mut cases);
        let mut required: Vec<_> =
            schema.members().iter().filter(|member| member.required).map(|member| member.name).collect();
        required.sort_unstable();
        let missing = format!("object has missing required properties ({})", json!(required));
        let expected = if required.is_empty() { Vec::new() } else { vec![missing] };
        cases.push(Case {
            what: format!("{}: nothing at all", operation.name()),
            input: json!({}),
            expected_masked: expected.clone(),
            expected,
        });
        all.extend(cases.into_iter().map(|case| (operation, case)));
    }
    all
}

#[test]
fn every_member_of_every_input_is_held_to_the_model_f_wire_5() {
    let cases = all_cases();
    for (operation, case) in &cases {
        let schema = operation.shape().input_schema();
        assert_eq!(violations(schema, &case.input, Patterns::Applied), case.expected, "{}", case.what);
        assert_eq!(violations(schema, &case.input, Patterns::Ignored), case.expected_masked, "{}", case.what);
    }
    assert_eq!(Operation::ALL.len(), 18);
    assert!(cases.len() > 550, "only {} cases were derived from the model", cases.len());
}

/// What breaks nothing can be parsed; what has another type cannot.
#[test]
fn an_input_that_breaks_nothing_becomes_the_operations_input_f_wire_11() {
    for (operation, case) in all_cases() {
        let parsed = Input::parse(operation, &case.input);
        if case.expected.is_empty() {
            let input = parsed.unwrap_or_else(|error| panic!("{}: {error}", case.what));
            assert_eq!(input.operation(), operation);
            let mut given = case.input;
            if let Some(members) = given.as_object_mut() {
                members.retain(|_, value| !value.is_null());
            }
            without_nulls(&mut given);
            assert_eq!(input.to_value(), given, "{}", case.what);
        } else if case.expected.iter().any(|text| text.starts_with("instance type")) {
            assert!(parsed.is_err(), "{}", case.what);
        }
    }
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, value| !value.is_null());
        members.values_mut().for_each(without_nulls);
    }
}

/// The same input, sent as parameters, is the same value: rules cannot tell the protocols apart.
#[test]
fn parameters_and_json_mean_the_same_f_wire_11() {
    let mut tried = 0;
    for (operation, case) in all_cases() {
        // A value of the wrong type cannot be told from text, and an empty list has no parameter of its own.
        if case.expected.iter().any(|text| text.starts_with("instance type")) || case.what.ends_with("empty")
        {
            continue;
        }
        let mut given = case.input;
        without_nulls(&mut given);
        let mut form = Vec::new();
        write_form("", &given, &mut form);
        let schema = operation.shape().input_schema();
        let decoded = Protocol::Query.decode(form.join("&").as_bytes(), schema);
        match decoded {
            Ok(decoded) => assert_eq!(decoded, given, "{}", case.what),
            // The form says of a number beyond 32 bits that it is none.
            Err(refusal) => assert!(case.what.contains("too great"), "{}: {}", case.what, refusal.code),
        }
        tried += 1;
    }
    assert!(tried > 300, "{tried}");
}

fn write_form(name: &str, value: &Value, form: &mut Vec<String>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(part, value)| write_form(&below(part), value, form));
        }
        Value::Array(members) => {
            for (index, value) in members.iter().enumerate() {
                write_form(&below(&format!("member.{}", index + 1)), value, form);
            }
        }
        Value::String(text) => {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            form.push(format!("{name}={escaped}"));
        }
        other => form.push(format!("{name}={other}")),
    }
}

/// F-MODEL-1: what the newest of the models brought.
#[test]
fn the_models_are_those_of_the_ledger_f_model_1() {
    use services::{cloudtrail, ec2, iam, sts};
    let source_identity = <sts::model::SourceIdentityType as Shape>::schema();
    let Kind::String { length, .. } = source_identity.kind else { panic!("{source_identity:?}") };
    assert_eq!(length, Bounds { min: Some(2), max: Some(256) });
    assert!(sts::model::NOT_SUPPORTED.contains(&"GetScopedCredentials"));
    assert_eq!(iam::model::Operation::UpdateOpenIDConnectProvider.name(), "UpdateOpenIDConnectProvider");
    assert!(ec2::model::NOT_SUPPORTED.is_empty());
    let of_cloudtrail = cloudtrail::model::Operation::ALL.len() + cloudtrail::model::NOT_SUPPORTED.len();
    assert_eq!(of_cloudtrail, 60);
}
