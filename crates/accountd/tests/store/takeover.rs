//! Delivery by whole processes: of two on one PostgreSQL one delivers, and when it is killed the other goes on where it
//! was; and however much waits, a process that delivers it needs no more memory. Both take a minute.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use accountd::store::{EventRecord, Store, StoreOptions};
use aws::arn::AccountId;
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::Request;
use serde_json::{Value, json};
use services::service::Service;
use testing::postgres::Cluster;
use testing::signer::Key;
use testing::wire;

use crate::log::record_change;
use crate::processes::{Process, send};
use crate::support::*;

/// The records below a directory.
fn records(directory: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(directory) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(records(&path));
        } else if path.to_string_lossy().ends_with(".json.gz") {
            let mut text = String::new();
            GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
            let file: Value = serde_json::from_str(&text).unwrap();
            found.extend(file["Records"].as_array().unwrap().clone());
        }
    }
    found
}

fn requests(directory: &Path) -> BTreeSet<String> {
    let id = |record: &Value| record["requestID"].as_str().unwrap_or_default().to_owned();
    records(directory).iter().map(id).collect()
}

/// A change of an account's contact.
fn contact(number: u64) -> Request<Bytes> {
    let members = json!({
        "AlternateContactType": "BILLING", "Name": number.to_string(), "Title": "Owner",
        "EmailAddress": "ann@example.com", "PhoneNumber": "+12065550100",
    });
    let request = wire::request(wire::operation(Service::Account, "PutAlternateContact"), &members);
    let root = Key { id: "100000000001", secret: "test", token: None };
    wire::signed(request, &root, "account", "us-east-1")
}

/// Waits for what must come to pass in this time, by the machine's clock.
fn within<T>(time: Duration, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < time, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// F-DELIVER-11: a lease is good for half a minute, so that a minute is enough to take over.
#[test]
fn one_process_delivers_and_another_goes_on_when_it_is_killed_f_deliver_11() {
    if !testing::is_everything("two processes that deliver, one of which is killed") {
        return;
    }
    let Some(cluster) = Cluster::start(&[]) else { return };
    let database = cluster.database();
    let directory = Directory::new();
    let folders = [0, 1].map(|name| directory.path().join(format!("records-{name}")));
    let start = |name: usize| {
        let folder = folders[name].to_str().unwrap();
        let flags = ["--database", database.url(), "--trail", folder, "--trail-interval", "1s"];
        Process::start(&flags, directory.path(), name)
    };
    let mut processes = [start(0), start(1)];
    let mut acknowledged = BTreeSet::new();
    let mut number = 0;
    let mut write = |process: &Process, count: u64| {
        for _ in 0..count {
            number += 1;
            if let Some((200, id, _)) = send(process.address, &contact(number)) {
                acknowledged.insert(id);
            }
        }
    };
    write(&processes[0], 20);
    write(&processes[1], 20);
    let minute = Duration::from_secs(60);
    let holder =
        within(minute, "neither delivers", || folders.iter().position(|it| !requests(it).is_empty()));
    let other = 1 - holder;
    write(&processes[holder], 20);
    write(&processes[other], 20);
    // In the middle of whatever it delivers.
    processes[holder].kill();
    write(&processes[other], 20);
    assert_eq!(requests(&folders[other]).len(), 0, "both delivered at once");
    within(minute, "nobody took over in a minute", || {
        let both: BTreeSet<String> = folders.iter().flat_map(|folder| requests(folder)).collect();
        acknowledged.is_subset(&both).then_some(())
    });
    assert_eq!(acknowledged.len(), 100);
    // The ids tell what was delivered by both from what happened twice.
    let all: Vec<Value> = folders.iter().flat_map(|folder| records(folder)).collect();
    let ids: BTreeSet<&str> = all.iter().map(|record| record["eventID"].as_str().unwrap()).collect();
    let of = |record: &&Value| record["eventName"] == "PutAlternateContact";
    let requests: BTreeSet<&str> =
        all.iter().filter(of).map(|record| record["requestID"].as_str().unwrap()).collect();
    let changes: BTreeSet<&str> =
        all.iter().filter(of).map(|record| record["eventID"].as_str().unwrap()).collect();
    assert_eq!((requests.len(), changes.len()), (100, 100));
    assert!(ids.len() >= 100);
}

/// How many records are in files that were not seen yet.
fn count_new(directory: &Path, seen: &mut BTreeSet<PathBuf>) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let mut count = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            count += count_new(&path, seen);
        } else if path.to_string_lossy().ends_with(".json.gz") && seen.insert(path.clone()) {
            let mut text = String::new();
            GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
            count += text.matches("\"eventID\"").count() as u64;
        }
    }
    count
}

/// The most memory that a process needed while it delivered so many records that waited, in bytes.
fn peak(count: u64) -> u64 {
    const TOGETHER: u64 = 5_000;
    let directory = Directory::new();
    let data = directory.path().join("data");
    let store = Store::open(&data, &StoreOptions::default()).unwrap();
    let record = |number: u64| {
        let json = format!(
            r#"{{"eventID":"e-{number}","awsRegion":"us-east-1","eventName":"X","requestID":"{number}","padding":"{}"}}"#,
            "x".repeat(400)
        );
        EventRecord::new(Some(AccountId::from_number(1)), "2026-11-01T00:00:00Z".parse().unwrap(), json)
    };
    block_on(async {
        for part in 0..count / TOGETHER {
            record_change(&store, (part * TOGETHER..(part + 1) * TOGETHER).map(record).collect()).await;
        }
        store.flush().await.unwrap();
    });
    drop(store);
    let folder = directory.path().join("records");
    let flags =
        ["--data", data.to_str().unwrap(), "--trail", folder.to_str().unwrap(), "--trail-interval", "1s"];
    let process = Process::start(&flags, directory.path(), 0);
    let (mut seen, mut delivered) = (BTreeSet::new(), 0);
    within(Duration::from_secs(600), "not everything was delivered", || {
        delivered += count_new(&folder, &mut seen);
        (delivered >= count).then_some(())
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    most.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1024
}

/// F-DELIVER-12: a million records that wait take as much memory as a fifth of them.
#[test]
fn what_waits_takes_no_memory_f_deliver_12() {
    if !testing::is_everything("a million records that wait to be delivered") {
        return;
    }
    let (few, many) = (peak(200_000), peak(1_000_000));
    assert!(many <= few + (24 << 20), "{few} bytes for 200,000 records, {many} for a million");
}
