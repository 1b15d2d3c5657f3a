//! The event log's records of one call: one for the caller's account, and where AWS says so one for the
//! target's.

use std::borrow::Cow;

use aws::refusal::Refusal;
use aws::trail::{Record, UserIdentity};
use http::header;
use serde_json::Value;
use services::account::model::Operation as AccountOperation;
use services::operation::{Operation, Service};
use services::sts::model::Operation as StsOperation;
use services::world::ServiceEvent;

use super::{Call, Progress};
use crate::entropy::derived_id;
use crate::store::EventRecord;

/// What a record shows in place of a sensitive text.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The records of a call, refused or not.
pub(super) fn records(
    call: &Call,
    progress: &Progress,
    outcome: &Result<Value, Refusal>,
) -> Vec<EventRecord> {
    let refusal = outcome.as_ref().err();
    let operation = call.route.operation.as_ref().ok().copied();
    let service = call.route.service;
    let is_sts = service == Some(Service::Sts);
    let response_elements = match (operation, outcome) {
        (Some(operation), Ok(output)) => operation.response_elements(output),
        _ => Value::Null,
    };
    let (request_parameters, resources) = match (operation, &progress.members) {
        (Some(operation), Some(members)) => {
            let caller = progress.caller.as_ref();
            (operation.request_parameters(members, caller), operation.resources(members))
        }
        _ => (Value::Null, Value::Null),
    };
    let error_code = refusal.map(|refusal| match service {
        Some(service) => service.recorded_error_code(refusal),
        None => refusal.code.as_ref().into(),
    });
    let peer = call.peer.to_string();
    let own = progress.caller.as_ref().map(|caller| caller.account());
    let record = |recipient, event_id: &str, shared_event_id: Option<&str>| {
        let user_identity = match &progress.caller {
            Some(caller) if is_sts && recipient != own => UserIdentity::of_another_account(caller),
            Some(caller) => UserIdentity::of(caller),
            None => {
                UserIdentity::unknown(progress.claimed.as_ref().map(|claimed| claimed.access_key_id.as_str()))
            }
        };
        let record = Record {
            event_source: service.map_or("unknown", Service::event_source).into(),
            event_name: operation.map_or("Unknown", Operation::name).into(),
            aws_region: region(call, progress).into(),
            source_ip_address: peer.as_str().into(),
            user_agent: call.user_agent().unwrap_or("").into(),
            error_code: error_code.as_deref().map(Cow::Borrowed),
            error_message: refusal.and_then(message).map(Cow::Borrowed),
            request_parameters: Cow::Borrowed(&request_parameters),
            response_elements: Cow::Borrowed(&response_elements),
            request_id: Some(call.context.request_id.as_str().into()),
            event_id: event_id.into(),
            read_only: Some(operation.is_none_or(Operation::is_read_only)),
            resources: Cow::Borrowed(&resources),
            recipient_account_id: recipient,
            shared_event_id: shared_event_id.map(Into::into),
            ..Record::of_call(user_identity, call.context.now)
        };
        EventRecord::new(recipient, call.context.now, record.to_json())
    };
    let other = other_recipient(operation, progress, refusal);
    let shared = other.map(|_| call.context.request_id.as_str());
    let mut records = vec![record(own, &call.event_id, shared)];
    if let Some(other) = other {
        records.push(record(Some(other), &derived_id(&call.context.seed, "target's event"), shared));
    }
    records
}

/// The records of what services will have done by themselves.
pub(super) fn announced(call: &Call, events: Vec<ServiceEvent>) -> impl Iterator<Item = EventRecord> {
    events.into_iter().map(|event| {
        let record = Record {
            event_source: event.source.into(),
            event_name: event.name.into(),
            aws_region: "us-east-1".into(),
            event_id: derived_id(&call.context.seed, event.name).into(),
            ..Record::of_service(event.invoked_by, event.account, event.at, &event.details)
        };
        EventRecord::new(Some(event.account), event.at, record.to_json())
    })
}

/// F-EVENT-4: a Region switch asked for in organizations mode is recorded in the target account too, and a
/// role that is assumed from another account in the role's (F-STSAPI-33).
fn other_recipient(
    operation: Option<Operation>,
    progress: &Progress,
    refusal: Option<&Refusal>,
) -> Option<aws::arn::AccountId> {
    let is_shared = matches!(
        operation,
        Some(
            Operation::Account(AccountOperation::EnableRegion | AccountOperation::DisableRegion)
                | Operation::Sts(StsOperation::AssumeRole)
        )
    );
    let own = progress.caller.as_ref()?.account();
    progress.target.filter(|target| is_shared && refusal.is_none() && *target != own)
}

/// F-EVENT-6: a validation message repeats the input, and the model calls it sensitive.
fn message(refusal: &Refusal) -> Option<&str> {
    match refusal.code.as_ref() {
        "ValidationException" | "SerializationException" => Some(HIDDEN),
        _ => refusal.message.as_deref(),
    }
}

/// F-EVENT-7: global services are recorded in us-east-1; STS in the Region that was asked.
fn region<'a>(call: &Call, progress: &'a Progress) -> &'a str {
    match (call.route.service, &progress.claimed) {
        (Some(Service::Sts | Service::CloudTrail | Service::Ec2), Some(claimed)) => &claimed.region,
        _ => "us-east-1",
    }
}

impl Call {
    /// What the client calls itself.
    pub(super) fn user_agent(&self) -> Option<&str> {
        self.request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok())
    }
}
