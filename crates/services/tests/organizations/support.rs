//! A world with two accounts, and calls by their root users.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

use aws::principal::Caller;
use aws::refusal::Refusal;
use jiff::SignedDuration;
use serde_json::Value;
use services::authority::access::Access;
use services::context::{Delays, Validation};
use services::decided::Decided;
use services::service::{Operation, Service};
use services::state::account::{Account, ContactInformation};
use services::world::ReadsAndWrites;
use testing::builders;
use testing::world::{World, operation, root};

pub const MANAGEMENT: &str = "111111111111";
pub const GUEST: &str = "222222222222";

/// The world of these tests.
pub struct Play(World);

impl Deref for Play {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl DerefMut for Play {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0
    }
}

impl Play {
    /// Two accounts that are in no organization.
    pub fn new() -> Self {
        let mut world = World::at("2026-01-02T03:04:05Z");
        world.delays = Delays::SHORT;
        let mut play = Self(world);
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
            name: format!("Account {id}"),
            email: format!("Root+{id}@example.invalid"),
            contact: Some(contact),
            ..builders::account(id, self.now)
        };
        self.0.put_account(&document);
    }

    pub fn keys(&self) -> BTreeSet<&str> {
        self.documents.texts().into_keys().collect()
    }

    /// The documents that were asked for in `call`.
    pub fn cost(&mut self, call: impl FnOnce(&mut Self)) -> usize {
        let before = self.documents.asked();
        call(self);
        self.documents.asked() - before
    }

    /// Runs a call up to, but not including, its commit.
    pub fn prepare(&mut self, account: &str, name: &str, members: Value) -> Prepared {
        self.prepare_in(Service::Organizations, account, name, members)
    }

    pub fn prepare_in(&mut self, service: Service, account: &str, name: &str, members: Value) -> Prepared {
        let Decided { value, changes, .. } =
            self.0.prepare(&root(account), operation(service, name), members);
        (value, changes)
    }

    /// Commits what a call changed. `false` where what it read has changed since.
    #[must_use]
    pub fn commit(&mut self, changes: ReadsAndWrites) -> bool {
        self.documents.commit(changes)
    }

    /// Makes a call of Organizations as somebody and commits it.
    pub fn call_as(&mut self, caller: &Caller, name: &str, members: Value) -> Result<Value, Refusal> {
        self.0.call(caller, organizations(name), members)
    }

    /// Makes a call and commits it.
    pub fn call(&mut self, account: &str, name: &str, members: Value) -> Result<Value, Refusal> {
        self.0.call(&root(account), organizations(name), members)
    }

    pub fn ok(&mut self, account: &str, name: &str, members: Value) -> Value {
        self.0.ok(&root(account), organizations(name), members)
    }

    /// The code and reason of a call that must be refused.
    pub fn refused(&mut self, account: &str, name: &str, members: Value) -> (String, Option<String>) {
        let refusal = self.0.refused(&root(account), organizations(name), members);
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
        let world = self.view();
        organizations(name).access(members, &root(account), Validation::Strict, &world).unwrap().unwrap()
    }
}

/// What a call answers, and what it would commit.
pub type Prepared = (Result<Value, Refusal>, ReadsAndWrites);

fn organizations(name: &str) -> Operation {
    operation(Service::Organizations, name)
}
