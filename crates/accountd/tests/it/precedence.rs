//! Requests that are wrong in two ways at once: which error wins.
//!
//! The order of the steps in `crates/accountd/src/service/mod.rs` decides it (F-ORDER-1, F-ORDER-2);
//! `precedence.txt` shows what comes of it, pair by pair.

use std::time::Duration;

use accountd::configuration::Throttle;
use aws::protocol::Protocol;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cast::*;
use crate::faults::{Fault, Fault as F, key, pairs, spoiled, throttled, told};
use crate::table::assert_table;
use crate::world::{Setup, World, post, rest_json, signed};
use testing::signer::Key;

/// What can be wrong with a request to Account Management.
const FAULTS: &[Fault] = &[
    F::UnknownRoute,
    F::NoSignature,
    F::MalformedAuthorization,
    F::UnknownKey,
    F::WrongSignature,
    F::ExpiredToken,
    F::Throttled,
    F::MalformedBody,
    F::WrongType,
    F::MalformedAccountId,
    F::TrustedAccessOff,
    F::InvalidContactType,
    F::InvalidRegion,
    F::NoPermission,
    F::BrokenConstraint,
    F::RefusedByRule,
];

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
        (has(F::WrongType), has(F::BrokenConstraint), has(F::RefusedByRule));
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

fn request(faults: &[Fault]) -> Request<Bytes> {
    let has = |fault| faults.contains(&fault);
    let operation = operation(&has);
    let mut body = members(operation, &has).to_string();
    if has(F::MalformedBody) {
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
    World::of(setup)
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

#[test]
fn of_two_faults_the_checked_in_one_wins() {
    let mut table = String::from(
        "# Requests that are wrong in two ways, and the one error that is answered. First each fault alone.\n\
         # Computed by `precedence.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.\n\n",
    );
    table.push_str(&pairs(FAULTS, |faults| told(&answer(faults), Protocol::RestJson)));
    assert_table("precedence.txt", table.trim_end());
}
