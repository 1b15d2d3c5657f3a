//! Whether a value is what was recorded: the same value, or one of the forms that a recording may leave open.

use regex::Regex;
use serde_json::Value;

use super::fill::{Captured, fill, fill_text};
use super::place::reach;

/// # Errors
/// Why `got`, a part of `answer`, is not what is wanted.
pub fn check(got: &Value, want: &Value, captured: &Captured, answer: &Value) -> Result<(), String> {
    let form =
        want.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    let Some((form, wanted)) = form else { return is_equal(got, &fill(want, captured)?) };
    let holds = match form.as_str() {
        "pattern" => {
            let pattern = fill_text(wanted.as_str().unwrap_or_default(), captured, regex::escape)?;
            let whole = Regex::new(&format!("(?s)^(?:{pattern})$")).map_err(|error| error.to_string())?;
            let text = got.as_str().map_or_else(|| got.to_string(), str::to_owned);
            !matches!(got, Value::Array(_) | Value::Object(_) | Value::Null) && whole.is_match(&text)
        }
        "value" => return is_equal(got, &fill(wanted, captured)?),
        "json" => {
            let parsed = got.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            parsed.is_some_and(|parsed| fill(wanted, captured).is_ok_and(|want| equal(&parsed, &want)))
        }
        "urljson" => {
            let text =
                got.as_str().map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy());
            let parsed = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            parsed.is_some_and(|parsed| fill(wanted, captured).is_ok_and(|want| equal(&parsed, &want)))
        }
        "any" => items(wanted).iter().any(|want| check(got, want, captured, answer).is_ok()),
        "contains" => {
            let wanted = fill(wanted, captured)?;
            match (got, &wanted) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                _ => items(got).iter().any(|item| equal(item, &wanted)),
            }
        }
        "difference" => {
            let other = reach(answer, wanted[0].as_str().unwrap_or_default());
            let apart = other.and_then(|other| Some(number(got)? - number(&other)? - number(&wanted[1])?));
            apart.is_some_and(|apart| apart.abs() < 0.01)
        }
        _ => return has_shape(got, form, &fill(wanted, captured)?, want, captured),
    };
    if holds { Ok(()) } else { Err(format!("want {want}, got {got}")) }
}

/// Forms that speak of a whole list or structure.
fn has_shape(
    got: &Value,
    form: &str,
    wanted: &Value,
    want: &Value,
    captured: &Captured,
) -> Result<(), String> {
    let holds = match form {
        "present" => true,
        "empty" => is_empty(got),
        "length" => length(got) == wanted.as_u64(),
        "set" => got.is_array() && sorted(items(got)) == sorted(items(wanted)),
        "keys" => names(got).is_some_and(|names| names == texts(wanted)),
        "keyset" => names(got).map(in_order) == Some(in_order(texts(wanted))),
        "order" => names(got).is_some_and(|names| {
            let known: Vec<&str> = texts(wanted).into_iter().filter(|name| names.contains(name)).collect();
            names == known
        }),
        "names" => {
            let member = wanted[0].as_str().unwrap_or_default();
            let named = items(got).iter().map(|item| item[member].as_str().unwrap_or_default()).collect();
            got.is_array() && in_order(named) == texts(&wanted[1])
        }
        _ => return is_equal(got, &fill(want, captured)?),
    };
    if holds { Ok(()) } else { Err(format!("want {want}, got {got}")) }
}

fn is_equal(got: &Value, want: &Value) -> Result<(), String> {
    if equal(got, want) { Ok(()) } else { Err(format!("want {want}, got {got}")) }
}

/// Equal as numbers and texts are; XML knows texts only.
fn equal(got: &Value, want: &Value) -> bool {
    match (got, want) {
        (Value::String(text), Value::Bool(want)) => text == if *want { "true" } else { "false" },
        (Value::String(text), Value::Number(want)) => *text == want.to_string(),
        (Value::Number(_), Value::Number(_)) => number(got) == number(want),
        (Value::Array(got), Value::Array(want)) => {
            got.len() == want.len() && got.iter().zip(want).all(|(got, want)| equal(got, want))
        }
        (Value::Object(got), Value::Object(want)) => {
            got.len() == want.len()
                && got.iter().all(|(name, got)| want.get(name).is_some_and(|want| equal(got, want)))
        }
        _ => got == want,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Value) -> Vec<&str> {
    items(value).iter().filter_map(Value::as_str).collect()
}

fn names(value: &Value) -> Option<Vec<&str>> {
    Some(value.as_object()?.keys().map(String::as_str).collect())
}

fn in_order(mut texts: Vec<&str>) -> Vec<&str> {
    texts.sort_unstable();
    texts
}

/// Values by their texts, with the members of structures in order of their names.
fn sorted(values: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = values
        .iter()
        .map(|value| {
            let mut value = value.clone();
            value.sort_all_objects();
            value.to_string()
        })
        .collect();
    texts.sort_unstable();
    texts
}

fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

fn is_empty(value: &Value) -> bool {
    length(value) == Some(0)
}
