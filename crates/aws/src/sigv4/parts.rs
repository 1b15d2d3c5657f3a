//! The pieces that a claim is made of, as they stand in a request's headers or its query string.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use memchr::{memchr, memchr3};

use super::SignedRequest;
use super::encode::{decoded_text, pairs};
use super::error::SignatureError;
use super::time::{basic, parse_basic, parse_http_date};
use crate::protocol::header_text;

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Where each of the five elements of a credential ends; slashes behind them do not count.
pub(super) fn ends_of_elements(credential: &str) -> Option<[usize; 5]> {
    let credential = credential.as_bytes();
    let length = credential.iter().rposition(|byte| *byte != b'/')? + 1;
    let mut ends = [length; 5];
    let mut found = 0;
    for (place, byte) in credential[..length].iter().enumerate() {
        if *byte == b'/' {
            *ends[..4].get_mut(found)? = place;
            found += 1;
        }
    }
    (found == 4).then_some(ends)
}

/// The pairs of an `Authorization` header.
#[derive(Default)]
pub(super) struct HeaderParts<'r> {
    pub(super) credential: Option<&'r str>,
    pub(super) signature: Option<&'r str>,
    pub(super) signed_headers: Option<&'r str>,
}

impl<'r> HeaderParts<'r> {
    /// Splits at commas and blanks; `None` where a piece has no equal sign.
    pub(super) fn read(text: &'r str) -> Option<Self> {
        let mut parts = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let end = memchr3(b',', b' ', b'\t', rest.as_bytes());
            let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
            rest = behind.get(1..).unwrap_or_default();
            if piece.is_empty() {
                continue;
            }
            let equal = memchr(b'=', piece.as_bytes())?;
            let (name, value) = (&piece[..equal], &piece[equal + 1..]);
            match name {
                "Credential" => parts.credential = Some(value),
                "Signature" => parts.signature = Some(value),
                "SignedHeaders" => parts.signed_headers = Some(value),
                _ => {}
            }
        }
        Some(parts)
    }

    /// What is not there. An empty list of signed headers is there: it fails for want of `host`.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let absent = |part: Option<&str>| part.is_none_or(str::is_empty);
        let mut missing = Vec::new();
        if absent(self.credential) {
            missing.push("Credential");
        }
        if absent(self.signature) {
            missing.push("Signature");
        }
        if self.signed_headers.is_none() {
            missing.push("SignedHeaders");
        }
        missing
    }
}

/// The parameters of a presigned request, decoded.
#[derive(Default)]
pub(super) struct QueryParts<'r> {
    pub(super) algorithm: Option<Cow<'r, str>>,
    pub(super) credential: Option<Cow<'r, str>>,
    pub(super) signature: Option<Cow<'r, str>>,
    pub(super) signed_headers: Option<Cow<'r, str>>,
    pub(super) date: Option<Cow<'r, str>>,
    pub(super) expires: Option<Cow<'r, str>>,
    pub(super) session_token: Option<Cow<'r, str>>,
    pub(super) payload: Option<Cow<'r, str>>,
}

impl<'r> QueryParts<'r> {
    pub(super) fn read(query: &'r str) -> Self {
        let mut parts = Self::default();
        for (name, value) in pairs(query) {
            let part = match &*decoded_text(name) {
                "X-Amz-Algorithm" => &mut parts.algorithm,
                "X-Amz-Credential" => &mut parts.credential,
                "X-Amz-Signature" => &mut parts.signature,
                "X-Amz-SignedHeaders" => &mut parts.signed_headers,
                "X-Amz-Date" => &mut parts.date,
                "X-Amz-Expires" => &mut parts.expires,
                "X-Amz-Security-Token" => &mut parts.session_token,
                "X-Amz-Content-Sha256" => &mut parts.payload,
                _ => continue,
            };
            part.get_or_insert_with(|| decoded_text(value));
        }
        parts
    }

    pub(super) fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("X-Amz-Algorithm", &self.algorithm),
            ("X-Amz-Credential", &self.credential),
            ("X-Amz-Signature", &self.signature),
            ("X-Amz-SignedHeaders", &self.signed_headers),
            ("X-Amz-Date", &self.date),
        ];
        let absent = |part: &Option<Cow<'_, str>>| part.as_deref().is_none_or(str::is_empty);
        parts.iter().filter(|(_, part)| absent(part)).map(|(name, _)| *name).collect()
    }
}

/// The header that says when a request was signed.
pub(super) enum DateHeader<'r> {
    /// `X-Amz-Date`, which wins.
    Amz(&'r HeaderValue),
    /// `Date`.
    Http(&'r HeaderValue),
}

impl<'r> DateHeader<'r> {
    pub(super) fn of(request: &SignedRequest<'r>) -> Option<Self> {
        let amz = request.headers.get(AMZ_DATE).map(Self::Amz);
        amz.or_else(|| request.headers.get(http::header::DATE).map(Self::Http))
    }

    /// The time, and the same in basic format.
    pub(super) fn read(&self) -> Result<(Timestamp, Cow<'r, str>), SignatureError> {
        let value = match self {
            Self::Amz(value) | Self::Http(value) => *value,
        };
        let text = header_text(value).map(str::trim).unwrap_or_default();
        if let Some(at) = parse_basic(text) {
            return Ok((at, Cow::Borrowed(text)));
        }
        match self {
            Self::Http(_) => parse_http_date(text).map(|at| (at, Cow::Owned(basic(at)))),
            Self::Amz(_) => None,
        }
        .ok_or_else(|| SignatureError::MalformedDate {
            got: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        })
    }
}
