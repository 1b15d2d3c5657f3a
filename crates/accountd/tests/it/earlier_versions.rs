//! What earlier releases wrote goes on in this one: a data directory opens and an export is imported, with the same
//! answers, and page tokens and access keys that were given out work still.
//!
//! Each release adds a directory `tests/store/fixture-<version>/`: `accountd.sqlite` (and what lies beside it),
//! `export.json`, and `expect.json` with the answers that it gave. Fixtures are never rewritten.

use std::fs;
use std::path::{Path, PathBuf};

use accountd::admin::Engine;
use accountd::store::{Store, StoreOptions};
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};
use services::service::Service;
use services::state::installation::ServiceTime;

use crate::answer::Answer;
use crate::wire;
use crate::world::World;
use testing::signer::Key;

/// Each version with the moment of its answers, to the second.
const FIXTURES: [(&str, &str); 1] = [("0.1.0", "2026-11-27T04:09:40Z")];

/// The files of schema 1.
const FILES: [&str; 2] = ["accountd.sqlite", "page-token-key"];

fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/store/fixture-{version}"))
}

fn json_of(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// A copy of a fixture's data directory, gone at its end.
struct Copy(PathBuf);

impl Copy {
    fn of(version: &str, test: &str) -> Self {
        let copy =
            Self(std::env::temp_dir().join(format!("accountd-{}-{version}-{test}", std::process::id())));
        fs::create_dir_all(&copy.0).unwrap();
        for name in FILES {
            fs::copy(fixture(version).join(name), copy.0.join(name)).unwrap();
        }
        copy
    }

    fn open(&self) -> Result<Store, String> {
        Store::open(&self.0, &StoreOptions::default()).map_err(|error| error.to_string())
    }

    fn database(&self) -> Connection {
        Connection::open(self.0.join(FILES[0])).unwrap()
    }

    fn schema(&self) -> u32 {
        self.database().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The world that a version left, and what it answered.
struct Kept {
    world: World,
    expected: Value,
}

impl Kept {
    fn new(version: &str, at: &str, store: Store) -> Self {
        let world = World::kept(store, at.parse().unwrap());
        Self { world, expected: json_of(&fixture(version).join("expect.json")) }
    }

    fn text(&self, pointer: &str) -> &'static str {
        self.expected.pointer(pointer).and_then(Value::as_str).unwrap().to_owned().leak()
    }

    fn root_of(&self, pointer: &str) -> Key {
        Key { id: self.text(pointer), secret: "test", token: None }
    }

    fn ask(&self, key: &Key, service: Service, operation: &str, members: Value) -> Answer {
        let answer = self.world.ask(key, wire::operation(service, operation), &members);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
        answer
    }

    fn check(&self) {
        let management = self.root_of("/management");
        let member = self.text("/members/0");
        let organizations =
            |operation, members| self.ask(&management, Service::Organizations, operation, members).json();
        let account = |operation, members| self.ask(&management, Service::Account, operation, members).json();
        let expected = &self.expected;
        assert_same(&organizations("ListAccounts", json!({})), &expected["accounts"]);
        let target = json!({ "TargetId": expected["ou"], "Filter": "SERVICE_CONTROL_POLICY" });
        assert_same(&organizations("ListPoliciesForTarget", target), &expected["policies"]);
        for contact in expected["contacts"].as_array().unwrap() {
            let kind = &contact["AlternateContact"]["AlternateContactType"];
            let members = json!({ "AccountId": member, "AlternateContactType": kind });
            assert_same(&account("GetAlternateContact", members), contact);
        }
        assert_same(&account("GetContactInformation", json!({})), &expected["primary"]);
        let status = account("GetPrimaryEmailUpdateStatus", json!({ "AccountId": member }));
        assert_same(&status, &expected["email"]);
        let region = self.ask(
            &self.root_of("/members/1"),
            Service::Account,
            "GetRegionOptStatus",
            json!({ "RegionName": expected["region"]["RegionName"] }),
        );
        assert_same(&region.json(), &expected["region"]);
        self.check_identities();
        self.check_events(&management);
    }

    /// The key that was issued signs, and the identities are there.
    fn check_identities(&self) {
        let key = Key { id: self.text("/key/0"), secret: self.text("/key/1"), token: None };
        let caller = self.ask(&key, Service::Sts, "GetCallerIdentity", json!({}));
        assert!(caller.text().contains(self.text("/user")), "{}", caller.text());
        let root = self.root_of("/members/0");
        let user = self.ask(&root, Service::Iam, "GetUser", json!({ "UserName": "ann" }));
        assert!(user.text().contains(self.text("/user")), "{}", user.text());
        let aliases = self.ask(&root, Service::Iam, "ListAccountAliases", json!({}));
        assert!(aliases.text().contains(self.text("/alias/0")), "{}", aliases.text());
    }

    /// The events, newest first, followed page by page. Lookups of this test are newer than all of them.
    fn check_events(&self, management: &Key) {
        let mut ids = Vec::new();
        let mut members = json!({ "MaxResults": 10, "EndTime": "2026-11-27T04:09:39Z" });
        loop {
            let page = self.ask(management, Service::CloudTrail, "LookupEvents", members.clone()).json();
            ids.extend(page["Events"].as_array().unwrap().iter().map(|event| event["EventId"].clone()));
            let Some(token) = page.get("NextToken") else { break };
            members["NextToken"] = token.clone();
        }
        assert_eq!(Value::from(ids), self.expected["events"]);
    }

    /// A page token that was given out continues its list.
    fn check_page_token(&self) {
        let members = json!({ "MaxResults": 5, "NextToken": self.text("/region_token") });
        let page = self.ask(&self.root_of("/management"), Service::Account, "ListRegions", members).json();
        let whole = json!({ "MaxResults": 10 });
        let whole = self.ask(&self.root_of("/management"), Service::Account, "ListRegions", whole).json();
        assert_eq!(page["Regions"].as_array().unwrap()[..], whole["Regions"].as_array().unwrap()[5..]);
    }
}

/// The fixtures show instants as Python prints them, whatever the protocol's form.
fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => {
            Timestamp::from_microsecond((seconds.as_f64()? * 1e3).round() as i64 * 1_000).ok()
        }
        Value::String(text) => text.replacen(' ', "T", 1).parse().ok(),
        _ => None,
    }
}

#[track_caller]
fn assert_same(actual: &Value, expected: &Value) {
    match (actual, expected) {
        (Value::Object(one), Value::Object(other)) => {
            assert!(one.keys().all(|name| other.contains_key(name)), "{actual} {expected}");
            other.iter().for_each(|(name, value)| assert_same(&actual[name], value));
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{actual} {expected}");
            one.iter().zip(other).for_each(|(one, other)| assert_same(one, other));
        }
        _ if actual == expected => {}
        _ => assert!(
            instant(actual).is_some() && instant(actual) == instant(expected),
            "{actual} instead of {expected}"
        ),
    }
}

/// F-STORE-11
#[test]
fn a_data_directory_of_an_earlier_version_opens_with_the_same_answers() {
    for (version, at) in FIXTURES {
        let copy = Copy::of(version, "opens");
        // The first time it is moved forward, the second time it is found so.
        for _ in 0..2 {
            let kept = Kept::new(version, at, copy.open().unwrap());
            kept.check();
            kept.check_page_token();
            drop(kept);
            assert!(copy.schema() > 1, "what is older refuses it");
            assert!(!copy.0.join("page-token-key").exists());
        }
    }
}

/// F-STORE-11
#[test]
fn an_export_of_an_earlier_version_is_imported_with_the_same_answers() {
    for (version, at) in FIXTURES {
        let kept = Kept::new(version, at, Store::in_memory(&StoreOptions::default()).unwrap());
        let export = fs::read(fixture(version).join("export.json")).unwrap();
        kept.world.import(Bytes::from(export)).unwrap();
        kept.check();
    }
}

/// F-STORE-11: a directory is moved forward in one transaction or stays as it is.
#[test]
fn a_damaged_directory_of_an_earlier_version_is_refused_and_left_as_it_is() {
    let copy = Copy::of("0.1.0", "damaged");
    copy.database().execute_batch("DROP TABLE event_account").unwrap();
    let before = fs::read(copy.0.join(FILES[0])).unwrap();
    let refusal = copy.open().err().unwrap();
    assert!(refusal.contains("is damaged (no such table: event_account"), "{refusal}");
    assert!(fs::read(copy.0.join(FILES[0])).unwrap() == before, "the file was changed");
    assert_eq!(copy.schema(), 1);
    assert!(copy.0.join("page-token-key").exists());
}

/// F-STORE-10: the key of page tokens and moved service time are documents, which an import leaves alone and an export does
/// not hold. A reset leaves the key, and time begins anew (F-EDGE-26).
#[test]
fn an_installation_keeps_its_key_and_its_time() {
    let copy = Copy::of("0.1.0", "installation");
    let at: Timestamp = "2026-11-27T04:09:40Z".parse().unwrap();
    let kept = Kept::new("0.1.0", "2026-11-27T04:09:40Z", copy.open().unwrap());
    let (world, state) = (&kept.world, kept.world.state());
    world.block_on(state.keep_time()).unwrap();
    let export = world.exported();
    let text = String::from_utf8(export.to_vec()).unwrap();
    assert!(!text.contains("page-token-key") && !text.contains("service-time"));
    world.block_on(state.reset()).unwrap();
    assert!(world.documents().keys().eq(["page-token-key/current"]));
    world.clock.restore(ServiceTime { stands_still: true, microseconds: at.as_microsecond() });
    world.block_on(state.keep_time()).unwrap();
    world.import(export).unwrap();
    kept.check();
    kept.check_page_token();
    let foreign = json!({ "accountd_export": 1, "events": [], "documents": {
        "page-token-key/current": { "v": 1, "key": "AAAA" }
    } });
    let refused = world.import(Bytes::from(foreign.to_string()));
    assert!(refused.is_err(), "a key of another installation");
    drop(state);
    drop(kept);
    let clock = accountd::clock::Clock::new(accountd::clock::TimeMode::Manual);
    let store = copy.open().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(accountd::installation::restore(&store, &clock)).unwrap();
    assert_eq!(clock.now(), at, "moved time goes on after a restart");
}
