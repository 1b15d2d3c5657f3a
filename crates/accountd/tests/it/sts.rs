//! GetCallerIdentity for every kind of caller, and what keeps a role from being assumed.

use accountd::store::Decided;
use aws::protocol::Protocol;
use serde_json::{Value, json};
use services::organizations::model::PolicyType;
use services::service::Service;
use services::state::organization::{Membership, Organization, OrganizationId, OrganizationPolicy};
use services::world::Snapshot;

use crate::answer::element;
use crate::cast::*;
use crate::wire;
use crate::world::{World, post, signed};
use testing::signer::{Key, Scope, escaped, sign};

#[test]
fn every_kind_of_caller_learns_who_it_is() {
    let world = World::company();
    for caller in
        [MANAGEMENT_ROOT, MEMBER_ROOT, MANAGEMENT_ADMIN, MEMBER_ADMIN, MEMBER_PROBE, MEMBER_OPERATIONS]
    {
        let answer = world.caller_identity(&caller.key, "us-east-1");
        let id = answer.header("x-amzn-requestid").unwrap();
        let expected = format!(
            "\
<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
  <GetCallerIdentityResult>
    <UserId>{}</UserId>
    <Account>{}</Account>
    <Arn>{}</Arn>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>{id}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
",
            caller.unique_id, caller.account, caller.arn
        );
        assert_eq!((answer.status, answer.text()), (200, expected.as_str()));
        assert_eq!(answer.header("content-type"), Some("text/xml"));
    }
}

/// F-WIRE-36
#[test]
fn who_asks_for_json_gets_json_f_wire_36() {
    let world = World::company();
    let ask = |action: &str| {
        let body = format!("Action={action}&Version=2011-06-15");
        let mut request = post("/", "application/x-www-form-urlencoded", &body);
        request.headers_mut().insert("accept", http::HeaderValue::from_static("application/json"));
        world.send(signed(request, &MEMBER_ADMIN.key, "sts", "us-east-1"))
    };
    let answer = ask("GetCallerIdentity").json();
    let result = &answer["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
    assert_eq!(result["Arn"], MEMBER_ADMIN.arn);
    let session = ask("GetSessionToken").json();
    let credentials = &session["GetSessionTokenResponse"]["GetSessionTokenResult"]["Credentials"];
    assert!(credentials["Expiration"].is_number(), "{session}");
    let refusal = ask("AssumeRole");
    assert_eq!((refusal.status, &refusal.json()["Error"]["Code"]), (400, &json!("ValidationError")));
}

/// F-SIG-15: clients send these without a signature. One is answered, one is not.
#[test]
fn operations_that_take_no_signature_are_taken_without_one_f_sig_15() {
    let world = World::company();
    for (name, text) in [
        ("AssumeRoleWithSAML", "accountd does not answer sts:AssumeRoleWithSAML."),
        ("AssumeRoleWithWebIdentity", "3 validation errors detected: Value null at 'roleArn'"),
    ] {
        let body = format!("Action={name}&Version=2011-06-15");
        let answer = world.send(post("/", "application/x-www-form-urlencoded", &body));
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.message().starts_with(text), "{name}: {}", answer.message());
    }
    let answer =
        world.send(post("/", "application/x-www-form-urlencoded", "Action=AssumeRoot&Version=2011-06-15"));
    assert_eq!(answer.code(Protocol::Query).as_deref(), Some("MissingAuthenticationToken"));
}

/// F-SIG-5
#[test]
fn a_clock_may_be_fifteen_minutes_off_at_sts_and_five_elsewhere() {
    let world = World::company();
    let ask = |service: &'static str, body: &str, minutes: i64| {
        let mut request = post("/", "application/x-www-form-urlencoded", body);
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
        sign(&mut request, &MEMBER_ADMIN.key, &Scope { region: "us-east-1", service, at });
        world.send(request)
    };
    let identity = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(ask("sts", identity, 14).status, 200);
    let late = ask("sts", identity, 16);
    assert_eq!(late.code(Protocol::Query).as_deref(), Some("SignatureDoesNotMatch"));
    assert!(late.message().ends_with(" - 15 min.)"), "{}", late.message());
    let late = ask("iam", "Action=ListUsers&Version=2010-05-08", 6);
    assert!(late.message().ends_with(" - 5 min.)"), "{}", late.message());
}

/// It needs no permission, and no policy takes it away: not even a service control policy.
#[test]
fn whoever_may_do_nothing_else_may_ask_who_it_is() {
    let world = World::company();
    for caller in [MEMBER_NOBODY, LOCKED_ADMIN, ELSEWHERE_ADMIN] {
        let answer = world.caller_identity(&caller.key, "eu-west-1");
        assert_eq!(element(answer.text(), "Arn"), Some(caller.arn));
    }
}

/// The well-known credentials: `test` is the root user of account 000000000000, 12 digits that of their account.
#[test]
fn the_well_known_credentials_are_root_users() {
    let world = World::company();
    for (id, account) in [("test", "000000000000"), ("123456789012", "123456789012")] {
        let answer = world.caller_identity(&Key { id, secret: "test", token: None }, "us-east-1");
        assert_eq!(element(answer.text(), "Account"), Some(account));
        assert_eq!(element(answer.text(), "Arn"), Some(format!("arn:aws:iam::{account}:root").as_str()));
    }
}

/// Refusals in the words of the Query services.
#[test]
fn credentials_that_are_wrong_are_refused_in_the_words_of_sts() {
    let world = World::company();
    let unknown = Key { id: "AKIANOBODYKNOWSTHIS0", ..MEMBER_ADMIN.key };
    let wrong = Key { secret: "another-secret", ..MEMBER_ADMIN.key };
    let without_token = Key { token: None, ..MEMBER_PROBE.key };
    for (key, code) in [
        (unknown, "InvalidClientTokenId"),
        (wrong, "SignatureDoesNotMatch"),
        (without_token, "InvalidClientTokenId"),
        (MANAGEMENT_ENDED.key, "ExpiredToken"),
        // F-ORGS-CLOSE-7: nobody of a suspended account is known.
        (SUSPENDED_ADMIN.key, "InvalidClientTokenId"),
    ] {
        let answer = world.caller_identity(&key, "us-east-1");
        assert_eq!((answer.status, element(answer.text(), "Code")), (403, Some(code)));
        assert_eq!(element(answer.text(), "Type"), Some("Sender"));
    }
}

fn assume(world: &World, account: &str) -> crate::answer::Answer {
    let role = escaped(&format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole"));
    let body = format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=probe&RoleArn={role}");
    let request = post("/", "application/x-www-form-urlencoded", &body);
    world.send(signed(request, &MANAGEMENT_ADMIN.key, "sts", "us-east-1"))
}

/// F-STSAPI-5: a suspended account lends no roles.
#[test]
fn a_suspended_account_lends_no_roles_f_stsapi_5() {
    let world = World::company();
    assert_eq!(assume(&world, DELEGATE).status, 200);
    let answer = assume(&world, SUSPENDED);
    assert_eq!((answer.status, element(answer.text(), "Code")), (403, Some("AccessDenied")));
}

/// F-STSAPI-9: a resource control policy of the role's account binds whoever would assume the role.
#[test]
fn a_resource_control_policy_guards_the_roles_of_its_account_f_stsapi_9() {
    let world = World::company();
    let guard = |snapshot: &dyn Snapshot| {
        let mut world = services::world::World::new(snapshot);
        let delegate = DELEGATE.parse().expect("an account id");
        let organization = world.get::<Organization>(OrganizationId("o-exampleorg"))?.expect("the company's");
        let mut organization = Organization::clone(&organization);
        organization.enabled_policy_types.insert(PolicyType::ResourceControlPolicy);
        let membership = world.get::<Membership>(delegate)?.expect("a member");
        let mut membership = Membership::clone(&membership);
        membership.policies.attach("p-guarded0");
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}"#;
        let policy: OrganizationPolicy = serde_json::from_value(serde_json::json!({
            "id": "p-guarded0", "organization_id": "o-exampleorg", "kind": "RESOURCE_CONTROL_POLICY",
            "name": "guard", "document": document
        }))
        .unwrap();
        world.save(organization);
        world.put(delegate, membership);
        world.save(policy);
        Ok(Decided { value: (), changes: world.into_reads_and_writes(), events: Vec::new() })
    };
    world.block_on(world.store.transact(guard)).unwrap();
    let answer = assume(&world, DELEGATE);
    assert_eq!((answer.status, element(answer.text(), "Code")), (403, Some("AccessDenied")));
    assert!(answer.message().contains("resource control policy"), "{}", answer.message());
    // Roles of other accounts are not bound by it.
    assert_eq!(assume(&world, LOCKED).status, 200);
}

/// F-STSAPI-41: managed session policies are those of the account whose session it becomes, by their exact ARN, and AWS's.
#[test]
fn managed_session_policies_are_of_the_sessions_account_f_stsapi_41() {
    let world = World::company();
    let ask = |operation: &str, mut members: Value, policy: &str| {
        members["PolicyArns"] = json!([{ "arn": policy }]);
        let answer = world.ask(&MANAGEMENT_ADMIN.key, wire::operation(Service::Sts, operation), &members);
        if answer.status == 200 { None } else { answer.code(Protocol::Query).zip(Some(answer.message())) }
    };
    let of_aws = "arn:aws:iam::aws:policy/AdministratorAccess";
    let of_member = "arn:aws:iam::222222222222:policy/reads-only";
    let role = |account: &str, name: &str| json!({ "RoleArn": format!("arn:aws:iam::{account}:role/{name}"), "RoleSessionName": "probe" });
    let in_member = role(MEMBER, "OrganizationAccountAccessRole");
    let in_management = role(MANAGEMENT, "Admin");
    let federated = json!({ "Name": "probe" });
    let absent = |policy: &str| {
        let message = format!("Policy {policy} does not exist or is not attachable.");
        Some(("MalformedPolicyDocument".to_owned(), message))
    };
    assert_eq!(ask("AssumeRole", in_member.clone(), of_member), None);
    for (operation, members) in
        [("AssumeRole", &in_member), ("AssumeRole", &in_management), ("GetFederationToken", &federated)]
    {
        assert_eq!(ask(operation, members.clone(), of_aws), None, "{operation} {members}");
        // Neither a path, nor a name in another case, nor an account that is not the session's.
        for policy in [
            "arn:aws:iam::222222222222:policy/other/path/reads-only",
            "arn:aws:iam::222222222222:policy/Reads-Only",
            "arn:aws:iam::222222222222:policyreads-only",
            "arn:aws:iam::111111111111:policy/reads-only",
        ] {
            assert_eq!(ask(operation, members.clone(), policy), absent(policy), "{operation} {members}");
        }
    }
    // One that is there, of an account that the caller has nothing to do with, is as absent as one that is not.
    for (operation, members) in [("AssumeRole", in_management), ("GetFederationToken", federated)] {
        assert_eq!(ask(operation, members, of_member), absent(of_member), "{operation}");
    }
}
