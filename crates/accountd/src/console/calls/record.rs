//! One record: as JSON, as somebody would type the call, and played again.

use aws::smithy::{HIDDEN, Kind, Schema};
use aws::trail::{Record, UserIdentity};
use maud::{Markup, html};
use serde_json::{Map, Value};
use services::event_id;
use services::front::acting::Actor;
use services::service::{Operation, Service};
use services::world::{EventQuery, World};

use super::query;
use crate::console::Console;
use crate::console::marks::{self, Sign, sign};
use crate::console::outcome::{as_commands, name_of};
use crate::console::shell::{Page, Place, Wrong};
use crate::console::somebody::{self, Suggested};
use crate::console::visit::Visit;

/// Records among which one is looked for whose id does not say when it is of (F-TRAIL-15).
const LOOKED_AT: usize = 20_000;

/// The page of one record.
///
/// # Errors
/// There is none of this id, or the store failed.
pub async fn page(console: &Console, visit: &Visit, id: &str) -> Result<Page, Wrong> {
    let none = || Wrong::NotFound(format!("There is no call {id} in the event log."));
    console.store.flush().await.map_err(|error| Wrong::Failed(error.to_string()))?;
    let (wanted, key) = (id.to_owned(), console.service.context().token_key);
    let EventQuery { from, until, .. } = query(None, visit.now, None);
    let find = move |world: &World<'_>| {
        // One that is not at its time may be anywhere.
        world.take_time()?;
        let place = event_id::Where { account: None, from, until, most: LOOKED_AT, key: &key };
        event_id::find(&wanted, place, world)
    };
    let event = console.look(find).await?;
    let event = event.ok_or_else(none)?;
    let record: Record<'_> = serde_json::from_str(&event.record).map_err(|_| none())?;
    let actor = visit.actor.clone();
    let suggested = console.look(move |world| somebody::suggested(actor.as_ref(), world)).await?;
    let title = format!("{} {}", record.event_name, record.event_time);
    Ok(Page::new(Place::Calls, title, shown(visit, &record, &event.record, suggested)))
}

fn shown(visit: &Visit, record: &Record<'_>, text: &str, suggested: Suggested) -> Markup {
    let operation = operation_of(record);
    html! {
        h1 { (record.event_name) }
        @match &record.error_code {
            Some(code) => {
                p { (sign(Sign::Bad, "refused")) " " b { (code) } " " a href={ "/why?event=" (record.event_id) } { "why" } }
                @if let Some(message) = &record.error_message { blockquote { (message) } }
            }
            None => { p { (sign(Sign::Good, "OK")) } }
        }
        dl {
            dt { "Time" } dd { (marks::time(record.event_time)) }
            dt { "By" } dd { bdi { (record.user_identity.arn.as_deref().or(record.user_identity.invoked_by.as_deref()).unwrap_or("unknown")) } }
            dt { "Service" } dd { (record.event_source) }
            dt { "Region" } dd { (record.aws_region) }
            dt { "From" } dd { bdi { (record.source_ip_address) } }
            dt { "Tool" } dd { bdi { (record.user_agent) } }
            dt { "Event" } dd { (marks::id(&record.event_id)) }
            @if let Some(request) = &record.request_id { dt { "Request" } dd { (marks::id(request)) } }
        }
        @if let Some(operation) = operation { (again(visit, record, operation, suggested)) }
        h2 { "Record" }
        (marks::snippet("JSON", &marks::pretty(text)))
    }
}

/// The call as commands, and once more: as the same caller, as another, with another input.
fn again(visit: &Visit, record: &Record<'_>, operation: Operation, mut suggested: Suggested) -> Markup {
    let schema = operation.shape().map(|shape| shape.input_schema());
    let members = schema.map_or(Value::Null, |schema| members(schema, &record.request_parameters));
    let members = if members.is_null() { Value::Object(Map::new()) } else { members };
    let is_hidden = members.to_string().contains(HIDDEN);
    let same = actor_of(&record.user_identity);
    let caller = same.as_ref().or(visit.actor.as_ref()).map(somebody::write).unwrap_or_default();
    suggested.extend(same.map(|same| (same, "the same caller")));
    html! {
        h2 { "The call" }
        @if is_hidden { p { "The record hides sensitive values: put them in where " code { (HIDDEN) } " stands." } }
        (as_commands(operation, &members, &visit.endpoint()))
        details {
            summary { "Play again" }
            form method="post" action="/act" {
                (visit.hidden_token())
                input type="hidden" name="operation" value=(name_of(operation));
                input type="hidden" name="form" value="again";
                input type="hidden" name="back" value=(visit.address);
                (somebody::field("as", "As", &caller, &suggested))
                div class="field" {
                    label for="again-members" { "Input" }
                    textarea id="again-members" name="members" rows="8" spellcheck="false" { "\n" (marks::pretty(&members.to_string())) }
                }
                p class="buttons" { button type="submit" { "Play again" } }
            }
        }
    }
}

fn operation_of(record: &Record<'_>) -> Option<Operation> {
    let service = Service::ALL.into_iter().find(|service| service.event_source() == record.event_source)?;
    Operation::from_name(service, &record.event_name).filter(|operation| operation.shape().is_some())
}

/// Whoever called, if the console can act as them.
fn actor_of(identity: &UserIdentity<'_>) -> Option<Actor> {
    let account = identity.account_id.as_deref()?.parse().ok()?;
    match identity.kind.as_deref()? {
        "Root" => Some(Actor::Root(account)),
        "IAMUser" => Some(Actor::User(account, identity.user_name.as_deref()?.to_owned())),
        "AssumedRole" => {
            let role = identity.session_context.as_ref()?.session_issuer.user_name.as_deref()?;
            Some(Actor::Role(account, role.to_owned()))
        }
        _ => None,
    }
}

/// The input under the model's names: records write some of them with a small first letter.
fn members(schema: &Schema, recorded: &Value) -> Value {
    match (&schema.kind, recorded) {
        (Kind::Structure(known), Value::Object(given)) => {
            let named = |name: &str| known.iter().find(|member| member.name.eq_ignore_ascii_case(name));
            let members = given.iter().filter_map(|(name, value)| {
                let member = named(name)?;
                Some((member.name.to_owned(), members((member.schema)(), value)))
            });
            Value::Object(members.collect())
        }
        (Kind::List { member, .. }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| members(member(), item)).collect())
        }
        (_, value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn recorded_names_become_those_of_the_model() {
        let operation = Operation::from_name(Service::Iam, "CreateUser").unwrap();
        let schema = operation.shape().unwrap().input_schema();
        let recorded = json!({"userName": "ann", "tags": [{"key": "a", "value": "b"}], "unknown": 1});
        let expected = json!({"UserName": "ann", "Tags": [{"Key": "a", "Value": "b"}]});
        assert_eq!(members(schema, &recorded), expected);
        assert_eq!(members(schema, &Value::Null), Value::Null);
    }
}
