//! What the event log shows of EC2's input and refusals: lists are sets of items there, and an error's code tells
//! whose fault it was.

use aws::refusal::Refusal;
use aws::smithy::{Items, Map, Value};
use serde_json::json;

use super::model::{FilterMembers, Operation, Unchecked};

/// F-EVENT-10: `Client.` or `Server.` stands before the code of the answer.
pub fn error_code(refusal: &Refusal) -> String {
    let at_fault = if refusal.status < 500 { "Client" } else { "Server" };
    format!("{at_fault}.{}", refusal.code)
}

/// F-EC2-9: `requestParameters`; the sets of what is named are there even when empty.
pub fn request_parameters(operation: Operation, members: &Value) -> Value {
    let mut shown = Map::new();
    let filters: Vec<FilterMembers<'_>> = match Unchecked::of(operation, members) {
        Unchecked::DescribeRegions(members) => {
            shown.insert("regionSet".into(), set(members.region_names(), "regionName"));
            shown.extend(members.all_regions().map(|all| ("allRegions".to_owned(), all.into())));
            members.filters().into_iter().flat_map(Items::iter).collect()
        }
        Unchecked::DescribeAvailabilityZones(members) => {
            shown.insert("availabilityZoneSet".into(), set(members.zone_names(), "zoneName"));
            shown.insert("availabilityZoneIdSet".into(), set(members.zone_ids(), "zoneId"));
            let all = members.all_availability_zones();
            shown.extend(all.map(|all| ("allAvailabilityZones".to_owned(), all.into())));
            members.filters().into_iter().flat_map(Items::iter).collect()
        }
    };
    if members.get("Filters").is_some() {
        let filters: Vec<_> = filters
            .iter()
            .map(|filter| json!({ "name": filter.name(), "valueSet": set(filter.values(), "value") }))
            .collect();
        shown.insert("filterSet".into(), json!({ "items": filters }));
    }
    Value::Object(shown)
}

/// A list as a set of items with one member each.
fn set(list: Option<Items<'_, String>>, name: &str) -> Value {
    let items: Vec<_> = list.into_iter().flat_map(Items::iter).map(|value| json!({ name: value })).collect();
    if items.is_empty() { json!({}) } else { json!({ "items": items }) }
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
