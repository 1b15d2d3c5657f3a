//! What the event log shows of EC2's input: lists are sets of items there.

use serde_json::{Map, Value, json};

/// F-EC2-9: `requestParameters` of DescribeRegions; `regionSet` is there even when empty.
pub fn request_parameters(members: &Value) -> Value {
    let items = |list: Option<&Value>, name: &str| -> Value {
        let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let items: Vec<_> = list.iter().map(|value| json!({ name: value })).collect();
        if items.is_empty() { json!({}) } else { json!({ "items": items }) }
    };
    let mut shown = Map::new();
    shown.insert("regionSet".into(), items(members.get("RegionNames"), "regionName"));
    if let Some(all) = members.get("AllRegions") {
        shown.insert("allRegions".into(), all.clone());
    }
    if let Some(filters) = members.get("Filters").and_then(Value::as_array) {
        let filters: Vec<_> = filters
            .iter()
            .map(|filter| json!({ "name": filter["Name"], "valueSet": items(filter.get("Values"), "value") }))
            .collect();
        shown.insert("filterSet".into(), json!({ "items": filters }));
    }
    Value::Object(shown)
}
