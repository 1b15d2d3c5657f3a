//! The words in which the services with a Query or awsJson protocol say that constraints are broken.
//!
//! `1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must …`. The
//! code is `ValidationError` in the Query protocols and `ValidationException` in awsJson.

use super::{Constraint, Value, Violation};

/// The message for these violations. F-WIRE-6 (*assumed* from messages that STS and IAM are known for;
/// a sensitive value is left out of its sentence).
pub fn coral_message(violations: &[Violation<'_>]) -> String {
    let sentences: Vec<String> = violations.iter().flat_map(sentences).collect();
    let noun = if sentences.len() == 1 { "validation error" } else { "validation errors" };
    format!("{} {noun} detected: {}", sentences.len(), sentences.join("; "))
}

/// One sentence per violation, and one per missing member.
fn sentences(violation: &Violation<'_>) -> Vec<String> {
    if let Constraint::Required(names) = &violation.constraint {
        // Each missing member is named on its own.
        return names
            .iter()
            .map(|name| {
                let mut path = violation.path.clone();
                path.push((*name).into());
                format!(
                    "Value null at '{}' failed to satisfy constraint: Member must not be null",
                    dotted(&path)
                )
            })
            .collect();
    }
    let requirement = requirement(&violation.constraint);
    // A member of a list is shown as the whole list, unless it is a structure with members of its own.
    let (path, shown, requirement) = match violation.list {
        Some(list) => {
            let path = &violation.path[..violation.path.len() - 1];
            (
                path,
                format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(", ")),
                format!("Member must satisfy constraint: [{requirement}]"),
            )
        }
        None => (violation.path.as_slice(), plain(violation.value), requirement),
    };
    let shown = if violation.sensitive { String::new() } else { format!(" '{shown}'") };
    vec![format!("Value{shown} at '{}' failed to satisfy constraint: {requirement}", dotted(path))]
}

/// A value as these services print it: text without quotes, also in lists.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(members) => format!("[{}]", members.iter().map(plain).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn requirement(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Type(allowed) => format!("Member must be of type {}", allowed.join(" or ")),
        Constraint::Required(_) => "Member must not be null".to_owned(),
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
fn dotted(path: &[std::borrow::Cow<'static, str>]) -> String {
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
