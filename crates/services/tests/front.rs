//! The path of a request: somebody who is known calls an operation with the answer, the changes and the record of
//! a signed request.

use std::collections::BTreeMap;

use aws::principal::{Caller, Principal};
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use services::decided::{Decided, EventRecord};
use services::front::Call;
use services::service::Service;
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
