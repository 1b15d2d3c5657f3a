//! Every call leaves its record: one for the caller's account, one more for the target's where AWS says so, in the
//! recorded shape, with the change it describes, and without a secret (F-EVENT-1 to F-EVENT-7).

use std::sync::{Arc, Mutex};

use accountd::store::Decided;
use serde_json::{Value, json};
use services::account::model::Operation;
use services::world::{EventQuery, ReadsAndWrites, Snapshot};

use crate::answer::Answer;
use crate::cast::*;
use crate::requests::{PLANTED, PLANTED_EMAIL};
use crate::world::{PEER, World, rest_json};

/// Texts that stand for everything the model calls sensitive. None may be seen anywhere.
const PLANTED_PHONE: &str = "+99 888 777 666";
const PLANTED_OTP: &str = "ZnzbR7";

/// One operation: members that are accepted after `prepare`, with secrets wherever the model has room for them.
struct Case {
    operation: Operation,
    caller: Caller,
    members: Value,
    /// What the record shows as `requestParameters`.
    shown: Value,
}

const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

fn contact(text: &str, phone: &str) -> Value {
    json!({
        "FullName": text, "AddressLine1": text, "AddressLine2": text, "AddressLine3": text, "City": text,
        "StateOrRegion": text, "DistrictOrCounty": text, "PostalCode": text,
        "CountryCode": if text == HIDDEN { HIDDEN } else { "ZZ" }, "PhoneNumber": phone, "CompanyName": text,
        "WebsiteUrl": text
    })
}

/// The case of an operation; a match, so that an operation without one does not compile.
fn case(operation: Operation, world: &World) -> Case {
    use Operation as O;
    let target = json!({ "AccountId": MEMBER });
    let of_type = json!({ "AlternateContactType": "SECURITY" });
    let region = |name: &str| json!({ "RegionName": name });
    let (caller, members, shown) = match operation {
        O::GetAlternateContact | O::DeleteAlternateContact => (MEMBER_PROBE, of_type.clone(), of_type),
        O::PutAlternateContact => (
            MEMBER_PROBE,
            json!({
                "AlternateContactType": "SECURITY", "Name": PLANTED, "Title": PLANTED,
                "EmailAddress": PLANTED_EMAIL, "PhoneNumber": PLANTED_PHONE
            }),
            json!({
                "Name": HIDDEN, "Title": HIDDEN, "EmailAddress": HIDDEN, "PhoneNumber": HIDDEN,
                "AlternateContactType": "SECURITY"
            }),
        ),
        O::GetContactInformation | O::GetAccountInformation | O::SendPhoneNumberVerification => {
            (MEMBER_PROBE, json!({}), Value::Null)
        }
        O::PutContactInformation => (
            MEMBER_PROBE,
            json!({ "ContactInformation": contact(PLANTED, PLANTED_PHONE) }),
            json!({ "ContactInformation": contact(HIDDEN, HIDDEN) }),
        ),
        O::PutAccountName => {
            (MEMBER_PROBE, json!({ "AccountName": PLANTED }), json!({ "AccountName": HIDDEN }))
        }
        O::GetGovCloudAccountInformation => (MANAGEMENT_ADMIN, json!({}), Value::Null),
        O::ListRegions => (MEMBER_PROBE, json!({ "MaxResults": 3 }), json!({ "MaxResults": 3 })),
        O::GetRegionOptStatus | O::EnableRegion => (MEMBER_PROBE, region("af-south-1"), region("af-south-1")),
        O::DisableRegion => (MEMBER_PROBE, region("ca-west-1"), region("ca-west-1")),
        O::GetPrimaryEmail | O::GetPrimaryEmailUpdateStatus => (MANAGEMENT_ADMIN, target.clone(), target),
        O::StartPrimaryEmailUpdate => (
            MANAGEMENT_ADMIN,
            json!({ "AccountId": MEMBER, "PrimaryEmail": PLANTED_EMAIL }),
            json!({ "AccountId": MEMBER, "PrimaryEmail": HIDDEN }),
        ),
        O::AcceptPrimaryEmailUpdate => (
            MANAGEMENT_ADMIN,
            json!({ "AccountId": MEMBER, "PrimaryEmail": PLANTED_EMAIL, "Otp": world.newest_code() }),
            json!({ "AccountId": MEMBER, "PrimaryEmail": HIDDEN, "Otp": HIDDEN }),
        ),
        O::VerifyPhoneNumber => {
            (MEMBER_PROBE, json!({ "Otp": world.newest_code() }), json!({ "Otp": HIDDEN }))
        }
    };
    Case { operation, caller, members, shown }
}

/// What must have happened so that the operation's case is accepted.
fn prepare(operation: Operation, world: &World) {
    use Operation as O;
    let before = match operation {
        O::GetAlternateContact | O::DeleteAlternateContact => O::PutAlternateContact,
        O::AcceptPrimaryEmailUpdate | O::GetPrimaryEmailUpdateStatus => O::StartPrimaryEmailUpdate,
        O::VerifyPhoneNumber => O::SendPhoneNumberVerification,
        O::DisableRegion => {
            let answer = world.call(&MEMBER_PROBE, "EnableRegion", json!({ "RegionName": "ca-west-1" }));
            answer.is_empty_result();
            return world.pass(std::time::Duration::from_secs(120));
        }
        _ => return,
    };
    let case = case(before, world);
    assert_eq!(world.call(&case.caller, before.name(), case.members).status, 200);
}

pub fn request_id(answer: &Answer) -> String {
    answer.header("x-amzn-requestid").expect("every answer has an id").to_owned()
}

/// The records of one call, with the account each is for.
pub fn records_of(world: &World, answer: &Answer) -> Vec<(Option<String>, Value)> {
    let id = request_id(answer);
    world.records().into_iter().filter(|(_, record)| record["requestID"] == id.as_str()).collect()
}

/// The recorded members in the recorded order; those of an error and of a shared event stand where the reference
/// lists them.
pub fn expected_members(refused: bool) -> Vec<&'static str> {
    let mut members = vec![
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
    ];
    if refused {
        members.extend(["errorCode", "errorMessage"]);
    }
    members.extend([
        "requestParameters",
        "responseElements",
        "requestID",
        "eventID",
        "readOnly",
        "eventType",
        "managementEvent",
        "recipientAccountId",
        "eventCategory",
    ]);
    members
}

fn assert_shape(record: &Value, case: &Case, refused: bool) {
    let name = case.operation.name();
    let members: Vec<_> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, expected_members(refused), "{name}");
    assert_eq!(record["eventVersion"], "1.11");
    assert_eq!(record["eventSource"], "account.amazonaws.com");
    assert_eq!(record["eventName"], name);
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["sourceIPAddress"], PEER);
    assert_eq!(record["userAgent"], "tests/1.0");
    assert_eq!(record["userIdentity"]["arn"], case.caller.arn);
    assert_eq!(record["userIdentity"]["accessKeyId"], case.caller.key.id);
    assert_eq!(record["recipientAccountId"], case.caller.account);
    assert_eq!(record["readOnly"], case.operation.shape().read_only, "{name}");
    assert_eq!(record["responseElements"], Value::Null);
    assert_eq!(record["eventType"], "AwsApiCall");
    assert!(record["eventTime"].as_str().unwrap().starts_with("2090-06-15T12:"), "service time");
}

#[test]
fn an_accepted_call_leaves_one_record_f_event_5() {
    for &operation in Operation::ALL {
        let world = World::company();
        prepare(operation, &world);
        let case = case(operation, &world);
        let answer = world.call(&case.caller, operation.name(), case.members.clone());
        assert_eq!(answer.status, 200, "{}: {}", operation.name(), answer.text());
        let records = records_of(&world, &answer);
        assert_eq!(records.len(), 1, "{}", operation.name());
        let (account, record) = &records[0];
        assert_eq!(account.as_deref(), Some(case.caller.account));
        assert_shape(record, &case, false);
        assert_eq!(record["requestParameters"], case.shown, "{}", operation.name());
    }
}

#[test]
fn a_refused_call_leaves_one_record_and_changes_nothing() {
    for &operation in Operation::ALL {
        let world = World::company();
        prepare(operation, &world);
        let mut case = case(operation, &world);
        case.caller = MEMBER_NOBODY;
        if let Some(members) = case.members.as_object_mut() {
            members.remove("AccountId");
        }
        let before = world.documents();
        let answer = world.call(&case.caller, operation.name(), case.members.clone());
        assert_eq!(answer.status, 403, "{}: {}", operation.name(), answer.text());
        assert_eq!(world.documents(), before, "{}", operation.name());
        let records = records_of(&world, &answer);
        assert_eq!(records.len(), 1, "{}", operation.name());
        let (account, record) = &records[0];
        assert_eq!(account.as_deref(), Some(MEMBER));
        assert_shape(record, &case, true);
        assert_eq!(record["errorCode"], "AccessDenied");
        assert_eq!(record["errorMessage"], answer.message());
    }
}

/// F-EVENT-3: what was not authenticated is in the log of no account.
#[test]
fn a_call_of_nobody_is_recorded_for_no_account_f_event_3() {
    let world = World::company();
    for (key_id, request) in [
        (Some("AKIANOBODYKNOWSTHIS0"), {
            let key = testing::signer::Key { id: "AKIANOBODYKNOWSTHIS0", ..MEMBER_ADMIN.key };
            rest_json(&key, "ListRegions", "{}")
        }),
        (None, crate::world::post("/listRegions", "application/json", "{}")),
    ] {
        let answer = world.send(request);
        assert_eq!(answer.status, 403);
        let records = records_of(&world, &answer);
        assert_eq!(records.len(), 1);
        let (account, record) = &records[0];
        assert_eq!(*account, None);
        assert_eq!(record["userIdentity"]["type"], "Unknown");
        assert_eq!(record["userIdentity"].get("accessKeyId").and_then(Value::as_str), key_id);
        assert_eq!(record.get("recipientAccountId"), None);
        assert_eq!(record["eventName"], "ListRegions");
    }
}

/// F-EVENT-4: a Region that was switched in organizations mode is in the target's log too, under one shared id.
#[test]
fn a_region_switch_is_recorded_in_the_target_too_f_event_4() {
    let world = World::company();
    let members = json!({ "RegionName": "af-south-1", "AccountId": MEMBER });
    let enabled = world.call(&MANAGEMENT_ADMIN, "EnableRegion", members.clone());
    enabled.is_empty_result();
    let records = records_of(&world, &enabled);
    let recipients: Vec<_> = records.iter().map(|(account, _)| account.as_deref().unwrap()).collect();
    assert_eq!(recipients, [MANAGEMENT, MEMBER]);
    let shared = records[0].1["sharedEventID"].as_str().expect("an id");
    assert_eq!(records[1].1["sharedEventID"], shared);
    assert_ne!(records[0].1["eventID"], records[1].1["eventID"]);
    assert_eq!(records[1].1["recipientAccountId"], MEMBER);
    // Refused, it was no switch; asked by the account itself, both are one.
    let refused = world.call(&MANAGEMENT_ADMIN, "DisableRegion", members);
    assert_eq!((refused.status, records_of(&world, &refused).len()), (409, 1));
}

/// The record of a change is there as soon as the change is, without anybody asking for the log to be written.
#[test]
fn the_record_commits_with_its_change() {
    let world = World::company();
    let answer = world.call(&MEMBER_PROBE, "PutAccountName", json!({ "AccountName": "New" }));
    let look = |snapshot: &dyn Snapshot| {
        let query = EventQuery::newest(MEMBER.parse().unwrap(), 10);
        let value = snapshot.events(&query)?;
        Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
    };
    let events = world.block_on(world.store.transact(look)).unwrap();
    let events: Vec<Value> =
        events.iter().map(|event| serde_json::from_str(&event.record).unwrap()).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["requestID"], request_id(&answer));
}

/// F-EVENT-2: what a client calls itself is cut at 1024 bytes.
#[test]
fn a_long_user_agent_is_cut_f_event_2() {
    let world = World::company();
    let mut request = crate::world::post("/listRegions", "application/json", "{}");
    request.headers_mut().insert("user-agent", "u".repeat(1500).parse().unwrap());
    let answer = world.send(crate::world::signed(request, &MEMBER_PROBE.key, "account", "us-east-1"));
    let records = records_of(&world, &answer);
    assert_eq!(records[0].1["userAgent"], "u".repeat(1024));
}

/// F-EVENT-7: STS is recorded in the Region that was asked, Account Management in us-east-1.
#[test]
fn a_call_is_recorded_where_its_service_is_f_event_7() {
    let world = World::company();
    let asked = world.caller_identity(&MEMBER_PROBE.key, "eu-west-1");
    assert_eq!(records_of(&world, &asked)[0].1["awsRegion"], "eu-west-1");
    let request = crate::world::post("/listRegions", "application/json", "{}");
    let listed = world.send(crate::world::signed(request, &MEMBER_PROBE.key, "account", "us-east-1"));
    assert_eq!(records_of(&world, &listed)[0].1["awsRegion"], "us-east-1");
}

/// What `tracing` would write.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[track_caller]
pub fn assert_no_secret(what: &str, text: &str) {
    let text = text.to_lowercase();
    for secret in [PLANTED, PLANTED_EMAIL, PLANTED_PHONE, PLANTED_OTP, "secret.example"] {
        assert!(!text.contains(&secret.to_lowercase()), "{what} shows {secret}");
    }
}

/// Members of no operation at all, secrets in all of them.
fn misplaced() -> Value {
    json!({
        "Otp": PLANTED_OTP, "AccountName": [PLANTED], "Name": { "First": PLANTED }, "PrimaryEmail": 7,
        "ContactInformation": PLANTED, "EmailAddress": format!("{PLANTED}<"), "Unknown": PLANTED,
        "AlternateContactType": "SECURITY", "RegionName": "af-south-1", "PhoneNumber": PLANTED
    })
}

/// Accepted and refused calls in every protocol, with secrets in every member that takes them and in some that do not.
fn call_with_secrets(operation: Operation, world: &World) -> Vec<String> {
    let mut summaries = Vec::new();
    prepare(operation, world);
    let case = case(operation, world);
    for caller in [case.caller, MEMBER_NOBODY] {
        let body = case.members.to_string();
        let (_, summary) = world.answer(rest_json(&caller.key, operation.name(), &body));
        summaries.push(format!("{summary:?}"));
    }
    let body = misplaced().to_string();
    for body in [body.as_str(), &body[..body.len() - 1]] {
        let (_, summary) = world.answer(rest_json(&MEMBER_PROBE.key, operation.name(), body));
        summaries.push(format!("{summary:?}"));
    }
    world.call_by_target(&MEMBER_PROBE, operation.name(), misplaced());
    let query = format!("&Name={PLANTED}&Otp={PLANTED_OTP}&AccountName={PLANTED}&PrimaryEmail={PLANTED}%3C");
    world.call_by_query(&MEMBER_PROBE, operation.name(), &query);
    summaries
}

/// F-EVENT-5, F-EVENT-6: no record and no `Debug` of a call shows a contact value, an address, a name or a code.
#[test]
fn no_record_shows_a_secret_f_event_6() {
    for &operation in Operation::ALL {
        let world = World::company();
        let summaries = call_with_secrets(operation, &world);
        summaries.iter().for_each(|summary| assert_no_secret("a summary", summary));
        let codes: Vec<String> = world.outbox().into_iter().map(|message| message.code).collect();
        let records = world.records();
        assert!(records.len() >= 6, "{}", operation.name());
        for (_, record) in records {
            let text = record.to_string();
            assert_no_secret("a record", &text);
            codes.iter().for_each(|code| assert!(!text.contains(code), "a record shows a code: {text}"));
        }
    }
}

/// What the whole application writes to its log while it answers these requests, and the answers.
pub fn logged(requests: Vec<http::Request<bytes::Bytes>>) -> (String, Vec<Answer>) {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let answers = tracing::subscriber::with_default(subscriber, || {
        let world = World::company();
        let application = world.block_on(application());
        let peer = std::net::SocketAddr::new(PEER.parse().unwrap(), 4711);
        let answer = |request| listener::Answer::answer(&application, request, peer);
        requests.into_iter().map(|request| Answer::new(world.block_on(answer(request)))).collect()
    });
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    (log, answers)
}

/// The whole application with its log: F-EDGE-40.
#[test]
fn no_log_line_shows_a_secret_f_edge_40() {
    let world = World::company();
    let mut requests = Vec::new();
    for &operation in Operation::ALL {
        let accepted = match operation {
            Operation::AcceptPrimaryEmailUpdate | Operation::VerifyPhoneNumber => misplaced(),
            Operation::DisableRegion => json!({ "RegionName": "af-south-1" }),
            _ => case(operation, &world).members,
        };
        for (caller, members) in
            [(MANAGEMENT_ADMIN, &accepted), (MEMBER_NOBODY, &accepted), (MEMBER_PROBE, &misplaced())]
        {
            requests.push(rest_json(&caller.key, operation.name(), &members.to_string()));
        }
    }
    let (log, _) = logged(requests);
    for operation in Operation::ALL {
        assert!(log.contains(operation.name()), "{} is in the log", operation.name());
    }
    assert!(
        log.contains("status=200") && log.contains("status=403"),
        "answered and refused calls are in the log"
    );
    assert_no_secret("the log", &log);
}

/// The whole of it. The requests of the tests name a host of AWS's.
pub async fn application() -> accountd::application::Application {
    use accountd::configuration::{Request, read};
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/../testing/src/company.yaml");
    let origin = format!("https://{}", testing::signer::HOST);
    let arguments = ["accountd", "serve", "--in-memory", "--seed", seed, "--allow-origin", &origin];
    let Ok(Request::Serve(configuration)) = read(arguments) else { panic!("these flags are right") };
    let edges = accountd::startup::Edges {
        clock: Arc::new(accountd::clock::Clock::new(accountd::clock::TimeMode::Real)),
        faults: Arc::default(),
        connections: Arc::default(),
        access: accountd::admin::access::Access::Loopback,
        started: std::time::Instant::now(),
    };
    accountd::application::Application::open(&configuration, edges).await.unwrap()
}
