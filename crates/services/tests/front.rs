//! The path of a request: somebody who is known calls an operation with the answer, the changes and the record of
//! a signed request.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws::principal::{Caller, Principal};
use aws::throttle::Rate;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use services::decided::{Decided, EventRecord};
use services::front::Call;
use services::front::hand_over::Judged;
use services::front::ports::Buckets;
use services::service::{Bucket, Payer, Service};
use services::state::identity::{Credential, CredentialOwner, User};
use services::world::{Change, ReadsAndWrites};
use testing::signer::{Key, Scope, sign};
use testing::wire;
use testing::world::{World, operation, root};

const ACCOUNT: &str = "111122223333";
const ROOT_KEY: Key = Key { id: ACCOUNT, secret: "test", token: None };
const USER_KEY: Key = Key { id: "AKIAANNANNANNANN0000", secret: "secret-of-ann", token: None };

/// An account with a user who may do nothing.
fn world() -> World {
    let mut world = World::at("2026-11-21T10:00:00Z");
    world.add_account(ACCOUNT);
    let user: User = serde_json::from_value(json!({
        "account": ACCOUNT, "name": "ann", "id": "AIDAANN", "path": "/", "created_at": "2026-01-01T00:00:00Z",
        "access_keys": [USER_KEY.id]
    }))
    .expect("a user");
    world.documents.put("111122223333/ann", &user);
    let credential = Credential {
        access_key_id: USER_KEY.id.to_owned(),
        secret_access_key: USER_KEY.secret.to_owned(),
        account: ACCOUNT.parse().expect("an account id"),
        owner: CredentialOwner::User("ann".to_owned()),
        active: true,
        created_at: world.now,
    };
    world.documents.put(USER_KEY.id, &credential);
    world
}

fn ann() -> Caller {
    let principal = Principal::User {
        account: ACCOUNT.parse().expect("an account id"),
        path: "/".to_owned(),
        name: "ann".to_owned(),
        id: "AIDAANN".to_owned(),
    };
    Caller { principal, access_key_id: USER_KEY.id.to_owned(), session: None }
}

/// F-STORE-38: what others overtake again and again is told in the words of the service for what came too fast.
#[test]
fn what_is_overtaken_again_and_again_is_told_as_a_call_that_came_too_fast_f_store_38() {
    let mut world = world();
    for (service, name, status, code) in [
        (Service::Account, "PutContactInformation", 429, "TooManyRequestsException"),
        (Service::Organizations, "CreatePolicy", 400, "TooManyRequestsException"),
        (Service::Iam, "CreateUser", 400, "Throttling"),
        (Service::Sts, "GetFederationToken", 400, "Throttling"),
    ] {
        let request = wire::request(operation(service, name), &json!({}));
        let source = "203.0.113.7".parse().expect("an address");
        let call = Call::new(request, source, world.context(), "event".to_owned());
        let answered = call.overtaken();
        let told = (answered.response.status().as_u16(), answered.summary.error.as_deref());
        assert_eq!(told, (status, Some(code)), "{name}");
    }
}

fn records(events: &[EventRecord]) -> Vec<(Option<&str>, &str)> {
    events
        .iter()
        .map(|event| (event.account.as_ref().map(|account| account.as_str()), event.json()))
        .collect()
}

fn changes(changes: &ReadsAndWrites) -> BTreeMap<&str, Option<&str>> {
    let changes = changes.writes.iter().map(|(key, change)| match change {
        Change::Put { text, .. } => (key.as_str(), Some(&**text)),
        Change::Delete => (key.as_str(), None),
    });
    changes.collect()
}

/// Makes the call in both ways in worlds that are the same, and compares all that comes of it.
fn compare(caller: &Caller, key: &Key, service: Service, name: &str, members: Value) -> Response<Bytes> {
    let operation = operation(service, name);
    let mut world_of_signed = world();
    let mut request = wire::request(operation, &members);
    let scope = Scope { region: "us-east-1", service: service.signing_name(), at: world_of_signed.now };
    sign(&mut request, key, &scope);
    let signed = world_of_signed.prepare_request(request);
    let known = world().prepare(caller, operation, members);

    let Decided { value, changes: wanted, events } = known;
    let protocol = service.shape().protocol;
    let written = match value {
        Ok(output) => protocol.answer(operation.shape().expect("a shape"), &output, "request-1"),
        Err(refusal) => protocol.refuse(Some(service.shape()), &refusal, "request-1"),
    };
    let answer = signed.value.response;
    assert_eq!((answer.status(), answer.body()), (written.status(), written.body()));
    assert_eq!(changes(&signed.changes), changes(&wanted));
    assert_eq!(records(&signed.events), records(&events));
    assert!(!events.is_empty(), "every call leaves a record");
    answer
}

#[test]
fn an_operation_of_a_known_caller_is_that_of_a_signed_request() {
    let root = root(ACCOUNT);
    let cases = [
        (&root, &ROOT_KEY, Service::Iam, "CreateUser", json!({ "UserName": "bob", "Path": "/team/" }), 200),
        (&root, &ROOT_KEY, Service::Iam, "GetUser", json!({ "UserName": "nobody" }), 404),
        (&ann(), &USER_KEY, Service::Iam, "DeleteUser", json!({ "UserName": "ann" }), 403),
        (&ann(), &USER_KEY, Service::Sts, "GetCallerIdentity", json!({}), 200),
        (&root, &ROOT_KEY, Service::Organizations, "CreateOrganization", json!({ "FeatureSet": "ALL" }), 200),
        (&root, &ROOT_KEY, Service::Organizations, "CreateOrganization", json!({ "FeatureSet": 7 }), 400),
        (&root, &ROOT_KEY, Service::Account, "EnableRegion", json!({ "RegionName": "af-south-1" }), 200),
        (&root, &ROOT_KEY, Service::Account, "EnableRegion", json!({ "RegionName": "" }), 400),
    ];
    for (caller, key, service, operation, members, status) in cases {
        let answer = compare(caller, key, service, operation, members);
        assert_eq!(answer.status(), status, "{operation}: {answer:?}");
    }
}

#[test]
fn what_was_refused_changes_nothing() {
    let mut world = world();
    let before = world.documents.texts().len();
    let delete = operation(Service::Iam, "DeleteUser");
    world.call(&ann(), delete, json!({ "UserName": "ann" })).expect_err("ann may do nothing");
    assert_eq!(world.documents.texts().len(), before);
    world.call(&root(ACCOUNT), delete, json!({ "UserName": "ann" })).expect_err("ann has an access key");
    assert_eq!(world.documents.texts().len(), before);
}

/// What a call was to pay from, and that there is nothing.
#[derive(Default)]
struct UsedUp(RefCell<Vec<(Bucket, Rate)>>);

impl Buckets for UsedUp {
    fn take(&self, from: &[(Bucket, Rate)], _: Timestamp) -> bool {
        self.0.borrow_mut().extend(from);
        false
    }
}

/// F-FWD-15: who calls services elsewhere too fast hears so in the words of his protocol, once it is known who he is.
#[test]
fn calls_elsewhere_are_throttled_in_the_clients_words_f_fwd_15() {
    let json = |target: &str| {
        let mut request = wire::post("/", "application/x-amz-json-1.0", "{}");
        request.headers_mut().insert("x-amz-target", target.parse().expect("a header"));
        request
    };
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let get = |path: &str| {
        let request = Request::get(path).header("host", "localhost").header("x-amz-content-sha256", nothing);
        request.body(Bytes::new()).expect("a request")
    };
    let form = wire::post("/", "application/x-www-form-urlencoded", "Action=ListTopics&Version=2010-03-31");
    for (service, request, status, code, bucket) in [
        ("sqs", json("AmazonSQS.ListQueues"), 400, "ThrottlingException", "elsewhere"),
        ("sns", form, 400, "Throttling", "elsewhere"),
        ("lambda", get("/2015-03-31/functions"), 429, "TooManyRequestsException", "elsewhere"),
        ("s3", get("/bucket"), 503, "SlowDown", "s3"),
    ] {
        for (key, is_known) in [(ROOT_KEY, true), (Key { secret: "guessed", ..ROOT_KEY }, false)] {
            let (mut world, rates) = (world(), UsedUp::default());
            let mut request = request.clone();
            sign(&mut request, &key, &Scope { region: "us-east-1", service, at: world.now });
            let decided = world.judge_request(request, &rates);
            let Judged::Refused(answered) = decided.value else { panic!("{service} is throttled") };
            let body = String::from_utf8_lossy(answered.response.body()).into_owned();
            let told = answered.summary.error.as_deref() == Some(code);
            assert_eq!(told, is_known, "{service}: {body}");
            if is_known {
                assert_eq!(answered.response.status(), status, "{service}: {body}");
            }
            let paid: Vec<_> =
                rates.0.borrow().iter().map(|(bucket, _)| (bucket.payer, bucket.service)).collect();
            let account = Payer::Account(ACCOUNT.parse().expect("an account id"));
            assert_eq!(paid, if is_known { vec![(account, bucket)] } else { Vec::new() }, "{service}");
            assert_eq!(decided.events.len(), 1, "it is in the log");
        }
    }
}

/// F-COST-8: nobody who does not know the secret makes anything be remembered.
#[test]
fn a_key_that_verified_nothing_is_not_remembered_f_cost_8() {
    let mut world = world();
    let wrong = Key { secret: "guessed", ..ROOT_KEY };
    for (key, status, remembered) in [(wrong, 403, 0), (ROOT_KEY, 200, 1)] {
        let mut request = wire::request(operation(Service::Sts, "GetCallerIdentity"), &json!({}));
        sign(&mut request, &key, &Scope { region: "us-east-1", service: "sts", at: world.now });
        let answer = world.prepare_request(request).value.response;
        assert_eq!((answer.status().as_u16(), world.keys_remembered.get()), (status, remembered));
    }
}
