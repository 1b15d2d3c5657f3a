//! What AWS's vectors leave out: payload announcements, HTTP/2, unsigned headers, tokens, secrecy.
//!
//! Requests are signed here by hand: the canonical request is written out in each test.

use aws::sigv4::{Claim, Family, Options, Place, SignatureError, SignedRequest, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

const SCOPE: &str = "20150830/us-east-1/account/aws4_request";
const SECRET: &str = "a secret that nobody sees";
const BODY: &[u8] = br#"{"AlternateContactType":"BILLING"}"#;
const SERVICES: &[&str] = &["account"];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Signs a canonical request, apart from the code under test.
fn sign(canonical_request: &str) -> String {
    let mac = |key: &[u8], message: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let key = SCOPE.split('/').fold(format!("AWS4{SECRET}").into_bytes(), |key, part| mac(&key, part));
    let hashed = hash(canonical_request.as_bytes());
    hex(&mac(&key, &format!("AWS4-HMAC-SHA256\n20150830T123600Z\n{SCOPE}\n{hashed}")))
}

fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::try_from(*name).expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    headers
}

/// An `Authorization` header.
fn authorization(signed_headers: &str, signature: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=AKID/{SCOPE}, SignedHeaders={signed_headers}, Signature={signature}")
}

fn request(headers: &HeaderMap) -> SignedRequest<'_> {
    SignedRequest {
        method: "POST",
        path: "/getAlternateContact",
        query: "",
        headers,
        authority: None,
        body: BODY,
    }
}

fn now() -> Timestamp {
    "2015-08-30T12:36:00Z".parse().expect("a time")
}

fn verify(request: &SignedRequest<'_>) -> Result<(), SignatureError> {
    let claim = Claim::find(request)?.ok_or(SignatureError::MissingAuthentication)?;
    let key = SigningKey::derive(SECRET, claim.date(), claim.region(), claim.service());
    claim.verify(request, &key, now(), &Options::for_services(SERVICES))
}

/// Verifies a request that announces its payload with this header, signed over it.
fn verify_announced(announced: &str, body: &[u8]) -> Result<(), SignatureError> {
    let signed = "host;x-amz-content-sha256;x-amz-date";
    let canonical = format!(
        "POST\n/getAlternateContact\n\nhost:h\nx-amz-content-sha256:{announced}\n\
         x-amz-date:20150830T123600Z\n\n{signed}\n{announced}"
    );
    let authorization = authorization(signed, &sign(&canonical));
    let headers = headers(&[
        ("host", "h"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-content-sha256", announced),
        ("authorization", &authorization),
    ]);
    verify(&SignedRequest { body, ..request(&headers) })
}

#[test]
fn an_announced_payload_must_be_the_one_that_came() {
    // F-SIG-7
    assert_eq!(verify_announced(&hash(BODY), BODY), Ok(()));
    assert_eq!(verify_announced(&hash(BODY), b"{}"), Err(SignatureError::Mismatch));
    assert_eq!(verify_announced("UNSIGNED-PAYLOAD", BODY), Ok(()));
    assert_eq!(verify_announced("UNSIGNED-PAYLOAD", b"{}"), Ok(()));
    for refused in [
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "",
        "unsigned-payload",
        &hash(b"{}"),
    ] {
        assert_eq!(verify_announced(refused, BODY), Err(SignatureError::Mismatch), "{refused}");
    }
}

#[test]
fn an_http2_authority_stands_in_for_the_host_header() {
    // F-SIG-13
    let hashed = hash(BODY);
    for name in ["host", ":authority"] {
        let mut signed = [name, "x-amz-date"];
        signed.sort_unstable();
        let signed = signed.join(";");
        let canonical = format!(
            "POST\n/getAlternateContact\n\n{name}:localhost:4566\nx-amz-date:20150830T123600Z\n\n\
             {signed}\n{hashed}"
        );
        let authorization = authorization(&signed, &sign(&canonical));
        let date = ("x-amz-date", "20150830T123600Z");
        let headers = headers(&[date, ("authorization", &authorization)]);
        let request = request(&headers);
        let with = |authority| verify(&SignedRequest { authority, ..request });
        assert_eq!(with(Some("localhost:4566")), Ok(()), "{name}");
        assert_eq!(with(Some("localhost:4567")), Err(SignatureError::Mismatch), "{name}");
        assert_eq!(with(None), Err(SignatureError::Mismatch), "{name}");
    }
}

#[test]
fn an_amz_header_that_is_not_signed_is_refused_and_others_are_not() {
    // F-SIG-4, F-SIG-9
    let canonical = format!(
        "POST\n/getAlternateContact\n\nhost:h\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n{}",
        hash(BODY)
    );
    let authorization = authorization("host;x-amz-date", &sign(&canonical));
    let with = |name: &str| {
        let headers = headers(&[
            ("host", "h"),
            ("x-amz-date", "20150830T123600Z"),
            ("authorization", &authorization),
            (name, "x"),
        ]);
        verify(&request(&headers))
    };
    for name in ["user-agent", "x-amzn-trace-id", "amz-sdk-invocation-id", "x-amz-security-token"] {
        assert_eq!(with(name), Ok(()), "{name}");
    }
    for name in ["x-amz-target", "x-amz-content-sha256", "x-amz-user-agent"] {
        assert_eq!(with(name), Err(SignatureError::HeaderNotSigned { name: name.to_owned() }));
    }
}

#[test]
fn a_claim_shows_what_it_claims_and_keeps_its_secrets() {
    // F-SIG-8
    let authorization = authorization("Host;X-Amz-Date", "5167a7u4e");
    let headers = headers(&[
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "a session token"),
        ("authorization", &authorization),
    ]);
    let request = request(&headers);
    let claim = Claim::find(&request).expect("well-formed").expect("a claim");
    assert_eq!((claim.place(), claim.access_key_id()), (Place::Header, "AKID"));
    assert_eq!((claim.date(), claim.region(), claim.service()), ("20150830", "us-east-1", "account"));
    assert_eq!((claim.session_token(), claim.signature()), (Some("a session token"), "5167a7u4e"));
    assert_eq!(claim.signed_headers().collect::<Vec<_>>(), ["Host", "X-Amz-Date"]);
    assert_eq!(claim.signed_at(), now());
    let shown = format!("{claim:?}");
    assert!(!shown.contains("a session token") && !shown.contains("5167a7u4e"), "{shown}");

    let error = verify(&SignedRequest { authority: Some("h"), ..request }).expect_err("a wrong signature");
    let canonical = format!(
        "POST\n/getAlternateContact\n\nhost:h\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n{}",
        hash(BODY)
    );
    for family in [Family::Gateway, Family::Json, Family::Query, Family::Ec2] {
        let shown = format!("{error:?} {:?}", error.refusal(family));
        for kept in [SECRET, sign(&canonical).as_str(), "getAlternateContact", "a session token"] {
            assert!(!shown.contains(kept), "{shown}");
        }
    }
}

#[test]
fn a_header_that_is_not_aws_is_shown_as_its_hash() {
    // F-SIG-3. The hash was computed apart: SHA-256 of `Bearer abc` in base64.
    let headers = headers(&[("authorization", "Bearer abc")]);
    let error = Claim::find(&request(&headers)).expect_err("no pair");
    let message = error.refusal(Family::Gateway).message.expect("a text");
    assert_eq!(
        message,
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and \
         encoded with Base64): 'w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY='."
    );
    assert_eq!(error.refusal(Family::Query).code, "MissingAuthenticationToken");
}

#[test]
fn an_empty_list_of_services_or_regions_takes_any() {
    let authorization = authorization("host;x-amz-date", "0");
    let headers = headers(&[("x-amz-date", "20150830T123600Z"), ("authorization", &authorization)]);
    let request = request(&headers);
    let claim = Claim::find(&request).expect("well-formed").expect("a claim");
    let check = |services, regions| {
        claim.check(now(), &Options { regions, ..Options::for_services(services) }).is_ok()
    };
    assert!(check(&[], &[]) && check(&["sts", "account"], &["us-east-1"]));
    assert!(!check(&["sts"], &[]) && !check(&[], &["eu-west-1"]));
}

/// Verifies one of the examples of S3's API reference, signed with the secret of all of them.
fn verify_of_s3(request: &SignedRequest<'_>) -> Result<(), SignatureError> {
    let claim = Claim::find(request)?.ok_or(SignatureError::MissingAuthentication)?;
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let key = SigningKey::derive(secret, claim.date(), claim.region(), claim.service());
    let now = "2013-05-24T00:14:00Z".parse().expect("a time");
    claim.verify(request, &key, now, &Options::for_s3(&["s3"]))
}

/// F-FWD-4: the examples of <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html> and the pages
/// beside it: a body that is signed in chunks, an object that is put, a presigned URL.
#[test]
fn what_s3_signs_is_verified_as_s3_does_f_fwd_4() {
    let credential = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
    let chunks = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
        x-amz-decoded-content-length;x-amz-storage-class";
    let authorization = format!(
        "AWS4-HMAC-SHA256 {credential},SignedHeaders={chunks},\
         Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    );
    let chunked = headers(&[
        ("host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("authorization", &authorization),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("content-length", "66824"),
    ]);
    let asked = |method, path, query, headers| SignedRequest {
        method,
        path,
        query,
        headers,
        authority: None,
        body: b"",
    };
    let put = asked("PUT", "/examplebucket/chunkObject.txt", "", &chunked);
    assert_eq!(verify_of_s3(&put), Ok(()));
    let other = SignedRequest { path: "/examplebucket//chunkObject.txt", ..put };
    assert_eq!(verify_of_s3(&other), Err(SignatureError::Mismatch));

    // The body is on its way: its hash is taken at its word here, and compared by whoever reads it.
    let body = hash(b"Welcome to Amazon S3.");
    let authorization = format!(
        "AWS4-HMAC-SHA256 {credential},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,\
         Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
    let fields = [
        ("date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("host", "examplebucket.s3.amazonaws.com"),
        ("authorization", &authorization),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", &body),
    ];
    let whole = headers(&fields);
    assert_eq!(verify_of_s3(&asked("PUT", "/test%24file.text", "", &whole)), Ok(()));
    let other = headers(&[&fields[..5], &[("x-amz-content-sha256", &hash(b"other"))]].concat());
    assert_eq!(verify_of_s3(&asked("PUT", "/test%24file.text", "", &other)), Err(SignatureError::Mismatch));

    let host = headers(&[("host", "examplebucket.s3.amazonaws.com")]);
    let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F\
        aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=\
        aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(verify_of_s3(&asked("GET", "/test.txt", query, &host)), Ok(()));
    assert_eq!(verify_of_s3(&asked("GET", "/test%2Etxt", query, &host)), Ok(()));
    assert_eq!(verify_of_s3(&asked("GET", "/other.txt", query, &host)), Err(SignatureError::Mismatch));
}
