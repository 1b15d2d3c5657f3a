//! The words in which the services with a Query or awsJson protocol say that constraints are broken.
//!
//! `1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must …`. The
//! code is `ValidationError` in the Query protocols and `ValidationException` in awsJson.

use std::borrow::Cow;

use super::{Bounds, Constraint, Kind, Listed, Value, Violation};

/// The message for these violations. F-WIRE-6; a sensitive value is left out of its sentence.
pub fn coral_message(violations: &[Violation<'_>]) -> String {
    let mut sentences = Vec::new();
    let mut told: Option<&[Cow<'static, str>]> = None;
    for violation in violations {
        // A member that is missing in a structure of a list is named by itself.
        let is_missing = matches!(violation.constraint, Constraint::Required(_));
        match violation.list.filter(|_| !is_missing) {
            // However many of its members break something: of a list there is one sentence.
            Some(list) => {
                let path = &violation.path[..violation.path.len() - 1];
                if told.replace(path) != Some(path) {
                    sentences.push(sentence_of_list(path, &list, violation.sensitive));
                }
            }
            None => sentences.extend(sentences_of_value(violation)),
        }
    }
    let noun = if sentences.len() == 1 { "validation error" } else { "validation errors" };
    format!("{} {noun} detected: {}", sentences.len(), sentences.join("; "))
}

/// A list is shown as a whole, with all that its members must be, whatever one of them breaks.
fn sentence_of_list(path: &[Cow<'static, str>], list: &Listed<'_>, sensitive: bool) -> String {
    let mut requirements = requirements(&list.schema.kind);
    if list.members_not_null || requirements.is_empty() {
        requirements.push(NOT_NULL.to_owned());
    }
    let members: Vec<String> = list.members.iter().map(plain).collect();
    let constraint = format!("Member must satisfy constraint: [{}]", requirements.join(", "));
    sentence(&shown(&format!("[{}]", members.join(", ")), sensitive), path, &constraint)
}

/// One sentence, or one for each member that is missing.
fn sentences_of_value(violation: &Violation<'_>) -> Vec<String> {
    if let Constraint::Required(names) = &violation.constraint {
        let path_of = |name: &'static str| [violation.path.as_slice(), &[name.into()]].concat();
        return names.iter().map(|name| sentence(" null", &path_of(name), NOT_NULL)).collect();
    }
    let shown = shown(&plain(violation.value), violation.sensitive);
    vec![sentence(&shown, &violation.path, &requirement(&violation.constraint))]
}

fn sentence(shown: &str, path: &[Cow<'static, str>], constraint: &str) -> String {
    format!("Value{shown} at '{}' failed to satisfy constraint: {constraint}", dotted(path))
}

fn shown(text: &str, sensitive: bool) -> String {
    if sensitive { String::new() } else { format!(" '{text}'") }
}

/// A value as these services print it: text without quotes, also in lists.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(members) => format!("[{}]", members.iter().map(plain).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// What is said where something must be there.
const NOT_NULL: &str = "Member must not be null";

/// All that a value of this kind must be, in the order in which AWS names it.
fn requirements(kind: &Kind) -> Vec<String> {
    let bounds = |bounds: &Bounds, most: fn(i64) -> Constraint, least: fn(i64) -> Constraint| {
        [bounds.max.map(most), bounds.min.map(least)]
    };
    let constraints = match kind {
        Kind::String { length, pattern } => {
            let [most, least] = bounds(length, Constraint::MaxLength, Constraint::MinLength);
            [most, least, pattern.map(Constraint::Pattern)]
        }
        Kind::Integer(range) | Kind::Long(range) => {
            let [most, least] = bounds(range, Constraint::Max, Constraint::Min);
            [most, least, None]
        }
        Kind::Enum(values) => [Some(Constraint::Enum(values)), None, None],
        _ => [const { None }; 3],
    };
    constraints.iter().flatten().map(requirement).collect()
}

fn requirement(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Type(allowed) => format!("Member must be of type {}", allowed.join(" or ")),
        Constraint::Required(_) => NOT_NULL.to_owned(),
        Constraint::MinLength(min) => format!("Member must have length greater than or equal to {min}"),
        Constraint::MaxLength(max) => format!("Member must have length less than or equal to {max}"),
        Constraint::Min(min) => format!("Member must have value greater than or equal to {min}"),
        Constraint::Max(max) => format!("Member must have value less than or equal to {max}"),
        Constraint::Pattern(pattern) => {
            format!("Member must satisfy regular expression pattern: {}", pattern.source())
        }
        Constraint::Enum(values) => format!("Member must satisfy enum value set: [{}]", values.join(", ")),
    }
}

/// The path as these services write it: `tags.1.member.key`, each name with a small first letter.
fn dotted(path: &[Cow<'static, str>]) -> String {
    let mut text = String::new();
    for part in path {
        if !text.is_empty() {
            text.push('.');
        }
        let mut characters = part.chars();
        match characters.next() {
            Some(first) if first.is_ascii_digit() => {
                text.push_str(part);
                text.push_str(".member");
            }
            Some(first) => {
                text.extend(first.to_lowercase());
                text.push_str(characters.as_str());
            }
            None => {}
        }
    }
    text
}
