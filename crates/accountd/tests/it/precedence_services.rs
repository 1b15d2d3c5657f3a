//! Requests to STS, Organizations, IAM, CloudTrail and EC2 that are wrong in two ways at once: which error wins.
//!
//! One operation stands for each service. The order of the steps in `crates/accountd/src/service/mod.rs` decides, and for STS
//! that it looks at the model's constraints before it asks who may (F-ORDER-2, F-STSAPI-1); `precedence_services.txt` shows
//! what comes of it.

use std::fmt::Write as _;
use std::time::Duration;

use accountd::configuration::Throttle;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use services::operation::Service;

use crate::answer::Answer;
use crate::cast::*;
use crate::precedence::{spoiled, throttled, told};
use crate::requests::DOCUMENT;
use crate::signer::Key;
use crate::table::{assert_table, pairs};
use crate::wire::{OTHERS, named, operation, protocol};
use crate::world::{Setup, World, signed};

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    UnknownAction,
    NoSignature,
    MalformedAuthorization,
    UnknownKey,
    WrongSignature,
    ExpiredToken,
    Throttled,
    MalformedBody,
    WrongType,
    NoPermission,
    MissingMember,
    BrokenConstraint,
    CallerIsMember,
    RefusedByRule,
}

use Fault as F;

impl Fault {
    const ALL: [(Self, &'static str); 14] = [
        (F::NoSignature, "no signature"),
        (F::MalformedAuthorization, "malformed Authorization"),
        (F::UnknownKey, "unknown access key"),
        (F::WrongSignature, "wrong signature"),
        (F::ExpiredToken, "expired session token"),
        (F::UnknownAction, "unknown operation"),
        (F::Throttled, "throttled"),
        (F::MalformedBody, "malformed body"),
        (F::WrongType, "wrong type"),
        (F::NoPermission, "no permission"),
        (F::MissingMember, "missing member"),
        (F::BrokenConstraint, "broken constraint"),
        (F::CallerIsMember, "caller is a member"),
        (F::RefusedByRule, "refused by a rule"),
    ];

    /// Whether a request to the service can have the fault.
    fn concerns(self, service: Service) -> bool {
        match self {
            // Only CloudTrail's rate is published per operation.
            F::Throttled => service == Service::CloudTrail,
            // EC2's model requires and constrains nothing.
            F::MissingMember | F::BrokenConstraint => service != Service::Ec2,
            F::CallerIsMember => service == Service::Organizations,
            _ => true,
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
    // A key that is not known has no session, and is nobody's.
    &[F::UnknownKey, F::ExpiredToken],
    // An operation that is not there takes no token from a rate.
    &[F::UnknownAction, F::Throttled],
];

fn can_be_together(pair: [Fault; 2]) -> bool {
    !EXCLUSIVE.iter().any(|list| pair.iter().all(|fault| list.contains(fault)))
}

/// The operation that stands for the service. Each has a member for every fault.
fn representative(service: Service) -> &'static str {
    match service {
        Service::Sts => "AssumeRole",
        Service::Organizations => "CreatePolicy",
        Service::Iam => "CreateRole",
        Service::CloudTrail => "LookupEvents",
        Service::Ec2 => "DescribeRegions",
        Service::Account => unreachable!("it has a table of its own"),
    }
}

/// Members that would be accepted, with what the faults ask to be wrong.
fn members(service: Service, has: &dyn Fn(Fault) -> bool) -> Value {
    let mut members = match service {
        Service::Sts => json!({
            "RoleArn": format!("arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"),
            "RoleSessionName": "session",
        }),
        Service::Organizations => {
            json!({ "Content": DOCUMENT, "Description": "", "Name": "new", "Type": "SERVICE_CONTROL_POLICY" })
        }
        Service::Iam => json!({ "RoleName": "New", "AssumeRolePolicyDocument": DOCUMENT }),
        _ => json!({}),
    };
    if service == Service::Iam {
        members["AssumeRolePolicyDocument"] = json!(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#
        );
    }
    let (wrong, missing, broken, refused) = match service {
        Service::Sts => (
            ("DurationSeconds", json!("long")),
            "RoleSessionName",
            ("ExternalId", json!("x")),
            ("TransitiveTagKeys", json!(["team"])),
        ),
        Service::Organizations => (
            ("Tags", json!("team")),
            "Description",
            ("Name", json!("n".repeat(129))),
            ("Content", json!("{}")),
        ),
        Service::Iam => (
            ("MaxSessionDuration", json!("long")),
            "AssumeRolePolicyDocument",
            ("Description", json!("d".repeat(1_001))),
            ("RoleName", json!("Admin")),
        ),
        Service::CloudTrail => (
            ("StartTime", json!("noon")),
            "",
            ("EventCategory", json!("other")),
            ("NextToken", json!("none")),
        ),
        _ => (("DryRun", json!("maybe")), "", ("", Value::Null), ("RegionName", json!(["nowhere-1"]))),
    };
    for (fault, (name, value)) in
        [(F::WrongType, wrong), (F::BrokenConstraint, broken), (F::RefusedByRule, refused)]
    {
        if has(fault) {
            members[name] = value;
        }
    }
    if has(F::MissingMember) && service == Service::CloudTrail {
        members["LookupAttributes"] = json!([{ "AttributeKey": "EventName" }]);
    } else if has(F::MissingMember) {
        members.as_object_mut().unwrap().remove(missing);
    }
    members
}

fn key(has: &dyn Fn(Fault) -> bool) -> Key {
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

/// The body without its end, or with a byte that is no text.
fn malformed(body: &Bytes) -> Bytes {
    match body.strip_suffix(b"}") {
        Some(json) => Bytes::copy_from_slice(json),
        None => Bytes::from([body, &b"&Malformed=%FF"[..]].concat()),
    }
}

fn request(service: Service, faults: &[Fault]) -> Request<Bytes> {
    let has = |fault| faults.contains(&fault);
    let name = if has(F::UnknownAction) { "NoSuchOperation" } else { representative(service) };
    let mut request = named(service, name, &members(service, &has));
    if has(F::MalformedBody) {
        *request.body_mut() = malformed(request.body());
    }
    if has(F::NoSignature) {
        return request;
    }
    let request = signed(request, &key(&has), service.signing_name(), "us-east-1");
    spoiled(request, has(F::WrongSignature), has(F::MalformedAuthorization))
}

/// The company, and the company with rates.
struct Worlds {
    plain: World,
    with_rates: World,
}

impl Worlds {
    fn answer(&self, service: Service, faults: &[Fault]) -> Answer {
        if !faults.contains(&F::Throttled) {
            return self.plain.send(request(service, faults));
        }
        // Two lookups a second: after half a second there is another token.
        let lookup = operation(service, representative(service));
        throttled(Duration::from_millis(500), || {
            for _ in 0..3 {
                self.with_rates.ask(&MANAGEMENT_ADMIN.key, lookup, &json!({}));
            }
            self.with_rates.send(request(service, faults))
        })
    }
}

#[test]
fn of_two_faults_in_every_service_the_checked_in_one_wins() {
    let with_rates = Setup { throttle: Throttle::Aws, ..Setup::company() }.build();
    let worlds = Worlds { plain: World::company(), with_rates };
    let mut table = String::from(
        "# Requests that are wrong in two ways, and the one error that is answered. First each fault alone.\n\
         # Computed by `precedence_services.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.\n",
    );
    for service in OTHERS {
        let faults: Vec<_> = Fault::ALL.into_iter().filter(|(fault, _)| fault.concerns(service)).collect();
        writeln!(table, "\n{}:{}\n", service.signing_name(), representative(service)).unwrap();
        let told = |faults: &[Fault]| told(&worlds.answer(service, faults), protocol(service));
        table.push_str(&pairs(&faults, can_be_together, told));
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    assert_table("precedence_services.txt", table.trim_end());
}
