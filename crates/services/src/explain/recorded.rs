//! A recorded call: who made it, and what it asked for, as far as the event log tells.
//!
//! Policies are asked as they are now. The record has no secrets and not every condition key; what it leaves out is
//! noted.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::smithy::{Kind, Schema};
use aws::trail::{Record, UserIdentity, small_first};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::RecordedCall;
use super::call::{Call, Origin, keys};
use super::question::Question;
use super::{Situation, Stop, not_found, session_terms, wrong};
use crate::event_id;
use crate::service::{Operation, Service};
use crate::state::identity::{Role, RoleId, User, UserId};
use crate::world::{EventPosition, EventQuery, Fault, World};

/// How many records are read from the log together, and how many are looked through for one.
const RECORDS_PER_READ: usize = 500;
const MOST_RECORDS: usize = 200_000;

/// The longest id that is looked for; those of records have 36 characters.
const LONGEST_ID_BYTES: usize = 100;

/// Texts that stand in records in place of what is not shown.
const HIDDEN: [&str; 2] = [aws::smithy::HIDDEN, "****"];

/// Looks through the log, newest first, for the record that `wanted` takes something of.
pub(super) fn find<T>(
    account: Option<AccountId>,
    mut before: Option<EventPosition>,
    most: usize,
    world: &World<'_>,
    mut wanted: impl FnMut(&str, EventPosition) -> Option<T>,
) -> Result<Option<T>, Stop> {
    for _ in 0..most.div_ceil(RECORDS_PER_READ) {
        let (from, until) = (Timestamp::MIN, Timestamp::MAX);
        let query = EventQuery { account, from, until, before, limit: RECORDS_PER_READ };
        let rows = world.events(&query)?;
        let is_end = rows.len() < RECORDS_PER_READ;
        for row in rows {
            before = Some(row.position);
            if let Some(found) = wanted(&row.record, row.position) {
                return Ok(Some(found));
            }
        }
        if is_end {
            break;
        }
    }
    Ok(None)
}

/// The call that was recorded under an id.
pub(super) fn call(
    id: &str,
    question: &Question,
    situation: &Situation<'_>,
    world: &World<'_>,
) -> Result<Call, Stop> {
    if question.principal.is_some() || question.action.is_some() || question.members.is_some() {
        return Err(wrong("`event` says who called what: leave out principal, action and members."));
    }
    if id.is_empty() || id.len() > LONGEST_ID_BYTES {
        return Err(not_found("There is no event of that id: one is a few dozen letters and digits."));
    }
    let (from, until, key) = (Timestamp::MIN, Timestamp::MAX, &situation.context.token_key);
    let place = event_id::Where { account: None, from, until, most: MOST_RECORDS, key };
    let found = event_id::find(id, place, world)?;
    let found = found.map(|found| Found { line: found.record, position: found.position });
    let Some(found) = found else {
        let text = format!("There is no event {id} among the last {MOST_RECORDS} calls in the event log.");
        return Err(not_found(text));
    };
    let record = found.record()?;
    let own = match record.user_identity.kind.as_deref() {
        Some("AWSAccount") => of_the_caller(&record, found.position, world)?,
        _ => None,
    };
    match &own {
        Some(own) => of_record(&own.record()?, own.position, question, situation, world),
        None => of_record(&record, found.position, question, situation, world),
    }
}

/// A record's line, and its place in the log.
struct Found {
    line: String,
    position: EventPosition,
}

impl Found {
    fn record(&self) -> Result<Record<'_>, Fault> {
        serde_json::from_str(&self.line).map_err(|_| Fault::Broken("a record cannot be read".to_owned()))
    }
}

fn read(line: &str, position: EventPosition, is_wanted: impl Fn(&Record<'_>) -> bool) -> Option<Found> {
    let record: Record<'_> = serde_json::from_str(line).ok()?;
    is_wanted(&record).then(|| Found { line: line.to_owned(), position })
}

/// The log of another account does not say who called; that of the caller does, under the same request.
fn of_the_caller(
    record: &Record<'_>,
    position: EventPosition,
    world: &World<'_>,
) -> Result<Option<Found>, Stop> {
    let account = record.user_identity.account_id.as_deref().and_then(|account| account.parse().ok());
    let Some(request) = record.request_id.as_deref().filter(|_| account.is_some()) else { return Ok(None) };
    // Both stand in one commit: what was committed later need not be looked through.
    let after = EventPosition { commit: position.commit + 1, index: 0 };
    find(account, Some(after), RECORDS_PER_READ, world, |line, position| {
        let is_of_request = |record: &Record<'_>| record.request_id.as_deref() == Some(request);
        line.contains(request).then(|| read(line, position, is_of_request)).flatten()
    })
}

fn of_record(
    record: &Record<'_>,
    position: EventPosition,
    question: &Question,
    situation: &Situation<'_>,
    world: &World<'_>,
) -> Result<Call, Stop> {
    let mut notes =
        vec!["Policies are asked as they are now, not as they were at the time of the call.".to_owned()];
    let caller = caller(&record.user_identity, position, world, &mut notes)?;
    let service = Service::ALL.into_iter().find(|service| service.event_source() == record.event_source);
    let operation = service.and_then(|service| Operation::from_name(service, &record.event_name));
    let Some((service, operation)) = service.zip(operation) else {
        return Err(wrong("That call named no operation, so no policy was asked."));
    };
    if operation.shape().is_none() {
        return Err(wrong(format!(
            "{} is an operation that accountd does not answer; no policy was asked.",
            operation.name()
        )));
    }
    let mut unknown = Vec::new();
    let members = operation.shape().map(|shape| {
        let parameters = &*record.request_parameters;
        let mut members = restored(shape.input_schema(), parameters, "", &mut unknown)
            .unwrap_or_else(|| Value::Object(Map::new()));
        // F-MFA-13: codes are in no record, and no policy looks at them.
        let is_code = |name: &&str| name.starts_with("AuthenticationCode");
        for name in shape.input_schema().members().iter().map(|member| member.name).filter(is_code) {
            members[name] = Value::from("000000");
        }
        members
    });
    if !unknown.is_empty() {
        notes.push(format!("The event log does not show {}: it is taken as not given.", unknown.join(", ")));
    }
    Ok(Call {
        caller,
        operation: Some(operation),
        action: format!("{}:{}", service.profile().action_prefix, operation.name()),
        members,
        resource: question.resource.clone(),
        keys: keys(question)?,
        from: Origin {
            now: record.event_time,
            region: record.aws_region.to_string(),
            source_ip: record.source_ip_address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            user_agent: Some(record.user_agent.to_string()).filter(|agent| !agent.is_empty()),
            secure_transport: situation.secure_transport,
        },
        event: Some(RecordedCall {
            id: record.event_id.to_string(),
            time: record.event_time,
            operation: operation.name().to_owned(),
            error_code: record.error_code.as_deref().map(str::to_owned),
            error_message: record.error_message.as_deref().map(str::to_owned),
        }),
        notes,
    })
}

/// The caller that a record names, with what temporary credentials added to it.
fn caller(
    identity: &UserIdentity<'_>,
    position: EventPosition,
    world: &World<'_>,
    notes: &mut Vec<String>,
) -> Result<Caller, Stop> {
    let account = identity.account_id.as_deref().and_then(|account| account.parse::<AccountId>().ok());
    let Some(account) = account else {
        return Err(wrong(
            "Nobody knows who made that call: its signature was refused, and no policy was asked.",
        ));
    };
    let text = |part: &Option<Cow<'_, str>>| part.as_deref().unwrap_or_default().to_owned();
    let arn = text(&identity.arn);
    let last = arn.rsplit('/').next().unwrap_or_default().to_owned();
    let principal = match identity.kind.as_deref() {
        Some("Root") => Principal::Root { account },
        Some("IAMUser") => {
            let name = text(&identity.user_name);
            let user = world.get::<User>(UserId::new(account, &name))?;
            if user.is_none() {
                notes.push(format!("The user {name} is no longer there, and neither are its policies."));
            }
            let path = user.map_or_else(|| "/".to_owned(), |user| user.path.clone());
            Principal::User { account, path, name, id: text(&identity.principal_id) }
        }
        Some("AssumedRole") => {
            let issuer = identity.session_context.as_ref().map(|session| &session.session_issuer);
            let role_name = issuer.map(|issuer| text(&issuer.user_name)).unwrap_or_default();
            let role = world.get::<Role>(RoleId::new(account, &role_name))?;
            if role.is_none() {
                notes.push(format!("The role {role_name} is no longer there, and neither are its policies."));
            }
            Principal::AssumedRole {
                account,
                role_path: role.map_or_else(|| "/".to_owned(), |role| role.path.clone()),
                role_name,
                role_id: issuer.map(|issuer| text(&issuer.principal_id)).unwrap_or_default(),
                session_name: last,
            }
        }
        Some("FederatedUser") => Principal::FederatedUser { account, name: last },
        _ => return Err(wrong("That call was made by a service itself, and no policy was asked.")),
    };
    let access_key_id = text(&identity.access_key_id);
    let session = match &identity.session_context {
        Some(shown) => Some(session_terms::of(shown, &principal, &access_key_id, position, world, notes)?),
        None => None,
    };
    Ok(Caller { principal, access_key_id, session })
}

/// The members that a record shows, under the model's names. What it hides is noted and left out, but for texts that must
/// be given: in their place stands what the record shows, so that the call is not taken for one that lacks them.
fn restored(schema: &Schema, shown: &Value, path: &str, unknown: &mut Vec<String>) -> Option<Value> {
    if shown.as_str().is_some_and(|text| HIDDEN.contains(&text)) {
        unknown.push(path.trim_start_matches('.').to_owned());
        return None;
    }
    match (&schema.kind, shown) {
        (Kind::Structure(members), Value::Object(given)) => {
            let mut object = Map::new();
            for (name, value) in given {
                let is_named = |known: &str| known == name || small_first(known) == *name;
                let Some(member) = members.iter().find(|member| is_named(member.name)) else { continue };
                let path = format!("{path}.{}", member.name);
                let is_needed_text = member.required && matches!((member.schema)().kind, Kind::String { .. });
                let known = restored((member.schema)(), value, &path, unknown);
                if let Some(value) = known.or_else(|| is_needed_text.then(|| value.clone())) {
                    object.insert(member.name.to_owned(), value);
                }
            }
            Some(Value::Object(object))
        }
        (Kind::List { member, .. }, Value::Array(values)) => {
            let values = values.iter().filter_map(|value| restored(member(), value, path, unknown));
            Some(Value::Array(values.collect()))
        }
        (Kind::Map { value: of, .. }, Value::Object(entries)) => {
            let entries = entries.iter().filter_map(|(key, value)| {
                restored(of(), value, path, unknown).map(|value| (key.clone(), value))
            });
            Some(Value::Object(entries.collect()))
        }
        (Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. }, _) | (_, Value::Null) => None,
        (_, scalar) => Some(scalar.clone()),
    }
}
