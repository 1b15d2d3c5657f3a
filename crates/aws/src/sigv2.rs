//! Signature Version 2, for Query API requests of old applications.
//!
//! AWS described it at
//! <https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html>, which is kept only in
//! archives. All of it stands in the parameters: those of the query string, and for POST those of
//! the form as well. Like [`crate::sigv4`] it is pure, and the caller works in the same order:
//! [`Claim::find`], [`Claim::check`], the access key, [`Claim::verify`].

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use constant_time_eq::constant_time_eq;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::sigv4::encode::{EncodedPair, decoded_text, encoded_pair, pairs, push_sorted_pairs};
use crate::sigv4::{SignatureError, SignedRequest};

/// How far a `Timestamp` may be off, either way, and how long after `Expires` a request is still
/// taken: the common errors of the Query APIs say 15 minutes under `RequestExpired` (F-SIG-11).
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The hash under the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    HmacSha1,
    HmacSha256,
}

/// Which clock value a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// When it was signed.
    Timestamp(Timestamp),
    /// Until when it is good.
    Expires(Timestamp),
}

/// What a request claims: an access key, a time and a signature over its parameters.
#[derive(Clone)]
pub struct Claim<'r> {
    access_key_id: Cow<'r, str>,
    session_token: Option<Cow<'r, str>>,
    signature: Cow<'r, str>,
    method: Method,
    clock: Clock,
    clock_text: Cow<'r, str>,
}

impl fmt::Debug for Claim<'_> {
    /// Leaves out signature and session token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("method", &self.method)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl<'r> Claim<'r> {
    /// Reads the claim of a request; `None` where it has none of this version's parameters
    /// (`AWSAccessKeyId`, or `Signature` with `SignatureVersion`).
    ///
    /// # Errors
    /// In this order: a missing parameter, a version or method that is not known, both clock
    /// values or none, a clock value that is no ISO 8601 time (F-SIG-11; the order is assumed).
    pub fn find(request: &SignedRequest<'r>) -> Result<Option<Self>, SignatureError> {
        let parts = Parts::read(request);
        if parts.access_key_id.is_none() && (parts.signature.is_none() || parts.version.is_none()) {
            return Ok(None);
        }
        let access_key_id = required(parts.access_key_id, "AWSAccessKeyId")?;
        let signature = required(parts.signature, "Signature")?;
        let version = required(parts.version, "SignatureVersion")?;
        let method_name = required(parts.method, "SignatureMethod")?;
        if version != "2" {
            return Err(invalid("SignatureVersion", &version));
        }
        let method = match &*method_name {
            "HmacSHA256" => Method::HmacSha256,
            "HmacSHA1" => Method::HmacSha1,
            _ => return Err(invalid("SignatureMethod", &method_name)),
        };
        let (name, clock_text, clock): (_, _, fn(Timestamp) -> Clock) = match (parts.timestamp, parts.expires)
        {
            (Some(_), Some(_)) => return Err(SignatureError::TimestampAndExpires),
            (Some(text), None) => ("Timestamp", text, Clock::Timestamp),
            (None, Some(text)) => ("Expires", text, Clock::Expires),
            (None, None) => return Err(SignatureError::MissingParameter { name: "Timestamp" }),
        };
        let clock = clock(read_time(&clock_text).ok_or_else(|| invalid(name, &clock_text))?);
        let session_token = parts.session_token;
        Ok(Some(Self { access_key_id, session_token, signature, method, clock, clock_text }))
    }

    /// The access key id that claims to have signed. It is no secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token that came with temporary credentials. It is a secret of the caller's.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Judges the clock, without a key.
    ///
    /// # Errors
    /// [`SignatureError::RequestExpired`].
    pub fn check(&self, now: Timestamp) -> Result<(), SignatureError> {
        let (parameter, current) = match self.clock {
            Clock::Timestamp(at) => ("Timestamp", now - WINDOW <= at && at <= now + WINDOW),
            Clock::Expires(at) => ("Expires", now <= at + WINDOW),
        };
        let at = || self.clock_text.clone().into_owned();
        if current { Ok(()) } else { Err(SignatureError::RequestExpired { parameter, at: at() }) }
    }

    /// Whether the claim holds: what [`Claim::check`] judges, and the signature, compared in
    /// constant time.
    ///
    /// # Errors
    /// Those of [`Claim::check`], then [`SignatureError::Mismatch`].
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        secret: &str,
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        self.check(now)?;
        let message = string_to_sign(request).ok_or(SignatureError::Mismatch)?;
        let expected = Zeroizing::new(match self.method {
            Method::HmacSha256 => STANDARD.encode(mac::<Hmac<Sha256>>(secret, &message)),
            Method::HmacSha1 => STANDARD.encode(mac::<Hmac<Sha1>>(secret, &message)),
        });
        let matches = constant_time_eq(expected.as_bytes(), self.signature.as_bytes());
        if matches { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

/// The HMAC of `message` under `secret`.
fn mac<M: Mac + KeyInit>(secret: &str, message: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// Method, host, path and sorted parameters; `None` where the host is not known.
fn string_to_sign(request: &SignedRequest<'_>) -> Option<Vec<u8>> {
    let host = match request.headers.get(http::header::HOST) {
        Some(host) => host.as_bytes(),
        None => request.authority?.as_bytes(),
    };
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    out.extend(host.iter().map(u8::to_ascii_lowercase));
    out.push(b'\n');
    out.extend_from_slice(if request.path.is_empty() { b"/" } else { request.path.as_bytes() });
    out.push(b'\n');
    let signed: Vec<EncodedPair> = parameters(request)
        .filter(|(name, _)| decoded_text(name) != "Signature")
        .map(|(name, value)| encoded_pair(name, value))
        .collect();
    push_sorted_pairs(&mut out, signed);
    Some(out)
}

/// Every parameter, undecoded: of the query string, and of the form where there is one.
fn parameters<'r>(request: &SignedRequest<'r>) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
    let content_type = request.headers.get(http::header::CONTENT_TYPE);
    let is_form = content_type.is_some_and(|kind| {
        kind.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
    });
    let form = if is_form { std::str::from_utf8(request.body).unwrap_or_default() } else { "" };
    pairs(request.query).chain(pairs(form))
}

/// The parameters of the signature itself, decoded.
#[derive(Default)]
struct Parts<'r> {
    access_key_id: Option<Cow<'r, str>>,
    session_token: Option<Cow<'r, str>>,
    signature: Option<Cow<'r, str>>,
    version: Option<Cow<'r, str>>,
    method: Option<Cow<'r, str>>,
    timestamp: Option<Cow<'r, str>>,
    expires: Option<Cow<'r, str>>,
}

impl<'r> Parts<'r> {
    fn read(request: &SignedRequest<'r>) -> Self {
        let mut parts = Self::default();
        for (name, value) in parameters(request) {
            let part = match &*decoded_text(name) {
                "AWSAccessKeyId" => &mut parts.access_key_id,
                "SecurityToken" => &mut parts.session_token,
                "Signature" => &mut parts.signature,
                "SignatureVersion" => &mut parts.version,
                "SignatureMethod" => &mut parts.method,
                "Timestamp" => &mut parts.timestamp,
                "Expires" => &mut parts.expires,
                _ => continue,
            };
            part.get_or_insert_with(|| decoded_text(value));
        }
        parts
    }
}

/// The value of a parameter that must be there and not be empty.
fn required<'r>(value: Option<Cow<'r, str>>, name: &'static str) -> Result<Cow<'r, str>, SignatureError> {
    value.filter(|value| !value.is_empty()).ok_or(SignatureError::MissingParameter { name })
}

fn invalid(name: &'static str, value: &str) -> SignatureError {
    SignatureError::InvalidParameter { name, value: value.to_owned() }
}

/// Reads an ISO 8601 time; one without an offset is UTC, as botocore and boto send it with a `Z`
/// and older clients without.
fn read_time(text: &str) -> Option<Timestamp> {
    let parsed: Option<Timestamp> = text.parse().ok();
    parsed.or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(local).ok()
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    /// The example of AWS's own page on Signature Version 2 (Elastic MapReduce, GET).
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const QUERY: &str = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Action=DescribeJobFlows\
        &SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31\
        &Signature=i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf%2FMj6vPxyYIs%3D";

    fn now() -> Timestamp {
        "2011-10-03T15:19:30Z".parse().expect("a time")
    }

    fn headers(content_type: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("ElasticMapReduce.amazonaws.com"));
        if let Some(content_type) = content_type {
            headers.insert("content-type", HeaderValue::from_static(content_type));
        }
        headers
    }

    fn get<'a>(query: &'a str, headers: &'a HeaderMap) -> SignedRequest<'a> {
        SignedRequest { method: "GET", path: "/", query, headers, authority: None, body: b"" }
    }

    fn verify(request: &SignedRequest<'_>) -> Result<(), SignatureError> {
        let claim = Claim::find(request)?.ok_or(SignatureError::MissingAuthentication)?;
        claim.verify(request, SECRET, now())
    }

    #[test]
    fn the_published_example_verifies() {
        // F-SIG-11
        let headers = headers(None);
        let request = get(QUERY, &headers);
        assert_eq!(
            String::from_utf8_lossy(&string_to_sign(&request).expect("a host")),
            "GET\nelasticmapreduce.amazonaws.com\n/\nAWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
             &Action=DescribeJobFlows&SignatureMethod=HmacSHA256&SignatureVersion=2\
             &Timestamp=2011-10-03T15%3A19%3A30&Version=2009-03-31"
        );
        assert_eq!(verify(&request), Ok(()));
    }

    #[test]
    fn a_change_of_any_byte_is_refused() {
        let headers = headers(None);
        for (index, letter) in QUERY.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric()) {
            let mut changed = QUERY.to_owned();
            changed.replace_range(index..=index, if letter == '9' { "8" } else { "9" });
            assert!(verify(&get(&changed, &headers)).is_err(), "{changed}");
        }
        let request = get(QUERY, &headers);
        assert_eq!(verify(&SignedRequest { method: "POST", ..request }), Err(SignatureError::Mismatch));
        assert_eq!(verify(&SignedRequest { path: "/x", ..request }), Err(SignatureError::Mismatch));
    }

    /// Signs as a client would, written apart from the code above: plain concatenation, no sorting
    /// (the parameters come sorted) and no encoding (they need none).
    fn signed_form(method: &str, clock: &str, token: &str) -> String {
        let (first, last) = match clock.strip_suffix('&') {
            Some(timestamp) if timestamp.starts_with("Timestamp") => ("", format!("&{timestamp}")),
            _ => (clock, String::new()),
        };
        let parameters = format!(
            "AWSAccessKeyId=AKID&Action=GetAccount&{first}{token}SignatureMethod={method}\
             &SignatureVersion=2{last}"
        );
        let message = format!("POST\nelasticmapreduce.amazonaws.com\n/\n{parameters}");
        let signature = if method == "HmacSHA1" {
            let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).expect("any length");
            mac.update(message.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        } else {
            let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
            mac.update(message.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        };
        let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("{parameters}&Signature={signature}")
    }

    fn verify_form(body: &str) -> Result<(), SignatureError> {
        let headers = headers(Some("application/x-www-form-urlencoded; charset=utf-8"));
        let request = SignedRequest { method: "POST", body: body.as_bytes(), ..get("", &headers) };
        verify(&request)
    }

    #[test]
    fn a_form_verifies_with_either_hash_either_clock_and_a_token() {
        let timestamp = "Timestamp=2011-10-03T15%3A04%3A30Z&";
        let expires = "Expires=2011-10-03T15%3A04%3A30Z&";
        for method in ["HmacSHA256", "HmacSHA1"] {
            for clock in [timestamp, expires] {
                for token in ["", "SecurityToken=abc&"] {
                    assert_eq!(verify_form(&signed_form(method, clock, token)), Ok(()), "{method} {clock}");
                }
            }
        }
        let body = signed_form("HmacSHA1", expires, "SecurityToken=abc&");
        let headers = headers(Some("application/x-www-form-urlencoded"));
        let request = SignedRequest { method: "POST", body: body.as_bytes(), ..get("", &headers) };
        let claim = Claim::find(&request).expect("well-formed").expect("a claim");
        assert_eq!((claim.access_key_id(), claim.session_token()), ("AKID", Some("abc")));
        let mixed = SignedRequest { query: "x=y", ..request };
        assert_eq!(claim.verify(&mixed, SECRET, now()), Err(SignatureError::Mismatch));
        assert!(!format!("{claim:?}").contains("abc"));
    }

    #[test]
    fn the_clock_may_be_fifteen_minutes_off() {
        // F-SIG-11: the request of `now()` minus 15 minutes passes above; a second more does not.
        for (clock, parameter, at) in [
            ("Timestamp=2011-10-03T15%3A04%3A29Z&", "Timestamp", "2011-10-03T15:04:29Z"),
            ("Timestamp=2011-10-03T15%3A34%3A31Z&", "Timestamp", "2011-10-03T15:34:31Z"),
            ("Expires=2011-10-03T15%3A04%3A29Z&", "Expires", "2011-10-03T15:04:29Z"),
        ] {
            let expired = SignatureError::RequestExpired { parameter, at: at.to_owned() };
            assert_eq!(verify_form(&signed_form("HmacSHA256", clock, "")), Err(expired));
        }
    }

    #[test]
    fn a_malformed_claim_says_what_is_wrong_first() {
        let headers = headers(None);
        let find = |query: &str| match Claim::find(&get(query, &headers)) {
            Ok(claim) => Ok(claim.is_some()),
            Err(error) => Err(error),
        };
        let missing = |name| Err(SignatureError::MissingParameter { name });
        assert_eq!(find("Action=GetAccount"), Ok(false));
        assert_eq!(find("Signature=x"), Ok(false), "a parameter of that name is nobody's privilege");
        assert_eq!(find("Signature=x&SignatureVersion=2"), missing("AWSAccessKeyId"));
        assert_eq!(find("AWSAccessKeyId=A"), missing("Signature"));
        assert_eq!(find("AWSAccessKeyId=A&Signature=x"), missing("SignatureVersion"));
        let with = |rest: &str| find(&format!("AWSAccessKeyId=A&Signature=x{rest}"));
        assert_eq!(with("&SignatureVersion=1"), missing("SignatureMethod"));
        assert_eq!(
            with("&SignatureVersion=1&SignatureMethod=HmacMD5"),
            Err(invalid("SignatureVersion", "1"))
        );
        assert_eq!(
            with("&SignatureVersion=2&SignatureMethod=HmacMD5"),
            Err(invalid("SignatureMethod", "HmacMD5"))
        );
        let with = |rest: &str| with(&format!("&SignatureVersion=2&SignatureMethod=HmacSHA1{rest}"));
        assert_eq!(with(""), missing("Timestamp"));
        assert_eq!(with("&Timestamp=x&Expires=y"), Err(SignatureError::TimestampAndExpires));
        assert_eq!(with("&Timestamp=x"), Err(invalid("Timestamp", "x")));
        assert_eq!(with("&Expires=y"), Err(invalid("Expires", "y")));
        assert_eq!(with("&Timestamp=2011-10-03T15:19:30.000Z"), Ok(true));
    }
}
