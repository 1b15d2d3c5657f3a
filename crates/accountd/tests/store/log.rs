//! The event log: order, accounts, time, paging, and records of reads.

use std::sync::atomic::Ordering;

use accountd::store::{EventRecord, Exported, Store, StoreOptions};
use aws::arn::AccountId;
use jiff::Timestamp;
use services::world::{EventPosition, EventQuery, Snapshot, World};

use crate::support::*;

fn all(limit: usize) -> EventQuery {
    EventQuery { account: None, from: Timestamp::MIN, until: Timestamp::MAX, before: None, limit }
}

async fn jsons(store: &Store, query: &EventQuery) -> Vec<String> {
    let events = store.events(query).await.unwrap();
    events.into_iter().map(|event| event.record).collect()
}

async fn record_read(store: &Store, record: EventRecord) {
    store.transact(move |snapshot| run(snapshot, |_| Ok(()), vec![record.clone()])).await.unwrap();
}

pub async fn record_change(store: &Store, records: Vec<EventRecord>) {
    let rule = move |snapshot: &dyn Snapshot| {
        let put = |world: &mut World<'_>| {
            world.put("a", Counter(1));
            Ok(())
        };
        run(snapshot, put, records.clone())
    };
    store.transact(rule).await.unwrap();
}

/// F-STORE-5
#[test]
fn events_come_newest_first_and_page_without_gaps() {
    on_every_engine(|store| async move {
        record_read(&store, event(1, 1, "1")).await;
        record_change(&store, vec![event(1, 2, "2"), event(2, 2, "3")]).await;
        record_read(&store, event(1, 3, "4")).await;
        record_read(&store, event(2, 4, "5")).await;
        record_change(&store, vec![event(2, 5, "6")]).await;
        assert_eq!(jsons(&store, &all(10)).await, ["6", "5", "4", "3", "2", "1"]);
        let mut query = all(2);
        let mut pages = Vec::new();
        loop {
            let page = store.events(&query).await.unwrap();
            let Some(last) = page.last() else { break };
            query.before = Some(last.position);
            // What comes in meanwhile does not move the pages.
            record_read(&store, event(1, 9, "later")).await;
            pages.push(page.iter().map(|event| event.record.as_str()).collect::<String>());
        }
        assert_eq!(pages, ["65", "43", "21"]);
    });
}

/// The embedded engine lists accounts by segments of 256 blocks: none may be lost or doubled where one ends, nor
/// an account that is rare be missed behind others.
#[test]
fn an_account_is_found_over_many_blocks() {
    on_every_engine(|store| async move {
        const CHANGES: u64 = 700;
        for number in 0..CHANGES {
            let account = if number % 300 == 7 { 2 } else { 1 };
            record_change(&store, vec![event(account, number as i64, format!("{number}"))]).await;
        }
        let of = |account| EventQuery { account: Some(AccountId::from_number(account)), ..all(1000) };
        assert_eq!(jsons(&store, &of(2)).await, ["607", "307", "7"]);
        let others = jsons(&store, &of(1)).await;
        assert_eq!(others.len() as u64, CHANGES - 3);
        let expected = (0..CHANGES).rev().filter(|number| number % 300 != 7).map(|number| number.to_string());
        assert!(others.iter().eq(&expected.collect::<Vec<_>>()));
        assert!(jsons(&store, &of(3)).await.is_empty());
    });
}

#[test]
fn events_are_found_by_account_and_time() {
    on_every_engine(|store| async move {
        for second in 0..20 {
            record_change(&store, vec![event(1 + second % 2, second as i64, format!("{second}"))]).await;
        }
        record_read(&store, event(4, 30, "newest")).await;
        let query = EventQuery {
            account: Some(AccountId::from_number(2)),
            from: Timestamp::from_second(5).unwrap(),
            until: Timestamp::from_second(11).unwrap(),
            ..all(10)
        };
        assert_eq!(jsons(&store, &query).await, ["9", "7", "5"]);
        assert_eq!(jsons(&store, &EventQuery { account: None, ..query }).await.len(), 6);
        let account = Some(AccountId::from_number(3));
        assert_eq!(jsons(&store, &EventQuery { account, ..all(10) }).await, [""; 0]);
        assert_eq!(jsons(&store, &all(1)).await, ["newest"]);
        assert_eq!(jsons(&store, &all(0)).await, [""; 0]);
        let before = Some(EventPosition { commit: 0, index: 0 });
        assert_eq!(jsons(&store, &EventQuery { before, ..all(10) }).await, [""; 0]);
    });
}

/// How many blocks were looked into for what `query` finds.
async fn blocks_of(store: &Store, query: &EventQuery) -> u64 {
    let looked_into = || store.statistics().log_blocks.load(Ordering::Relaxed);
    let before = looked_into();
    store.events(query).await.unwrap();
    looked_into() - before
}

/// F-STORE-12: a search looks into the blocks of its time only, however long the log is before and after it, and finds
/// all there is although the log is not in order of time.
#[test]
fn a_window_is_found_whole_and_costs_what_lies_in_it() {
    on_every_engine(|store| async move {
        const CHANGES: i64 = 700;
        // What a service will have done, and what was imported from elsewhere, is out of order.
        let time_of = |number: i64| match number % 97 {
            50 => number + 5_000,
            51 => number - 300,
            _ => number,
        };
        for number in 0..CHANGES {
            record_change(&store, vec![event(1, time_of(number), format!("{number}"))]).await;
        }
        for window in [-400..0, 100..103, 0..CHANGES, 690..800, 5_000..9_000, 9_000..9_001] {
            for account in [None, Some(AccountId::from_number(1))] {
                let query = EventQuery {
                    account,
                    from: Timestamp::from_second(window.start).unwrap(),
                    until: Timestamp::from_second(window.end).unwrap(),
                    ..all(1000)
                };
                let expected: Vec<_> = (0..CHANGES)
                    .rev()
                    .filter(|number| window.contains(&time_of(*number)))
                    .map(|number| number.to_string())
                    .collect();
                assert_eq!(jsons(&store, &query).await, expected);
                assert_eq!(blocks_of(&store, &query).await, expected.len() as u64);
            }
        }
    });
}

/// F-STORE-12: the block in which a read ended is kept for the next read of the same run.
#[test]
fn paging_within_a_block_reads_it_once() {
    on_every_engine(|store| async move {
        let records = (0..1000).map(|number| event(1 + number % 2, 5, format!("{number}"))).collect();
        record_change(&store, records).await;
        record_change(&store, vec![event(1, 6, "newest")]).await;
        let pages = |snapshot: &dyn Snapshot| {
            let read = |world: &mut World<'_>| {
                let mut query = EventQuery::newest(AccountId::from_number(2), 7);
                let mut found = Vec::new();
                loop {
                    let page = world.events(&query)?;
                    query.before = page.last().map(|last| last.position);
                    let is_last = page.len() < query.limit;
                    found.extend(page.into_iter().map(|event| event.record));
                    if is_last {
                        return Ok(found);
                    }
                }
            };
            run(snapshot, read, Vec::new())
        };
        let before = store.statistics().log_blocks.load(Ordering::Relaxed);
        let found = store.transact(pages).await.unwrap();
        let expected = (0..1000).rev().filter(|number| number % 2 == 1).map(|number| number.to_string());
        assert!(found.iter().eq(&expected.collect::<Vec<_>>()));
        assert!(store.statistics().log_blocks.load(Ordering::Relaxed) - before <= 2);
    });
}

/// F-STORE-6
#[test]
fn records_of_reads_are_written_without_being_asked_for() {
    let directory = Directory::new();
    let store = directory.open();
    block_on(async {
        record_read(&store, event(1, 1, "read")).await;
        let written = || store.statistics().read_records.load(Ordering::Relaxed);
        assert_eq!(written(), 0, "the answer did not wait for the disk");
        // The writer's own clock decides when; it is the machine's, and only its being reached is tested.
        while written() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(store.statistics().transactions.load(Ordering::Relaxed), 1);
    });
}

/// F-STORE-6
#[test]
fn closing_writes_the_records_of_reads() {
    let directory = Directory::new();
    block_on(record_read(&directory.open(), event(1, 1, "read")));
    let store = directory.open();
    assert_eq!(block_on(jsons(&store, &all(10))), ["read"]);
    assert_eq!(store.statistics().events.load(Ordering::Relaxed), 1);
}

#[test]
fn more_records_than_the_queue_holds_all_arrive() {
    on_every_engine(|store| async move {
        let store = std::sync::Arc::new(store);
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let store = std::sync::Arc::clone(&store);
                tokio::spawn(async move {
                    for step in 0..25 {
                        record_read(&store, event(task, step, "x".repeat(100_000))).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        store.flush().await.unwrap();
        assert_eq!(store.statistics().read_records.load(Ordering::Relaxed), 200);
        for task in 0..8 {
            let query = EventQuery { account: Some(AccountId::from_number(task)), ..all(100) };
            assert_eq!(store.events(&query).await.unwrap().len(), 25);
        }
    });
}

#[test]
fn an_export_imported_elsewhere_is_the_same() {
    let directory = Directory::new();
    let (from, to) = (directory.open(), Store::in_memory(&StoreOptions::default()).unwrap());
    block_on(async {
        for number in 0..50 {
            put(&from, format!("{number}"), number).await.unwrap();
            record_read(&from, event(1, number as i64, format!("{number}"))).await;
        }
        let items = export(&from).await;
        assert_eq!(items.len(), 100);
        put(&to, "stale".to_owned(), 1).await.unwrap();
        to.import(items.clone().into_iter().map(Ok)).await.unwrap();
        assert!(export(&to).await == items);
        from.import(items.clone().into_iter().map(Ok)).await.unwrap();
        assert!(export(&from).await == items);
        assert_eq!(read(&from, "7").await, Some(7));
        assert_eq!(from.statistics().documents.load(Ordering::Relaxed), 50);
    });
    drop(from);
    assert_eq!(directory.open().statistics().events.load(Ordering::Relaxed), 50);
}

#[test]
fn an_import_with_a_wrong_item_changes_nothing() {
    on_every_engine(|store| async move {
        record_change(&store, vec![event(1, 1, "kept")]).await;
        let before = export(&store).await;
        let document = Exported::Document { key: "counter/b".to_owned(), text: "1".to_owned() };
        let items = [Ok(document), Err("line 2 is wrong".to_owned())];
        let error = store.import(items.into_iter()).await.unwrap_err();
        assert_eq!(error.to_string(), "nothing was imported: line 2 is wrong");
        assert!(export(&store).await == before);
        assert_eq!(increment(&store, "a").await, Ok(2));
    });
}

/// F-COST-7
#[test]
fn calls_of_nobody_are_a_small_ring() {
    on_every_engine(|store| async move {
        let of_nobody = |number: i64| {
            let time = Timestamp::from_microsecond(number).unwrap();
            EventRecord::new(None, time, format!("{{\"number\":{number}}}"))
        };
        record_change(&store, vec![event(1, 1, "{}")]).await;
        for number in 0..1_500 {
            record_read(&store, of_nobody(number)).await;
        }
        assert_eq!(store.statistics().events.load(Ordering::Relaxed), 1, "they are not stored");
        let numbers = |items: Vec<Exported>| -> Vec<i64> {
            let events = items.into_iter().filter_map(|item| match item {
                Exported::Event(event) if event.account.is_none() => Some(event.time.as_microsecond()),
                _ => None,
            });
            events.collect()
        };
        // Who reads the log of all accounts finds them in their place.
        record_change(&store, vec![event(1, 2, "{\"after\":1}")]).await;
        let all = EventQuery { limit: 3, ..all(3) };
        assert_eq!(jsons(&store, &all).await, ["{\"after\":1}", "{\"number\":1499}", "{\"number\":1498}"]);
        let newest = store.events(&all).await.unwrap();
        let next = EventQuery { before: Some(newest[2].position), limit: 1000, ..all };
        assert_eq!(jsons(&store, &next).await.len(), 999, "998 more of nobody, and the first");
        let kept: Vec<i64> = (500..1_500).collect();
        assert_eq!(numbers(export(&store).await), kept, "the newest, oldest first");
        let items = export(&store).await;
        store.import(items.into_iter().map(Ok)).await.unwrap();
        assert_eq!(numbers(export(&store).await), kept);
        store.reset().await.unwrap();
        assert!(export(&store).await.is_empty());
    });
}

/// F-STORE-19
#[test]
fn old_records_are_forgotten_and_their_space_given_back() {
    let directory = Directory::new();
    let size = || std::fs::metadata(directory.database()).unwrap().len();
    let store = directory.open();
    block_on(async {
        let old = Timestamp::from_second(1_000).unwrap();
        let padding = "x".repeat(2_000);
        for number in 0..700 {
            let records =
                (0..10).map(|_| event(1, number, format!("{{\"padding\":\"{padding}\"}}"))).collect();
            record_change(&store, records).await;
        }
        record_change(&store, vec![event(1, 2_000, "{\"new\":1}")]).await;
        store.flush().await.unwrap();
        let items = export(&store).await.len();
        let forgotten = store.forget(old).await.unwrap();
        assert!(forgotten >= 700, "{forgotten} blocks");
        let left = export(&store).await;
        assert_eq!(left.len(), items - 7_000);
        let query = EventQuery::newest(AccountId::from_number(1), 10);
        assert_eq!(store.events(&query).await.unwrap().len(), 1);
        assert_eq!(store.forget(old).await, Ok(0));
        assert!(increment(&store, "a").await.is_ok());
    });
    drop(store);
    assert!(size() < 1_000_000, "{} bytes are left of 14 MB", size());
    let store = directory.open();
    block_on(async {
        for number in 0..700 {
            record_change(&store, vec![event(1, number, "x".repeat(20_000))]).await;
        }
        store.reset().await.unwrap();
    });
    drop(store);
    assert!(size() < 1_000_000, "{} bytes are left after a reset", size());
}

/// F-STORE-20: from any place on, in pages of any size, everything comes once and in the order of commits.
#[test]
fn the_log_is_followed_from_any_place_f_store_20() {
    on_every_engine(|store| async move {
        record_change(&store, vec![event(1, 1, "1"), event(2, 9, "2")]).await;
        record_change(&store, vec![event(1, 3, "3")]).await;
        record_read(&store, event(2, 2, "4")).await;
        let mut from = EventPosition { commit: 0, index: 0 };
        let mut pages = Vec::new();
        loop {
            let page = store.follow(from, 0).await.unwrap();
            pages.extend(page.records.iter().map(|record| (record.json.clone(), record.account)));
            from = page.next.unwrap();
            if page.is_end {
                break;
            }
        }
        let account = AccountId::from_number;
        let told = |json: &str, number| (json.to_owned(), account(number));
        assert_eq!(pages, [told("1", 1), told("2", 2), told("3", 1), told("4", 2)]);
        assert!(store.follow(from, 1 << 20).await.unwrap().records.is_empty());
        record_change(&store, vec![event(1, 4, "5")]).await;
        let page = store.follow(from, 1 << 20).await.unwrap();
        assert_eq!(page.records.iter().map(|record| record.json.as_str()).collect::<Vec<_>>(), ["5"]);
    });
}
