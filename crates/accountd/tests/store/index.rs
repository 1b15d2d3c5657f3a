//! The index of the log: what is looked up is found whole, whatever of the log is in the index, and costs what is found.

use std::sync::atomic::Ordering;

use accountd::store::{EventRecord, Store, StoreOptions};
use aws::arn::AccountId;
use jiff::Timestamp;
use serde_json::json;
use services::cloudtrail::model::LookupAttributeKey;
use services::cloudtrail::terms;
use services::world::{EventQuery, Snapshot, World};

use crate::log::record_change;
use crate::support::*;

const RECORDS: u64 = 1_500;

/// Blocks of one segment of the log: what comes last is not in the index yet.
const SEGMENT: u64 = 256;

/// Every 300th call is Ann's; every fifth is of another account, where Bob is called Ann.
fn record(number: u64) -> EventRecord {
    let account = 1 + u64::from(number % 5 == 4);
    let name = if number % 300 == 7 || account == 2 { "ann" } else { "bob" };
    of_account(account, number, name)
}

/// A call of somebody in account 1.
fn named(number: u64, name: &str) -> EventRecord {
    of_account(1, number, name)
}

fn of_account(account: u64, number: u64, name: &str) -> EventRecord {
    let time = i64::try_from(number).unwrap();
    let json = json!({
        "eventVersion": "1.11", "userIdentity": { "type": "IAMUser", "userName": name },
        "eventTime": Timestamp::from_second(time).unwrap().to_string(), "eventSource": "account.amazonaws.com",
        "eventName": "PutAccountName", "awsRegion": "", "sourceIPAddress": "", "userAgent": "",
        "requestParameters": null, "responseElements": null, "eventID": number.to_string(), "readOnly": false,
        "eventType": "AwsApiCall", "managementEvent": true, "eventCategory": "Management",
    });
    event(account, time, json.to_string())
}

/// The numbers of Ann's calls in account 1 since `from`, newest first, and how many blocks were looked into.
async fn of_ann(store: &Store, from: i64) -> (Vec<u64>, u64) {
    let account = AccountId::from_number(1);
    let from = Timestamp::from_second(from).unwrap();
    let look_up = move |snapshot: &dyn Snapshot| {
        let read = |world: &mut World<'_>| {
            let mut query = EventQuery { from, ..EventQuery::newest(account, 3) };
            let term = terms::term(account.as_str(), LookupAttributeKey::Username, "ann");
            let mut found = Vec::new();
            loop {
                let page = world.events_with(&query, term)?;
                query.before = page.last().map(|last| last.position);
                let is_last = page.len() < query.limit;
                found.extend(page.into_iter().filter(|event| event.record.contains("\"userName\":\"ann\"")));
                if is_last {
                    return Ok(found);
                }
            }
        };
        run(snapshot, read, Vec::new())
    };
    let before = store.statistics().log_blocks.load(Ordering::Relaxed);
    let found = store.transact(look_up).await.unwrap();
    let number = |json: &str| -> u64 {
        let record: serde_json::Value = serde_json::from_str(json).unwrap();
        record["eventID"].as_str().unwrap().parse().unwrap()
    };
    let numbers = found.iter().map(|event| number(&event.record)).collect();
    (numbers, store.statistics().log_blocks.load(Ordering::Relaxed) - before)
}

async fn index(store: &Store) {
    while store.index_log().await.unwrap() {}
}

/// F-TRAIL-17
#[test]
fn what_is_looked_up_costs_what_is_found_f_trail_17() {
    on_every_engine(|store| async move {
        for number in 0..RECORDS {
            record_change(&store, vec![record(number)]).await;
        }
        let expected = [1207, 907, 607, 307, 7];
        assert_eq!(of_ann(&store, 0).await.0, expected);
        index(&store).await;
        let (found, blocks) = of_ann(&store, 0).await;
        assert_eq!(found, expected);
        // A database that processes share has no index.
        assert!(store.is_shared() || blocks <= SEGMENT + 5, "{blocks} blocks");
        assert_eq!(of_ann(&store, 600).await.0, expected[..3]);
        // What comes later is found as well, and what is deleted is not.
        record_change(&store, vec![record(307 + 3000)]).await;
        assert_eq!(of_ann(&store, 600).await.0, [3307, 1207, 907, 607]);
        let is_left = |numbers: &[u64]| numbers.iter().all(|number| *number >= 907);
        store.forget(Timestamp::from_second(907).unwrap()).await.unwrap();
        index(&store).await;
        let (found, _) = of_ann(&store, 0).await;
        assert!(found.starts_with(&[3307, 1207, 907]) && is_left(&found), "{found:?}");
        store.reset().await.unwrap();
        assert_eq!(of_ann(&store, 0).await.0, [0; 0]);
        record_change(&store, vec![record(7)]).await;
        assert_eq!(of_ann(&store, 0).await.0, [7]);
    });
}

/// F-TRAIL-17: the index is there after a restart, and goes on where it was.
#[test]
fn the_index_outlives_the_process_f_trail_17() {
    let directory = Directory::new();
    for part in 0..3 {
        let store = Store::open(directory.path(), &StoreOptions::default()).unwrap();
        block_on(async {
            for number in part * 500..(part + 1) * 500 {
                record_change(&store, vec![record(number)]).await;
            }
            index(&store).await;
        });
    }
    let store = directory.open();
    let (found, blocks) = block_on(of_ann(&store, 0));
    assert_eq!(found, [1207, 907, 607, 307, 7]);
    assert!(blocks <= SEGMENT + 5, "{blocks} blocks");
}

/// F-TRAIL-17: where a segment has so many different terms that the index has only one for it, it is looked through.
#[test]
fn what_is_in_a_segment_of_very_many_terms_is_found_f_trail_17() {
    on_every_engine(|store| async move {
        for commit in 0..300 {
            let others = (0..100).map(|other| named(commit, &format!("{commit}-{other}")));
            let ann = (commit % 100 == 50).then(|| named(commit, "ann"));
            record_change(&store, others.chain(ann).collect()).await;
        }
        index(&store).await;
        assert_eq!(of_ann(&store, 0).await.0, [250, 150, 50]);
    });
}

/// F-TRAIL-18
#[test]
fn the_log_says_how_much_of_it_there_is_f_trail_18() {
    on_every_engine(|store| async move {
        let measured = async || {
            store.flush().await.unwrap();
            store.measure_log().await.unwrap();
            store.statistics().log_size()
        };
        assert_eq!(measured().await.oldest, 0);
        for number in 100..140 {
            record_change(&store, vec![record(number), record(number)]).await;
        }
        let size = measured().await;
        assert_eq!(size.oldest, 100);
        assert!(size.bytes > 80 * 200, "{size:?}");
        // A database that processes share does not count them.
        assert_eq!(size.records, (!store.is_shared()).then_some(80));
        store.forget(Timestamp::from_second(130).unwrap()).await.unwrap();
        let size = measured().await;
        assert_eq!((size.records, size.oldest), ((!store.is_shared()).then_some(20), 130));
        store.reset().await.unwrap();
        assert_eq!(measured().await.oldest, 0);
    });
}
