//! Why a signature is refused, and what AWS says then.
//!
//! A reason holds only what its text needs. None holds a secret, the right signature or the
//! canonical request: an older API Gateway showed the latter to the caller, which we do not (F-SIG-8).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::time::basic;
use crate::refusal::Refusal;

/// The text for a wrong signature. It is the same in every family but EC2's.
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
    Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// The one text EC2 has for credentials it does not accept.
const EC2_AUTH_FAILURE: &str = "AWS was not able to validate the provided access credentials";

/// Which front door answers: codes, statuses and a few texts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// restJson1 behind API Gateway, as Account Management is: codes end in `Exception`, status 403.
    Gateway,
    /// awsJson1.1, as Organizations and CloudTrail: the same codes, status 400.
    Json,
    /// awsQuery, as IAM and STS.
    Query,
    /// ec2Query, whose codes are older than the others'.
    Ec2,
}

/// What is wrong with `X-Amz-Expires`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiresFault {
    /// No whole number.
    NotANumber,
    /// Less than one second.
    NotPositive,
    /// More than 604,800 seconds.
    OverAWeek,
}

/// What is wrong with the scope of a credential; each part is absent where it is right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeFaults {
    /// The Region is not the service's.
    pub wrong_region: bool,
    /// The service it should name.
    pub expected_service: Option<String>,
    /// The terminator it has instead of `aws4_request`.
    pub terminator: Option<String>,
    /// The date it has, where the request is of another day.
    pub date: Option<String>,
    /// When the request was signed, in basic format. Not a fault by itself.
    pub signed_at: String,
}

/// Why a request is not taken for what it claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureError {
    /// The request carries no authentication at all.
    MissingAuthentication,
    /// There is an `Authorization` header and a signature in the query string.
    HeaderAndQuery,
    /// A piece of the `Authorization` header is no `key=value`.
    NotAPair {
        /// SHA-256 of the header, base64.
        header_hash: String,
        /// Whether the scheme is none of AWS's, such as `Bearer`.
        foreign: bool,
    },
    /// The `Authorization` header begins with a pair instead of an algorithm.
    NoAlgorithm,
    /// Parts of the `Authorization` header, or the date, are missing.
    MissingHeaderParts {
        /// The missing ones of `Credential`, `Signature`, `SignedHeaders`, in this order.
        parts: Vec<&'static str>,
        /// Whether neither `X-Amz-Date` nor `Date` was sent.
        date: bool,
        /// SHA-256 of the header, base64.
        header_hash: String,
        /// Whether the scheme is none of AWS's.
        foreign: bool,
    },
    /// Parameters of a presigned request are missing.
    MissingQueryParts {
        /// Their names, in AWS's order.
        parts: Vec<&'static str>,
    },
    /// An algorithm other than `AWS4-HMAC-SHA256`.
    UnsupportedAlgorithm {
        /// Its name.
        algorithm: String,
    },
    /// Neither `host` nor `:authority` is signed.
    HostNotSigned,
    /// An `x-amz-…` header was sent but not signed.
    HeaderNotSigned {
        /// Its name, in lower case.
        name: String,
    },
    /// The date is not in ISO 8601 basic format.
    MalformedDate {
        /// What was sent instead.
        got: String,
    },
    /// `X-Amz-Expires` is out of its limits.
    MalformedExpires(ExpiresFault),
    /// Signed too long ago.
    Expired {
        /// When it was signed.
        signed_at: Timestamp,
        /// What time it is.
        now: Timestamp,
        /// How long a signature is good for, in seconds.
        window_seconds: i64,
    },
    /// Signed too far in the future.
    NotYetCurrent {
        /// When it was signed.
        signed_at: Timestamp,
        /// What time it is.
        now: Timestamp,
        /// How far ahead a clock may be, in seconds.
        window_seconds: i64,
    },
    /// The credential has not five elements.
    MalformedCredential {
        /// What was sent.
        got: String,
    },
    /// The credential is scoped to something else.
    WrongScope(ScopeFaults),
    /// No such access key, or an inactive one.
    UnknownAccessKey,
    /// The session token does not belong to the access key, or its credentials are not valid here.
    InvalidSessionToken,
    /// The session is over.
    ExpiredSessionToken,
    /// The signature is wrong.
    Mismatch,
    /// Signature Version 2: a parameter is missing.
    MissingParameter {
        /// Its name.
        name: &'static str,
    },
    /// Signature Version 2: a parameter has a value that is not understood.
    InvalidParameter {
        /// Its name.
        name: &'static str,
        /// What was sent.
        value: String,
    },
    /// Signature Version 2: `Timestamp` and `Expires` exclude each other.
    TimestampAndExpires,
    /// Signature Version 2: the request is too old or, by its time stamp, too far ahead.
    RequestExpired {
        /// `Timestamp` or `Expires`.
        parameter: &'static str,
        /// Its value as sent.
        at: String,
    },
}

/// The groups of reasons that share a code.
#[derive(Clone, Copy)]
enum Group {
    Missing,
    Incomplete,
    Invalid,
    Clock,
    Unknown,
    ExpiredToken,
    Expired,
    MissingParameter,
    InvalidParameter,
    ParameterCombination,
}

impl SignatureError {
    /// The refusal as this family words it (F-SIG-2 to F-SIG-6).
    pub fn refusal(&self, family: Family) -> Refusal {
        let (code, status) = code(self.group(family), family);
        Refusal::new(code, status, self.text(family))
    }

    /// SHA-256 of an `Authorization` header in base64: the texts show it instead of the header.
    pub(super) fn hash(header: &[u8]) -> String {
        STANDARD.encode(Sha256::digest(header))
    }

    /// Whether this family sees no authentication here: only the gateway reads schemes that are
    /// not AWS's; the others look for `AWS4-` first (F-SIG-3).
    fn is_foreign(&self, family: Family) -> bool {
        let foreign = match self {
            Self::NotAPair { foreign, .. } | Self::MissingHeaderParts { foreign, .. } => *foreign,
            Self::UnsupportedAlgorithm { algorithm } => !algorithm.starts_with("AWS4-"),
            Self::NoAlgorithm => true,
            _ => false,
        };
        foreign && family != Family::Gateway
    }

    fn group(&self, family: Family) -> Group {
        if self.is_foreign(family) {
            return Group::Missing;
        }
        match self {
            Self::MissingAuthentication => Group::Missing,
            Self::NotAPair { .. }
            | Self::NoAlgorithm
            | Self::MissingHeaderParts { .. }
            | Self::MissingQueryParts { .. }
            | Self::UnsupportedAlgorithm { .. }
            | Self::MalformedDate { .. }
            | Self::MalformedExpires(_)
            | Self::MalformedCredential { .. } => Group::Incomplete,
            Self::HeaderAndQuery
            | Self::HostNotSigned
            | Self::HeaderNotSigned { .. }
            | Self::WrongScope(_)
            | Self::Mismatch => Group::Invalid,
            Self::Expired { .. } | Self::NotYetCurrent { .. } => Group::Clock,
            Self::UnknownAccessKey | Self::InvalidSessionToken => Group::Unknown,
            Self::ExpiredSessionToken => Group::ExpiredToken,
            Self::RequestExpired { .. } => Group::Expired,
            Self::MissingParameter { .. } => Group::MissingParameter,
            Self::InvalidParameter { .. } => Group::InvalidParameter,
            Self::TimestampAndExpires => Group::ParameterCombination,
        }
    }

    /// The text a person reads.
    fn text(&self, family: Family) -> String {
        if self.is_foreign(family) {
            return Self::MissingAuthentication.text(family);
        }
        if let (Family::Ec2, Some(text)) = (family, self.ec2_text()) {
            return text.to_owned();
        }
        match self {
            Self::MissingAuthentication if family == Family::Gateway => {
                "Missing Authentication Token".to_owned()
            }
            Self::MissingAuthentication => "Request is missing Authentication Token".to_owned(),
            Self::UnknownAccessKey => "The security token included in the request is invalid.".to_owned(),
            Self::InvalidSessionToken => "The security token included in the request is invalid".to_owned(),
            Self::ExpiredSessionToken => "The security token included in the request is expired".to_owned(),
            Self::Mismatch => MISMATCH.to_owned(),
            Self::WrongScope(faults) => faults.text(),
            Self::Expired { signed_at, now, window_seconds } => {
                let limit = basic(*now - SignedDuration::from_secs(*window_seconds));
                let (at, now, window) = (basic(*signed_at), basic(*now), span(*window_seconds));
                format!("Signature expired: {at} is now earlier than {limit} ({now} - {window})")
            }
            Self::NotYetCurrent { signed_at, now, window_seconds } => {
                let limit = basic(*now + SignedDuration::from_secs(*window_seconds));
                let (at, now, window) = (basic(*signed_at), basic(*now), span(*window_seconds));
                format!("Signature not yet current: {at} is still later than {limit} ({now} + {window})")
            }
            Self::MissingParameter { name } => format!("The request must contain the parameter {name}"),
            Self::InvalidParameter { name, value } => {
                format!("Value ({value}) for parameter {name} is invalid.")
            }
            Self::TimestampAndExpires => {
                "The parameter Timestamp cannot be used with the parameter Expires.".to_owned()
            }
            Self::RequestExpired { parameter, at } => {
                format!("Request has expired. {parameter} date is {at}.")
            }
            _ => self.form_text(),
        }
    }

    /// The text where the form of the claim is at fault.
    fn form_text(&self) -> String {
        match self {
            Self::HeaderAndQuery => "Found both 'X-Amz-Algorithm' as a query-string param and \
                'Authorization' as HTTP header."
                .to_owned(),
            Self::NotAPair { header_hash, .. } => format!(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 \
                 and encoded with Base64): '{header_hash}'."
            ),
            Self::NoAlgorithm => "Authorization header must begin with the algorithm name, which cannot \
                include an equal-sign"
                .to_owned(),
            Self::MissingHeaderParts { parts, date, header_hash, .. } => {
                missing_header_parts(parts, *date, header_hash)
            }
            Self::MissingQueryParts { parts } => {
                let mut text = String::new();
                for part in parts {
                    text.push_str(&format!("AWS query-string parameters must include '{part}'. "));
                }
                text + "Re-examine the query-string parameters."
            }
            Self::UnsupportedAlgorithm { algorithm } => {
                format!("Unsupported AWS 'algorithm': '{algorithm}'.")
            }
            Self::HostNotSigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned()
            }
            Self::HeaderNotSigned { name } => {
                format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")
            }
            Self::MalformedDate { got } => format!(
                "Date must be in ISO-8601 'basic format'. Got '{got}'. \
                 See http://en.wikipedia.org/wiki/ISO_8601"
            ),
            Self::MalformedExpires(ExpiresFault::NotANumber) => "X-Amz-Expires should be a number".to_owned(),
            Self::MalformedExpires(ExpiresFault::NotPositive) => {
                "X-Amz-Expires must be non-negative".to_owned()
            }
            Self::MalformedExpires(ExpiresFault::OverAWeek) => "X-Amz-Expires must be less than a week (in \
                seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
                .to_owned(),
            Self::MalformedCredential { got } => format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{got}'"
            ),
            _ => MISMATCH.to_owned(),
        }
    }

    /// What EC2 says instead, where it has words of its own (F-SIG-6).
    fn ec2_text(&self) -> Option<&'static str> {
        match self {
            Self::MissingAuthentication => Some("The request must contain the parameter AWSAccessKeyId"),
            Self::UnknownAccessKey | Self::InvalidSessionToken | Self::Mismatch => Some(EC2_AUTH_FAILURE),
            Self::Expired { .. } | Self::NotYetCurrent { .. } | Self::ExpiredSessionToken => {
                Some("Request has expired.")
            }
            _ => None,
        }
    }
}

impl ScopeFaults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        !self.wrong_region
            && self.expected_service.is_none()
            && self.terminator.is_none()
            && self.date.is_none()
    }

    /// One sentence per fault. STS was seen to leave a blank after each of the first three.
    fn text(&self) -> String {
        let mut text = String::new();
        if self.wrong_region {
            text.push_str("Credential should be scoped to a valid region. ");
        }
        if let Some(service) = &self.expected_service {
            text.push_str(&format!("Credential should be scoped to correct service: '{service}'. "));
        }
        if let Some(got) = &self.terminator {
            text.push_str(&format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{got}'. "
            ));
        }
        if let Some(got) = &self.date {
            let at = &self.signed_at;
            let day = at.get(..8).unwrap_or(at);
            text.push_str(&format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{got}' != '{day}', from '{at}'."
            ));
        }
        text
    }
}

/// The list of everything an `Authorization` header lacks.
fn missing_header_parts(parts: &[&str], date: bool, header_hash: &str) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(&format!("Authorization header requires '{part}' parameter. "));
    }
    if date {
        text.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    text + &format!("(Hashed with SHA-256 and encoded with Base64) Authorization={header_hash}")
}

/// A window as AWS writes it: `5 min.`; in seconds where it is no whole minutes (assumed).
fn span(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min.", seconds / 60) } else { format!("{seconds} sec.") }
}

/// Code and status of a group in a family.
fn code(group: Group, family: Family) -> (&'static str, u16) {
    let status = if family == Family::Gateway { 403 } else { 400 };
    match (family, group) {
        (_, Group::MissingParameter) => ("MissingParameter", 400),
        (_, Group::InvalidParameter) => ("InvalidParameterValue", 400),
        (_, Group::ParameterCombination) => ("InvalidParameterCombination", 400),
        (Family::Gateway | Family::Json, Group::Missing) => ("MissingAuthenticationTokenException", status),
        (Family::Gateway | Family::Json, Group::Incomplete) => ("IncompleteSignatureException", status),
        (Family::Gateway | Family::Json, Group::Invalid | Group::Clock | Group::Expired) => {
            ("InvalidSignatureException", status)
        }
        (Family::Gateway | Family::Json, Group::Unknown) => ("UnrecognizedClientException", status),
        (Family::Gateway | Family::Json, Group::ExpiredToken) => ("ExpiredTokenException", status),
        (Family::Query, Group::Missing) => ("MissingAuthenticationToken", 403),
        (Family::Query | Family::Ec2, Group::Incomplete) => ("IncompleteSignature", 400),
        (Family::Query, Group::Invalid | Group::Clock) => ("SignatureDoesNotMatch", 403),
        (Family::Query, Group::Unknown) => ("InvalidClientTokenId", 403),
        (Family::Query, Group::ExpiredToken) => ("ExpiredToken", 403),
        (Family::Ec2, Group::Missing) => ("MissingParameter", 400),
        (Family::Ec2, Group::Invalid | Group::Unknown) => ("AuthFailure", 401),
        (Family::Query | Family::Ec2, Group::Expired | Group::Clock | Group::ExpiredToken) => {
            ("RequestExpired", 400)
        }
    }
}
