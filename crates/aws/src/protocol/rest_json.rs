//! restJson1: Account Management's own protocol.
//!
//! Every member of every input and output of it travels in the body (the model binds none elsewhere), so there are no
//! bindings to paths, queries or headers here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderName};
use http::{HeaderValue, Response};
use serde_json::{Map, Value};

use crate::json_line::Line;
use crate::refusal::Refusal;
use crate::smithy::OperationShape;

const CONTENT_TYPE: &str = "application/json";

static ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
static GATEWAY_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");

/// F-COST-3 (*assumed*): a body of more values is not decoded. The largest inputs that services take have some hundred;
/// decoded, a value takes up to fifty times its text.
const MOST_VALUES: usize = 50_000;

/// The JSON object in a body; an empty body is an empty object. F-WIRE-20
///
/// # Errors
/// Where the body is not JSON, or JSON but no object, or holds too many values: `SerializationException`.
pub fn decode(body: &[u8]) -> Result<Value, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    if body.len() > MOST_VALUES && values(body) > MOST_VALUES {
        return Err(super::not_deserializable());
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(super::not_deserializable()),
    }
}

/// At least as many as there are values in JSON text: one for each bracket that opens and each comma, outside of strings.
fn values(body: &[u8]) -> usize {
    let mut bytes = body.iter();
    let mut values = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b',' | b'[' | b'{' => values += 1,
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    values
}

/// An answer: JSON without white space, or nothing where the operation has no output
/// F-WIRE-21
pub fn answer(operation: &OperationShape, output: &Value, request_id: &str) -> Response<Bytes> {
    let body = if operation.output.is_some() { json(output) } else { Vec::new() };
    with_gateway_headers(super::response(200, CONTENT_TYPE, body, request_id), request_id)
}

/// A refusal: the text under `message` beside the error's further members, the code in a header.
/// F-WIRE-22
pub fn refuse(refusal: &Refusal, request_id: &str) -> Response<Bytes> {
    let mut body = Map::new();
    if let Some(message) = &refusal.message {
        body.insert("message".to_owned(), Value::from(message.as_str()));
    }
    body.extend(refusal.members.iter().map(|(name, value)| (name.clone(), value.clone())));
    let response = super::response(refusal.status, CONTENT_TYPE, json(&Value::Object(body)), request_id);
    let mut response = with_gateway_headers(response, request_id);
    if refusal.code_shown
        && let Ok(code) = HeaderValue::from_str(&refusal.code)
    {
        response.headers_mut().insert(ERROR_TYPE.clone(), code);
    }
    response
}

/// JSON without white space.
pub(super) fn json(value: &Value) -> Vec<u8> {
    let mut body = Line(Vec::with_capacity(256));
    serde_json::to_writer(&mut body, value)
        .expect("INVARIANT: a value has text for keys, a buffer takes all");
    body.0
}

/// What the gateway in front of Account Management adds to every answer. F-WIRE-23
fn with_gateway_headers(mut response: Response<Bytes>, request_id: &str) -> Response<Bytes> {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(id) = HeaderValue::from_str(&gateway_id(request_id)) {
        headers.insert(GATEWAY_ID.clone(), id);
    }
    response
}

/// The gateway's own id of the request: 15 characters and an equals sign. It is a function of the request
/// id, so that an answer needs no entropy.
fn gateway_id(request_id: &str) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&fnv_1a(0xcbf2_9ce4_8422_2325, request_id).to_be_bytes());
    bytes[8..].copy_from_slice(&fnv_1a(0x6c62_272e_07bb_0142, request_id).to_be_bytes());
    URL_SAFE.encode(&bytes[..11])
}

/// FNV-1a, a hash without secrets: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv_1a(basis: u64, text: &str) -> u64 {
    text.bytes().fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-COST-3
    #[test]
    fn a_body_of_too_many_values_is_not_decoded() {
        let list = |item: &str, times: usize| format!(r#"{{"a":[{}]}}"#, vec![item; times].join(","));
        assert!(decode(list("1", MOST_VALUES / 2).as_bytes()).is_ok());
        for item in ["1", "[]", "{}", r#"{"a":1}"#, r#""""#] {
            assert!(decode(list(item, MOST_VALUES).as_bytes()).is_err(), "{item}");
        }
        let text = r#"{[,\\\",]}"#.repeat(MOST_VALUES);
        assert!(decode(format!(r#"{{"a":"{text}"}}"#).as_bytes()).is_ok(), "a text is one value");
    }
}
