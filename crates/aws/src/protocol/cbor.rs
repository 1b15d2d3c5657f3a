//! rpcv2Cbor: CBOR bodies, service and operation in the path. Newer clients of some awsJson services speak it (F-WIRE-37).
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>
//!
//! Of values there is what JSON has as well. A service whose members are times or bytes needs their shapes here too: CBOR
//! writes those otherwise.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Number, Value};

use super::json_rpc;
use crate::refusal::Refusal;
use crate::smithy::{OperationShape, ServiceShape};

const CONTENT_TYPE: &str = "application/cbor";
const PROTOCOL: &str = "rpc-v2-cbor";
const PROTOCOL_HEADER: &str = "smithy-protocol";

/// F-COST-3 (*assumed*): a body of more values, or of values within each other to a greater depth, is not decoded.
const MOST_VALUES: usize = 50_000;
const GREATEST_DEPTH: usize = 100;

/// Whether a request says that it speaks it.
pub fn is_spoken(headers: &HeaderMap) -> bool {
    headers.get(PROTOCOL_HEADER).is_some_and(|value| value == PROTOCOL)
}

/// What a path names: what stands for the service, and the operation.
pub fn named_in(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/service/")?.split_once("/operation/")
}

/// The members in a body; an empty body has none.
///
/// # Errors
/// Where the body is no CBOR map, or holds what a JSON value does not: `SerializationException`.
pub fn decode(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut decoder = Decoder::new(body);
    let mut left = MOST_VALUES;
    match read(&mut decoder, GREATEST_DEPTH, &mut left) {
        Some(value @ Value::Object(_)) if decoder.position() == body.len() => Ok(value),
        _ => Err(super::not_deserializable()),
    }
}

fn read(decoder: &mut Decoder<'_>, depth: usize, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match decoder.datatype().ok()? {
        Type::Null | Type::Undefined => {
            decoder.skip().ok()?;
            Value::Null
        }
        Type::Bool => Value::Bool(decoder.bool().ok()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().ok()?.into(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64().ok()?.into(),
        Type::F32 => Value::Number(Number::from_f64(decoder.f32().ok()?.into())?),
        Type::F64 => Value::Number(Number::from_f64(decoder.f64().ok()?)?),
        Type::String => Value::String(decoder.str().ok()?.to_owned()),
        Type::StringIndef => {
            let parts: Result<Vec<&str>, _> = decoder.str_iter().ok()?.collect();
            Value::String(parts.ok()?.concat())
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().ok()?;
            let mut items = Vec::new();
            while has_more(decoder, length, items.len())? {
                items.push(read(decoder, depth.checked_sub(1)?, left)?);
            }
            Value::Array(items)
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map().ok()?;
            let mut members = Map::new();
            let mut count = 0;
            while has_more(decoder, length, count)? {
                let Value::String(name) = read(decoder, 0, left)? else { return None };
                members.insert(name, read(decoder, depth.checked_sub(1)?, left)?);
                count += 1;
            }
            Value::Object(members)
        }
        _ => return None,
    })
}

/// Whether a list or map goes on after `count` of its entries; one of no given length ends with a break.
fn has_more(decoder: &mut Decoder<'_>, length: Option<u64>, count: usize) -> Option<bool> {
    if let Some(length) = length {
        return Some(count as u64 != length);
    }
    let is_end = decoder.datatype().ok()? == Type::Break;
    if is_end {
        decoder.skip().ok()?;
    }
    Some(!is_end)
}

/// An answer.
pub fn answer(operation: &OperationShape, output: &Value, request_id: &str) -> Response<Bytes> {
    let nothing = Value::Object(Map::new());
    response(200, if operation.output.is_some() { output } else { &nothing }, request_id)
}

/// A refusal, with the members of one in awsJson1.1.
pub fn refuse(service: Option<&ServiceShape>, refusal: &Refusal, request_id: &str) -> Response<Bytes> {
    response(refusal.status, &json_rpc::told(service, refusal), request_id)
}

fn response(status: u16, body: &Value, request_id: &str) -> Response<Bytes> {
    let mut encoder = Encoder::new(Vec::new());
    let written = write(body, &mut encoder);
    written.expect("INVARIANT: writing to memory does not fail");
    let mut response = super::response(status, CONTENT_TYPE, encoder.into_writer(), request_id);
    response.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL));
    response
}

fn write(
    value: &Value,
    encoder: &mut Encoder<Vec<u8>>,
) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
    match value {
        Value::Null => encoder.null()?.ok(),
        Value::Bool(value) => encoder.bool(*value)?.ok(),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => encoder.u64(number)?.ok(),
            (None, Some(number)) => encoder.i64(number)?.ok(),
            (None, None) => encoder.f64(number.as_f64().unwrap_or(f64::NAN))?.ok(),
        },
        Value::String(text) => encoder.str(text)?.ok(),
        Value::Array(items) => {
            encoder.array(items.len() as u64)?;
            items.iter().try_for_each(|item| write(item, encoder))
        }
        Value::Object(members) => {
            encoder.map(members.len() as u64)?;
            members.iter().try_for_each(|(name, value)| {
                encoder.str(name)?;
                write(value, encoder)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &Value) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        write(value, &mut encoder).unwrap();
        encoder.into_writer()
    }

    #[test]
    fn what_is_written_is_read_f_wire_37() {
        let value = json!({"a": [1, -7, 2.5, true, null, "text"], "b": {"c": {}}});
        assert_eq!(decode(&written(&value)).unwrap(), value);
        assert_eq!(decode(b"").unwrap(), json!({}));
        // {_ "a": [_ 1], "b": (_ "x" "y")}
        let open = b"\xBF\x61a\x9F\x01\xFF\x61b\x7F\x61x\x61y\xFF\xFF";
        assert_eq!(decode(open).unwrap(), json!({"a": [1], "b": "xy"}));
    }

    #[test]
    fn what_json_has_not_is_refused_f_wire_37() {
        let mut deep = vec![0x81; 10_000];
        deep.insert(0, 0x61);
        for wrong in [
            &b"\x01"[..],
            b"\xA1\x01\x01",
            b"\xA1\x61a",
            b"\xA1\x61a\x41\x00",
            b"\xA0\xA0",
            b"\xBF\x61a",
            b"\xA1\x61a\x9A\xFF\xFF\xFF\xFF",
            &[b"\xA1\x61a", &deep[1..]].concat(),
        ] {
            assert_eq!(decode(wrong).unwrap_err().code, "SerializationException", "{wrong:?}");
        }
    }

    #[test]
    fn a_path_names_service_and_operation_f_wire_37() {
        assert_eq!(named_in("/service/Tags_1/operation/GetTags"), Some(("Tags_1", "GetTags")));
        assert_eq!(named_in("/service/Tags_1"), None);
    }
}
