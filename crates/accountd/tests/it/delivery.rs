//! What is delivered: to a directory and to the buckets of trails in it, in whose files, when, and how often (F-DELIVER).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use accountd::admin::Engine;
use accountd::admin::events::{EventsAsked, Filter};
use accountd::delivery::events::{Events, Sink};
use accountd::delivery::window::Windows;
use accountd::delivery::{Courier, Directory, Notices, Settings, Target};
use accountd::store::{Decided, EventRecord};
use aws::arn::AccountId;
use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use services::context::Delays;
use services::service::Service;
use services::world::{ReadsAndWrites, Snapshot};

use crate::cast::*;
use crate::wire;
use crate::world::{Setup, World};

/// A directory that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("accountd-delivery-{}-{number}", std::process::id())))
    }
}

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub const WINDOW: Duration = Duration::from_secs(60);

fn courier(world: &World, folder: &Folder) -> Courier {
    courier_with(world, folder, Notices::default())
}

/// The same where somebody is told.
pub fn courier_with(world: &World, folder: &Folder, notices: Notices) -> Courier {
    let directory = Directory::open(&folder.0).unwrap();
    let settings = Settings {
        windows: Windows::of(WINDOW),
        everything: Some(directory.clone()),
        trails: Some(Target::Directory(directory)),
        notices,
    };
    Courier::new(Arc::clone(&world.store), Arc::clone(&world.clock), settings)
}

/// Delivers what is due.
pub fn deliver(world: &World, courier: &mut Courier) {
    let until = Windows::of(WINDOW).begin(world.clock.now());
    world.block_on(courier.round(until));
}

/// All files below a folder, by their keys.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(key, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn unpacked(content: &[u8]) -> Value {
    let mut text = String::new();
    GzDecoder::new(content).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The records of all files whose keys begin so.
pub fn records(folder: &Folder, prefix: &str) -> Vec<Value> {
    let files = files(&folder.0);
    let files = files.iter().filter(|(key, _)| key.starts_with(prefix) && !key.contains("Digest"));
    files.flat_map(|(_, content)| unpacked(content)["Records"].as_array().unwrap().clone()).collect()
}

pub fn names(records: &[Value]) -> Vec<String> {
    records.iter().map(|record| record["eventName"].as_str().unwrap().to_owned()).collect()
}

pub fn trail_call(world: &World, caller: &Caller, operation: &str, members: Value) -> Value {
    let answer = world.ask(&caller.key, wire::operation(Service::CloudTrail, operation), &members);
    assert_eq!(answer.status, 200, "{operation}: {}", answer.text());
    answer.json()
}

/// F-DELIVER-1, F-DELIVER-2: each record is in a file of its account, Region and window, as the log has it, once that has
/// passed.
#[test]
fn records_of_all_accounts_are_in_the_directory_f_deliver_2() {
    let (world, folder) = (World::company(), Folder::new());
    let mut courier = courier(&world, &folder);
    world.call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": "One" }));
    world.call(&MANAGEMENT_ADMIN, "ListRegions", json!({}));
    deliver(&world, &mut courier);
    assert!(files(&folder.0).is_empty());
    world.pass(WINDOW);
    world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    deliver(&world, &mut courier);
    let member = format!(
        "AWSLogs/{MEMBER}/CloudTrail/us-east-1/2090/06/15/{MEMBER}_CloudTrail_us-east-1_20900615T1201Z_"
    );
    let delivered = records(&folder, &member);
    let logged: Vec<Value> = world.records().into_iter().map(|(_, record)| record).collect();
    let of_log = logged.iter().find(|record| record["eventName"] == "PutAccountName").unwrap();
    assert_eq!(delivered, std::slice::from_ref(of_log));
    assert_eq!(names(&records(&folder, &format!("AWSLogs/{MANAGEMENT}/"))), ["ListRegions"]);
    let before = files(&folder.0);
    deliver(&world, &mut courier);
    assert_eq!(files(&folder.0), before);
    // Over midnight, and over a year.
    world.pass(Duration::from_secs(12 * 3600));
    world.call(&MEMBER_ADMIN, "GetAccountInformation", json!({}));
    world.pass(Duration::from_secs(365 * 24 * 3600));
    deliver(&world, &mut courier);
    let second = records(&folder, &format!("AWSLogs/{MEMBER}/CloudTrail/us-east-1/2090/06/16/"));
    assert_eq!(names(&second), ["GetAccountInformation"]);
    assert_eq!(names(&records(&folder, &format!("AWSLogs/{MEMBER}/"))).len(), 3);
}

/// F-DELIVER-7: what a service will have done is delivered when its time has come.
#[test]
fn what_is_to_come_is_delivered_in_its_time_f_deliver_7() {
    let (world, folder) = (World::company(), Folder::new());
    let mut courier = courier(&world, &folder);
    let create = wire::operation(Service::Organizations, "CreateAccount");
    let members = json!({ "AccountName": "New", "Email": "new@example.com" });
    assert_eq!(world.ask(&MANAGEMENT_ADMIN.key, create, &members).status, 200);
    world.call(&MANAGEMENT_ADMIN, "ListRegions", json!({}));
    // The account is there after a minute, and its record is of that time.
    world.pass(Duration::from_secs(59));
    deliver(&world, &mut courier);
    let of_management = format!("AWSLogs/{MANAGEMENT}/");
    assert!(records(&folder, &of_management).is_empty());
    world.pass(Duration::from_secs(1));
    deliver(&world, &mut courier);
    assert_eq!(names(&records(&folder, &of_management)), ["CreateAccount", "ListRegions"]);
    world.pass(WINDOW);
    deliver(&world, &mut courier);
    let all = names(&records(&folder, &of_management));
    assert_eq!(all.iter().filter(|name| *name == "CreateAccountResult").count(), 1, "{all:?}");
}

/// F-DELIVER-9: a trail delivers what is recorded while it is logging and its selectors take, to its bucket and prefix, and its
/// status says when.
#[test]
fn a_trail_delivers_what_it_takes_f_deliver_9() {
    let (world, folder) = (World::company(), Folder::new());
    let mut courier = courier(&world, &folder);
    let members = json!({ "Name": "main", "S3BucketName": "logs", "S3KeyPrefix": "p" });
    trail_call(&world, &MEMBER_ADMIN, "CreateTrail", members);
    let selectors = json!({ "TrailName": "main", "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] });
    trail_call(&world, &MEMBER_ADMIN, "PutEventSelectors", selectors);
    world.call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": "Before" }));
    world.pass(WINDOW);
    deliver(&world, &mut courier);
    trail_call(&world, &MEMBER_ADMIN, "StartLogging", json!({ "Name": "main" }));
    world.call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": "During" }));
    world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    world.call(&MANAGEMENT_ADMIN, "PutAccountName", json!({ "AccountName": "Elsewhere" }));
    world.pass(WINDOW);
    trail_call(&world, &MEMBER_ADMIN, "StopLogging", json!({ "Name": "main" }));
    world.call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": "After" }));
    world.pass(WINDOW);
    deliver(&world, &mut courier);
    let delivered = records(&folder, &format!("logs/p/AWSLogs/{MEMBER}/CloudTrail/us-east-1/"));
    assert_eq!(names(&delivered), ["StartLogging", "PutAccountName"]);
    assert_eq!(files(&folder.0.join("logs")).len(), 1);
    let status = trail_call(&world, &MEMBER_ADMIN, "GetTrailStatus", json!({ "Name": "main" }));
    let now = world.clock.now();
    assert_eq!(status["LatestDeliveryTime"], now.as_second());
    assert_eq!(status["LatestDeliveryAttemptSucceeded"], now.to_string());
    assert_eq!(status.get("LatestDeliveryError"), None);
}

/// F-DELIVER-10: a trail of the organization delivers the records of all its accounts and of no other, in folders below the
/// organization's.
#[test]
fn a_trail_of_the_organization_delivers_for_all_its_accounts_f_deliver_10() {
    let from = "trusted_services: [account.amazonaws.com]";
    let to = "trusted_services: [account.amazonaws.com, cloudtrail.amazonaws.com]";
    let (world, folder) = (World::of(Setup::company().with(from, to)), Folder::new());
    let mut courier = courier(&world, &folder);
    let members = json!({ "Name": "all", "S3BucketName": "logs", "IsOrganizationTrail": true, "IsMultiRegionTrail": true });
    trail_call(&world, &MANAGEMENT_ADMIN, "CreateTrail", members);
    world.pass(Duration::from_secs(1));
    trail_call(&world, &MANAGEMENT_ADMIN, "StartLogging", json!({ "Name": "all" }));
    world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    world.call(&STANDALONE_ADMIN, "ListRegions", json!({}));
    world.pass(WINDOW);
    deliver(&world, &mut courier);
    let keys: Vec<String> = files(&folder.0.join("logs")).into_keys().collect();
    let organization = keys[0].split('/').nth(1).unwrap().to_owned();
    assert!(organization.starts_with("o-"), "{keys:?}");
    let of = |account: &str| names(&records(&folder, &format!("logs/AWSLogs/{organization}/{account}/")));
    assert_eq!(of(MEMBER), ["ListRegions"]);
    assert_eq!(of(MANAGEMENT), ["StartLogging"]);
    assert!(!keys.iter().any(|key| key.contains(STANDALONE)), "{keys:?}");
}

/// F-DELIVER-3, F-DELIVER-8: a bucket that is away for an hour loses nothing, holds up nobody else, and the status says so.
#[test]
fn a_bucket_that_is_away_gets_everything_later_f_deliver_3() {
    let (world, folder) = (World::company(), Folder::new());
    let mut courier = courier(&world, &folder);
    trail_call(&world, &MEMBER_ADMIN, "CreateTrail", json!({ "Name": "main", "S3BucketName": "logs" }));
    trail_call(&world, &MEMBER_ADMIN, "StartLogging", json!({ "Name": "main" }));
    std::fs::write(folder.0.join("logs"), b"a file where the bucket should be").unwrap();
    for _ in 0..6 {
        world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
        world.pass(Duration::from_secs(600));
        deliver(&world, &mut courier);
    }
    let status = trail_call(&world, &MEMBER_ADMIN, "GetTrailStatus", json!({ "Name": "main" }));
    assert_eq!(status["LatestDeliveryError"], "DirectoryNotWritable");
    assert_eq!(status.get("LatestDeliveryTime"), None);
    let own = format!("AWSLogs/{MEMBER}/");
    assert_eq!(names(&records(&folder, &own)).iter().filter(|name| *name == "ListRegions").count(), 6);
    let long_ago = world.clock.now().checked_sub(SignedDuration::from_hours(1)).unwrap();
    assert!(courier.waiting().or_before(world.clock.now()) <= long_ago);
    std::fs::remove_file(folder.0.join("logs")).unwrap();
    // Another process goes on where the first one was.
    let mut courier = self::courier(&world, &folder);
    deliver(&world, &mut courier);
    let delivered = names(&records(&folder, &format!("logs/AWSLogs/{MEMBER}/")));
    assert_eq!(delivered.iter().filter(|name| *name == "ListRegions").count(), 6, "{delivered:?}");
    assert_eq!(courier.waiting().or_before(Timestamp::MAX), Timestamp::MAX);
    let status = trail_call(&world, &MEMBER_ADMIN, "GetTrailStatus", json!({ "Name": "main" }));
    assert_eq!(status.get("LatestDeliveryError"), None);
}

/// F-DELIVER-3: 50,000 records, with a crash after each page was put and before that was kept: each is there once after
/// de-duplication by its id, in the order of the log within its file.
#[test]
fn every_record_is_delivered_once_by_its_id_f_deliver_3() {
    const COUNT: u64 = 50_000;
    let (world, folder) = (World::company(), Folder::new());
    let start = world.clock.now();
    for thousand in 0..COUNT / 1000 {
        let events: Vec<EventRecord> = (thousand * 1000..(thousand + 1) * 1000)
            .map(|number| {
                let time = start + SignedDuration::from_millis(i64::try_from(number).unwrap() * 10);
                let json = json!({ "eventID": format!("e-{number}"), "awsRegion": "us-east-1", "number": number,
                                   "padding": "x".repeat(150) });
                EventRecord::new(Some(AccountId::from_number(number % 7)), time, json.to_string())
            })
            .collect();
        let record = move |_: &dyn Snapshot| {
            Ok(Decided { value: (), changes: ReadsAndWrites::default(), events: events.clone() })
        };
        world.block_on(world.store.transact(record)).unwrap();
    }
    world.pass(Duration::from_secs(COUNT / 100 + 120));
    // One that dies in the middle, again and again: nothing of what it kept in memory is left.
    for pause in [1, 5, 20, 50] {
        let mut dying = courier(&world, &folder);
        let until = Windows::of(WINDOW).begin(world.clock.now());
        world.block_on(async {
            let round = dying.round(until);
            let _ = tokio::time::timeout(Duration::from_millis(pause), round).await;
        });
    }
    let mut courier = courier(&world, &folder);
    deliver(&world, &mut courier);
    let mut seen = BTreeSet::new();
    for (key, content) in files(&folder.0).iter().filter(|(key, _)| key.ends_with(".json.gz")) {
        let numbers: Vec<u64> = unpacked(content)["Records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["number"].as_u64().unwrap())
            .collect();
        assert!(numbers.is_sorted(), "{key}");
        seen.extend(numbers);
    }
    assert_eq!(seen.len() as u64, COUNT);
}

/// F-DIGEST-1, F-DIGEST-2, F-DIGEST-3: each hour has a digest of what was delivered, with the hash and signature of the one before.
#[test]
fn digests_vouch_for_files_and_for_each_other_f_digest_1() {
    let (world, folder) = (World::company(), Folder::new());
    let mut courier = courier(&world, &folder);
    let members = json!({ "Name": "main", "S3BucketName": "logs", "EnableLogFileValidation": true });
    trail_call(&world, &MEMBER_ADMIN, "CreateTrail", members);
    trail_call(&world, &MEMBER_ADMIN, "StartLogging", json!({ "Name": "main" }));
    for _ in 0..3 {
        world.pass(Duration::from_secs(1800));
        deliver(&world, &mut courier);
        world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    }
    world.pass(Duration::from_secs(1800));
    deliver(&world, &mut courier);
    let stored = files(&folder.0.join("logs"));
    let digests: Vec<(&String, Value)> = stored
        .iter()
        .filter(|(key, _)| key.contains("CloudTrail-Digest") && key.ends_with(".json.gz"))
        .map(|(key, content)| (key, unpacked(content)))
        .collect();
    assert_eq!(digests.len(), 2, "{:?}", stored.keys());
    let (first, second) = (&digests[0], &digests[1]);
    let expected = format!(
        "AWSLogs/{MEMBER}/CloudTrail-Digest/us-east-1/2090/06/15/{MEMBER}_CloudTrail-Digest_us-east-1_main_us-east-1_20900615T130000Z.json.gz"
    );
    assert_eq!(*first.0, expected);
    assert_eq!(first.1["previousDigestS3Object"], Value::Null);
    assert_eq!(
        (&first.1["digestStartTime"], &first.1["digestEndTime"]),
        (&json!("2090-06-15T12:00:00Z"), &json!("2090-06-15T13:00:00Z"))
    );
    assert_eq!(second.1["previousDigestS3Object"], json!(expected));
    let signature = &stored[&format!("{expected}.signature")];
    assert_eq!(second.1["previousDigestSignature"], json!(String::from_utf8_lossy(signature)));
    let listed: BTreeSet<String> = digests
        .iter()
        .flat_map(|(_, digest)| digest["logFiles"].as_array().unwrap().clone())
        .map(|file| file["s3Object"].as_str().unwrap().to_owned())
        .collect();
    let delivered: BTreeSet<String> = stored.keys().filter(|key| !key.contains("Digest")).cloned().collect();
    assert_eq!(listed, delivered);
    let keys = trail_call(&world, &MEMBER_ADMIN, "ListPublicKeys", json!({}));
    assert_eq!(keys["PublicKeyList"][0]["Fingerprint"], first.1["digestPublicKeyFingerprint"]);
    // A year without anything is one digest.
    world.pass(Duration::from_secs(365 * 24 * 3600));
    deliver(&world, &mut courier);
    let count = files(&folder.0.join("logs"))
        .keys()
        .filter(|key| key.contains("Digest") && key.ends_with(".gz"))
        .count();
    assert!(count <= 5, "{count}");
}

/// F-EVENTS-1, F-EVENTS-2, F-EVENTS-4: a Region that is enabled is told of when it begins and when it is done, each once, over
/// a restart too, and in the order of the log.
#[test]
fn events_are_appended_to_a_file_once_f_events_4() {
    let (world, folder) = (World::company(), Folder::new());
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("events.jsonl");
    let events = || {
        let (store, clock) = (Arc::clone(&world.store), Arc::clone(&world.clock));
        Events::new(store, clock, Delays::AWS, Sink::File(file.clone()))
    };
    let told = || -> Vec<String> {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let tell = |line: &str| {
            let event: Value = serde_json::from_str(line).unwrap();
            let detail = &event["detail"];
            detail["status"].as_str().or(detail["eventName"].as_str()).unwrap().to_owned()
        };
        text.lines().map(tell).collect()
    };
    let (first, mut kept) = (events(), None);
    world.call(&MEMBER_ADMIN, "EnableRegion", json!({ "RegionName": "af-south-1" }));
    world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
    world.call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": "One" }));
    world.block_on(first.send_waiting(&mut kept)).unwrap();
    assert_eq!(told(), ["EnableRegion", "ENABLING", "PutAccountName"]);
    world.pass(Duration::from_secs(121));
    // Another process goes on.
    let (second, mut kept) = (events(), None);
    world.block_on(second.send_waiting(&mut kept)).unwrap();
    world.block_on(second.send_waiting(&mut kept)).unwrap();
    assert_eq!(told(), ["EnableRegion", "ENABLING", "PutAccountName", "ENABLED"]);
}

/// F-EDGE-37: the newest of what is wanted, and from there on everything once.
#[test]
fn the_log_is_read_page_by_page_f_edge_37() {
    let world = World::company();
    let state = world.state();
    let page = |after, limit, name: &str| {
        let filter = Filter { name: Some(name.to_owned()), ..Filter::default() };
        let page = world.block_on(state.events(EventsAsked { after, limit, filter })).unwrap();
        (page.events.len(), page.next)
    };
    for _ in 0..5 {
        world.call(&MEMBER_ADMIN, "ListRegions", json!({}));
        world.call(&MEMBER_ADMIN, "GetAccountInformation", json!({}));
    }
    assert_eq!(page(None, 3, "ListRegions").0, 3);
    let (count, next) = page(None, 100, "ListRegions");
    assert_eq!(count, 5);
    assert_eq!(page(Some(next), 100, "ListRegions").0, 0);
    for _ in 0..3 {
        world.call(&MANAGEMENT_ADMIN, "ListRegions", json!({}));
    }
    let (count, further) = page(Some(next), 2, "ListRegions");
    assert_eq!(count, 2);
    assert_eq!(page(Some(further), 2, "ListRegions").0, 1);
}
