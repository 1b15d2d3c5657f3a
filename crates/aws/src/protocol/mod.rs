//! The four protocols in which AWS services are spoken to.

use crate::refusal::Refusal;

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

/// The refusal of a body that cannot be read.
pub fn not_deserializable() -> Refusal {
    Refusal::new("SerializationException", 400, "The request body could not be deserialized.")
}
