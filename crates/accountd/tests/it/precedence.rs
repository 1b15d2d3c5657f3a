//! Requests that are wrong in two ways at once: which error wins.
//!
//! The order of the steps in `crates/accountd/src/service/mod.rs` decides it (F-ORDER-1, F-ORDER-2); `precedence.txt`
//! shows what comes of it, pair by pair.

use std::time::{Duration, Instant};

use accountd::configuration::Throttle;
use aws::protocol::Protocol;
use bytes::Bytes;
use http::{HeaderValue, Request};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cast::*;
use crate::signer::Key;
use crate::table::{assert_table, pairs};
use crate::world::{Setup, World, post, rest_json, signed};

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    UnknownRoute,
    NoSignature,
    MalformedAuthorization,
    UnknownKey,
    WrongSignature,
    ExpiredToken,
    Throttled,
    MalformedJson,
    WrongJsonType,
    MalformedAccountId,
    TrustedAccessOff,
    InvalidContactType,
    InvalidRegion,
    NoPermission,
    BrokenConstraint,
    RefusedByRule,
}

use Fault as F;

impl Fault {
    const ALL: [(Self, &'static str); 16] = [
        (F::UnknownRoute, "unknown route"),
        (F::NoSignature, "no signature"),
        (F::MalformedAuthorization, "malformed Authorization"),
        (F::UnknownKey, "unknown access key"),
        (F::WrongSignature, "wrong signature"),
        (F::ExpiredToken, "expired session token"),
        (F::Throttled, "throttled"),
        (F::MalformedJson, "malformed JSON"),
        (F::WrongJsonType, "wrong JSON type"),
        (F::MalformedAccountId, "malformed AccountId"),
        (F::TrustedAccessOff, "trusted access off"),
        (F::InvalidContactType, "invalid contact type"),
        (F::InvalidRegion, "invalid Region"),
        (F::NoPermission, "no permission"),
        (F::BrokenConstraint, "broken constraint"),
        (F::RefusedByRule, "refused by a rule"),
    ];
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
];

fn can_be_together(pair: [Fault; 2]) -> bool {
    !EXCLUSIVE.iter().any(|list| pair.iter().all(|fault| list.contains(fault)))
}

/// The operation that can have all of these faults.
fn operation(has: &dyn Fn(Fault) -> bool) -> &'static str {
    if has(F::InvalidRegion) {
        "EnableRegion"
    } else if has(F::InvalidContactType) {
        if has(F::Throttled) { "DeleteAlternateContact" } else { "PutAlternateContact" }
    } else if has(F::Throttled) {
        "PutAccountName"
    } else {
        "ListRegions"
    }
}

fn members(operation: &str, has: &dyn Fn(Fault) -> bool) -> Value {
    let (type_is_wrong, is_broken, is_refused) =
        (has(F::WrongJsonType), has(F::BrokenConstraint), has(F::RefusedByRule));
    let mut members = match operation {
        // Only its AccountId is left to be wrong besides the Region.
        "EnableRegion" => {
            let region = if is_broken { "US-EAST-1".repeat(6) } else { "US-EAST-1".to_owned() };
            json!({ "RegionName": region })
        }
        "DeleteAlternateContact" => json!({ "AlternateContactType": "OTHER" }),
        "PutAlternateContact" => json!({
            "AlternateContactType": "OTHER", "EmailAddress": "a@b.c", "PhoneNumber": "1",
            "Name": if is_broken { "n".repeat(65) } else { "n".to_owned() },
            "Title": if type_is_wrong { json!(7) } else { json!("t") },
        }),
        "PutAccountName" => match (type_is_wrong, is_broken, is_refused) {
            (true, ..) => json!({ "AccountName": 7 }),
            (_, true, _) => json!({ "AccountName": "n".repeat(51) }),
            (_, _, true) => json!({ "AccountName": " " }),
            _ => json!({ "AccountName": "n" }),
        },
        _ => {
            let mut members = json!({});
            if type_is_wrong {
                members["RegionOptStatusContains"] = json!(7);
            }
            if is_broken {
                members["MaxResults"] = json!(51);
            }
            if is_refused {
                members["NextToken"] = json!("invalid-token");
            }
            members
        }
    };
    if has(F::MalformedAccountId) {
        members["AccountId"] = json!("2222");
    } else if has(F::TrustedAccessOff) {
        members["AccountId"] = json!(MEMBER);
    }
    // The rule that refuses where a contact type or a Region is asked for: the target is suspended.
    if is_refused && matches!(operation, "EnableRegion" | "PutAlternateContact" | "DeleteAlternateContact") {
        members["AccountId"] = json!(SUSPENDED);
    }
    if type_is_wrong && matches!(operation, "EnableRegion" | "DeleteAlternateContact") {
        members["AccountId"] = json!(7);
    }
    members
}

fn key(has: &dyn Fn(Fault) -> bool) -> Key {
    let caller = match (has(F::ExpiredToken), has(F::NoPermission)) {
        (false, false) => MANAGEMENT_ADMIN,
        (false, true) => MANAGEMENT_NOBODY,
        (true, false) => MANAGEMENT_ENDED,
        (true, true) => MANAGEMENT_IDLE_ENDED,
    };
    if has(F::UnknownKey) { Key { id: "AKIANOBODYKNOWSTHIS0", ..caller.key } } else { caller.key }
}

fn request(faults: &[Fault]) -> Request<Bytes> {
    let has = |fault| faults.contains(&fault);
    let operation = operation(&has);
    let mut body = members(operation, &has).to_string();
    if has(F::MalformedJson) {
        body.pop();
    }
    let path = if has(F::UnknownRoute) {
        "/noSuchOperation".to_owned()
    } else {
        format!("/{}{}", operation[..1].to_lowercase(), &operation[1..])
    };
    let request = post(&path, "application/json", &body);
    if has(F::NoSignature) {
        return request;
    }
    let request = signed(request, &key(&has), "account", "us-east-1");
    spoiled(request, has(F::WrongSignature), has(F::MalformedAuthorization))
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

/// Takes every token the operation has. Both that are asked for get one token a second, so they stay
/// throttled for a second.
fn take_all_tokens(world: &World, caller: Key, operation: &str) {
    for _ in 0..7 {
        world.send(rest_json(&caller, operation, "{}"));
    }
}

fn world(faults: &[Fault]) -> World {
    let mut setup = Setup::company();
    if faults.contains(&F::TrustedAccessOff) {
        setup = setup.without_trusted_access();
    }
    if faults.contains(&F::Throttled) {
        setup.throttle = Throttle::Aws;
    }
    setup.build()
}

fn answer(faults: &[Fault]) -> Answer {
    let world = world(faults);
    if !faults.contains(&F::Throttled) {
        return world.send(request(faults));
    }
    let has = |fault| faults.contains(&fault);
    throttled(Duration::from_secs(1), || {
        take_all_tokens(&world, MANAGEMENT_ADMIN.key, operation(&has));
        world.send(request(faults))
    })
}

/// The answer that came before a token was back. Signatures and rates are judged by the real clock: an answer that came
/// later than `refill` after the first token was taken is no answer to a throttled request, however busy this machine is.
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

#[test]
fn of_two_faults_the_checked_in_one_wins() {
    let mut table = String::from(
        "# Requests that are wrong in two ways, and the one error that is answered. First each fault alone.\n\
         # Computed by `precedence.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.\n\n",
    );
    table.push_str(&pairs(&Fault::ALL, can_be_together, |faults| told(&answer(faults), Protocol::RestJson)));
    assert_table("precedence.txt", table.trim_end());
}
