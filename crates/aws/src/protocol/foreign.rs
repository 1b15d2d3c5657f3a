//! Refusals for clients of services that nothing is known of here, each in the shape that such a client reads.
//!
//! A client says in its request which protocol it speaks: by a header, by how it names the operation, or, where it is
//! REST, by the service that it signs for.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

use super::{Protocol, cbor, json_rpc, rest_json, xml};
use crate::refusal::Refusal;

/// How a client of some service reads a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignClient {
    /// awsJson1.0: `__type` and `message`.
    AwsJson10,
    /// awsJson1.1: the same under another media type.
    AwsJson11,
    /// restJson1: the code in a header.
    RestJson,
    /// awsQuery, and the services of restXml other than S3: `ErrorResponse`.
    Query,
    /// ec2Query: `Response`, `Errors`.
    Ec2Query,
    /// Amazon S3: `Error` alone.
    S3,
    /// rpcv2Cbor: `__type` and `message` as CBOR.
    Cbor,
}

impl ForeignClient {
    /// Writes a refusal, whose further members only the JSON and Query shapes have.
    pub fn refuse(self, refusal: &Refusal, request_id: &str) -> Response<Bytes> {
        match self {
            Self::AwsJson10 => {
                let mut response = json_rpc::refuse(None, refusal, request_id);
                let content_type = HeaderValue::from_static("application/x-amz-json-1.0");
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                response
            }
            Self::AwsJson11 => json_rpc::refuse(None, refusal, request_id),
            Self::RestJson => rest_json::refuse(refusal, request_id),
            Self::Query => xml::refuse(Protocol::Query, None, refusal, request_id),
            Self::Ec2Query => xml::refuse(Protocol::Ec2Query, None, refusal, request_id),
            Self::S3 => xml::refuse_in_s3(refusal, request_id),
            Self::Cbor => cbor::refuse(None, refusal, request_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(client: ForeignClient, message: &str) -> (String, Vec<u8>) {
        let refusal = Refusal::new("UnsupportedOperationException", 400, message);
        let response = client.refuse(&refusal, "request-1");
        assert_eq!(response.status(), 400);
        (response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned(), response.body().to_vec())
    }

    /// F-NOSUP-4.
    #[test]
    fn every_kind_of_client_reads_its_own_shape() {
        for (client, content_type, body) in [
            (
                ForeignClient::AwsJson10,
                "application/x-amz-json-1.0",
                r#"{"__type":"UnsupportedOperationException","message":"<no>"}"#,
            ),
            (
                ForeignClient::AwsJson11,
                "application/x-amz-json-1.1",
                r#"{"__type":"UnsupportedOperationException","message":"<no>"}"#,
            ),
            (ForeignClient::RestJson, "application/json", r#"{"message":"<no>"}"#),
            (
                ForeignClient::Query,
                "text/xml",
                "<ErrorResponse>\n  <Error>\n    <Type>Sender</Type>\n    \
                 <Code>UnsupportedOperationException</Code>\n    <Message>&lt;no&gt;</Message>\n  </Error>\n  \
                 <RequestId>request-1</RequestId>\n</ErrorResponse>\n",
            ),
            (
                ForeignClient::Ec2Query,
                "text/xml;charset=UTF-8",
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>\
                 <Code>UnsupportedOperationException</Code><Message>&lt;no&gt;</Message></Error></Errors>\
                 <RequestID>request-1</RequestID></Response>",
            ),
            (
                ForeignClient::S3,
                "application/xml",
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>UnsupportedOperationException</Code>\
                 <Message>&lt;no&gt;</Message><RequestId>request-1</RequestId></Error>",
            ),
        ] {
            let (found_type, found) = written(client, "<no>");
            assert_eq!((found_type.as_str(), found.as_slice()), (content_type, body.as_bytes()));
        }
    }

    #[test]
    fn cbor_says_how_long_each_text_is() {
        let (_, body) = written(ForeignClient::Cbor, "no");
        let mut expected = b"\xA2\x66__type\x78\x1DUnsupportedOperationException\x67message".to_vec();
        let head = expected.clone();
        expected.extend(b"\x62no");
        assert_eq!(body, expected);
        let (_, body) = written(ForeignClient::Cbor, &"x".repeat(300));
        assert_eq!(&body[head.len()..head.len() + 3], b"\x79\x01\x2C");
    }
}
