//! A value with its instants as the CloudTrail record writes them.

use super::{Kind, Map, Schema, Shape, Timestamp, Value, iso8601};

/// The same value with every timestamp of the model as ISO 8601 text in whole seconds. F-EVENT-12
pub fn with_times_as_text(schema: &Schema, value: Value) -> Value {
    match (&schema.kind, value) {
        (Kind::Timestamp(_), value) => match Timestamp::from_value(&value) {
            Ok(time) => Value::String(iso8601(time)),
            Err(_) => value,
        },
        (Kind::Structure(members), Value::Object(given)) => {
            let mut shown = Map::new();
            for (name, value) in given {
                let member = members.iter().find(|member| member.name == name);
                let value = match member {
                    Some(member) => with_times_as_text((member.schema)(), value),
                    None => value,
                };
                shown.insert(name, value);
            }
            Value::Object(shown)
        }
        (Kind::List { member, .. }, Value::Array(values)) => {
            Value::Array(values.into_iter().map(|value| with_times_as_text(member(), value)).collect())
        }
        (Kind::Map { value: of, .. }, Value::Object(entries)) => Value::Object(
            entries.into_iter().map(|(key, value)| (key, with_times_as_text(of(), value))).collect(),
        ),
        (_, value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smithy::{list_shape, structure};
    use serde_json::json;

    structure! { #[derive(Default)] Item {
        at: optional Timestamp = "At",
        count: optional i64 = "Count",
    } }
    list_shape! { Items { member: Item, } }
    structure! { #[derive(Default)] Page {
        items: optional Items = "Items",
        end: optional Timestamp = "EndTime",
    } }

    #[test]
    fn instants_are_text_wherever_they_stand_f_event_12() {
        let page = json!({
            "Items": [{"At": 1_789_319_589.125, "Count": 1_789_319_589}, {"At": "no time"}],
            "EndTime": 0, "Unknown": 0,
        });
        let shown = json!({
            "Items": [{"At": "2026-09-13T17:13:09Z", "Count": 1_789_319_589}, {"At": "no time"}],
            "EndTime": "1970-01-01T00:00:00Z", "Unknown": 0,
        });
        assert_eq!(with_times_as_text(Page::schema(), page), shown);
    }
}
