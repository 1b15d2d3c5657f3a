//! A world in memory: documents, a time that stands still until a test moves it, and calls that go the way of every
//! request ([`services::front`]), whether they are signed or their caller is known.

use std::net::IpAddr;
use std::sync::Arc;

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use aws::sigv4::{Claim, SigningKey};
use aws::throttle::Rate;
use bytes::Bytes;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use services::context::{Context, Delays, Seed, TokenKey, Validation};
use services::decided::Decided;
use services::front::identify::{AcceptedKeys, Signatures};
use services::front::ports::{self, Ports};
use services::front::words::Answered;
use services::front::{Call, Circumstances, decide, decide_for, serving_region};
use services::operation::Operation;
use services::state::account::{Account, AccountState, EmailOwner};
use services::state::identity::{Credential, SealingKey};

use crate::documents::Documents;

/// Where the calls come from.
pub const SOURCE_IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

/// What the clients call themselves.
pub const USER_AGENT: &str = "tests/1.0";

/// See the module's text.
pub struct World {
    /// What is stored.
    pub documents: Documents,
    /// Service time. Real time is the same.
    pub now: Timestamp,
    /// How long background work takes.
    pub delays: Delays,
    calls: u64,
}

/// What a call answers, with what it would commit.
pub type Prepared = Decided<Result<Value, Refusal>>;

impl World {
    /// Nothing is there yet.
    pub fn at(now: &str) -> Self {
        let now = now.parse().unwrap();
        Self { documents: Documents::default(), now, delays: Delays::INSTANT, calls: 0 }
    }

    /// Adds an account without anything in it; its address is `<id>@example.com`.
    pub fn add_account(&mut self, id: &str) {
        let account: AccountId = id.parse().unwrap();
        let document = Account {
            id: account,
            name: id.to_owned(),
            email: format!("{id}@example.com"),
            created_at: self.now,
            state: AccountState::Active,
            contact: None,
            alternate_contacts: Default::default(),
            regions: Default::default(),
            email_update: None,
            email_update_starts: Vec::new(),
            phone_verification: None,
            verified_phone_number: None,
            gov_cloud: None,
        };
        self.documents.put(&document.email, &EmailOwner { account });
        self.documents.put(id, &document);
    }

    /// Moves service time.
    pub fn advance(&mut self, duration: SignedDuration) {
        self.now = self.now.checked_add(duration).unwrap();
    }

    /// What the next call is told: nothing of it but the time and its number differs between two calls.
    fn context(&mut self) -> Context {
        self.calls += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.calls.to_be_bytes());
        Context {
            now: self.now,
            real_now: self.now,
            request_id: format!("request-{}", self.calls),
            delays: self.delays,
            validation: Validation::Strict,
            seed: Seed::new(seed),
            token_key: TokenKey::new([7; 32]),
        }
    }

    /// Decides an operation of somebody who is known, up to but not including its commit.
    pub fn prepare(&mut self, caller: &Caller, operation: Operation, members: Value) -> Prepared {
        let context = self.context();
        let circumstances = Circumstances {
            context: &context,
            event_id: "event",
            source_ip: SOURCE_IP,
            user_agent: Some(USER_AGENT),
            region: serving_region(Some(operation.service()), None),
        };
        decide_for(caller.clone(), operation, members, &circumstances, &self.documents).unwrap()
    }

    /// An operation of somebody who is known.
    pub fn call(&mut self, caller: &Caller, operation: Operation, members: Value) -> Result<Value, Refusal> {
        let Decided { value, changes, .. } = self.prepare(caller, operation, members);
        assert!(self.documents.commit(changes), "nothing else was committed meanwhile");
        value
    }

    /// Decides a signed request, up to but not including its commit.
    pub fn prepare_request(&mut self, request: Request<Bytes>) -> Decided<Answered> {
        let call = Call::new(request, SOURCE_IP, self.context(), "event".to_owned());
        let keys = AcceptedKeys::new(Signatures::Strict, true, Vec::new());
        let ports = Ports { keys: &keys, signing_keys: &Nothing, sessions: &Nothing, buckets: &Nothing };
        decide(&ports, &call, &self.documents).unwrap()
    }
}

/// The root user of an account, by its well-known access key.
pub fn root(account: &str) -> Caller {
    let principal = Principal::Root { account: account.parse().unwrap() };
    Caller { principal, access_key_id: account.to_owned(), session: None }
}

/// Nothing is remembered from one request to the next, and no rate applies.
struct Nothing;

impl ports::SigningKeys for Nothing {
    fn derive(&self, claim: &Claim<'_>, secret: &str) -> Arc<SigningKey> {
        Arc::new(SigningKey::derive(secret, claim.date(), claim.region(), claim.service()))
    }
}

impl ports::OpenedSessions for Nothing {
    fn remembered(&self, _: &str, _: &str, _: &SealingKey) -> Option<Arc<Credential>> {
        None
    }

    fn remember(&self, _: SealingKey, _: &Arc<Credential>) {}
}

impl ports::Buckets for Nothing {
    fn take(&self, _: Rate, _: Operation, _: AccountId, _: Timestamp) -> bool {
        true
    }
}
