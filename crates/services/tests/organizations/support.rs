//! A store in memory, and calls against it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use services::authority::access::Access;
use services::authority::policies::{RequestOrigin, authorize};
use services::context::{Context, Delays, Seed, TokenKey, Validation};
use services::failure::Failure;
use services::operation::{Operation, Service};
use services::state::account::{Account, AccountState, ContactInformation, EmailOwner};
use services::world::{
    Change, Decode, Document, EventQuery, Fault, Found, LoggedEvent, ReadsAndWrites, Snapshot, World, key_of,
};

pub const MANAGEMENT: &str = "111111111111";
pub const GUEST: &str = "222222222222";

/// Texts by key, with the version of each; counts how often it is asked.
#[derive(Default)]
pub struct Texts {
    documents: BTreeMap<String, (u64, String)>,
    commits: u64,
    asked: Cell<usize>,
}

impl Snapshot for Texts {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        self.asked.set(self.asked.get() + 1);
        let Some((version, text)) = self.documents.get(key) else {
            return Ok(Found { version: 0, document: None });
        };
        Ok(Found { version: *version, document: Some(decode(text).map_err(Fault::Broken)?) })
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let from = after.map_or_else(|| prefix.to_owned(), |after| format!("{after}\0"));
        let keys = self.documents.range(from..).map(|(key, _)| key);
        let keys: Vec<_> = keys.take_while(|key| key.starts_with(prefix)).take(limit).cloned().collect();
        self.asked.set(self.asked.get() + keys.len());
        Ok(keys)
    }

    fn events(&self, _query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Ok(Vec::new())
    }
}

/// A store, and the time.
pub struct Play {
    pub texts: Texts,
    pub now: Timestamp,
    calls: u64,
}

impl Play {
    /// Two accounts that are in no organization.
    pub fn new() -> Self {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let mut play = Self { texts: Texts::default(), now, calls: 0 };
        play.put_account(MANAGEMENT);
        play.put_account(GUEST);
        play
    }

    /// An organization with all features.
    pub fn organization() -> Self {
        let mut play = Self::new();
        play.ok(MANAGEMENT, "CreateOrganization", serde_json::json!({}));
        play
    }

    pub fn put_account(&mut self, id: &str) {
        let account = id.parse().unwrap();
        let email = format!("Root+{id}@example.invalid");
        self.put(&email.to_lowercase(), EmailOwner { account });
        let contact = ContactInformation {
            full_name: "Management".to_owned(),
            address_line_1: "1 Street".to_owned(),
            address_line_2: None,
            address_line_3: None,
            city: "City".to_owned(),
            state_or_region: None,
            district_or_county: None,
            postal_code: "12345".to_owned(),
            country_code: "DE".to_owned(),
            phone_number: "+4912345".to_owned(),
            company_name: Some("Company".to_owned()),
            website_url: None,
        };
        let document = Account {
            id: account,
            name: format!("Account {id}"),
            email,
            created_at: self.now,
            state: AccountState::Active,
            contact: Some(contact),
            alternate_contacts: BTreeMap::new(),
            regions: BTreeMap::new(),
            email_update: None,
            email_update_starts: Vec::new(),
            phone_verification: None,
            verified_phone_number: None,
            gov_cloud: None,
        };
        self.put(id, document);
    }

    pub fn put<D: Document>(&mut self, id: &str, document: D) {
        self.texts.documents.insert(key_of::<D>(id), (1, document.encode()));
    }

    pub fn get<D: Document>(&self, id: &str) -> Option<D> {
        self.texts.documents.get(&key_of::<D>(id)).map(|(_, text)| D::decode(text).unwrap())
    }

    pub fn keys(&self) -> BTreeSet<&str> {
        self.texts.documents.keys().map(String::as_str).collect()
    }

    pub fn advance(&mut self, duration: SignedDuration) {
        self.now = self.now.checked_add(duration).unwrap();
    }

    /// The documents that were asked for in `call`.
    pub fn cost(&mut self, call: impl FnOnce(&mut Self)) -> usize {
        self.texts.asked.set(0);
        call(self);
        self.texts.asked.get()
    }

    fn context(&mut self) -> Context {
        self.calls += 1;
        // All bytes are the number of the call; what does not fit into them changes the first ones.
        let [low, high @ ..] = self.calls.to_le_bytes();
        let seed = std::array::from_fn(|at| low ^ high.get(at).copied().unwrap_or_default());
        Context {
            now: self.now,
            real_now: self.now,
            request_id: format!("request-{}", self.calls),
            delays: Delays::SHORT,
            validation: Validation::Strict,
            seed: Seed::new(seed),
            token_key: TokenKey::new([7; 32]),
        }
    }

    /// Runs a call up to, but not including, its commit.
    pub fn prepare(&mut self, account: &str, name: &str, members: Value) -> Prepared {
        self.prepare_in(Service::Organizations, account, name, members)
    }

    pub fn prepare_in(&mut self, service: Service, account: &str, name: &str, members: Value) -> Prepared {
        let context = self.context();
        let mut world = World::new(&self.texts);
        let outcome = run(service, name, account, &members, &context, &mut world);
        if outcome.is_err() {
            world.discard_changes();
        }
        (outcome, world.into_reads_and_writes())
    }

    /// Commits what a call changed. `false` where what it read has changed since.
    pub fn commit(&mut self, changes: ReadsAndWrites) -> bool {
        let current = |key: &String| self.texts.documents.get(key).map_or(0, |(version, _)| *version);
        if changes.reads.iter().any(|(key, version)| current(key) != *version) {
            return false;
        }
        self.texts.commits += 1;
        for (key, change) in changes.writes {
            match change {
                Change::Put { text, .. } => {
                    self.texts.documents.insert(key, (self.texts.commits + 1, text.to_string()));
                }
                Change::Delete => {
                    self.texts.documents.remove(&key);
                }
            }
        }
        true
    }

    /// Makes a call and commits it.
    pub fn call(&mut self, account: &str, name: &str, members: Value) -> Result<Value, Refusal> {
        let (outcome, changes) = self.prepare(account, name, members);
        assert!(self.commit(changes));
        outcome
    }

    pub fn ok(&mut self, account: &str, name: &str, members: Value) -> Value {
        self.call(account, name, members).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
    }

    /// The code and reason of a call that must be refused.
    pub fn refused(&mut self, account: &str, name: &str, members: Value) -> (String, Option<String>) {
        let before = self.texts.documents.clone();
        let refusal = self.call(account, name, members).expect_err("the call was not refused");
        assert_eq!(before, self.texts.documents, "a refused call changes nothing");
        let reason = refusal.members.get("Reason").and_then(Value::as_str).map(str::to_owned);
        (refusal.code.to_string(), reason)
    }

    pub fn root_id(&mut self) -> String {
        self.ok(MANAGEMENT, "ListRoots", Value::Object(Default::default()))["Roots"][0]["Id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Creates an account and waits until it is there.
    pub fn vend(&mut self, email: &str) -> String {
        let members = serde_json::json!({"Email": email, "AccountName": "Workload"});
        let request = self.ok(MANAGEMENT, "CreateAccount", members)["CreateAccountStatus"]["Id"].clone();
        self.advance(SignedDuration::from_secs(1));
        let members = serde_json::json!({"CreateAccountRequestId": request});
        let status = self.ok(MANAGEMENT, "DescribeCreateAccountStatus", members);
        status["CreateAccountStatus"]["AccountId"].as_str().unwrap().to_owned()
    }

    /// What the call asks to do.
    pub fn access(&self, account: &str, name: &str, members: &Value) -> Access {
        let world = World::new(&self.texts);
        let operation = Operation::from_name(Service::Organizations, name).unwrap();
        operation.access(members, &root_of(account), Validation::Strict, &world).unwrap().unwrap()
    }
}

/// What a call answers, and what it would commit.
pub type Prepared = (Result<Value, Refusal>, ReadsAndWrites);

pub fn root_of(account: &str) -> Caller {
    let principal = Principal::Root { account: account.parse().unwrap() };
    Caller { principal, access_key_id: "AKIATEST".to_owned(), session: None }
}

fn run(
    service: Service,
    name: &str,
    account: &str,
    members: &Value,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Value, Refusal> {
    let operation = Operation::from_name(service, name).unwrap();
    let caller = root_of(account);
    let outcome = (|| {
        let access = operation.access(members, &caller, context.validation, world)?;
        let origin = RequestOrigin {
            now: context.now,
            region: "us-east-1",
            source_ip: [127, 0, 0, 1].into(),
            user_agent: None,
        };
        let access = access.expect("the services that are called here need a permission");
        let decision = authorize(access, &caller, &origin, world)?;
        let permitted = decision.map_err(|denial| operation.denied(&denial, &caller, context))?;
        operation.validate(members, context.validation)?;
        operation.execute(Some(&permitted), &caller, members, context, world)
    })();
    outcome.map_err(|failure| match failure {
        Failure::Refused(refusal) => *refusal,
        Failure::Fault(fault) => panic!("{fault:?}"),
    })
}
