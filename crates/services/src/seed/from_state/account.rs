//! One element of `accounts`, without its `iam`.

use serde_json::{Value, json};

use super::organization::Chosen;
use super::{Members, State};
use crate::organizations::membership::roles::ACCESS_ROLE;

pub(super) fn account<'s>(
    id: &str,
    document: &'s Value,
    organization: Option<&Chosen<'s>>,
    state: &State<'s>,
) -> Members {
    let mut members = Members::default();
    members.copy(document, &[("id", "id"), ("name", "name")]);
    // An accepted update of the address comes into force by itself.
    let update = &document["email_update"];
    let has_changed = state.has_come(&update["completes_at"]);
    members.put("email", if has_changed { &update["new_email"] } else { &document["email"] }.clone());
    members.put("state", account_state(&document["state"], state));
    members.put("created", document["created_at"].clone());
    members.copy(document, &[("contact", "contact"), ("alternate_contacts", "alternate_contacts")]);
    let regions = document["regions"].as_object().into_iter().flatten();
    let regions = regions.map(|(name, switch)| (name.clone(), json!(region_status(switch, state))));
    members.put("regions", Value::Object(regions.collect()));
    if let link @ Value::Object(_) = &document["gov_cloud"] {
        members.put(
            "gov_cloud",
            json!({"account": link["account"], "state": account_state(&link["state"], state)}),
        );
    }
    let Some(organization) = organization else { return members };
    let Some(member) = organization.member(id, state) else {
        members.put("standalone", json!(true));
        return members;
    };
    members.put("joined", member["joined_at"].clone());
    if !organization.is_managed_by(id) {
        members.put("joined_method", member["joined_method"].clone());
        let has_access_role =
            state.documents.contains_key(&format!("role/{id}/{}", ACCESS_ROLE.to_lowercase()));
        if !has_access_role && member["joined_method"] == "CREATED" {
            members.put("organization_account_access_role", json!(false));
        }
    }
    organization.put_attached(member, &mut members);
    members.put("tags", member["tags"].clone());
    members
}

/// A closure that was asked for comes about by itself.
fn account_state(stored: &Value, state: &State<'_>) -> Value {
    match stored {
        Value::Object(closing) => {
            let has_closed = closing.values().any(|at| state.has_come(at));
            json!(if has_closed { "CLOSED" } else { "ACTIVE" })
        }
        settled => settled.clone(),
    }
}

fn region_status(switch: &Value, state: &State<'_>) -> &'static str {
    match (switch["enabled"] == true, state.has_come(&switch["until"])) {
        (true, true) => "ENABLED",
        (true, false) => "ENABLING",
        (false, true) => "DISABLED",
        (false, false) => "DISABLING",
    }
}
