//! The four protocols in which AWS services are spoken to: reading a request's input, writing an answer,
//! writing a refusal.
//!
//! Inputs and outputs are canonical values (see [`crate::smithy`]). The rules behind an operation never
//! learn which protocol it was called in.

pub mod cbor;
pub mod foreign;
pub mod json_rpc;
pub mod query;
pub mod query_json;
pub mod rest_json;
pub mod xml;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::refusal::Refusal;
use crate::smithy::{OperationShape, Schema, ServiceShape};

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// JSON in the body, the operation in the path: Account Management.
    RestJson,
    /// JSON in the body, the operation in `X-Amz-Target`: Organizations, CloudTrail.
    AwsJson11,
    /// Parameters in, XML out: IAM, STS.
    Query,
    /// EC2's dialect of the same.
    Ec2Query,
}

impl Protocol {
    /// The input that a body holds; for the Query protocols a body or a query string.
    ///
    /// # Errors
    /// Where it cannot be read as JSON or as parameters, or a parameter is no value of its shape. Types
    /// within JSON are not looked at here, constraints nowhere here.
    pub fn decode(self, body: &[u8], schema: &Schema) -> Result<Value, Refusal> {
        match self {
            Self::RestJson | Self::AwsJson11 => rest_json::decode(body),
            Self::Query | Self::Ec2Query => query::decode(&query::Parameters::parse(body)?, schema, self),
        }
    }

    /// The answer of an operation.
    pub fn answer(self, operation: &OperationShape, output: &Value, request_id: &str) -> Response<Bytes> {
        match self {
            Self::RestJson => rest_json::answer(operation, output, request_id),
            Self::AwsJson11 => json_rpc::answer(operation, output, request_id),
            Self::Query | Self::Ec2Query => xml::answer(self, operation, output, request_id),
        }
    }

    /// A refusal. The service may be unknown, where a request was refused before it was routed.
    pub fn refuse(
        self,
        service: Option<&ServiceShape>,
        refusal: &Refusal,
        request_id: &str,
    ) -> Response<Bytes> {
        match self {
            Self::RestJson => rest_json::refuse(refusal, request_id),
            Self::AwsJson11 => json_rpc::refuse(service, refusal, request_id),
            Self::Query | Self::Ec2Query => xml::refuse(self, service, refusal, request_id),
        }
    }
}

/// The refusal of a JSON body that cannot be read. The code is the one that AWS's JSON services share; the
/// text is *assumed*. F-WIRE-20
pub fn not_deserializable() -> Refusal {
    Refusal::new("SerializationException", 400, "The request body could not be deserialized.")
}

/// A header's value as text: `None` where it has more than ASCII. It says what `to_str` of the value says, without looking
/// at one byte after the other.
pub fn header_text(value: &HeaderValue) -> Option<&str> {
    // A value never holds control characters but tabs.
    str::from_utf8(value.as_bytes()).ok().filter(|text| text.is_ascii())
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A response with what every answer of every protocol has.
fn response(status: u16, content_type: &'static str, body: Vec<u8>, request_id: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    // A refusal's status comes from a model or a constant. One that HTTP does not know is the service's
    // own fault.
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.reserve(6);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    response
}
