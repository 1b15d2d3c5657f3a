//! What the event log shows of EC2's input and refusals: lists are sets of items there, and an error's code tells
//! whose fault it was.

use aws::refusal::Refusal;
use serde_json::{Map, Value, json};

/// F-EVENT-10: `Client.` or `Server.` stands before the code of the answer.
pub fn error_code(refusal: &Refusal) -> String {
    let at_fault = if refusal.status < 500 { "Client" } else { "Server" };
    format!("{at_fault}.{}", refusal.code)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_code_tells_whose_fault_it_was_f_event_10() {
        let code = |code: &'static str, status| error_code(&Refusal::new(code, status, ""));
        assert_eq!(code("UnauthorizedOperation", 403), "Client.UnauthorizedOperation");
        assert_eq!(code("DryRunOperation", 412), "Client.DryRunOperation");
        assert_eq!(code("InternalError", 500), "Server.InternalError");
    }
}
