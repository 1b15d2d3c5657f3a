//! Requests to STS, Organizations, IAM, CloudTrail and EC2 that are wrong in two ways at once: which error
//! wins.
//!
//! One operation stands for each service. The order of the steps in `crates/accountd/src/service/mod.rs`
//! decides, and for STS and IAM that they look at the model's constraints before they ask who may (F-ORDER-2,
//! F-STSAPI-1, F-IAMAPI-VAL-3); `precedence_services.txt` shows what comes of it.

use std::fmt::Write as _;
use std::time::Duration;

use accountd::configuration::Throttle;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use services::service::Service;

use crate::answer::Answer;
use crate::cast::*;
use crate::faults::{Fault, Fault as F, key, pairs, spoiled, throttled, told};
use crate::requests::DOCUMENT;
use crate::table::assert_table;
use crate::wire::{OTHERS, named, operation, protocol};
use crate::world::{Setup, World, signed};

/// What can be wrong with a request to the service.
fn faults(service: Service) -> Vec<Fault> {
    let all = [
        F::NoSignature,
        F::MalformedAuthorization,
        F::UnknownKey,
        F::WrongSignature,
        F::ExpiredToken,
        F::UnknownOperation,
        F::Throttled,
        F::MalformedBody,
        F::WrongType,
        F::NoPermission,
        F::MissingMember,
        F::BrokenConstraint,
        F::CallerIsMember,
        F::RefusedByRule,
    ];
    let concerns = |fault: &Fault| match fault {
        // Only CloudTrail's rate is published per operation.
        F::Throttled => service == Service::CloudTrail,
        // EC2's model requires and constrains nothing.
        // And nothing is required of a call of GetResources.
        F::MissingMember => !matches!(service, Service::Ec2 | Service::Tagging),
        F::BrokenConstraint => service != Service::Ec2,
        F::CallerIsMember => service == Service::Organizations,
        _ => true,
    };
    all.into_iter().filter(concerns).collect()
}

/// The operation that stands for the service. Each has a member for every fault.
fn representative(service: Service) -> &'static str {
    match service {
        Service::Sts => "AssumeRole",
        Service::Organizations => "CreatePolicy",
        Service::Iam => "CreateRole",
        Service::CloudTrail => "LookupEvents",
        Service::Ec2 => "DescribeRegions",
        Service::Tagging => "GetResources",
        Service::ServiceQuotas => "RequestServiceQuotaIncrease",
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
        Service::ServiceQuotas => {
            json!({ "ServiceCode": "iam", "QuotaCode": "L-FE177D64", "DesiredValue": 2000.0 })
        }
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
        Service::Tagging => (
            ("TagFilters", json!("team")),
            "",
            ("ResourceARNList", json!([])),
            ("ExcludeCompliantResources", json!(true)),
        ),
        Service::ServiceQuotas => (
            ("SupportCaseAllowed", json!("maybe")),
            "DesiredValue",
            ("QuotaCode", json!("q".repeat(129))),
            ("ContextId", json!("context")),
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

/// The body without its end, or with a byte that is no text.
fn malformed(body: &Bytes) -> Bytes {
    match body.strip_suffix(b"}") {
        Some(json) => Bytes::copy_from_slice(json),
        None => Bytes::from([body, &b"&Malformed=%FF"[..]].concat()),
    }
}

fn request(service: Service, faults: &[Fault]) -> Request<Bytes> {
    let has = |fault| faults.contains(&fault);
    let name = if has(F::UnknownOperation) { "NoSuchOperation" } else { representative(service) };
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
    let with_rates = World::of(Setup { throttle: Throttle::Aws, ..Setup::company() });
    let worlds = Worlds { plain: World::company(), with_rates };
    let mut table = String::from(
        "# Requests that are wrong in two ways, and the one error that is answered. First each fault alone.\n\
         # Computed by `precedence_services.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.\n",
    );
    for service in OTHERS {
        writeln!(table, "\n{}:{}\n", service.signing_name(), representative(service)).unwrap();
        let told = |faults: &[Fault]| told(&worlds.answer(service, faults), protocol(service));
        table.push_str(&pairs(&faults(service), told));
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    assert_table("precedence_services.txt", table.trim_end());
}
