//! The event log's records of one call: one for the caller's account, and where AWS says so one for the
//! target's.

use std::borrow::Cow;

use aws::arn::AccountId;
use aws::refusal::Refusal;
use aws::trail::{Record, UserIdentity};
use http::Method;
use serde_json::Value;

use super::{Call, Circumstances, Progress};
use crate::authority::guarded::Guarded;
use crate::decided::EventRecord;
use crate::service::{Endpoint, Operation, TargetRecord};
use crate::world::ServiceEvent;

/// What a record shows in place of a sensitive text.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The records of a call, refused or not, and those of what services will have done by themselves. F-NOSUP-6: a call for
/// what is not here leaves none, since no history of AWS would show it so.
pub(super) fn events(
    operation: Option<Operation>,
    circumstances: &Circumstances<'_>,
    progress: &Progress,
    outcome: &Result<Value, Refusal>,
    world: &mut Guarded<'_>,
) -> Vec<EventRecord> {
    let Some(operation) = operation.filter(|operation| operation.shape().is_some()) else {
        return Vec::new();
    };
    let (context, service) = (circumstances.context, operation.service());
    let refusal = outcome.as_ref().err();
    let response_elements =
        outcome.as_ref().map_or(Value::Null, |output| operation.response_elements(output));
    let additional_event_data = outcome.as_ref().map_or(Value::Null, |_| {
        let endpoint = Endpoint { host: circumstances.host, region: circumstances.region };
        operation.additional_event_data(&endpoint, context)
    });
    let (request_parameters, resources) = match &progress.members {
        Some(members) => {
            let caller = progress.caller.as_ref();
            let resources = operation.resources(members, outcome.as_ref().ok());
            (operation.request_parameters(members, caller), resources)
        }
        None => (Value::Null, Value::Null),
    };
    let error_code = refusal.map(|refusal| service.recorded_error_code(refusal));
    let source_ip_address = circumstances.source_ip.to_string();
    let record = |user_identity, recipient, event_id: &str, shared_event_id: Option<&str>| {
        let record = Record {
            event_source: service.event_source().into(),
            event_name: operation.name().into(),
            aws_region: circumstances.region.into(),
            source_ip_address: source_ip_address.as_str().into(),
            user_agent: circumstances.user_agent.unwrap_or("").into(),
            error_code: error_code.as_deref().map(Cow::Borrowed),
            error_message: refusal.and_then(message).map(Cow::Borrowed),
            request_parameters: Cow::Borrowed(&request_parameters),
            response_elements: Cow::Borrowed(&response_elements),
            additional_event_data: Cow::Borrowed(&additional_event_data),
            request_id: Some(context.request_id.as_str().into()),
            event_id: event_id.into(),
            read_only: Some(operation.is_read_only()),
            resources: Cow::Borrowed(&resources),
            recipient_account_id: recipient,
            shared_event_id: shared_event_id.map(Into::into),
            ..Record::of_call(user_identity, context.now)
        };
        EventRecord::new(recipient, context.now, record.to_json())
    };
    let own = progress.caller.as_ref().map(|caller| caller.account());
    let target = target(operation, progress).filter(|_| refusal.is_none());
    let shared = target.as_ref().map(|_| context.request_id.as_str());
    let mut events = vec![record(identity(progress), own, circumstances.event_id, shared)];
    if let Some((account, identity)) = target {
        events.push(record(
            identity,
            Some(account),
            &context.event_id("target's event", context.now),
            shared,
        ));
    }
    events.extend(world.take_announced().into_iter().map(|event| announced(event, circumstances)));
    events
}

/// F-FWD-11: the record of a call that is handed over, or was refused before. Nothing is known of its members; what it is
/// answered is not waited for.
pub(super) fn of_handed_over(
    call: &Call,
    circumstances: &Circumstances<'_>,
    progress: &Progress,
    outcome: &Result<Value, Refusal>,
) -> Vec<EventRecord> {
    let Some(wanted) = &call.route.wanted else { return Vec::new() };
    let refusal = outcome.as_ref().err();
    let code = refusal.map(|refusal| match refusal.code.as_ref() {
        "AccessDeniedException" => Cow::Borrowed("AccessDenied"),
        code => Cow::Borrowed(code),
    });
    let name = wanted.operation.as_deref().unwrap_or("UnknownOperation");
    let recipient = progress.caller.as_ref().map(|caller| caller.account());
    let record = Record {
        event_source: format!("{}.amazonaws.com", wanted.service).into(),
        event_name: name.into(),
        aws_region: circumstances.region.into(),
        source_ip_address: circumstances.source_ip.to_string().into(),
        user_agent: circumstances.user_agent.unwrap_or("").into(),
        error_code: code,
        error_message: refusal.and_then(message).map(Cow::Borrowed),
        request_id: Some(circumstances.context.request_id.as_str().into()),
        event_id: circumstances.event_id.into(),
        read_only: Some(only_reads(wanted.operation.as_deref(), call.request.method())),
        recipient_account_id: recipient,
        ..Record::of_call(identity(progress), circumstances.context.now)
    };
    vec![EventRecord::new(recipient, circumstances.context.now, record.to_json())]
}

/// Whether an operation of which there is no model reads only: its name or else its method says so.
fn only_reads(operation: Option<&str>, method: &Method) -> bool {
    const READING: [&str; 8] = ["BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "Search"];
    match operation {
        Some(operation) => READING.iter().any(|verb| operation.starts_with(verb)),
        None => method.is_safe(),
    }
}

/// The record of what a service will have done by itself.
fn announced(event: ServiceEvent, circumstances: &Circumstances<'_>) -> EventRecord {
    let record = Record {
        event_source: event.source.into(),
        event_name: event.name.into(),
        aws_region: "us-east-1".into(),
        event_id: circumstances.context.event_id(event.name, event.at).into(),
        ..Record::of_service(event.invoked_by, event.account, event.at, &event.details)
    };
    EventRecord::new(Some(event.account), event.at, record.to_json())
}

/// The caller, in the log of its own account.
fn identity(progress: &Progress) -> UserIdentity<'_> {
    let claimed = progress.claimed.as_ref();
    match &progress.caller {
        Some(caller) => UserIdentity::of(caller),
        None => UserIdentity::unknown(claimed.map(|claimed| claimed.access_key_id.as_str())),
    }
}

/// The account of somebody else in whose log the call stands too, and the caller as that log shows it.
fn target(operation: Operation, progress: &Progress) -> Option<(AccountId, UserIdentity<'_>)> {
    let caller = progress.caller.as_ref()?;
    let identity = match operation.target_record()? {
        TargetRecord::Same => UserIdentity::of(caller),
        TargetRecord::CallerUnnamed => UserIdentity::of_another_account(caller),
    };
    let target = progress.target.filter(|target| *target != caller.account())?;
    Some((target, identity))
}

/// F-EVENT-6: a validation message repeats the input, and the model calls it sensitive.
fn message(refusal: &Refusal) -> Option<&str> {
    match refusal.code.as_ref() {
        "ValidationException" | "SerializationException" => Some(HIDDEN),
        _ => refusal.message.as_deref(),
    }
}
