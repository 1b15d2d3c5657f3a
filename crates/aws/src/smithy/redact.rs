//! A value without its secrets, as the CloudTrail record shows it.

use super::{Kind, Map, Schema, Value};
use crate::smithy::validation::is_type;

/// What stands in a record in place of a sensitive value. *Assumed*: other services' records show this text.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The same value with every sensitive member hidden. F-WIRE-7
///
/// What the model does not know is left out, and what has another type than the model's is hidden:
/// nobody can say that there is no secret in it. JSON's null counts as absent.
pub fn redact(schema: &Schema, value: &Value) -> Value {
    redact_as(schema, value, HIDDEN)
}

/// The same with `hidden` in place of what is hidden, for services whose records show another text.
pub fn redact_as(schema: &Schema, value: &Value, hidden: &str) -> Value {
    if schema.sensitive || !is_type(&schema.kind, value) {
        return Value::from(hidden);
    }
    match (&schema.kind, value) {
        (Kind::Structure(members), Value::Object(given)) => {
            let mut shown = Map::new();
            for member in *members {
                if let Some(value) = given.get(member.name).filter(|value| !value.is_null()) {
                    shown.insert(member.name.to_owned(), redact_as((member.schema)(), value, hidden));
                }
            }
            Value::Object(shown)
        }
        (Kind::List { member, .. }, Value::Array(members)) => {
            Value::Array(members.iter().map(|value| redact_as(member(), value, hidden)).collect())
        }
        (Kind::Map { key, value: of, .. }, Value::Object(_)) if key().sensitive && !of().sensitive => {
            Value::from(hidden)
        }
        (Kind::Map { value: of, .. }, Value::Object(entries)) => Value::Object(
            entries.iter().map(|(key, value)| (key.clone(), redact_as(of(), value, hidden))).collect(),
        ),
        _ => value.clone(),
    }
}
