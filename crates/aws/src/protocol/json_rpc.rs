//! awsJson1.1: JSON bodies, the operation in the header `X-Amz-Target`.
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

use super::rest_json::json;
use crate::refusal::Refusal;
use crate::smithy::{OperationShape, ServiceShape};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// An answer: JSON without white space, or nothing where the operation has no output. F-WIRE-24
pub fn answer(operation: &OperationShape, output: &Value, request_id: &str) -> Response<Bytes> {
    let body = if operation.output.is_some() { json(output) } else { Vec::new() };
    super::response(200, CONTENT_TYPE, body, request_id)
}

/// A refusal: the code under `__type`, the text under the name that the service's model has for it
/// (Organizations spells `Message`), then the error's further members. F-WIRE-25
pub fn refuse(service: Option<&ServiceShape>, refusal: &Refusal, request_id: &str) -> Response<Bytes> {
    super::response(refusal.status, CONTENT_TYPE, json(&told(service, refusal)), request_id)
}

/// The members of a refusal.
pub(super) fn told(service: Option<&ServiceShape>, refusal: &Refusal) -> Value {
    let mut body = Map::new();
    if refusal.code_shown {
        body.insert("__type".to_owned(), Value::from(refusal.code.as_ref()));
    }
    if let Some(message) = &refusal.message {
        let name = service.map_or("message", |service| service.message_member);
        body.insert(name.to_owned(), Value::from(message.as_str()));
    }
    body.extend(refusal.members.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(body)
}
