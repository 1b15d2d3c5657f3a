//! A call of any of the services, written as its SDKs write it.

use aws::protocol::Protocol;
use aws::smithy::Kind;
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use serde_json::Value;
use services::service::{Operation, Service};

use crate::signer::{Key, Scope, escaped, sign};
use crate::world::USER_AGENT;

pub use crate::world::operation;

/// The services that came beside Account Management, in the order of the tables.
pub const OTHERS: [Service; 7] = [
    Service::Sts,
    Service::Organizations,
    Service::Iam,
    Service::CloudTrail,
    Service::Ec2,
    Service::Tagging,
    Service::ServiceQuotas,
];

/// The operations of a service that somebody signs.
pub fn signed_operations(service: Service) -> Vec<Operation> {
    Operation::supported(service).into_iter().filter(|operation| !operation.is_unsigned()).collect()
}

/// The protocol of the service's clients.
pub fn protocol(service: Service) -> Protocol {
    service.shape().protocol
}

/// The call without a signature. EC2's members are given by the names they have among parameters.
pub fn request(operation: Operation, members: &Value) -> Request<Bytes> {
    named(operation.service(), operation.name(), members)
}

/// The same for an operation that need not exist.
pub fn named(service: Service, operation: &str, members: &Value) -> Request<Bytes> {
    let shape = service.shape();
    match shape.protocol {
        Protocol::RestJson => {
            let path = format!("/{}{}", operation[..1].to_lowercase(), &operation[1..]);
            post(&path, "application/json", &members.to_string())
        }
        Protocol::AwsJson11 => {
            let mut request = post("/", "application/x-amz-json-1.1", &members.to_string());
            let target = format!("{}.{operation}", shape.target_prefix);
            request.headers_mut().insert("x-amz-target", target.parse().unwrap());
            request
        }
        Protocol::Query | Protocol::Ec2Query => {
            let mut form = format!("Action={operation}&Version={}", shape.version);
            write_form(
                "",
                &with_entries(service, operation, members),
                shape.protocol == Protocol::Ec2Query,
                &mut form,
            );
            post("/", "application/x-www-form-urlencoded; charset=utf-8", &form)
        }
    }
}

/// The members, with what the model calls a map as its entries are written: `entry.1.key`, `entry.1.value`.
fn with_entries(service: Service, operation: &str, members: &Value) -> Value {
    let mut written = members.clone();
    let operation = Operation::from_name(service, operation).and_then(Operation::shape);
    for member in operation.into_iter().flat_map(|shape| shape.input_schema().members()) {
        let is_map = matches!((member.schema)().kind, Kind::Map { .. });
        if let Some(Value::Object(map)) = written.get(member.name).filter(|_| is_map) {
            let mut entries = serde_json::Map::new();
            for (index, (key, value)) in map.iter().enumerate() {
                entries.insert(format!("entry.{}.key", index + 1), key.as_str().into());
                entries.insert(format!("entry.{}.value", index + 1), value.clone());
            }
            written[member.name] = Value::Object(entries);
        }
    }
    written
}

/// Adds the members as parameters: `&A.B=x&L.member.1=y`; EC2's lists are flat, `&L.1=y`.
pub fn write_form(name: &str, value: &Value, is_flat: bool, form: &mut String) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(part, value)| write_form(&below(part), value, is_flat, form));
        }
        Value::Array(members) => {
            for (index, value) in members.iter().enumerate() {
                let part = if is_flat { format!("{}", index + 1) } else { format!("member.{}", index + 1) };
                write_form(&below(&part), value, is_flat, form);
            }
        }
        Value::String(text) => form.push_str(&format!("&{name}={}", escaped(text))),
        other => form.push_str(&format!("&{name}={other}")),
    }
}

/// A `POST` without a signature.
pub fn post(path: &str, content_type: &str, body: &str) -> Request<Bytes> {
    Request::builder()
        .method("POST")
        .uri(path)
        .header("content-type", content_type)
        .header("user-agent", USER_AGENT)
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

/// The request with a signature that is good now.
pub fn signed(
    mut request: Request<Bytes>,
    key: &Key,
    service: &'static str,
    region: &'static str,
) -> Request<Bytes> {
    sign(&mut request, key, &Scope { region, service, at: Timestamp::now() });
    request
}
