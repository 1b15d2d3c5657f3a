//! Somebody who is named and not proved takes the path of a request: the same gates, rates, refusals and records.

use aws::arn::AccountId;
use aws::throttle::Rate;
use jiff::Timestamp;
use serde_json::{Value, json};
use services::decided::Decided;
use services::front::acting::{ACCESS_KEY_ID, Acted, Actor, SESSION_NAME, decide_as};
use services::front::ports::Buckets;
use services::front::{Circumstances, serving_region};
use services::service::{Bucket, Service};
use services::state::account::AccountState;
use services::state::identity::{Role, User};
use testing::world::{SOURCE_IP, World, operation};

const ACCOUNT: &str = "111122223333";

struct Rates {
    are_used_up: bool,
}

impl Buckets for Rates {
    fn take(&self, _: &[(Bucket, Rate)], _: Timestamp) -> bool {
        !self.are_used_up
    }
}

fn account() -> AccountId {
    ACCOUNT.parse().expect("an account id")
}

/// An account with a user and a role that may do nothing.
fn world() -> World {
    let mut world = World::at("2026-11-21T10:00:00Z");
    world.add_account(ACCOUNT);
    let common = json!({"account": ACCOUNT, "path": "/team/", "created_at": "2026-01-01T00:00:00Z"});
    let with = |more: Value| {
        let mut members = common.as_object().expect("members").clone();
        members.extend(more.as_object().expect("members").clone());
        Value::Object(members)
    };
    let user: User = serde_json::from_value(with(json!({"name": "Ann", "id": "AIDAANN"}))).expect("a user");
    world.put(&format!("{ACCOUNT}/ann"), &user);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}"#;
    let role = json!({"name": "Admin", "id": "AROAADMIN", "trust_policy": trust, "max_session_duration_seconds": 3600});
    let role: Role = serde_json::from_value(with(role)).expect("a role");
    world.put(&format!("{ACCOUNT}/admin"), &role);
    world
}

fn act(world: &mut World, actor: &Actor, rates: &Rates, name: &str, members: &Value) -> Decided<Acted> {
    let operation = operation(Service::Account, name);
    let context = world.context();
    let circumstances = Circumstances {
        context: &context,
        event_id: "event",
        source_ip: SOURCE_IP,
        user_agent: Some("accountd-console"),
        host: None,
        secure_transport: true,
        region: serving_region(Some(operation.service()), None),
    };
    decide_as(actor, rates, operation, members, &circumstances, &world.documents)
        .expect("documents are at hand")
}

fn code(decided: &Decided<Acted>) -> &str {
    decided.value.outcome.as_ref().err().map_or("", |refusal| &refusal.code)
}

fn record(decided: &Decided<Acted>) -> Value {
    assert_eq!(decided.events.len(), 1);
    serde_json::from_str(decided.events[0].json()).expect("a record")
}

/// F-CONSOLE-4
#[test]
fn rates_gates_and_records_are_those_of_a_signed_call() {
    let (free, used_up) = (Rates { are_used_up: false }, Rates { are_used_up: true });
    let root = Actor::Root(account());
    let mut world = world();
    let members = json!({"AccountName": "New"});
    let done = act(&mut world, &root, &free, "PutAccountName", &members);
    assert!(done.value.outcome.is_ok() && !done.changes.writes.is_empty());
    let recorded = record(&done);
    assert_eq!(recorded["userIdentity"]["type"], "Root");
    assert_eq!(recorded["userIdentity"]["accessKeyId"], ACCESS_KEY_ID);
    assert_eq!(recorded["userAgent"], "accountd-console");

    let too_fast = act(&mut world, &root, &used_up, "PutAccountName", &members);
    assert_eq!(code(&too_fast), "TooManyRequestsException");
    assert!(too_fast.changes.writes.is_empty(), "a refusal changes nothing");
    assert_eq!(record(&too_fast)["errorCode"], "TooManyRequestsException");
    assert_eq!(record(&too_fast)["requestParameters"], Value::Null, "what was not looked at is not recorded");

    let mut closed =
        services::state::account::Account::new(account(), "Closed".into(), "c@example.com".into(), world.now);
    closed.state = AccountState::Suspended;
    world.put(ACCOUNT, &closed);
    let turned_away = act(&mut world, &root, &free, "PutAccountName", &members);
    assert_eq!(code(&turned_away), "UnrecognizedClientException");
}

/// F-CONSOLE-4
#[test]
fn users_and_roles_are_bound_by_their_policies_and_must_be_there() {
    let free = Rates { are_used_up: false };
    let mut world = world();
    for (actor, arn) in [
        (Actor::User(account(), "ann".to_owned()), format!("arn:aws:iam::{ACCOUNT}:user/team/Ann")),
        (
            Actor::Role(account(), "Admin".to_owned()),
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/{SESSION_NAME}"),
        ),
    ] {
        let refused = act(&mut world, &actor, &free, "GetContactInformation", &json!({}));
        assert_eq!(code(&refused), "AccessDeniedException");
        assert_eq!(refused.value.caller.as_deref(), Some(arn.as_str()));
        assert_eq!(record(&refused)["userIdentity"]["arn"], arn);
    }
    for absent in [Actor::User(account(), "bob".to_owned()), Actor::Role(account(), "None".to_owned())] {
        let unknown = act(&mut world, &absent, &free, "GetContactInformation", &json!({}));
        assert_eq!(code(&unknown), "UnrecognizedClientException");
        assert_eq!(unknown.value.caller, None);
    }
}

/// F-CONSOLE-4: as by its first signed call, and only where the operation succeeds.
#[test]
fn an_account_comes_into_being_with_the_first_operation_of_its_root_user() {
    let free = Rates { are_used_up: false };
    let mut world = World::at("2026-11-21T10:00:00Z");
    let root = Actor::Root(account());
    let refused = act(&mut world, &root, &free, "PutAccountName", &json!({"AccountName": ""}));
    assert_eq!(code(&refused), "ValidationException");
    assert!(refused.changes.writes.is_empty());
    let done = act(&mut world, &root, &free, "GetAccountInformation", &json!({}));
    assert!(done.changes.writes.contains_key(&format!("account/{ACCOUNT}")));
}
