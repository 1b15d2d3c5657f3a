//! What a service is called, where it is found, and in which codes it refuses: all that is true of it whatever is done
//! with it.

use aws::protocol::Protocol;
use aws::refusal::Refusal;
use aws::smithy::ServiceShape;

/// One service. What the model knows of it (its signing name, the prefix of its endpoints, its protocol) is in the shape.
#[derive(Debug)]
pub struct Profile {
    /// What the model says of the service.
    pub shape: &'static ServiceShape,
    /// What its actions begin with in policies, for example `iam` of `iam:GetUser`.
    pub action_prefix: &'static str,
    /// How CloudTrail and service principals name it, for example `iam.amazonaws.com`.
    pub event_source: &'static str,
    /// F-EVENT-7: whether one endpoint, which is in us-east-1, serves all Regions.
    pub is_global: bool,
    /// F-STS-1: whether its endpoint in a Region that is DISABLED or ENABLING for an account knows nobody of that account.
    pub is_closed_with_region: bool,
    /// F-SIG-5: how far a request's clock may be off, either way, in minutes.
    pub clock_window_minutes: i64,
    /// F-SIG-14: whether a presigned request lives as long as the clock may be off, whatever it says of itself.
    pub presigned_within_window: bool,
    /// F-WIRE-36: whether clients of the Query API may ask for JSON.
    pub answers_in_json: bool,
    /// F-WIRE-37: whether its clients may speak CBOR.
    pub answers_in_cbor: bool,
    /// What may stand before the dot in `X-Amz-Target` besides the model's prefix.
    pub further_target_prefixes: &'static [&'static str],
    /// Whether it can be called by an `Action` parameter and the model's version.
    pub has_query_api: bool,
    /// The code and status of a refusal by policies.
    pub access_denied: (&'static str, u16),
    /// The code, status and text for a call that came too fast.
    pub too_many_requests: (&'static str, u16, &'static str),
    /// The code for a fault of our own (F-WIRE-32); its status is 500.
    pub internal_failure: &'static str,
    /// The code for an operation that accountd does not answer (F-NOSUP-1); its status is 400.
    pub not_supported: &'static str,
}

impl Profile {
    /// A regional service whose codes are those that its protocol usually has.
    pub const fn new(
        shape: &'static ServiceShape,
        action_prefix: &'static str,
        event_source: &'static str,
    ) -> Self {
        let (access_denied, too_many_requests) = match shape.protocol {
            Protocol::RestJson => {
                (("AccessDeniedException", 403), ("TooManyRequestsException", 429, "Too Many Requests"))
            }
            Protocol::AwsJson11 => {
                (("AccessDeniedException", 400), ("ThrottlingException", 400, "Rate exceeded"))
            }
            Protocol::Query => (("AccessDenied", 403), ("Throttling", 400, "Rate exceeded")),
            Protocol::Ec2Query => {
                (("UnauthorizedOperation", 403), ("RequestLimitExceeded", 503, "Request limit exceeded."))
            }
        };
        Self {
            shape,
            action_prefix,
            event_source,
            is_global: false,
            is_closed_with_region: false,
            clock_window_minutes: 5,
            presigned_within_window: false,
            answers_in_json: false,
            answers_in_cbor: false,
            further_target_prefixes: &[],
            has_query_api: matches!(shape.protocol, Protocol::Query | Protocol::Ec2Query),
            access_denied,
            too_many_requests,
            internal_failure: match shape.protocol {
                Protocol::RestJson => "InternalServerException",
                Protocol::AwsJson11 | Protocol::Query | Protocol::Ec2Query => "InternalFailure",
            },
            not_supported: "UnsupportedOperationException",
        }
    }

    /// The code of a refusal with the status 503. F-STORE-33
    pub fn unavailable(&self) -> &'static str {
        match self.shape.protocol {
            Protocol::RestJson => "ServiceUnavailableException",
            Protocol::AwsJson11 | Protocol::Query | Protocol::Ec2Query => "ServiceUnavailable",
        }
    }

    /// The refusal of a call that policies do not allow.
    pub fn access_denied(&self, message: &str) -> Refusal {
        let (code, status) = self.access_denied;
        Refusal::new(code, status, message)
    }
}
