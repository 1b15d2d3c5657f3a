//! Which fault wins where a request has several (F-SIG-1).
//!
//! Each table begins with a request that has every fault at once and mends one per row, the one
//! that was just answered. What the next row answers is the next in AWS's order.

use aws::sigv4::{Claim, ExpiresFault, Options, PayloadHash, SignatureError, SignedRequest, SigningKey};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};

const OPTIONS: Options<'static> = Options {
    services: &["account"],
    regions: &["us-east-1"],
    normalize_path: true,
    double_encode_path: true,
    payload: PayloadHash::OfBody,
    window_minutes: 5,
    presigned_within_window: false,
};

fn now() -> Timestamp {
    "2015-08-30T12:36:00Z".parse().expect("a time")
}

/// What a request with these headers and this query is answered.
fn answer(query: &str, headers: &[(&str, &str)]) -> Result<(), SignatureError> {
    answer_at(now(), &OPTIONS, query, headers)
}

fn answer_at(
    now: Timestamp,
    options: &Options<'_>,
    query: &str,
    headers: &[(&str, &str)],
) -> Result<(), SignatureError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::try_from(*name).expect("a name");
        map.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    let request = SignedRequest {
        method: "POST",
        path: "/listRegions",
        query,
        headers: &map,
        authority: Some("account.us-east-1.amazonaws.com"),
        body: b"{}",
    };
    let claim = Claim::find(&request)?.ok_or(SignatureError::MissingAuthentication)?;
    let key = SigningKey::derive("secret", claim.date(), claim.region(), claim.service());
    claim.verify(&request, &key, now, options)
}

/// The name of a reason, without what it holds; of a wrong scope, which parts are wrong.
fn reason(answer: Result<(), SignatureError>) -> String {
    let faults = match answer {
        Ok(()) => return "accepted".to_owned(),
        Err(SignatureError::WrongScope(faults)) => faults,
        Err(error) => {
            let shown = format!("{error:?}");
            return shown.split([' ', '(']).next().unwrap_or_default().to_owned();
        }
    };
    let parts = [
        (faults.wrong_region, " region"),
        (faults.expected_service.is_some(), " service"),
        (faults.terminator.is_some(), " terminator"),
        (faults.date.is_some(), " date"),
    ];
    let wrong: String = parts.iter().filter(|(wrong, _)| *wrong).map(|(_, name)| *name).collect();
    format!("WrongScope:{wrong}")
}

/// The signature of the last row, computed apart from this code (Python's hmac and hashlib).
const RIGHT: &str = "cbccc236d6d521b5c2164d35f9723910cf200aca35a2ba94d164839b066eb92e";

/// The same for the presigned request.
const RIGHT_PRESIGNED: &str = "193c5565aacb6ab711964bf96e192cc23a2b2ef16f4bf45b617d79bd3817d5ca";

#[test]
fn faults_of_an_authorization_header_are_answered_in_order() {
    let signed = "SignedHeaders=host;x-amz-date;x-amz-target, Signature=";
    let all = format!("AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/account/aws4_request, {signed}");
    let right = format!("{all}{RIGHT}");
    let wrong = format!("{all}{}", "0".repeat(64));
    let scope = |scope: &str| format!("AWS4-HMAC-SHA256 Credential={scope}, {signed}0");
    let presigned = "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256";
    let good = "20150830T123600Z";
    let rows: Vec<(&str, String, Option<&str>, &str)> = vec![
        (presigned, "AWS4-X Foo".into(), None, "HeaderAndQuery"),
        ("", "AWS4-X Foo".into(), None, "UnsupportedAlgorithm"),
        ("", "AWS4-ECDSA-P256-SHA256 Foo".into(), None, "UnsupportedAlgorithm"),
        ("", "AWS4-HMAC-SHA256 Foo, Credential=A".into(), None, "NotAPair"),
        ("", "AWS4-HMAC-SHA256 Credential=A".into(), None, "MissingHeaderParts"),
        ("", "AWS4-HMAC-SHA256 Credential=A, Signature=0, SignedHeaders=".into(), None, "MissingHeaderParts"),
        ("", "AWS4-HMAC-SHA256 Credential=A, Signature=0, SignedHeaders=".into(), Some("x"), "HostNotSigned"),
        (
            "",
            "AWS4-HMAC-SHA256 Credential=A, Signature=0, SignedHeaders=host".into(),
            Some("x"),
            "HeaderNotSigned",
        ),
        ("", scope("A"), Some("x"), "MalformedDate"),
        ("", scope("A"), Some("20150830T123059Z"), "Expired"),
        ("", scope("A"), Some("20150830T124101Z"), "NotYetCurrent"),
        ("", scope("A"), Some("20150830T123100Z"), "MalformedCredential"),
        ("", scope("A/b/c/d/e"), Some("20150830T124100Z"), "WrongScope: region service terminator date"),
        ("", scope("A/b/us-east-1/d/e"), Some(good), "WrongScope: service terminator date"),
        ("", scope("A/b/us-east-1/account/e"), Some(good), "WrongScope: terminator date"),
        ("", scope("A/b/us-east-1/account/aws4_request"), Some(good), "WrongScope: date"),
        ("", wrong, Some(good), "Mismatch"),
        ("", right, Some(good), "accepted"),
    ];
    for (query, authorization, date, expected) in rows {
        let mut headers = vec![("authorization", authorization.as_str()), ("x-amz-target", "T")];
        headers.extend(date.map(|date| ("x-amz-date", date)));
        assert_eq!(reason(answer(query, &headers)), expected, "{authorization} {date:?}");
    }
    assert_eq!(answer("", &[]), Err(SignatureError::MissingAuthentication));
}

#[test]
fn faults_of_a_presigned_request_are_answered_in_order() {
    let algorithm = "X-Amz-Algorithm=AWS4-HMAC-SHA256";
    let host = "X-Amz-SignedHeaders=host%3Bx-amz-target";
    let with = |scope: &str, date: &str, expires: &str, signature: &str| {
        format!(
            "{algorithm}&X-Amz-Credential={scope}&X-Amz-Date={date}&X-Amz-Expires={expires}&{host}\
             &X-Amz-Signature={signature}"
        )
    };
    let good = "AKID%2F20150830%2Fus-east-1%2Faccount%2Faws4_request";
    let (early, late) = ("20150830T123000Z", "20150830T124101Z");
    let rows: Vec<(String, &str)> = vec![
        ("X-Amz-Algorithm=AWS4-X".into(), "UnsupportedAlgorithm"),
        ("X-Amz-Algorithm=".into(), "MissingQueryParts"),
        (algorithm.into(), "MissingQueryParts"),
        (with("A", "x", "0", "0").replace(host, "X-Amz-SignedHeaders=date"), "HostNotSigned"),
        (with("A", "x", "0", "0").replace(host, "X-Amz-SignedHeaders=host"), "HeaderNotSigned"),
        (with("A", "x", "0", "0"), "MalformedDate"),
        (with("A", early, "0", "0"), "MalformedExpires"),
        (with("A", early, "359", "0"), "Expired"),
        (with("A", late, "359", "0"), "NotYetCurrent"),
        (with("A", early, "360", "0"), "MalformedCredential"),
        (with("A/b/c/d/e", early, "360", "0"), "WrongScope: region service terminator date"),
        (with(good, early, "360", &"0".repeat(64)), "Mismatch"),
        (with(good, early, "360", RIGHT_PRESIGNED), "accepted"),
    ];
    for (query, expected) in rows {
        assert_eq!(reason(answer(&query, &[("x-amz-target", "T")])), expected, "{query}");
    }
}

#[test]
fn the_life_of_a_presigned_request_has_limits() {
    // F-SIG-5
    let answer = |expires: &str| {
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A&X-Amz-Date=20150830T123600Z\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        );
        answer(&query, &[])
    };
    let fault = |fault| Err(SignatureError::MalformedExpires(fault));
    assert_eq!(answer("ten"), fault(ExpiresFault::NotANumber));
    assert_eq!(answer("0"), fault(ExpiresFault::NotPositive));
    assert_eq!(answer("604801"), fault(ExpiresFault::OverAWeek));
    for good in ["1", "604800"] {
        assert_eq!(reason(answer(good)), "MalformedCredential", "{good}");
    }
}

#[test]
fn some_services_say_themselves_how_long_a_presigned_request_lives_f_sig_14() {
    let options = Options { window_minutes: 15, presigned_within_window: true, ..OPTIONS };
    let after = |minutes: i64, expires: &str| {
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A&X-Amz-Date=20150830T123600Z\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        );
        reason(answer_at(now() + SignedDuration::from_mins(minutes), &options, &query, &[]))
    };
    for expires in ["1", "60", "604800"] {
        assert_eq!(after(15, expires), "MalformedCredential", "{expires}");
        assert_eq!(after(16, expires), "Expired", "{expires}");
    }
    assert_eq!(after(0, "0"), "MalformedExpires");
}

#[test]
fn a_date_header_stands_in_for_x_amz_date() {
    // F-SIG-13
    let authorization = "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=0";
    for date in ["Sun, 30 Aug 2015 12:36:00 GMT", "20150830T123600Z"] {
        let answer = answer("", &[("authorization", authorization), ("date", date)]);
        assert_eq!(reason(answer), "MalformedCredential", "{date}");
    }
    let got = SignatureError::MalformedDate { got: "today".to_owned() };
    assert_eq!(answer("", &[("authorization", authorization), ("date", "today")]), Err(got));
}
