//! Answers and refusals of the Query API in JSON, which STS writes for clients that ask for it. F-WIRE-36

use bytes::Bytes;
use http::{HeaderMap, Response, header};
use serde_json::{Map, Value, json};

use super::rest_json::json as text;
use crate::refusal::Refusal;
use crate::smithy::OperationShape;

const CONTENT_TYPE: &str = "application/json";

/// Whether a client asks for JSON before anything else.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepted.split([',', ';']).next().unwrap_or_default();
    first.trim().eq_ignore_ascii_case(CONTENT_TYPE)
}

/// An answer: the elements of the XML as members, times as seconds since 1970.
pub fn answer(operation: &OperationShape, output: &Value, request_id: &str) -> Response<Bytes> {
    let name = operation.name;
    let mut response = Map::new();
    if operation.output.is_some() {
        response.insert(format!("{name}Result"), output.clone());
    }
    response.insert("ResponseMetadata".to_owned(), json!({ "RequestId": request_id }));
    let body = Map::from_iter([(format!("{name}Response"), Value::Object(response))]);
    super::response(200, CONTENT_TYPE, text(&Value::Object(body)), request_id)
}

/// A refusal.
pub fn refuse(refusal: &Refusal, request_id: &str) -> Response<Bytes> {
    let mut error = Map::new();
    if refusal.code_shown {
        error.insert("Code".to_owned(), refusal.code.as_ref().into());
    }
    if let Some(message) = &refusal.message {
        error.insert("Message".to_owned(), message.as_str().into());
    }
    let fault = if refusal.is_server_fault() { "Receiver" } else { "Sender" };
    error.insert("Type".to_owned(), fault.into());
    error.extend(refusal.members.clone());
    let body = json!({ "Error": error, "RequestId": request_id });
    super::response(refusal.status, CONTENT_TYPE, text(&body), request_id)
}
