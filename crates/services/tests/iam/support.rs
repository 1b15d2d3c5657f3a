//! A world with one account, and calls by its root user.

use std::ops::{Deref, DerefMut};

use aws::arn::AccountId;
use aws::principal::Caller;
use aws::refusal::Refusal;
use serde_json::Value;
use services::authority::caller::identify;
use services::service::{Operation, Service};
use services::state::identity::{AccessKeyId, Credential};
use testing::builders::{self, ORGANIZATION, ROOT, policy};
use testing::world::{World, operation};

pub use testing::world::root;

/// The account that most tests are about.
pub const ACCOUNT: &str = "111122223333";

/// A trust policy that names the account itself.
pub const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;

/// A policy that allows one action everywhere.
pub fn allow(action: &str) -> String {
    policy("Allow", action)
}

/// The world of these tests.
pub struct Store(World);

impl Deref for Store {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl DerefMut for Store {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.0
    }
}

impl Store {
    /// A store that holds [`ACCOUNT`].
    pub fn new() -> Self {
        let mut world = World::at("2026-11-21T10:00:00Z");
        world.add_account(ACCOUNT);
        Self(world)
    }

    /// Makes [`ACCOUNT`] the management account of an organization without anything else.
    pub fn join_organization(&mut self) {
        let now = self.now;
        let (organization, root) = builders::organization(account_id(), now);
        self.put(ORGANIZATION, &organization);
        self.put(ROOT, &root);
        self.put(ACCOUNT, &builders::membership(now));
    }

    /// A call by the account's root user that must succeed.
    pub fn ok(&mut self, operation: &str, members: Value) -> Value {
        self.0.ok(&root(ACCOUNT), iam(operation), members)
    }

    /// A call by the account's root user that must be refused, and must change nothing.
    pub fn refused(&mut self, operation: &str, members: Value) -> (String, u16, String) {
        self.refused_to(&root(ACCOUNT), operation, members)
    }

    /// The same by somebody else.
    pub fn refused_to(&mut self, caller: &Caller, operation: &str, members: Value) -> (String, u16, String) {
        let refusal = self.0.refused(caller, iam(operation), members);
        (refusal.code.into_owned(), refusal.status, refusal.message.unwrap_or_default())
    }

    /// The caller that an access key stands for; `None` where it stands for nobody.
    pub fn caller(&self, access_key_id: &str) -> Option<Caller> {
        let world = self.view();
        let credential = world.get::<Credential>(AccessKeyId(access_key_id)).expect("readable")?;
        identify(&credential, None, self.now, &world).expect("readable").ok()
    }

    /// A call.
    pub fn call(&mut self, caller: &Caller, operation: &str, members: Value) -> Result<Value, Refusal> {
        self.0.call(caller, iam(operation), members)
    }
}

fn iam(name: &str) -> Operation {
    operation(Service::Iam, name)
}

/// The id of [`ACCOUNT`].
pub fn account_id() -> AccountId {
    ACCOUNT.parse().expect("an account id")
}

/// The texts under `name` of each entry of a list.
pub fn texts<'v>(list: &'v Value, name: &str) -> Vec<&'v str> {
    let list = list.as_array().expect("a list");
    list.iter().map(|entry| entry[name].as_str().expect("a text")).collect()
}
