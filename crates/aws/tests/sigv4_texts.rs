//! Every reason's code, status and text in every family (F-SIG-2 to F-SIG-6, F-SIG-11).

use aws::sigv4::{ExpiresFault, Family, ScopeFaults, SignatureError};
use jiff::Timestamp;

/// The families in the order of the rows below.
const FAMILIES: [Family; 4] = [Family::Gateway, Family::Json, Family::Query, Family::Ec2];

/// Code and status in each family.
type Codes = [(&'static str, u16); 4];

const MISSING: Codes = [
    ("MissingAuthenticationTokenException", 403),
    ("MissingAuthenticationTokenException", 400),
    ("MissingAuthenticationToken", 403),
    ("MissingParameter", 400),
];
const INCOMPLETE: Codes = [
    ("IncompleteSignatureException", 403),
    ("IncompleteSignatureException", 400),
    ("IncompleteSignature", 400),
    ("IncompleteSignature", 400),
];
/// A reason that only the gateway reads; the others look for `AWS4-` first.
const FOREIGN: Codes = [INCOMPLETE[0], MISSING[1], MISSING[2], MISSING[3]];
const INVALID: Codes = [
    ("InvalidSignatureException", 403),
    ("InvalidSignatureException", 400),
    ("SignatureDoesNotMatch", 403),
    ("AuthFailure", 401),
];
const CLOCK: Codes = [INVALID[0], INVALID[1], INVALID[2], ("RequestExpired", 400)];
const UNKNOWN: Codes = [
    ("UnrecognizedClientException", 403),
    ("UnrecognizedClientException", 400),
    ("InvalidClientTokenId", 403),
    ("AuthFailure", 401),
];
const EXPIRED_TOKEN: Codes = [
    ("ExpiredTokenException", 403),
    ("ExpiredTokenException", 400),
    ("ExpiredToken", 403),
    ("RequestExpired", 400),
];

const UNSIGNED: [&str; 3] = [
    "Request is missing Authentication Token",
    "Request is missing Authentication Token",
    "The request must contain the parameter AWSAccessKeyId",
];
const EC2_FAILURE: &str = "AWS was not able to validate the provided access credentials";
const EC2_EXPIRED: &str = "Request has expired.";

fn assert_texts(error: &SignatureError, codes: Codes, texts: [&str; 4]) {
    for (index, family) in FAMILIES.into_iter().enumerate() {
        let refusal = error.refusal(family);
        assert_eq!((refusal.code.as_ref(), refusal.status), codes[index], "{error:?} {family:?}");
        assert_eq!(refusal.message.as_deref(), Some(texts[index]), "{error:?} {family:?}");
        assert!(refusal.members.is_empty() && refusal.code_shown, "{error:?} {family:?}");
    }
}

fn foreign(text: &str) -> [&str; 4] {
    [text, UNSIGNED[0], UNSIGNED[1], UNSIGNED[2]]
}

#[test]
fn a_request_without_a_readable_claim() {
    // F-SIG-2, F-SIG-3
    let [json, query, ec2] = UNSIGNED;
    let texts = ["Missing Authentication Token", json, query, ec2];
    assert_texts(&SignatureError::MissingAuthentication, MISSING, texts);
    let both = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
    assert_texts(&SignatureError::HeaderAndQuery, INVALID, [both; 4]);

    // Any text will do for the hash: here it only has to be shown.
    let header_hash = "fyPd".to_owned();
    let text = "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and \
        encoded with Base64): 'fyPd'.";
    let pair = |foreign| SignatureError::NotAPair { header_hash: header_hash.clone(), foreign };
    assert_texts(&pair(false), INCOMPLETE, [text; 4]);
    assert_texts(&pair(true), FOREIGN, foreign(text));

    let text = "Authorization header must begin with the algorithm name, which cannot include an equal-sign";
    assert_texts(&SignatureError::NoAlgorithm, FOREIGN, foreign(text));

    let text = "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.";
    let algorithm =
        |algorithm: &str| SignatureError::UnsupportedAlgorithm { algorithm: algorithm.to_owned() };
    assert_texts(&algorithm("AWS4-ECDSA-P256-SHA256"), INCOMPLETE, [text; 4]);
    assert_texts(&algorithm("Basic"), FOREIGN, foreign("Unsupported AWS 'algorithm': 'Basic'."));
}

#[test]
fn a_claim_with_parts_missing() {
    // F-SIG-2
    let parts = |parts: &[&'static str], date, foreign| SignatureError::MissingHeaderParts {
        parts: parts.to_vec(),
        date,
        header_hash: "fyPd".to_owned(),
        foreign,
    };
    let text = "Authorization header requires 'Credential' parameter. Authorization header requires \
        'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header \
        requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with \
        Base64) Authorization=fyPd";
    let all = ["Credential", "Signature", "SignedHeaders"];
    assert_texts(&parts(&all, true, false), INCOMPLETE, [text; 4]);
    assert_texts(&parts(&all, true, true), FOREIGN, foreign(text));
    let text = "Authorization header requires 'Signature' parameter. (Hashed with SHA-256 and encoded with \
        Base64) Authorization=fyPd";
    assert_texts(&parts(&["Signature"], false, false), INCOMPLETE, [text; 4]);

    let text = "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must \
        include 'X-Amz-Date'. Re-examine the query-string parameters.";
    let error = SignatureError::MissingQueryParts { parts: vec!["X-Amz-Credential", "X-Amz-Date"] };
    assert_texts(&error, INCOMPLETE, [text; 4]);
}

#[test]
fn a_claim_whose_parts_are_wrong() {
    // F-SIG-2, F-SIG-4, F-SIG-5
    let text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    assert_texts(&SignatureError::HostNotSigned, INVALID, [text; 4]);
    let text = "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.";
    let error = SignatureError::HeaderNotSigned { name: "x-amz-target".to_owned() };
    assert_texts(&error, INVALID, [text; 4]);
    let text =
        "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601";
    assert_texts(&SignatureError::MalformedDate { got: "201".to_owned() }, INCOMPLETE, [text; 4]);
    for (fault, text) in [
        (ExpiresFault::NotANumber, "X-Amz-Expires should be a number"),
        (ExpiresFault::NotPositive, "X-Amz-Expires must be non-negative"),
        (
            ExpiresFault::OverAWeek,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be \
             less than 604800 seconds",
        ),
    ] {
        assert_texts(&SignatureError::MalformedExpires(fault), INCOMPLETE, [text; 4]);
    }
    let text = "Credential must have exactly 5 slash-delimited elements, e.g. \
        keyid/date/region/service/term, got 'a/b/c/d'";
    assert_texts(&SignatureError::MalformedCredential { got: "a/b/c/d".to_owned() }, INCOMPLETE, [text; 4]);
}

#[test]
fn a_claim_of_another_time() {
    // F-SIG-5
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let error = SignatureError::Expired {
        signed_at: at("2014-11-06T01:04:06Z"),
        now: at("2014-11-06T01:17:52Z"),
        window_seconds: 300,
    };
    let text = "Signature expired: 20141106T010406Z is now earlier than 20141106T011252Z (20141106T011752Z - \
        5 min.)";
    assert_texts(&error, CLOCK, [text, text, text, EC2_EXPIRED]);
    let error = SignatureError::Expired {
        signed_at: at("2014-11-06T01:04:06Z"),
        now: at("2014-11-06T01:17:52Z"),
        window_seconds: 90,
    };
    let text = "Signature expired: 20141106T010406Z is now earlier than 20141106T011622Z (20141106T011752Z - \
        90 sec.)";
    assert_texts(&error, CLOCK, [text, text, text, EC2_EXPIRED]);
    let error = SignatureError::NotYetCurrent {
        signed_at: at("2014-11-06T01:30:00Z"),
        now: at("2014-11-06T01:17:52Z"),
        window_seconds: 300,
    };
    let text = "Signature not yet current: 20141106T013000Z is still later than 20141106T012252Z \
        (20141106T011752Z + 5 min.)";
    assert_texts(&error, CLOCK, [text, text, text, EC2_EXPIRED]);
}

#[test]
fn a_credential_of_another_scope() {
    // F-SIG-2
    let signed_at = "20130609T095204Z".to_owned();
    let all = ScopeFaults {
        wrong_region: true,
        expected_service: Some("account".to_owned()),
        terminator: Some("e".to_owned()),
        date: Some("b".to_owned()),
        signed_at: signed_at.clone(),
    };
    let text = "Credential should be scoped to a valid region. Credential should be scoped to correct service: \
        'account'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in \
        Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20130609', \
        from '20130609T095204Z'.";
    assert_texts(&SignatureError::WrongScope(all), INVALID, [text; 4]);
    let service =
        ScopeFaults { expected_service: Some("sts".to_owned()), signed_at, ..ScopeFaults::default() };
    let text = "Credential should be scoped to correct service: 'sts'. ";
    assert_texts(&SignatureError::WrongScope(service), INVALID, [text; 4]);
}

#[test]
fn credentials_that_are_not_accepted() {
    // F-SIG-2, F-SIG-6
    let text = "The security token included in the request is invalid.";
    assert_texts(&SignatureError::UnknownAccessKey, UNKNOWN, [text, text, text, EC2_FAILURE]);
    let text = "The security token included in the request is invalid";
    assert_texts(&SignatureError::InvalidSessionToken, UNKNOWN, [text, text, text, EC2_FAILURE]);
    let text = "The security token included in the request is expired";
    assert_texts(&SignatureError::ExpiredSessionToken, EXPIRED_TOKEN, [text, text, text, EC2_EXPIRED]);
    let text = "The request signature we calculated does not match the signature you provided. Check your AWS \
        Secret Access Key and signing method. Consult the service documentation for details.";
    assert_texts(&SignatureError::Mismatch, INVALID, [text, text, text, EC2_FAILURE]);
}

#[test]
fn a_request_of_version_two() {
    // F-SIG-11
    let text = "The request must contain the parameter Signature";
    let error = SignatureError::MissingParameter { name: "Signature" };
    assert_texts(&error, [("MissingParameter", 400); 4], [text; 4]);
    let text = "Value (HmacMD5) for parameter SignatureMethod is invalid.";
    let error = SignatureError::InvalidParameter { name: "SignatureMethod", value: "HmacMD5".to_owned() };
    assert_texts(&error, [("InvalidParameterValue", 400); 4], [text; 4]);
    let text = "The parameter Timestamp cannot be used with the parameter Expires.";
    let codes = [("InvalidParameterCombination", 400); 4];
    assert_texts(&SignatureError::TimestampAndExpires, codes, [text; 4]);
    let text = "Request has expired. Timestamp date is 2009-04-21T11:56:39Z.";
    let error =
        SignatureError::RequestExpired { parameter: "Timestamp", at: "2009-04-21T11:56:39Z".to_owned() };
    let codes = [INVALID[0], INVALID[1], ("RequestExpired", 400), ("RequestExpired", 400)];
    assert_texts(&error, codes, [text; 4]);
}
