//! What can be wrong with a request, one thing at a time and two at once.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aws::protocol::Protocol;
use bytes::Bytes;
use http::{HeaderValue, Request};

use crate::answer::Answer;
use crate::cast::*;
use testing::signer::Key;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    UnknownRoute,
    UnknownOperation,
    NoSignature,
    MalformedAuthorization,
    UnknownKey,
    WrongSignature,
    ExpiredToken,
    Throttled,
    MalformedBody,
    WrongType,
    MalformedAccountId,
    TrustedAccessOff,
    InvalidContactType,
    InvalidRegion,
    NoPermission,
    MissingMember,
    BrokenConstraint,
    CallerIsMember,
    RefusedByRule,
}

use Fault as F;

impl Fault {
    /// How the tables call it.
    fn name(self) -> &'static str {
        match self {
            F::UnknownRoute => "unknown route",
            F::UnknownOperation => "unknown operation",
            F::NoSignature => "no signature",
            F::MalformedAuthorization => "malformed Authorization",
            F::UnknownKey => "unknown access key",
            F::WrongSignature => "wrong signature",
            F::ExpiredToken => "expired session token",
            F::Throttled => "throttled",
            F::MalformedBody => "malformed body",
            F::WrongType => "wrong type",
            F::MalformedAccountId => "malformed AccountId",
            F::TrustedAccessOff => "trusted access off",
            F::InvalidContactType => "invalid contact type",
            F::InvalidRegion => "invalid Region",
            F::NoPermission => "no permission",
            F::MissingMember => "missing member",
            F::BrokenConstraint => "broken constraint",
            F::CallerIsMember => "caller is a member",
            F::RefusedByRule => "refused by a rule",
        }
    }
}

/// Pairs that no request can have: of each list at most one.
const EXCLUSIVE: &[&[Fault]] = &[
    // There is no claim to be wrong.
    &[F::NoSignature, F::MalformedAuthorization],
    &[F::NoSignature, F::UnknownKey],
    &[F::NoSignature, F::WrongSignature],
    &[F::NoSignature, F::ExpiredToken],
    // A key that is not known has no session.
    &[F::UnknownKey, F::ExpiredToken],
    // The same member cannot be both.
    &[F::MalformedAccountId, F::TrustedAccessOff],
    // No operation takes both.
    &[F::InvalidContactType, F::InvalidRegion],
    // An operation that is not there takes no token from a rate.
    &[F::UnknownOperation, F::Throttled],
];

fn can_be_together(pair: [Fault; 2]) -> bool {
    !EXCLUSIVE.iter().any(|list| pair.iter().all(|fault| list.contains(fault)))
}

/// The key of a caller with the faults that a caller can have.
pub fn key(has: &dyn Fn(Fault) -> bool) -> Key {
    let caller = match (has(F::CallerIsMember), has(F::ExpiredToken), has(F::NoPermission)) {
        (false, false, false) => MANAGEMENT_ADMIN,
        (false, false, true) => MANAGEMENT_NOBODY,
        (false, true, false) => MANAGEMENT_ENDED,
        (false, true, true) => MANAGEMENT_IDLE_ENDED,
        (true, false, false) => MEMBER_ADMIN,
        (true, false, true) => MEMBER_NOBODY,
        (true, true, false) => MEMBER_ENDED,
        (true, true, true) => MEMBER_IDLE_ENDED,
    };
    if has(F::UnknownKey) { Key { id: "AKIANOBODYKNOWSTHIS0", ..caller.key } } else { caller.key }
}

/// The request with another signature than the right one, or with an `Authorization` that lacks a part.
pub fn spoiled(
    mut request: Request<Bytes>,
    has_wrong_signature: bool,
    has_malformed_authorization: bool,
) -> Request<Bytes> {
    let mut authorization = request.headers()["authorization"].to_str().unwrap().to_owned();
    if has_wrong_signature {
        let last = if authorization.ends_with('0') { "1" } else { "0" };
        authorization.replace_range(authorization.len() - 1.., last);
    }
    if has_malformed_authorization {
        let (begin, end) = authorization.split_once("SignedHeaders=").unwrap();
        authorization = format!("{begin}{}", end.split_once(", ").unwrap().1);
    }
    request.headers_mut().insert("authorization", HeaderValue::from_str(&authorization).unwrap());
    request
}

/// The answer that came before a token was back. Signatures and rates are judged by the real clock: an answer
/// that came later than `refill` after the first token was taken is no answer to a throttled request, however
/// busy this machine is.
pub fn throttled(refill: Duration, ask: impl Fn() -> Answer) -> Answer {
    loop {
        let begun = Instant::now();
        let answer = ask();
        if begun.elapsed() < refill {
            return answer;
        }
        std::thread::yield_now();
    }
}

/// Status, code and text of a refusal, without what is of this moment.
pub fn told(answer: &Answer, protocol: Protocol) -> String {
    let code = answer.code(protocol).unwrap_or_else(|| "(no code)".to_owned());
    let message = answer.message();
    // What follows is the hash of this moment's header, or what is encoded with this moment's seed.
    let message = ["(Hashed with", "Encoded authorization failure message:"]
        .iter()
        .fold(message.as_str(), |message, end| message.split(end).next().unwrap_or_default())
        .trim_end();
    let message = match message.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    };
    format!("{} {code}: {message}", answer.status)
}

/// What is told of each fault alone, then of each pair of them.
pub fn pairs(faults: &[Fault], told: impl Fn(&[Fault]) -> String) -> String {
    let mut table = String::new();
    for fault in faults {
        let line = told(&[*fault]);
        assert!(!line.starts_with('2'), "{fault:?} alone is refused");
        writeln!(table, "{:<24}| {:<24}| {line}", fault.name(), "").unwrap();
    }
    for (index, first) in faults.iter().enumerate() {
        table.push('\n');
        for second in &faults[index + 1..] {
            let line = match can_be_together([*first, *second]) {
                true => told(&[*first, *second]),
                false => "- (cannot be together)".to_owned(),
            };
            writeln!(table, "{:<24}| {:<24}| {line}", first.name(), second.name()).unwrap();
        }
    }
    table
}
