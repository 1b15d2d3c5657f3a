//! What became of registers that many callers read while one writes each: contacts of accounts, and the units that accounts
//! are moved to. A small sequential model says which answers there may be.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use services::service::Service;
use testing::signer::Key;
use testing::wire;

use crate::processes::send;

/// How many members the organization has.
pub const MEMBERS: usize = 4;

/// How many accounts of no organization have a contact, too.
const STANDALONE: usize = 2;

/// How many units members are moved through: more than moves of one account can be under way, so that a unit says which
/// of them it was.
const UNITS: u64 = 16;

const MANAGEMENT: Key = Key { id: "100000000900", secret: "test", token: None };

/// The organization as it begins: every member in the first unit.
pub fn seed() -> String {
    let mut seed =
        format!("organization: {{ management_account: \"{}\" }}\norganizational_units:\n", MANAGEMENT.id);
    for unit in 0..UNITS {
        seed.push_str(&format!("  - {{ name: u{unit}, id: {} }}\n", unit_of(unit)));
    }
    seed.push_str(&format!(
        "accounts:\n  - {{ id: \"{}\", name: M, email: m@example.com }}\n",
        MANAGEMENT.id
    ));
    for member in 0..MEMBERS {
        let (id, email) = (account(member), format!("{member}@example.com"));
        seed.push_str(&format!(
            "  - {{ id: \"{id}\", name: A{member}, email: {email}, organizational_unit: u0 }}\n"
        ));
    }
    seed
}

fn unit_of(number: u64) -> String {
    format!("ou-root-u{:07}", number % UNITS)
}

fn account(number: usize) -> String {
    format!("{}", 100_000_000_000 + number)
}

fn called(key: &Key, service: Service, operation: &str, members: &Value) -> Request<Bytes> {
    let request = wire::request(wire::operation(service, operation), members);
    wire::signed(request, key, service.signing_name(), "us-east-1")
}

/// What is written and read.
enum Register {
    /// The name of an account's contact: numbers that only grow.
    Contact(Key),
    /// The unit of an account. Each move goes to the next one, and only from where it was.
    Place(String),
}

/// One register with all that is known of it.
pub struct History {
    register: Register,
    /// The highest number that anybody began to write.
    begun: AtomicU64,
    /// The highest number that was acknowledged or read.
    seen: AtomicU64,
    /// The ids of the requests that were acknowledged.
    acknowledged: Mutex<BTreeSet<String>>,
    broken: Mutex<Vec<String>>,
}

/// The contact of every account, and the place of every member, before anything happens.
pub fn all() -> Vec<History> {
    let contact = |number| {
        let id = Box::leak(account(number).into_boxed_str());
        Register::Contact(Key { id, secret: "test", token: None })
    };
    let contacts = (0..MEMBERS + STANDALONE).map(contact);
    contacts.chain((0..MEMBERS).map(|member| Register::Place(account(member)))).map(History::new).collect()
}

/// How many changes were acknowledged.
pub fn changes(histories: &[History]) -> usize {
    histories.iter().map(|history| history.acknowledged().len()).sum()
}

/// How many members are listed in all units together.
pub fn members_in_units(address: SocketAddr) -> usize {
    let listed = (0..UNITS).map(|unit| {
        let parent = json!({ "ParentId": unit_of(unit) });
        let request = called(&MANAGEMENT, Service::Organizations, "ListAccountsForParent", &parent);
        let (status, _, body) = send(address, &request).expect("an answer");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["Accounts"].as_array().unwrap().len()
    });
    listed.sum()
}

impl History {
    fn new(register: Register) -> Self {
        Self {
            register,
            begun: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            acknowledged: Mutex::default(),
            broken: Mutex::default(),
        }
    }

    /// Of what it is.
    pub fn name(&self) -> String {
        match &self.register {
            Register::Contact(key) => format!("the contact of {}", key.id),
            Register::Place(account) => format!("the place of {account}"),
        }
    }

    /// The ids of the requests that were acknowledged.
    pub fn acknowledged(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.acknowledged.lock().unwrap()
    }

    /// What no sequence of the writes that were begun explains.
    pub fn broken(&self) -> Vec<String> {
        self.broken.lock().unwrap().clone()
    }

    /// To be called by one writer.
    pub fn write(&self, address: SocketAddr) {
        let (number, request) = match &self.register {
            Register::Contact(key) => {
                // It may have been written although nobody said so, and is then never written again.
                let number = self.begun.load(Ordering::SeqCst) + 1;
                let members = json!({ "AlternateContactType": "BILLING", "Name": number.to_string(),
                    "Title": "Owner", "EmailAddress": "ann@example.com", "PhoneNumber": "+12065550100" });
                (number, called(key, Service::Account, "PutAlternateContact", &members))
            }
            Register::Place(account) => {
                // A move that was not answered may still come about, and then this one is refused.
                let place = self.seen.load(Ordering::SeqCst);
                let members = json!({ "AccountId": account, "SourceParentId": unit_of(place),
                    "DestinationParentId": unit_of(place + 1) });
                (place + 1, called(&MANAGEMENT, Service::Organizations, "MoveAccount", &members))
            }
        };
        self.begun.fetch_max(number, Ordering::SeqCst);
        if let Some((200, id, _)) = send(address, &request) {
            self.acknowledged().insert(id);
            self.seen.fetch_max(number, Ordering::SeqCst);
        }
    }

    /// A read is of a moment between its beginning and its end: not older than what anybody knew before, not newer than what
    /// was begun before it ended. With one writer and growing numbers, that every read is so is linearizability. Says whether
    /// there was an answer.
    pub fn read(&self, address: SocketAddr) -> bool {
        let request = match &self.register {
            Register::Contact(key) => {
                let members = json!({ "AlternateContactType": "BILLING" });
                called(key, Service::Account, "GetAlternateContact", &members)
            }
            Register::Place(account) => {
                called(&MANAGEMENT, Service::Organizations, "ListParents", &json!({ "ChildId": account }))
            }
        };
        let known = self.seen.load(Ordering::SeqCst);
        let answer = send(address, &request);
        let begun = self.begun.load(Ordering::SeqCst);
        let Some((status @ (200 | 404), _, body)) = answer else { return false };
        let body: Value = serde_json::from_str(&body).unwrap();
        let number = match &self.register {
            Register::Contact(_) if status == 404 => Some(0),
            Register::Contact(_) => body["AlternateContact"]["Name"].as_str().unwrap().parse().ok(),
            Register::Place(_) => {
                let unit = body["Parents"][0]["Id"].as_str().unwrap_or_default();
                (known..=begun).find(|number| unit_of(*number) == unit)
            }
        };
        match number {
            Some(number) if (known..=begun).contains(&number) => {
                self.seen.fetch_max(number, Ordering::SeqCst);
            }
            _ => {
                let what =
                    format!("{}: {known} was known before and {begun} begun after: {body}", self.name());
                self.broken.lock().unwrap().push(what);
            }
        }
        true
    }
}
