//! Every call of STS, Organizations, IAM, CloudTrail and EC2 leaves its record, accepted or refused, and no
//! secret in it (F-EVENT-7, F-EVENT-9 to 11, F-IAMAPI-LOG-1, F-IAMAPI-READ-1, F-ORGS-EVENT-1,
//! F-STSAPI-30, F-STSAPI-33, F-EC2-9).
//!
//! `audit_services.txt` is what the log shows of each operation.

use std::fmt::Write as _;

use aws::refusal::Refusal;
use serde_json::{Value, json};
use services::service::{Operation, Service};

use crate::answer::{Answer, element};
use crate::audit::{assert_no_secret, expected_members, logged, records_of};
use crate::cast::*;
use crate::requests::members;
use crate::table::{assert_every_operation_has_a_row, assert_table};
use crate::wire::{self, OTHERS, protocol, request};
use crate::world::{PEER, World, signed};

/// Where the calls are signed for. Global services are recorded in us-east-1 all the same.
const REGION: &str = "eu-west-1";

const LEGEND: &str = "\
# What the event log shows of each call. Computed by `audit_services.rs`; written anew with ACCOUNTD_WRITE_TABLES=1.
#
# Each operation is called once by an administrator, with what it needs prepared where that is one call. The columns:
# whether the record calls it a read, the Region (signed for eu-west-1), the error code, the names in requestParameters and
# those in responseElements.
";

/// Who makes the call: Organizations is the management account's.
fn administrator(operation: Operation) -> Caller {
    match operation.service() {
        Service::Organizations => MANAGEMENT_ADMIN,
        // A role of another account: the call is in both logs.
        Service::Sts if operation.name().starts_with("AssumeRo") => MANAGEMENT_ADMIN,
        _ => MEMBER_ADMIN,
    }
}

/// The one call that must have been made before, so that the operation has something to do.
fn before(name: &str) -> Option<&'static str> {
    Some(match name {
        "RemoveUserFromGroup" => "AddUserToGroup",
        "DeleteUserPolicy" | "GetUserPolicy" => "PutUserPolicy",
        "DeleteGroupPolicy" | "GetGroupPolicy" => "PutGroupPolicy",
        "DeleteRolePolicy" | "GetRolePolicy" => "PutRolePolicy",
        "DetachUserPolicy" => "AttachUserPolicy",
        "DetachGroupPolicy" => "AttachGroupPolicy",
        "DetachRolePolicy" => "AttachRolePolicy",
        "DeleteUserPermissionsBoundary" => "PutUserPermissionsBoundary",
        "DeleteRolePermissionsBoundary" => "PutRolePermissionsBoundary",
        "DeletePolicyVersion" | "GetPolicyVersion" | "SetDefaultPolicyVersion" => "CreatePolicyVersion",
        "DeleteAccountAlias" => "CreateAccountAlias",
        "GetCredentialReport" => "GenerateCredentialReport",
        "DeleteAccessKey" | "UpdateAccessKey" | "GetAccessKeyLastUsed" => "CreateAccessKey",
        "DetachPolicy" => "AttachPolicy",
        "DeleteLoginProfile" | "GetLoginProfile" | "UpdateLoginProfile" => "CreateLoginProfile",
        "DeleteAccountPasswordPolicy" | "GetAccountPasswordPolicy" => "UpdateAccountPasswordPolicy",
        "RemoveRoleFromInstanceProfile" => "AddRoleToInstanceProfile",
        "DeleteSSHPublicKey" | "GetSSHPublicKey" | "UpdateSSHPublicKey" => "UploadSSHPublicKey",
        "DeleteSigningCertificate" | "UpdateSigningCertificate" => "UploadSigningCertificate",
        "DeleteServiceSpecificCredential"
        | "ResetServiceSpecificCredential"
        | "UpdateServiceSpecificCredential" => "CreateServiceSpecificCredential",
        "DeleteResourcePolicy" | "DescribeResourcePolicy" => "PutResourcePolicy",
        _ => return None,
    })
}

/// The calls after which there is something of every kind that requests of IAM are about.
const CREATIONS: [&str; 9] = [
    "CreateUser",
    "CreateGroup",
    "CreateRole",
    "CreatePolicy",
    "CreateInstanceProfile",
    "CreateOpenIDConnectProvider",
    "CreateSAMLProvider",
    "UploadServerCertificate",
    "CreateVirtualMFADevice",
];

/// A company whose member has a user, a group, a role and a policy of the name that requests are about, and
/// what else the operation needs; and its members.
fn prepared(operation: Operation, caller: &Caller) -> (World, Value) {
    let world = World::company();
    let mut request = members(operation, caller.account);
    let name = operation.name();
    let ask = |name: &str| {
        let operation = wire::operation(operation.service(), name);
        let answer = world.ask(&caller.key, operation, &members(operation, caller.account));
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        answer
    };
    if operation.service() == Service::Iam {
        for creation in CREATIONS {
            if name != creation {
                ask(creation);
            }
        }
    }
    if let Some(before) = before(name) {
        let answer = ask(before);
        for member in ["AccessKeyId", "CertificateId", "SSHPublicKeyId", "ServiceSpecificCredentialId"] {
            if let Some(id) = element(answer.text(), member) {
                request[member] = json!(id);
            }
        }
    }
    (world, request)
}

/// Which operations only read, by the access levels of the service authorization reference.
fn only_reads(operation: Operation) -> bool {
    let reading = ["Describe", "Get", "List", "Lookup", "Simulate", "Generate"];
    match operation.name() {
        // The examples of IAM's CloudTrail page (F-STSAPI-37).
        "AssumeRole" | "DecodeAuthorizationMessage" => true,
        "AssumeRoot" | "GetSessionToken" | "GetFederationToken" => false,
        name => reading.iter().any(|verb| name.starts_with(verb)),
    }
}

fn region(service: Service) -> &'static str {
    match service {
        Service::Organizations | Service::Iam => "us-east-1",
        _ => REGION,
    }
}

/// The code that the record shows for what the caller was told.
fn recorded_code(operation: Operation, answer: &Answer) -> Option<String> {
    if answer.status == 200 {
        return None;
    }
    let code = answer.code(protocol(operation.service())).expect("a refusal has a code");
    Some(match (operation.service(), code.as_str()) {
        (Service::Ec2, code) => format!("Client.{code}"),
        // Which they are, the rule's own test says (F-EVENT-11).
        (service @ (Service::Iam | Service::Sts), code) => {
            service.recorded_error_code(&Refusal::new(code.to_owned(), 400, "")).into_owned()
        }
        (_, "AccessDeniedException") => "AccessDenied".to_owned(),
        (_, code) => code.to_owned(),
    })
}

fn call(world: &World, caller: &Caller, operation: Operation, members: &Value) -> Answer {
    let scope = operation.service().signing_name();
    world.send(signed(request(operation, members), &caller.key, scope, REGION))
}

/// The record of a call in its caller's log, with everything that must be so whatever the operation.
fn record(world: &World, caller: &Caller, operation: Operation, answer: &Answer) -> Value {
    let name = operation.name();
    let mut records = records_of(world, answer);
    let shared = records.len() > 1;
    let lends = name == "AssumeRole" && answer.status == 200;
    assert_eq!((records.len(), shared), if lends { (2, true) } else { (1, false) }, "{name}");
    let (account, record) = records.remove(0);
    assert_eq!(account.as_deref(), Some(caller.account), "{name}");
    let mut expected = expected_members(answer.status != 200);
    let before =
        |wanted: &str, expected: &[&str]| expected.iter().position(|member| *member == wanted).unwrap();
    // F-STSAPI-42
    if operation.service() == Service::Sts && answer.status == 200 {
        expected.insert(before("requestID", &expected), "additionalEventData");
    }
    let names_organization = ["CreateOrganization", "DescribeOrganization"].contains(&name);
    if name == "AssumeRole" || (names_organization && answer.status == 200) {
        expected.insert(before("eventType", &expected), "resources");
    }
    if shared {
        let at = expected.iter().position(|member| *member == "eventCategory").unwrap();
        expected.insert(at, "sharedEventID");
        assert_eq!(records[0].0.as_deref(), Some(MEMBER));
    }
    let is_told = record.get("errorMessage").is_some();
    expected.retain(|member| *member != "errorMessage" || is_told);
    let members: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, expected, "{name}");
    for (member, value) in [
        ("eventSource", json!(operation.service().event_source())),
        ("eventName", json!(name)),
        ("awsRegion", json!(region(operation.service()))),
        ("sourceIPAddress", json!(PEER)),
        ("readOnly", json!(only_reads(operation))),
        ("eventType", json!("AwsApiCall")),
        ("managementEvent", json!(true)),
        ("recipientAccountId", json!(caller.account)),
    ] {
        assert_eq!(record[member], value, "{member} of {name}");
    }
    assert_eq!(record["userIdentity"]["arn"], caller.arn, "{name}");
    assert_eq!(record.get("errorCode").cloned(), recorded_code(operation, answer).map(Value::from), "{name}");
    assert_eq!(operation.is_read_only(), only_reads(operation), "{name}");
    for (_, record) in world.records() {
        assert_no_secret(name, &record.to_string());
    }
    record
}

/// Secrets that an answer gave away are not in `shown`. Tells how many there are.
fn assert_issued_secrets_are_hidden(answer: &Answer, shown: &str) -> usize {
    let issued = ["SecretAccessKey", "SessionToken", "Password"].map(|name| element(answer.text(), name));
    let issued: Vec<&str> = issued.into_iter().flatten().collect();
    for text in &issued {
        assert!(text.len() >= 8, "a secret is long");
        assert!(!shown.contains(text), "a secret is shown");
    }
    issued.len()
}

fn names(value: &Value) -> String {
    let names: Vec<&str> = value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

fn row(operation: Operation, table: &mut String) {
    let caller = administrator(operation);
    let (world, members) = prepared(operation, &caller);
    let answer = call(&world, &caller, operation, &members);
    let record = record(&world, &caller, operation, &answer);
    for (_, record) in world.records() {
        assert_issued_secrets_are_hidden(&answer, &record.to_string());
    }
    let kind = if record["readOnly"] == true { "read" } else { "write" };
    let (name, region) = (operation.name(), record["awsRegion"].as_str().unwrap());
    let code = record["errorCode"].as_str().unwrap_or("-");
    let (given, shown) = (names(&record["requestParameters"]), names(&record["responseElements"]));
    writeln!(table, "  {name:<46}{kind:<6}{region:<11}{code:<40} {given:<60}{shown}").unwrap();
}

/// F-MFA-13: the table shows no code among the parameters.
#[test]
fn every_call_of_every_service_leaves_one_record_f_event_9() {
    let mut table = LEGEND.to_owned();
    for service in OTHERS {
        writeln!(table, "\n{}", service.signing_name()).unwrap();
        crate::wire::signed_operations(service).into_iter().for_each(|operation| row(operation, &mut table));
    }
    assert_table("audit_services.txt", table.trim_end());
}

/// Operations that need no permission.
const FREE: [&str; 2] = ["GetCallerIdentity", "GetSessionToken"];

#[test]
fn a_refused_call_of_every_service_leaves_one_record_and_changes_nothing() {
    let world = World::company();
    let before = world.documents();
    for operation in OTHERS.into_iter().flat_map(crate::wire::signed_operations) {
        if FREE.contains(&operation.name()) {
            continue;
        }
        let members = members(operation, MEMBER);
        let answer = call(&world, &MEMBER_NOBODY, operation, &members);
        let record = record(&world, &MEMBER_NOBODY, operation, &answer);
        let code =
            if operation.service() == Service::Ec2 { "Client.UnauthorizedOperation" } else { "AccessDenied" };
        assert_eq!(record["errorCode"], code, "{}", operation.name());
        assert_eq!(record["errorMessage"], answer.message(), "{}", operation.name());
        assert_eq!(record["responseElements"], Value::Null, "{}", operation.name());
    }
    assert_eq!(world.documents(), before, "refused calls change nothing");
}

/// F-EDGE-40: what is issued, and what is sensitive in a request, is in no line of the log either.
#[test]
fn no_log_line_of_any_service_shows_a_secret_f_edge_40() {
    let mut requests = Vec::new();
    // The user of the access key comes first, and what closes accounts last.
    let mut operations = vec![wire::operation(Service::Iam, "CreateUser")];
    operations.extend(OTHERS.into_iter().flat_map(crate::wire::signed_operations));
    operations.sort_by_key(|operation| operation.service() == Service::Organizations);
    for operation in operations {
        for caller in [administrator(operation), MEMBER_NOBODY] {
            let request = request(operation, &members(operation, caller.account));
            requests.push(signed(request, &caller.key, operation.service().signing_name(), REGION));
        }
    }
    let (log, answers) = logged(requests);
    assert_no_secret("the log", &log);
    let issued: usize = answers.iter().map(|answer| assert_issued_secrets_are_hidden(answer, &log)).sum();
    // An access key's, and a secret with its token of each of three operations of STS, GetSessionToken's to
    // both callers.
    assert!(issued >= 9, "only {issued} secrets were issued");
    for operation in OTHERS.into_iter().flat_map(crate::wire::signed_operations) {
        assert!(log.contains(operation.name()), "{} is in the log", operation.name());
    }
}

#[test]
fn every_operation_of_every_service_has_a_record() {
    assert_every_operation_has_a_row(include_str!("audit_services.txt"));
}
