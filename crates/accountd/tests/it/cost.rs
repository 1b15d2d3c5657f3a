//! What one caller may cost the others: whatever is dear is not done on the thread that answers everybody.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use services::service::Service;

use crate::answer::{Answer, element};
use crate::cast::*;
use crate::world::{PEER, Setup, World, post, rest_json, signed};
use testing::signer::Key;
use testing::wire;

/// Answers a request, and says whether that was done at once, on the thread of the runtime, while every turn to compute
/// is taken.
fn answered_at_once(world: &World, request: Request<Bytes>) -> (bool, Answer) {
    let peer: IpAddr = PEER.parse().unwrap();
    let gate = Arc::new(Mutex::new(()));
    let held = gate.lock().unwrap();
    let compute = || {
        let gate = Arc::clone(&gate);
        Box::pin(world.store.compute(move || drop(gate.lock().unwrap())))
    };
    world.block_on(async {
        let context = &mut Context::from_waker(Waker::noop());
        let mut computing: Vec<_> = (0..64).map(|_| compute()).collect();
        for one in &mut computing {
            assert!(one.as_mut().poll(context).is_pending());
        }
        let mut answering = pin!(world.service.answer(request, peer));
        let polled = answering.as_mut().poll(context);
        drop(held);
        for one in computing {
            one.await.unwrap();
        }
        match polled {
            Poll::Ready(answered) => (true, Answer::new(answered.response)),
            Poll::Pending => (false, Answer::new(answering.await.response)),
        }
    })
}

fn request(caller: &Caller, service: Service, (operation, members): (&str, Value)) -> Request<Bytes> {
    let request = wire::request(wire::operation(service, operation), &members);
    signed(request, &caller.key, service.signing_name(), "us-east-1")
}

/// F-COST-1
#[test]
fn what_is_cheap_is_answered_at_once_and_what_is_dear_is_not() {
    if testing::postgres::is_asked_for() {
        // There everything waits for the database.
        return;
    }
    let world = World::company();
    let cheap = || rest_json(&MANAGEMENT_ADMIN.key, "ListRegions", "{}");
    assert!(answered_at_once(&world, cheap()).0);
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let (at_once, answer) = answered_at_once(
        &world,
        request(
            &MANAGEMENT_ADMIN,
            Service::Iam,
            ("SimulateCustomPolicy", json!({"PolicyInputList": [policy], "ActionNames": ["iam:GetUser"]})),
        ),
    );
    assert_eq!((at_once, answer.status), (false, 200));
    let long = format!("{{{}}}", " ".repeat(20_000));
    let (at_once, answer) = answered_at_once(&world, rest_json(&MANAGEMENT_ADMIN.key, "ListRegions", &long));
    assert_eq!((at_once, answer.status), (false, 200), "a long body is read elsewhere");
    let form = format!("Action=GetCallerIdentity&Version=2011-06-15{}", "&a".repeat(10_000));
    let form = post("/", "application/x-www-form-urlencoded", &form);
    let (at_once, answer) = answered_at_once(&world, signed(form, &MANAGEMENT_ADMIN.key, "sts", "us-east-1"));
    assert_eq!((at_once, answer.status), (false, 200), "so are the parameters of a long form");
    assert!(answered_at_once(&world, cheap()).0);
}

/// F-COST-1: policies that are made to be slow are asked where nobody waits, and decide the same.
#[test]
fn slow_policies_are_asked_elsewhere() {
    if testing::postgres::is_asked_for() {
        // There everything waits for the database.
        return;
    }
    let world = World::of(Setup::company());
    let slow = format!("*{}b", "?".repeat(1_000));
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": slow}}},
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"},
    ]});
    let put = |members| {
        let answer = world.send(request(&STANDALONE_ADMIN, Service::Iam, members));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    };
    put(("CreateUser", json!({"UserName": "slow"})));
    put((
        "PutUserPolicy",
        json!({"UserName": "slow", "PolicyName": "p", "PolicyDocument": policy.to_string()}),
    ));
    let issued = put(("CreateAccessKey", json!({"UserName": "slow"})));
    let part = |name| element(issued.text(), name).unwrap().to_owned().leak() as &'static str;
    let key = Key { id: part("AccessKeyId"), secret: part("SecretAccessKey"), token: None };
    let ask = |agent: String| {
        let mut request = wire::request(wire::operation(Service::Iam, "GetUser"), &json!({}));
        request.headers_mut().insert("user-agent", agent.parse().unwrap());
        let (at_once, answer) = answered_at_once(&world, signed(request, &key, "iam", "us-east-1"));
        (at_once, answer.status)
    };
    assert_eq!(ask("a".repeat(100)), (true, 200));
    assert_eq!(ask("a".repeat(5_000)), (false, 200));
    assert_eq!(ask("a".repeat(5_000) + "b"), (false, 403));
}
