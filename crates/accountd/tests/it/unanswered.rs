//! Calls for services and operations that are not here: each is told so by name, in the shape that its client reads, and
//! leaves nothing in the event log.

use aws::protocol::Protocol;
use bytes::Bytes;
use http::Request;
use serde_json::json;
use testing::signer::Key;

use crate::answer::{Answer, element};
use crate::audit::logged;
use crate::cast::*;
use crate::world::{World, post, signed};

const CODE: &str = "UnsupportedOperationException";

/// A request for a service that is not here, and the name under which it is refused.
struct Asked {
    service: &'static str,
    request: Request<Bytes>,
    name: &'static str,
}

fn get(path: &str) -> Request<Bytes> {
    let request = Request::get(format!("http://localhost:4566{path}")).header("host", "localhost:4566");
    request.body(Bytes::new()).unwrap()
}

fn by_target(target: &str, kind: &str) -> Request<Bytes> {
    let mut request = post("/", kind, "{}");
    request.headers_mut().insert("x-amz-target", target.parse().unwrap());
    request
}

fn asked() -> Vec<Asked> {
    let form = "application/x-www-form-urlencoded";
    let asked = |service, request, name| Asked { service, request, name };
    vec![
        asked("lambda", get("/2015-03-31/functions/"), "lambda:ListFunctions"),
        asked(
            "controltower",
            post("/list-landingzones", "application/json", "{}"),
            "controltower:ListLandingZones",
        ),
        asked("s3", get("/"), "s3:ListBuckets"),
        asked(
            "cloudformation",
            post("/", form, "Action=DescribeStacks&Version=2010-05-15"),
            "cloudformation:DescribeStacks",
        ),
        asked("ssm", by_target("AmazonSSM.GetParameter", "application/x-amz-json-1.1"), "ssm:GetParameter"),
        asked(
            "dynamodb",
            by_target("DynamoDB_20120810.ListTables", "application/x-amz-json-1.0"),
            "dynamodb:ListTables",
        ),
        asked(
            "sso",
            by_target("SWBExternalService.ListInstances", "application/x-amz-json-1.1"),
            "sso:ListInstances",
        ),
        asked(
            "budgets",
            by_target("AWSBudgetServiceGateway.DescribeBudgets", "application/x-amz-json-1.1"),
            "budgets:DescribeBudgets",
        ),
    ]
}

/// The code where the client looks for it.
fn code(answer: &Answer) -> Option<String> {
    let kind = answer.header("content-type").unwrap();
    match kind {
        "application/json" => answer.code(Protocol::RestJson),
        "text/xml" | "application/xml" => element(answer.text(), "Code").map(str::to_owned),
        _ => answer.code(Protocol::AwsJson11),
    }
}

/// F-NOSUP-3, F-NOSUP-4, F-NOSUP-6.
#[test]
fn a_service_that_is_not_here_is_named_and_leaves_no_record_f_nosup_3_f_nosup_6() {
    let world = World::company();
    for Asked { service, request, name } in asked() {
        let signed_for = signed(request.clone(), &MEMBER_ADMIN.key, service, "eu-west-1");
        let nobody = Key { id: "AKIANOBODYKNOWSTHIS0", ..MEMBER_ADMIN.key };
        for request in [signed_for, signed(request, &nobody, service, "us-east-1")] {
            let (answer, summary) = world.answer(request);
            assert_eq!(answer.status, 400, "{name}");
            assert_eq!(code(&answer).as_deref(), Some(if service == "s3" { "NotImplemented" } else { CODE }));
            assert!(
                answer.text().contains(&format!("accountd does not answer {name}.")),
                "{}",
                answer.text()
            );
            let found = summary.unanswered.expect("a name");
            assert_eq!(format!("{}:{}", found.service, found.operation), name);
        }
    }
    assert_eq!(world.records().len(), 0);
}

/// F-NOSUP-6: so do operations of a service that is here.
#[test]
fn an_operation_that_is_not_here_is_named_and_leaves_no_record_f_nosup_6() {
    let world = World::company();
    let key = &MEMBER_ADMIN.key;
    let trail = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.";
    let json = "application/x-amz-json-1.1";
    let form = "application/x-www-form-urlencoded";
    let iam = |action: &str| post("/", form, &format!("Action={action}&Version=2010-05-08"));
    let old_ec2 = post("/", form, "Action=DescribeVpcs&Version=2014-10-01");
    for (service, request, name) in [
        ("cloudtrail", by_target(&format!("{trail}ListChannels"), json), "cloudtrail:ListChannels"),
        ("cloudtrail", by_target(&format!("{trail}NoSuchThing"), json), "cloudtrail:NoSuchThing"),
        ("iam", iam("GetHumanReadableSummary"), "iam:GetHumanReadableSummary"),
        ("iam", iam("NoSuchThing"), "iam:NoSuchThing"),
        ("iam", iam("a+name+with+blanks"), "iam:-"),
        ("ec2", old_ec2, "ec2:DescribeVpcs"),
    ] {
        let (answer, summary) = world.answer(signed(request, key, service, "us-east-1"));
        assert_eq!(answer.status, 400);
        let found = summary.unanswered.expect("a name");
        assert_eq!(format!("{}:{}", found.service, found.operation), name);
    }
    let (_, summary) = world.answer(signed(post("/listRegions", json, "{}"), key, "account", "us-east-1"));
    assert_eq!(summary.unanswered, None);
    assert_eq!(world.records().len(), 1);
}

#[test]
fn an_operation_behind_a_prefix_needs_the_scope_of_its_service_f_route_4() {
    let world = World::company();
    let ask = |path: &str, service: &'static str| {
        world.send(signed(post(path, "application/json", "{}"), &MEMBER_ADMIN.key, service, "us-east-1"))
    };
    assert_eq!(ask("/prefix/listRegions", "account").status, 200);
    ask("/prefix/listRegions/more", "account").says(
        403,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    );
    ask("/prefix/listRegions", "lambda").says(
        400,
        CODE,
        "accountd does not answer lambda (POST /prefix/listRegions).",
    );
}

/// F-EC2-11.
#[test]
fn older_versions_of_ec2_are_answered_in_its_shape_f_ec2_11() {
    let world = World::company();
    let ask = |parameters: &str| {
        let request = post("/", "application/x-www-form-urlencoded", parameters);
        world.send(signed(request, &MEMBER_ADMIN.key, "ec2", "us-east-1"))
    };
    let answer = ask("Action=DescribeRegions&Version=2014-10-01");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let newest = ask("Action=DescribeRegions&Version=2016-11-15");
    let regions = element(answer.text(), "regionInfo").expect("a list");
    assert_eq!(Some(regions), element(newest.text(), "regionInfo"));
    let refused = ask("Action=DescribeVpcs&Version=2013-02-01");
    assert_eq!(
        element(refused.text(), "Errors").and_then(|it| element(it, "Code")),
        Some("UnsupportedOperation")
    );
}

/// F-EDGE-40: the log names what is not here, as far as a caller's text has the form of a name.
#[test]
fn the_log_names_what_is_not_here_f_edge_40() {
    let key = &MEMBER_ADMIN.key;
    let planted = by_target("AmazonSSM.Get Parameter", "application/x-amz-json-1.1");
    let requests = vec![
        signed(get("/2015-03-31/functions/"), key, "lambda", "us-east-1"),
        signed(planted, key, "ssm", "us-east-1"),
    ];
    let (log, answers) = logged(requests);
    assert!(log.contains(r#"service="lambda" operation="ListFunctions""#), "{log}");
    assert!(log.contains(r#"service="ssm" operation="-""#), "{log}");
    assert!(!log.contains("Get Parameter"), "{log}");
    assert!(answers.iter().all(|answer| answer.status == 400));
    assert_eq!(answers[0].json(), json!({ "message": "accountd does not answer lambda:ListFunctions." }));
}
