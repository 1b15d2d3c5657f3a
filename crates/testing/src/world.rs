//! A world in memory: documents, a time that stands still until a test moves it, and calls that go the way of every
//! request ([`services::front`]), whether they are signed or their caller is known.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;

use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use aws::sigv4::{Claim, SigningKey};
use aws::throttle::Rate;
use bytes::Bytes;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use services::authority::issuers::{IssuerKeys, NotFetched};
use services::context::{Context, Delays, Seed, TokenKey, Validation};
use services::decided::Decided;
use services::front::hand_over::{Judged, judge};
use services::front::identify::{AcceptedKeys, Signatures};
use services::front::ports::{self, Ports};
use services::front::words::Answered;
use services::front::{Call, Circumstances, decide, decide_for, serving_region};
use services::quotas::Quotas;
use services::service::{Bucket, Operation, Service};
use services::state::account::{Account, EmailOwner};
use services::state::identity::{Credential, SealingKey};
use services::world::Document;

use crate::builders;
use crate::documents::Documents;

/// Where the calls come from.
pub const SOURCE_IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

/// What the clients call themselves.
pub const USER_AGENT: &str = "tests/1.0";

/// A world without a server: rules and the path over documents in a map.
pub struct World {
    /// What is stored.
    pub documents: Documents,
    /// Service time.
    pub now: Timestamp,
    /// Real time, where it is another one.
    pub real_now: Option<Timestamp>,
    /// How long background work takes.
    pub delays: Delays,
    /// How many signing keys were offered to be remembered.
    pub keys_remembered: Cell<u32>,
    /// The quotas of Organizations.
    pub quotas: Quotas,
    calls: u64,
}

/// What a call answers, with what it would commit.
pub type Prepared = Decided<Result<Value, Refusal>>;

impl World {
    /// Nothing is there yet.
    pub fn at(now: &str) -> Self {
        let now = now.parse().unwrap();
        Self {
            documents: Documents::default(),
            now,
            real_now: None,
            delays: Delays::INSTANT,
            keys_remembered: Cell::new(0),
            quotas: Quotas::AWS,
            calls: 0,
        }
    }

    /// Adds an account: see [`builders::account`].
    pub fn add_account(&mut self, id: &str) {
        self.put_account(&builders::account(id, self.now));
    }

    /// Writes an account, and that its address is taken.
    pub fn put_account(&mut self, document: &Account) {
        self.documents.put(&document.email.to_lowercase(), &EmailOwner { account: document.id });
        self.documents.put(document.id.as_str(), document);
    }

    /// Writes a document.
    pub fn put<D: Document>(&mut self, id: &str, document: &D) {
        self.documents.put(id, document);
    }

    /// Reads a document.
    pub fn get<D: Document>(&self, id: &str) -> Option<D> {
        self.documents.get(id)
    }

    /// The world as a rule sees it.
    pub fn view(&self) -> services::world::World<'_> {
        services::world::World::new(&self.documents)
    }

    /// Moves service time.
    pub fn advance(&mut self, duration: SignedDuration) {
        self.now = self.now.checked_add(duration).unwrap();
    }

    /// What the next call is told: nothing of it but the time and its number differs between two calls.
    pub fn context(&mut self) -> Context {
        self.calls += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.calls.to_be_bytes());
        Context {
            now: self.now,
            real_now: self.real_now.unwrap_or(self.now),
            request_id: format!("request-{}", self.calls),
            delays: self.delays,
            quotas: self.quotas,
            validation: Validation::Strict,
            seed: Seed::new(seed),
            token_key: TokenKey::new([7; 32]),
            trail_bucket: Default::default(),
            at_global_endpoint: false,
        }
    }

    /// Decides an operation of somebody who is known, up to but not including its commit.
    pub fn prepare(&mut self, caller: &Caller, operation: Operation, members: Value) -> Prepared {
        self.prepare_in("us-east-1", caller, operation, members)
    }

    fn prepare_in(
        &mut self,
        region: &str,
        caller: &Caller,
        operation: Operation,
        members: Value,
    ) -> Prepared {
        let context = self.context();
        let circumstances = Circumstances {
            host: None,
            context: &context,
            event_id: "event",
            source_ip: SOURCE_IP,
            user_agent: Some(USER_AGENT),
            secure_transport: true,
            region: serving_region(Some(operation.service()), Some(region)),
        };
        decide_for(caller.clone(), operation, members, &circumstances, &self.documents).unwrap()
    }

    /// An operation of somebody who is known.
    pub fn call(&mut self, caller: &Caller, operation: Operation, members: Value) -> Result<Value, Refusal> {
        self.call_in("us-east-1", caller, operation, members)
    }

    /// The same in another Region.
    pub fn call_in(
        &mut self,
        region: &str,
        caller: &Caller,
        operation: Operation,
        members: Value,
    ) -> Result<Value, Refusal> {
        let Decided { value, changes, .. } = self.prepare_in(region, caller, operation, members);
        assert!(self.documents.commit(changes), "nothing else was committed meanwhile");
        value
    }

    /// A call that must succeed.
    #[track_caller]
    pub fn ok(&mut self, caller: &Caller, operation: Operation, members: Value) -> Value {
        let answer = self.call(caller, operation, members);
        answer.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", operation.name()))
    }

    /// A call that must be refused, and must change nothing.
    #[track_caller]
    pub fn refused(&mut self, caller: &Caller, operation: Operation, members: Value) -> Refusal {
        let Decided { value, changes, .. } = self.prepare(caller, operation, members);
        assert!(changes.writes.is_empty(), "{} changes something", operation.name());
        value.expect_err(operation.name())
    }

    /// Decides a signed request, up to but not including its commit.
    pub fn prepare_request(&mut self, request: Request<Bytes>) -> Decided<Answered> {
        let call = Call::new(request, SOURCE_IP, self.context(), "event".to_owned());
        self.with_ports(&Nothing, |ports| decide(ports, &call, &self.documents).unwrap())
    }

    /// Judges a signed request for a service that somebody else answers, with these rates.
    pub fn judge_request(&mut self, request: Request<Bytes>, rates: &dyn ports::Buckets) -> Decided<Judged> {
        let call = Call::new(request, SOURCE_IP, self.context(), "event".to_owned()).for_elsewhere();
        self.with_ports(rates, |ports| judge(ports, &call, &self.documents).unwrap())
    }

    fn with_ports<T>(&self, buckets: &dyn ports::Buckets, run: impl FnOnce(&Ports<'_>) -> T) -> T {
        let keys = AcceptedKeys::new(Signatures::Strict, true, Vec::new());
        let signing_keys = Counted(&self.keys_remembered);
        let ports = Ports {
            keys: &keys,
            signing_keys: &signing_keys,
            sessions: &Nothing,
            buckets,
            issuers: &Nothing,
        };
        run(&ports)
    }
}

/// The operation of `service` with this name.
pub fn operation(service: Service, name: &str) -> Operation {
    Operation::from_name(service, name).unwrap_or_else(|| panic!("{service:?} has no {name}"))
}

/// The root user of an account, by its well-known access key.
pub fn root(account: &str) -> Caller {
    let principal = Principal::Root { account: account.parse().unwrap() };
    Caller { principal, access_key_id: account.to_owned(), session: None }
}

/// Nothing is remembered from one request to the next, and no rate applies.
struct Nothing;

/// Counts what is offered, and remembers none of it.
struct Counted<'c>(&'c Cell<u32>);

impl ports::SigningKeys for Counted<'_> {
    fn remembered(&self, _: &Claim<'_>, _: &str) -> Option<Arc<SigningKey>> {
        None
    }

    fn remember(&self, _: &Claim<'_>, _: &str, _: &Arc<SigningKey>) {
        self.0.set(self.0.get() + 1);
    }
}

impl ports::OpenedSessions for Nothing {
    fn remembered(&self, _: &str, _: &str, _: &SealingKey) -> Option<Arc<Credential>> {
        None
    }

    fn remember(&self, _: SealingKey, _: &Arc<Credential>) {}
}

impl IssuerKeys for Nothing {
    fn remembered(&self, _: &str, _: Option<&str>) -> Option<Result<Arc<Value>, NotFetched>> {
        None
    }
}

impl ports::Buckets for Nothing {
    fn take(&self, _: &[(Bucket, Rate)], _: Timestamp) -> bool {
        true
    }
}
