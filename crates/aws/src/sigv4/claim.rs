//! What a request claims about its signer, and whether the claim holds.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use constant_time_eq::constant_time_eq;
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::canonical::{self, LeftOut};
use super::chunks::{self, Chunks};
use super::encode::{decoded_text, pairs, push_hex};
use super::error::{ExpiresFault, ScopeFaults, SignatureError};
use super::parts::{DateHeader, HeaderParts, QueryParts, ends_of_elements};
use super::time::parse_basic;
use super::{ALGORITHM, Options, SignedRequest, SigningKey};
use crate::protocol::header_text;

/// The longest life of a presigned request: a week, in seconds.
const LONGEST_LIFE_SECONDS: i64 = 604_800;

/// The headers that carry parts of a claim.
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the `Authorization` header.
    Header,
    /// In the query string: a presigned request.
    Query,
}

/// What a request claims: an access key, a scope, a time and a signature. Nothing of it is proven
/// until [`Claim::verify`] says so.
#[derive(Clone)]
pub struct Claim<'r> {
    place: Place,
    credential: Cow<'r, str>,
    /// Where the five elements of the credential end; `None` where there are more or fewer.
    ends: Option<[usize; 5]>,
    signed_headers: Cow<'r, str>,
    signature: Cow<'r, str>,
    session_token: Option<Cow<'r, str>>,
    announced_payload: Option<Cow<'r, [u8]>>,
    signed_at: Timestamp,
    /// The same in basic format, kept because everything that is signed or compared is text.
    signed_at_text: Cow<'r, str>,
    life_seconds: Option<i64>,
}

impl fmt::Debug for Claim<'_> {
    /// Leaves out signature and session token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Claim")
            .field("place", &self.place)
            .field("credential", &self.credential)
            .field("signed_headers", &self.signed_headers)
            .field("signed_at", &self.signed_at)
            .finish_non_exhaustive()
    }
}

impl<'r> Claim<'r> {
    /// Reads the claim of a request; `None` where it carries no authentication at all.
    ///
    /// # Errors
    /// Everything that is wrong with the form of the claim, in the order of F-SIG-1.
    pub fn find(request: &SignedRequest<'r>) -> Result<Option<Self>, SignatureError> {
        let header = request.headers.get(http::header::AUTHORIZATION);
        let presigned = !request.query.is_empty()
            && pairs(request.query).any(|(name, _)| decoded_text(name) == "X-Amz-Algorithm");
        let claim = match (header, presigned) {
            (None, false) => return Ok(None),
            (Some(_), true) => return Err(SignatureError::HeaderAndQuery),
            (Some(header), false) => Self::from_header(header, request)?,
            (None, true) => Self::from_query(request)?,
        };
        Ok(Some(claim))
    }

    /// The access key id that claims to have signed. It is no secret.
    pub fn access_key_id(&self) -> &str {
        let end = self.credential.bytes().position(|byte| byte == b'/');
        &self.credential[..end.unwrap_or(self.credential.len())]
    }

    /// The access key id with its scope: what a signing key is derived for. Two claims with the same text need
    /// the same key.
    pub fn credential(&self) -> &str {
        self.elements()
    }

    /// The date of the scope, `YYYYMMDD`; empty where the credential is malformed.
    pub fn date(&self) -> &str {
        self.element(1)
    }

    /// The Region of the scope; empty where the credential is malformed.
    pub fn region(&self) -> &str {
        self.element(2)
    }

    /// The service of the scope; empty where the credential is malformed.
    pub fn service(&self) -> &str {
        self.element(3)
    }

    /// The session token that came with temporary credentials. It is a secret of the caller's.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// The signature, as sent.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The names of the signed headers, as sent.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }

    /// When the request says it was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Where the claim stands.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Judges clock and scope, without a key: what AWS says before it looks for the access key.
    ///
    /// # Errors
    /// [`SignatureError::Expired`], [`SignatureError::NotYetCurrent`],
    /// [`SignatureError::MalformedCredential`], [`SignatureError::WrongScope`], in this order.
    pub fn check(&self, now: Timestamp, options: &Options<'_>) -> Result<(), SignatureError> {
        let window_seconds = options.window_minutes * 60;
        let life_seconds = self.life_seconds.filter(|_| !options.presigned_within_window);
        let life_seconds = life_seconds.unwrap_or(window_seconds);
        let signed_at = self.signed_at;
        if signed_at < now - SignedDuration::from_secs(life_seconds) {
            return Err(SignatureError::Expired { signed_at, now, window_seconds: life_seconds });
        }
        if signed_at > now + SignedDuration::from_secs(window_seconds) {
            return Err(SignatureError::NotYetCurrent { signed_at, now, window_seconds });
        }
        self.check_scope(options)
    }

    /// Whether the claim holds: everything [`Claim::check`] judges, and the signature.
    ///
    /// `key` is the key of [`Claim::access_key_id`] for this claim's date, Region and service.
    /// The comparison takes the same time wherever the signatures differ.
    ///
    /// # Errors
    /// Those of [`Claim::check`], then [`SignatureError::Mismatch`].
    pub fn verify(
        &self,
        request: &SignedRequest<'_>,
        key: &SigningKey,
        now: Timestamp,
        options: &Options<'_>,
    ) -> Result<(), SignatureError> {
        self.check(now, options)?;
        let matches = self.canonical_requests(request, options).any(|canonical| {
            let mut expected = zeroize::Zeroizing::new(Vec::with_capacity(64));
            push_hex(&mut expected, &key.sign(&self.string_to_sign(&canonical))[..]);
            constant_time_eq(&expected, self.signature.as_bytes())
        });
        if matches { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// The canonical requests the signature may cover, for tests and for explaining a mismatch to
    /// oneself; never to a caller, and never in a log. There is none where no signature can be
    /// right, and a second one for presigned requests with a session token, because signers may
    /// add it before or after signing (F-SIG-9).
    pub fn canonical_requests<'a>(
        &'a self,
        request: &'a SignedRequest<'_>,
        options: &'a Options<'_>,
    ) -> impl Iterator<Item = Vec<u8>> + 'a {
        let forms: &[LeftOut] = match (self.place, &self.session_token) {
            (Place::Header, _) => &[LeftOut::Nothing],
            (Place::Query, None) => &[LeftOut::Signature],
            (Place::Query, Some(_)) => &[LeftOut::Signature, LeftOut::SignatureAndToken],
        };
        forms.iter().filter_map(move |left_out| {
            let payload = self.announced_payload.as_deref();
            canonical::request(request, &self.signed_headers, payload, *left_out, options)
        })
    }

    /// The string to sign for a canonical request.
    pub fn string_to_sign(&self, canonical_request: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(192);
        out.extend_from_slice(ALGORITHM.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(self.signed_at_text.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(self.scope().as_bytes());
        out.push(b'\n');
        push_hex(&mut out, &Sha256::digest(canonical_request));
        out
    }

    /// The body behind a claim that holds, where its chunks are signed: `key` is the one that the claim was verified with.
    pub fn chunks(&self, key: &Arc<SigningKey>) -> Option<Chunks> {
        let has_trailer = match self.announced_payload.as_deref()? {
            chunks::SIGNED => false,
            chunks::SIGNED_WITH_TRAILER => true,
            _ => return None,
        };
        let time_and_scope = format!("{}\n{}\n", self.signed_at_text, self.scope());
        Some(Chunks::behind(&self.signature, time_and_scope, Arc::clone(key), has_trailer))
    }

    /// What stands behind the access key id.
    fn scope(&self) -> &str {
        self.elements().split_once('/').map_or("", |(_, scope)| scope)
    }

    /// The credential without the slashes at its end, which AWS was seen to ignore.
    fn elements(&self) -> &str {
        let end = self.credential.bytes().rposition(|byte| byte != b'/');
        &self.credential[..end.map_or(0, |last| last + 1)]
    }

    /// Of access key id, date, Region, service and terminator the one with this index; empty where there are more or
    /// fewer.
    fn element(&self, index: usize) -> &str {
        let Some(ends) = &self.ends else { return "" };
        let begin = index.checked_sub(1).map_or(0, |before| ends[before] + 1);
        &self.credential[begin..ends[index]]
    }

    fn check_scope(&self, options: &Options<'_>) -> Result<(), SignatureError> {
        if self.ends.is_none() {
            return Err(SignatureError::MalformedCredential { got: self.credential.clone().into_owned() });
        }
        let [date, region, service, terminator] = [1, 2, 3, 4].map(|index| self.element(index));
        let signed_at = &*self.signed_at_text;
        let wrong = |list: &[&str], got: &str| !list.is_empty() && !list.contains(&got);
        let mut faults = ScopeFaults {
            wrong_region: wrong(options.regions, region),
            expected_service: wrong(options.services, service).then(|| options.services[0].to_owned()),
            terminator: (terminator != "aws4_request").then(|| terminator.to_owned()),
            date: (!signed_at.starts_with(date) || date.len() != 8).then(|| date.to_owned()),
            signed_at: String::new(),
        };
        if faults.is_empty() {
            return Ok(());
        }
        faults.signed_at = signed_at.to_owned();
        Err(SignatureError::WrongScope(faults))
    }
}

// Reading a claim.
impl<'r> Claim<'r> {
    fn from_header(header: &'r HeaderValue, request: &SignedRequest<'r>) -> Result<Self, SignatureError> {
        let hash = || SignatureError::hash(header.as_bytes());
        let Some(text) = header_text(header) else {
            return Err(SignatureError::NotAPair {
                header_hash: hash(),
                foreign: !header.as_bytes().starts_with(b"AWS4-"),
            });
        };
        let text = text.trim();
        let (algorithm, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let foreign = !algorithm.starts_with("AWS4-");
        let unsupported = || SignatureError::UnsupportedAlgorithm { algorithm: algorithm.to_owned() };
        if algorithm.contains('=') {
            return Err(SignatureError::NoAlgorithm);
        }
        if !foreign && algorithm != ALGORITHM {
            return Err(unsupported());
        }
        let parts = HeaderParts::read(rest)
            .ok_or_else(|| SignatureError::NotAPair { header_hash: hash(), foreign })?;
        let (date, missing) = (DateHeader::of(request), parts.missing());
        let (Some(date), true) = (&date, missing.is_empty()) else {
            return Err(SignatureError::MissingHeaderParts {
                parts: missing,
                date: date.is_none(),
                header_hash: hash(),
                foreign,
            });
        };
        if foreign {
            return Err(unsupported());
        }
        let signed_headers = parts.signed_headers.unwrap_or_default();
        check_signed_headers(signed_headers, request)?;
        let (signed_at, signed_at_text) = date.read()?;
        let header = |name: HeaderName| request.headers.get(name).map(HeaderValue::as_bytes);
        let credential = parts.credential.unwrap_or_default();
        Ok(Self {
            place: Place::Header,
            credential: Cow::Borrowed(credential),
            ends: ends_of_elements(credential),
            signed_headers: Cow::Borrowed(signed_headers),
            signature: Cow::Borrowed(parts.signature.unwrap_or_default()),
            session_token: header(SECURITY_TOKEN).map(readable),
            announced_payload: header(CONTENT_SHA256).map(Cow::Borrowed),
            signed_at,
            signed_at_text,
            life_seconds: None,
        })
    }

    fn from_query(request: &SignedRequest<'r>) -> Result<Self, SignatureError> {
        let parts = QueryParts::read(request.query);
        let algorithm = parts.algorithm.as_deref().unwrap_or_default();
        if !algorithm.is_empty() && algorithm != ALGORITHM {
            return Err(SignatureError::UnsupportedAlgorithm { algorithm: algorithm.to_owned() });
        }
        let missing = parts.missing();
        if !missing.is_empty() {
            return Err(SignatureError::MissingQueryParts { parts: missing });
        }
        let signed_headers = parts.signed_headers.unwrap_or_default();
        check_signed_headers(&signed_headers, request)?;
        let date = parts.date.unwrap_or_default();
        let Some(signed_at) = parse_basic(&date) else {
            return Err(SignatureError::MalformedDate { got: date.into_owned() });
        };
        let life_seconds = parts.expires.as_deref().map(read_life).transpose()?;
        let payload_header = request.headers.get(CONTENT_SHA256).map(HeaderValue::as_bytes);
        let credential = parts.credential.unwrap_or_default();
        Ok(Self {
            place: Place::Query,
            ends: ends_of_elements(&credential),
            credential,
            signed_headers,
            signature: parts.signature.unwrap_or_default(),
            session_token: parts.session_token,
            announced_payload: match parts.payload {
                Some(Cow::Borrowed(text)) => Some(Cow::Borrowed(text.as_bytes())),
                Some(Cow::Owned(text)) => Some(Cow::Owned(text.into_bytes())),
                None => payload_header.map(Cow::Borrowed),
            },
            signed_at,
            signed_at_text: date,
            life_seconds,
        })
    }
}

/// Refuses a list of signed headers that leaves out what must be signed (F-SIG-4).
fn check_signed_headers(names: &str, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
    let names = names.as_bytes();
    // Nearly all lists are in lower case: the dearer comparison comes second.
    let is = |name: &[u8], wanted: &[u8]| name == wanted || name.eq_ignore_ascii_case(wanted);
    let signed = |wanted: &str| names.split(|byte| *byte == b';').any(|name| is(name, wanted.as_bytes()));
    if !signed("host") && !signed(":authority") {
        return Err(SignatureError::HostNotSigned);
    }
    for name in request.headers.keys().map(HeaderName::as_str) {
        // The token may be added after signing; it proves itself (F-SIG-9).
        if name.starts_with("x-amz-") && name != "x-amz-security-token" && !signed(name) {
            return Err(SignatureError::HeaderNotSigned { name: name.to_owned() });
        }
    }
    Ok(())
}

/// Reads `X-Amz-Expires`.
fn read_life(text: &str) -> Result<i64, SignatureError> {
    let fault = match text.parse::<i64>() {
        Err(_) => ExpiresFault::NotANumber,
        Ok(seconds) if seconds < 1 => ExpiresFault::NotPositive,
        Ok(seconds) if seconds > LONGEST_LIFE_SECONDS => ExpiresFault::OverAWeek,
        Ok(seconds) => return Ok(seconds),
    };
    Err(SignatureError::MalformedExpires(fault))
}

/// What can be read of a header's value: looked at as a whole first, since all but broken ones are text.
fn readable(value: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed)
}
