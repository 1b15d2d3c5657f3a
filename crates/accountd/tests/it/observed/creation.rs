//! What AWS was observed to answer, as docs/fidelity.md has it under "Organizations account creation", and what
//! Organizations shows of an account's name.

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::cast::*;
use crate::world::{Setup, World, organizations};
use testing::signer::Key;

/// How long a creation takes here; AWS's own time was not recorded.
const TO_CREATE: Duration = Duration::from_secs(60);

fn create(world: &World, email: &str) -> Answer {
    organizations(
        world,
        &MANAGEMENT_ADMIN.key,
        "CreateAccount",
        json!({ "AccountName": "New", "Email": email }),
    )
}

fn status(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["CreateAccountStatus"].clone()
}

fn later(world: &World, created: &Value) -> Value {
    let members = json!({ "CreateAccountRequestId": created["Id"] });
    status(&organizations(world, &MANAGEMENT_ADMIN.key, "DescribeCreateAccountStatus", members))
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.json()["__type"].as_str()), (400, Some(code)), "{}", answer.text());
}

/// O-creation-1: CreateAccount answers IN_PROGRESS without AccountId or CompletedTimestamp; a second one with the same
/// pending address is `ConcurrentModificationException`.
#[test]
fn observed_creation_1_a_creation_is_in_progress_first() {
    let world = World::company();
    let created = status(&create(&world, "new@example.com"));
    assert_eq!(created["State"], "IN_PROGRESS");
    assert_eq!((created.get("AccountId"), created.get("CompletedTimestamp")), (None, None));
    refused(&create(&world, "new@example.com"), "ConcurrentModificationException");
    world.pass(TO_CREATE);
    let done = later(&world, &created);
    assert_eq!(done["State"], "SUCCEEDED");
    assert!(done["AccountId"].is_string() && done["CompletedTimestamp"].is_number());
}

/// O-creation-2: an address in use fails later; five creations at a time; ten accounts by default.
#[test]
fn observed_creation_2_a_creation_may_fail_later_and_has_limits() {
    let by_default = "  id: o-exampleorg\n  account_quota: 10\n";
    let world = World::of(Setup::company().with("  id: o-exampleorg\n", by_default));
    let created = status(&create(&world, "member@EXAMPLE.com"));
    assert_eq!(created["State"], "IN_PROGRESS");
    world.pass(TO_CREATE);
    let failed = later(&world, &created);
    assert_eq!(
        (failed["State"].clone(), failed["FailureReason"].clone()),
        (json!("FAILED"), json!("EMAIL_ALREADY_EXISTS"))
    );
    assert!(failed["CompletedTimestamp"].is_number() && failed.get("AccountId").is_none());
    // The company has five accounts; with five more it has all it may have.
    for number in 0..5 {
        status(&create(&world, &format!("new{number}@example.com")));
    }
    refused(&create(&world, "sixth@example.com"), "TooManyRequestsException");
    world.pass(TO_CREATE);
    let eleventh = create(&world, "eleventh@example.com");
    refused(&eleventh, "ConstraintViolationException");
    assert_eq!(eleventh.json()["Reason"], "ACCOUNT_NUMBER_LIMIT_EXCEEDED");
}

/// O-creation-3: the new member has OrganizationAccountAccessRole: path `/`, trust in the management account,
/// AdministratorAccess, 3600 s.
#[test]
fn observed_creation_3_a_new_member_has_the_access_role() {
    let world = World::company();
    let created = status(&create(&world, "new@example.com"));
    world.pass(TO_CREATE);
    let account = later(&world, &created)["AccountId"].as_str().unwrap().to_owned();
    let documents = world.documents();
    let role = &documents[&format!("role/{account}/organizationaccountaccessrole")];
    assert_eq!(
        (role["path"].clone(), role["max_session_duration_seconds"].clone()),
        (json!("/"), json!(3600))
    );
    assert_eq!(role["attached_policies"], json!(["arn:aws:iam::aws:policy/AdministratorAccess"]));
    let trust = role["trust_policy"].to_string();
    assert!(trust.contains("arn:aws:iam::111111111111:root"), "{trust}");
}

/// O-name-1, O-name-3: Organizations shows the new name at once; the member joined 0.889 s after it was created.
#[test]
fn observed_name_1_organizations_shows_the_name_and_when_it_joined() {
    let world = World::company();
    let created = status(&create(&world, "new@example.com"));
    world.pass(TO_CREATE);
    let account = later(&world, &created)["AccountId"].clone();
    let renamed = world.call(
        &MANAGEMENT_ADMIN,
        "PutAccountName",
        json!({ "AccountId": account, "AccountName": " Renamed " }),
    );
    renamed.is_empty_result();
    let described =
        organizations(&world, &MANAGEMENT_ADMIN.key, "DescribeAccount", json!({ "AccountId": account }));
    assert_eq!(described.json()["Account"]["Name"], "Renamed");
    let stored = &world.documents()[&format!("account/{}", account.as_str().unwrap())]["created_at"];
    let created_at: jiff::Timestamp = stored.as_str().unwrap().parse().unwrap();
    let joined = described.json()["Account"]["JoinedTimestamp"].as_f64().unwrap();
    let between = joined - created_at.as_millisecond() as f64 / 1000.0;
    assert!((between - 0.889).abs() < 0.0015, "{between}");
}

/// F-ORGS-CREATE-7: a management account whose primary contact nobody put gives the one it began with.
#[test]
fn a_contact_that_nobody_put_is_copied_too_f_orgs_create_7() {
    let world = World::company();
    let key = Key { id: "123456789012", secret: "test", token: None };
    let done = |operation: &str, members: Value| {
        let answer = organizations(&world, &key, operation, members);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    };
    done("CreateOrganization", json!({}));
    done("EnableAWSServiceAccess", json!({ "ServicePrincipal": "account.amazonaws.com" }));
    let members =
        json!({ "AccountName": "New", "Email": "new@example.com", "IamUserAccessToBilling": "DENY" });
    let created = done("CreateAccount", members)["CreateAccountStatus"].clone();
    world.pass(TO_CREATE);
    let status = done("DescribeCreateAccountStatus", json!({ "CreateAccountRequestId": created["Id"] }));
    let account = status["CreateAccountStatus"]["AccountId"].clone();
    let root = Caller { key, arn: "arn:aws:iam::123456789012:root", account: "123456789012", unique_id: "" };
    let contact = |members: Value| {
        world.call(&root, "GetContactInformation", members).json()["ContactInformation"].clone()
    };
    let (own, copied) = (contact(json!({})), contact(json!({ "AccountId": account })));
    assert_eq!((&own["FullName"], &copied["FullName"]), (&json!("account-123456789012"), &json!("New")));
    assert_eq!(own["AddressLine1"], copied["AddressLine1"]);
}
