//! A store that is a map, and calls that go the way of a request: access, policies, constraints, rule,
//! commit.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use jiff::Timestamp;
use serde_json::Value;
use services::authority::caller::identify;
use services::authority::policies::{RequestOrigin, authorize};
use services::context::{Context, Delays, Seed, TokenKey, Validation};
use services::failure::Failure;
use services::operation::{Operation, Service};
use services::state::account::{Account, AccountState};
use services::state::identity::Credential;
use services::state::organization::{
    AttachedPolicies, FeatureSet, Membership, Organization, OrganizationalUnit,
};
use services::world::{Change, Decode, Document, EventQuery, Fault, Found, LoggedEvent, Snapshot, World};

/// The account that most tests are about.
pub const ACCOUNT: &str = "111122223333";

/// A trust policy that names the account itself.
pub const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}"#;

/// A policy that allows one action everywhere.
pub fn allow(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    )
}

/// The store, the time, and the number of the next request.
pub struct Store {
    documents: BTreeMap<String, String>,
    pub now: Timestamp,
    requests: u64,
}

impl Snapshot for Store {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        let document = self.documents.get(key).map(|text| decode(text)).transpose().map_err(Fault::Broken)?;
        Ok(Found { version: 0, document })
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let keys = self.documents.keys().filter(|key| key.starts_with(prefix));
        let keys = keys.filter(|key| after.is_none_or(|after| key.as_str() > after));
        Ok(keys.take(limit).cloned().collect())
    }

    fn events(&self, _query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Ok(Vec::new())
    }
}

/// The root user of an account.
pub fn root(account: &str) -> Caller {
    let account = account.parse().expect("an account id");
    Caller { principal: Principal::Root { account }, access_key_id: "test".to_owned(), session: None }
}

impl Store {
    /// A store that holds [`ACCOUNT`].
    pub fn new() -> Self {
        let mut store = Self {
            documents: BTreeMap::new(),
            now: "2026-11-21T10:00:00Z".parse().expect("a time"),
            requests: 0,
        };
        store.add_account(ACCOUNT);
        store
    }

    /// Adds an account.
    pub fn add_account(&mut self, id: &str) {
        let account = Account {
            id: id.parse().expect("an account id"),
            name: id.to_owned(),
            email: format!("{id}@example.com"),
            created_at: self.now,
            state: AccountState::Active,
            contact: None,
            alternate_contacts: BTreeMap::new(),
            regions: BTreeMap::new(),
            email_update: None,
            email_update_starts: Vec::new(),
            phone_verification: None,
            verified_phone_number: None,
            gov_cloud: None,
        };
        self.put(id, &account);
    }

    /// Makes [`ACCOUNT`] the management account of an organization without anything else.
    pub fn join_organization(&mut self) {
        let organization = Organization {
            id: "o-exampleorg".to_owned(),
            management_account: account_id(),
            feature_set: FeatureSet::All,
            root_id: "r-ab12".to_owned(),
            trusted_services: BTreeMap::new(),
            delegated_administrators: BTreeMap::new(),
            enabled_policy_types: BTreeSet::new(),
            created_at: self.now,
        };
        let root = OrganizationalUnit {
            id: "r-ab12".to_owned(),
            organization_id: "o-exampleorg".to_owned(),
            parent_id: None,
            name: "Root".to_owned(),
            policies: AttachedPolicies::default(),
            tags: BTreeMap::new(),
        };
        let membership = Membership {
            organization_id: "o-exampleorg".to_owned(),
            parent_id: "r-ab12".to_owned(),
            joined_at: self.now,
            joined_method: "CREATED".to_owned(),
            policies: AttachedPolicies::default(),
            tags: BTreeMap::new(),
            closure: None,
        };
        self.put("o-exampleorg", &organization);
        self.put("r-ab12", &root);
        self.put(ACCOUNT, &membership);
    }

    /// Writes a document.
    pub fn put<D: Document>(&mut self, id: &str, document: &D) {
        self.documents.insert(format!("{}/{id}", D::KIND), document.encode());
    }

    /// How many documents there are of a kind.
    pub fn count<D: Document>(&self) -> usize {
        self.documents.keys().filter(|key| key.starts_with(&format!("{}/", D::KIND))).count()
    }

    /// Every document's key and text, to see that nothing has changed.
    pub fn everything(&self) -> BTreeMap<String, String> {
        self.documents.clone()
    }

    /// A call by the account's root user that must succeed.
    pub fn ok(&mut self, operation: &str, members: Value) -> Value {
        let answer = self.call(&root(ACCOUNT), operation, members);
        answer.unwrap_or_else(|refusal| panic!("{operation}: {refusal:?}"))
    }

    /// A call by the account's root user that must be refused, and must change nothing.
    pub fn refused(&mut self, operation: &str, members: Value) -> (String, u16, String) {
        self.refused_to(&root(ACCOUNT), operation, members)
    }

    /// The same by somebody else.
    pub fn refused_to(&mut self, caller: &Caller, operation: &str, members: Value) -> (String, u16, String) {
        let before = self.everything();
        let refusal = self.call(caller, operation, members).expect_err(operation);
        assert_eq!(before, self.everything(), "{operation} changed something");
        (refusal.code.into_owned(), refusal.status, refusal.message.unwrap_or_default())
    }

    /// The caller that an access key stands for; `None` where it stands for nobody.
    pub fn caller(&self, access_key_id: &str) -> Option<Caller> {
        let world = World::new(self);
        let credential = world.get::<Credential>(access_key_id).expect("readable")?;
        identify(&credential, None, self.now, &world).expect("readable").ok()
    }

    /// A call.
    pub fn call(&mut self, caller: &Caller, operation: &str, members: Value) -> Result<Value, Refusal> {
        self.requests += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.requests.to_be_bytes());
        let context = Context {
            now: self.now,
            real_now: self.now,
            request_id: format!("request-{}", self.requests),
            delays: Delays::INSTANT,
            validation: Validation::Strict,
            seed: Seed::new(seed),
            token_key: TokenKey::new([7; 32]),
        };
        let operation = Operation::from_name(Service::Iam, operation).expect("an operation of IAM");
        let mut world = World::new(self);
        let answer =
            run(operation, caller, &members, &context, &mut world).map_err(|failure| match failure {
                Failure::Refused(refusal) => *refusal,
                Failure::Fault(fault) => panic!("{fault:?}"),
            })?;
        for (key, change) in world.into_reads_and_writes().writes {
            match change {
                Change::Put { text, .. } => self.documents.insert(key, text.to_string()),
                Change::Delete => self.documents.remove(&key),
            };
        }
        Ok(answer)
    }
}

fn run(
    operation: Operation,
    caller: &Caller,
    members: &Value,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Value, Failure> {
    let access =
        operation.access(members, caller, context.validation, world)?.expect("IAM asks for permissions");
    let origin = RequestOrigin {
        now: context.now,
        region: "us-east-1",
        source_ip: IpAddr::from([203, 0, 113, 9]),
        user_agent: None,
    };
    let decision = authorize(access, caller, &origin, world)?;
    let permitted = decision.map_err(|denial| operation.denied(&denial, caller, context))?;
    operation.validate(members, context.validation)?;
    operation.execute(Some(&permitted), caller, members, context, world)
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
