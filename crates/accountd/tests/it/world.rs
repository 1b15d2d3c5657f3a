//! A service over an empty store in memory, a seed, and a clock that stands still until the test moves it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use accountd::admin::{Engine, Log, NotImported};
use accountd::clock::Clock;
use accountd::installation;
use accountd::service::{Answered, Service, Summary};
use accountd::state_engine::StateEngine;
use accountd::store::{Decided, Exported, Store};
use aws::protocol::Protocol;
use aws::trail::Record;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use listener::Upload;
use serde_json::Value;
use services::account::model::Operation as AccountOperation;
use services::service::{Operation, Service as AwsService};
use services::state::account::Account;
use services::state::installation::ServiceTime;
use services::state::message::Message;
use services::state::organization::{Membership, Organization, OrganizationalUnit};
use services::world::Snapshot;

use crate::answer::Answer;
use crate::cast::{Caller, ELSEWHERE};
use crate::wire;
use testing::postgres::TestDatabase;
use testing::server::Server;
use testing::signer::Key;

pub use testing::server::{START, Setup};
pub use testing::wire::{post, signed};

/// Where the requests of the tests come from.
pub const PEER: &str = "203.0.113.7";

/// One service with its clock, and the calls that tests make.
pub struct World {
    runtime: tokio::runtime::Runtime,
    pub service: Arc<Service>,
    pub store: Arc<Store>,
    pub clock: Arc<Clock>,
    /// Whether this world holds what accountd can only answer by a status of 500.
    pub may_fail: bool,
    /// Where the state is, if the suite runs on a database.
    _database: Option<TestDatabase>,
}

impl World {
    /// The company as `company.yaml` describes it.
    pub fn company() -> Self {
        Self::of(Setup::company())
    }

    /// The world that `setup` says.
    pub fn of(setup: Setup) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(setup.start());
        let world = Self::around(runtime, server);
        world.found_another_organization();
        world
    }

    /// What an earlier accountd left in a store, at the moment `at`.
    pub fn kept(store: Store, at: Timestamp) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (store, setup) = (Arc::new(store), Setup::company());
        let token_key = runtime.block_on(installation::restore(&store, &setup.clock)).unwrap();
        setup.clock.restore(ServiceTime { stands_still: true, microseconds: at.as_microsecond() });
        Self::around(runtime, setup.over(store, token_key))
    }

    fn around(runtime: tokio::runtime::Runtime, server: Server) -> Self {
        let Server { service, store, clock, database } = server;
        Self { runtime, service, store, clock, may_fail: false, _database: database }
    }

    /// An organization of account 777777777777 alone. A seed file holds one organization, so it is put here.
    fn found_another_organization(&self) {
        let found = |snapshot: &dyn Snapshot| {
            let mut world = services::world::World::new(snapshot);
            let organization: Organization = serde_json::from_value(serde_json::json!({
                "id": "o-elsewhere00", "management_account": ELSEWHERE, "feature_set": "ALL",
                "root_id": "r-else", "created_at": "2024-01-15T00:00:00Z",
                "trusted_services": { "account.amazonaws.com": "2024-01-15T00:00:00Z" }
            }))
            .unwrap();
            let root = serde_json::json!({
                "id": "r-else", "organization_id": "o-elsewhere00", "name": "Root"
            });
            let root: OrganizationalUnit = serde_json::from_value(root).unwrap();
            let membership = serde_json::json!({
                "organization_id": "o-elsewhere00", "parent_id": "r-else",
                "joined_at": "2024-01-15T00:00:00Z", "joined_method": "INVITED"
            });
            let membership: Membership = serde_json::from_value(membership).unwrap();
            let id = ELSEWHERE.parse().expect("an account id");
            let (name, email) = (format!("account-{id}"), format!("root+{id}@accountd.invalid"));
            world.save(Account::new(id, name, email, organization.created_at));
            world.save(organization);
            world.save(root);
            world.put(id, membership);
            Ok(Decided { value: (), changes: world.into_reads_and_writes(), events: Vec::new() })
        };
        self.block_on(self.store.transact(found)).unwrap();
    }

    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Moves service time.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(SignedDuration::try_from(time).unwrap()).unwrap();
    }

    /// The answer to a request as it is, with what is said of it in the log.
    ///
    /// A fault of accountd itself fails the test, unless it [may](Self::may_fail): in a table a status of 500 would
    /// read as an operation that was allowed.
    #[track_caller]
    pub fn answer(&self, request: Request<Bytes>) -> (Answer, Summary) {
        let peer: IpAddr = PEER.parse().unwrap();
        let what = format!("{} {}", request.method(), request.uri());
        let Answered { response, summary } = self.block_on(self.service.answer(request, peer));
        let answer = Answer::new(response);
        assert!(answer.status < 500 || self.may_fail, "{what}: {} {:?}", answer.status, answer.body);
        (answer, summary)
    }

    /// The answer to a request as it is.
    pub fn send(&self, request: Request<Bytes>) -> Answer {
        self.answer(request).0
    }

    /// An operation of Account Management as the SDKs send it.
    pub fn call(&self, caller: &Caller, operation: &str, members: Value) -> Answer {
        let answer = self.send(rest_json(&caller.key, operation, &members.to_string()));
        assert_declared(operation, &answer);
        answer
    }

    /// The same as the reference's samples have it: `POST /` with `X-Amz-Target`.
    pub fn call_by_target(&self, caller: &Caller, operation: &str, members: Value) -> Answer {
        let mut request = post("/", "application/x-amz-json-1.1", &members.to_string());
        let target = format!("AWSAccountV20210201.{operation}");
        request.headers_mut().insert("x-amz-target", target.parse().unwrap());
        self.send(signed(request, &caller.key, "account", "us-east-1"))
    }

    /// The Query API of Account Management, parameters in the body.
    pub fn call_by_query(&self, caller: &Caller, operation: &str, parameters: &str) -> Answer {
        let body = format!("Action={operation}&Version=2021-02-01{parameters}");
        let request = post("/", "application/x-www-form-urlencoded", &body);
        self.send(signed(request, &caller.key, "account", "us-east-1"))
    }

    /// GetCallerIdentity in a Region.
    pub fn caller_identity(&self, key: &Key, region: &'static str) -> Answer {
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let request = post("/", "application/x-www-form-urlencoded; charset=utf-8", body);
        self.send(signed(request, key, "sts", region))
    }

    /// CloudTrail's LookupEvents.
    pub fn lookup(&self, caller: &Caller, members: Value) -> Answer {
        self.ask(&caller.key, wire::operation(AwsService::CloudTrail, "LookupEvents"), &members)
    }

    /// An operation of any service as its SDKs send it.
    pub fn ask(&self, key: &Key, operation: Operation, members: &Value) -> Answer {
        let request = wire::request(operation, members);
        self.send(signed(request, key, operation.service().signing_name(), "us-east-1"))
    }

    /// The store as the own endpoints see it.
    pub fn state(&self) -> StateEngine {
        StateEngine::new(Arc::clone(&self.store), Arc::clone(&self.clock), None)
    }

    /// All state as the own endpoints export it.
    pub fn exported(&self) -> Bytes {
        let engine = self.state();
        self.block_on(async {
            let payload = engine.export(Log::Whole).await.expect("an export");
            payload.collect().await.expect("a whole export").to_bytes()
        })
    }

    /// Replaces all state as the own endpoints do.
    pub fn import(&self, document: Bytes) -> Result<(), NotImported> {
        let engine = self.state();
        self.block_on(engine.import(Upload::whole(document)))
    }

    /// The messages that were sent, oldest first.
    pub fn outbox(&self) -> Vec<Message> {
        let mut messages = self.block_on(self.state().messages()).unwrap();
        messages.reverse();
        messages.into_iter().map(|(_, message)| message).collect()
    }

    /// The code in the newest message.
    pub fn newest_code(&self) -> String {
        self.outbox().pop().expect("a message was sent").code
    }

    /// Every document by key.
    pub fn documents(&self) -> BTreeMap<String, Value> {
        let mut documents = BTreeMap::new();
        self.export(|item| {
            if let Exported::Document { key, text } = item {
                documents.insert(key, serde_json::from_str(&text).unwrap());
            }
        });
        documents
    }

    /// Every record of the event log, oldest first, with the account it is for.
    pub fn records(&self) -> Vec<(Option<String>, Value)> {
        let mut records = Vec::new();
        self.export(|item| {
            if let Exported::Event(event) = item {
                let account = event.account.map(|account| account.to_string());
                let record: Record<'_> = serde_json::from_str(event.json()).unwrap();
                assert_eq!(record.to_json(), event.json(), "a record is read as it is written");
                records.push((account, serde_json::from_str(event.json()).unwrap()));
            }
        });
        records
    }

    fn export(&self, visit: impl FnMut(Exported)) {
        let add = |all: &mut Vec<Exported>, item| {
            all.push(item);
            ControlFlow::Continue(())
        };
        self.block_on(self.store.export(Vec::new(), add, |all| all)).unwrap().into_iter().for_each(visit);
    }
}

/// An operation of AWS Organizations.
pub fn organizations(world: &World, key: &Key, operation: &str, members: Value) -> Answer {
    world.ask(key, wire::operation(AwsService::Organizations, operation), &members)
}

/// An operation over restJson1, signed, whatever its body.
pub fn rest_json(key: &Key, operation: &str, body: &str) -> Request<Bytes> {
    let path = format!("/{}{}", operation[..1].to_lowercase(), &operation[1..]);
    signed(post(&path, "application/json", body), key, "account", "us-east-1")
}

/// Codes that every operation of the service may answer with (API reference, "Common Error Types"), and those of the
/// gateway in front of it.
const COMMON: &[&str] = &[
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "TooManyRequestsException",
    "UnrecognizedClientException",
];

/// Every answer of these tests passes here: a code must be common, or declared by the model for the operation.
#[track_caller]
fn assert_declared(operation: &str, answer: &Answer) {
    let Some(code) = answer.code(Protocol::RestJson) else { return };
    let shape = AccountOperation::from_name(operation).expect("a modeled operation").shape();
    let declared = shape.errors.contains(&code.as_str());
    assert!(declared || COMMON.contains(&code.as_str()), "{operation} does not declare {code}");
}
