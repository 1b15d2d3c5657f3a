//! What the event log shows of EC2's input and refusals: lists are sets of items there, and an error's code tells
//! whose fault it was.

use aws::refusal::Refusal;
use aws::smithy::{Items, Map, Value, Viewed};
use serde_json::json;

use super::model::DescribeRegionsRequest;

/// F-EVENT-10: `Client.` or `Server.` stands before the code of the answer.
pub fn error_code(refusal: &Refusal) -> String {
    let at_fault = if refusal.status < 500 { "Client" } else { "Server" };
    format!("{at_fault}.{}", refusal.code)
}

/// F-EC2-9: `requestParameters` of DescribeRegions; `regionSet` is there even when empty.
pub fn request_parameters(members: &Value) -> Value {
    let members = DescribeRegionsRequest::view(members);
    let items = |list: Option<Items<'_, String>>, name: &str| -> Value {
        let items: Vec<_> =
            list.into_iter().flat_map(Items::iter).map(|value| json!({ name: value })).collect();
        if items.is_empty() { json!({}) } else { json!({ "items": items }) }
    };
    let mut shown = Map::new();
    shown.insert("regionSet".into(), items(members.region_names(), "regionName"));
    if let Some(all) = members.all_regions() {
        shown.insert("allRegions".into(), all.into());
    }
    if let Some(filters) = members.filters() {
        let filters: Vec<_> = filters
            .iter()
            .map(|filter| json!({ "name": filter.name(), "valueSet": items(filter.values(), "value") }))
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
