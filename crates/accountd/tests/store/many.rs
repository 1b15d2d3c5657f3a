//! Several stores over one database, as several processes have them: nothing is shared between them but that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use accountd::store::{Store, StoreOptions};
use services::world::{Change, Document, Snapshot};
use testing::postgres::{TestDatabase, database};

use crate::support::*;

fn connect(database: &TestDatabase) -> Arc<Store> {
    Arc::new(Store::connect(&database.database(), &StoreOptions::default()).unwrap())
}

/// F-STORE-21
#[test]
fn what_one_process_committed_the_others_read_at_once() {
    let Some(database) = database() else { return };
    let stores = [connect(&database), connect(&database), connect(&database)];
    block_on(async {
        for number in 1..=50_u64 {
            let writer = &stores[number as usize % 3];
            put(writer, "a".to_owned(), number).await.unwrap();
            for reader in &stores {
                assert_eq!(read(reader, "a").await, Some(number));
            }
        }
        delete(&stores[0], "a").await;
        for reader in &stores {
            assert_eq!(read(reader, "a").await, None);
            assert_eq!(ids(reader, "", None, 10).await, [""; 0]);
        }
        stores[1].reset().await.unwrap();
        put(&stores[2], "a".to_owned(), 7).await.unwrap();
        assert_eq!(read(&stores[0], "a").await, Some(7));
    });
}

/// F-STORE-21: what is in memory costs one question, however many ask at once.
#[test]
fn reads_that_wait_together_ask_together() {
    let Some(database) = database() else { return };
    let store = connect(&database);
    block_on(async {
        put(&store, "a".to_owned(), 1).await.unwrap();
        let questions = || store.statistics().questions.load(Ordering::Relaxed);
        let before = questions();
        assert_eq!(read(&store, "a").await, Some(1));
        assert_eq!(questions() - before, 1);
        let before = questions();
        let readers: Vec<_> = (0..640)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { read(&store, "a").await })
            })
            .collect();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), Some(1));
        }
        assert!(questions() - before < 320, "{} questions for 640 reads", questions() - before);
    });
}

/// F-STORE-22
#[test]
fn writers_of_three_processes_all_count_once_and_leave_one_record_each() {
    let Some(database) = database() else { return };
    let stores: Vec<_> = (0..3).map(|_| connect(&database)).collect();
    block_on(async {
        let writers = (0..24_u64).map(|writer| {
            let store = Arc::clone(&stores[writer as usize % 3]);
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for step in 0..20 {
                    let rule = move |snapshot: &dyn Snapshot| {
                        let rule = |world: &mut services::world::World<'_>| {
                            let number = count(world, "shared")? + 1;
                            world.put("shared", Counter(number));
                            world.put(format!("own/{writer}").as_str(), Counter(step));
                            Ok(number)
                        };
                        let json = format!("{{\"writer\":{writer},\"step\":{step}}}");
                        run(snapshot, rule, vec![event(writer, step as i64, json)])
                    };
                    numbers.push(store.transact(rule).await.unwrap());
                }
                numbers
            })
        });
        let mut numbers = BTreeSet::new();
        for writer in writers.collect::<Vec<_>>() {
            numbers.extend(writer.await.unwrap());
        }
        assert_eq!(numbers, (1..=480).collect(), "each saw a number of its own");
        for store in &stores {
            assert_eq!(read(store, "shared").await, Some(480));
        }
        let told = records(&stores[0]).await;
        assert_eq!(told.len(), 480);
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 480);
        assert_eq!(ids(&stores[1], "own/", None, 100).await.len(), 24);
    });
    assert_eq!(database.number("SELECT documents FROM accountd.head"), 25);
    assert_eq!(database.number("SELECT events FROM accountd.head"), 480);
    let sequence = database.number("SELECT sequence FROM accountd.head");
    assert_eq!(database.number("SELECT count(*) FROM accountd.event_block"), sequence + 1, "none is missing");
}

/// F-STORE-22: whoever is cut off finds out what became of its commit, and counts it once. All connections are cut
/// each time a few more writes were acknowledged, so that a cut falls on commits under way and none waits for good.
#[test]
fn connections_that_are_cut_lose_nothing_and_count_nothing_twice() {
    const ACKNOWLEDGED_BETWEEN_CUTS: usize = 3;
    let Some(database) = database() else { return };
    let database = Arc::new(database);
    let stores: Vec<_> = (0..2).map(|_| connect(&database)).collect();
    let (acknowledged, acknowledgements) = std::sync::mpsc::channel();
    let cutter = {
        let database = Arc::clone(&database);
        std::thread::spawn(move || {
            let mut cut = 0;
            while acknowledgements.iter().take(ACKNOWLEDGED_BETWEEN_CUTS).count() == ACKNOWLEDGED_BETWEEN_CUTS
            {
                cut += database.number(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE application_name = 'accountd' AND datname = current_database()",
                );
            }
            cut
        })
    };
    block_on(async {
        let writers = (0..16_usize).map(|writer| {
            let (store, acknowledged) = (Arc::clone(&stores[writer % 2]), acknowledged.clone());
            tokio::spawn(async move {
                for _ in 0..30 {
                    increment(&store, "a").await.unwrap();
                    acknowledged.send(()).unwrap();
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        drop(acknowledged);
        for store in &stores {
            assert_eq!(read(store, "a").await, Some(16 * 30));
        }
    });
    assert!(cutter.join().unwrap() > 0, "connections were cut");
}

/// F-STORE-25
#[test]
fn ten_processes_at_once_make_one_schema_and_one_seed() {
    let Some(database) = database() else { return };
    let seeded = std::thread::scope(|scope| {
        let begin = |number: u64| {
            let database = database.database();
            move || {
                let store = Store::connect(&database, &StoreOptions::default()).unwrap();
                let counter = Counter(number);
                let text = counter.encode().into();
                let seed = [("counter/s".to_owned(), Change::Put { document: Arc::new(counter), text })];
                block_on(store.seed(seed.into())).is_ok().then_some(number)
            }
        };
        let started: Vec<_> = (1..=10).map(|number| scope.spawn(begin(number))).collect();
        started.into_iter().filter_map(|started| started.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(seeded.len(), 1, "one of them applied its seed");
    assert_eq!(block_on(read(&connect(&database), "s")), Some(seeded[0]));
    assert_eq!(database.number("SELECT count(*) FROM accountd.schema_version"), 1);
    assert_eq!(database.number("SELECT count(*) FROM accountd.head"), 1);
}

/// F-STORE-25
#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let Some(database) = database() else { return };
    drop(connect(&database));
    database.execute("UPDATE accountd.schema_version SET version = 99");
    let refused = Store::connect(&database.database(), &StoreOptions::default()).err().unwrap().to_string();
    assert!(refused.contains("version 99, this one knows 1"), "{refused}");
    assert_eq!(database.number("SELECT version FROM accountd.schema_version"), 99);
}

/// F-STORE-24
#[test]
fn a_database_that_loses_what_it_acknowledged_is_refused_unless_it_is_allowed() {
    let Some(database) = database() else { return };
    let name = database.url().rsplit_once('/').unwrap().1.to_owned();
    database.execute(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    let options = StoreOptions::default();
    let refused = Store::connect(&database.database(), &options).err().unwrap().to_string();
    assert!(refused.contains("synchronous_commit is off"), "{refused}");
    assert_eq!(
        database.number("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'accountd'"),
        0
    );
    Store::connect(&database.database().allowing_lost_commits(true), &options).unwrap();
}

/// F-STORE-21: what was forgotten of the log, or replaced, is not taken for nothing.
#[test]
fn a_process_that_was_left_behind_forgets_what_it_knew() {
    let Some(database) = database() else { return };
    let (first, second) = (connect(&database), connect(&database));
    block_on(async {
        put(&first, "a".to_owned(), 1).await.unwrap();
        assert_eq!(read(&second, "a").await, Some(1));
        put(&first, "a".to_owned(), 2).await.unwrap();
        database.execute("DELETE FROM accountd.event_block");
        assert_eq!(read(&second, "a").await, Some(2));
        // As a standby that lacked the last commits and is written to now.
        database.execute(
            "UPDATE accountd.head SET sequence = 1;
            UPDATE accountd.document SET version = 1, text = '5'",
        );
        assert_eq!(read(&second, "a").await, Some(5));
        put(&first, "a".to_owned(), 6).await.unwrap();
        assert_eq!(read(&second, "a").await, Some(6));
        // As one that went on from there since.
        database.execute(
            "UPDATE accountd.event_block SET writer = 'another' WHERE sequence = 2;
            UPDATE accountd.head SET writer = 'another';
            UPDATE accountd.document SET text = '7'",
        );
        assert_eq!(read(&second, "a").await, Some(7));
        assert_eq!(increment(&first, "a").await, Ok(8));
    });
}

/// F-STORE-31
#[test]
fn a_store_is_copied_to_a_database_and_back_with_nothing_missing() {
    use accountd::configuration::Storage;
    let Some(database) = database() else { return };
    let (before, after) = (Directory::new(), Directory::new());
    let target = Storage::Database(database.database());
    let directory = |directory: &Directory| Storage::Directory(directory.path().to_owned());
    let all = |store: &Store| {
        let items = block_on(export(store)).into_iter();
        items.map(|item| match item {
            accountd::store::Exported::Document { key, text } => format!("{key} {text}"),
            accountd::store::Exported::Event(event) => format!("{} {}", event.time, event.json()),
        })
    };
    let nothing = accountd::copy::copy(&directory(&before), &target).unwrap_err();
    assert!(nothing.starts_with("there is no store in"), "{nothing}");
    let held: Vec<String> = {
        let store = before.open();
        block_on(async {
            for number in 0..1200_u64 {
                let rule = move |snapshot: &dyn Snapshot| {
                    let rule = |world: &mut services::world::World<'_>| {
                        world.put(format!("{number}\n").as_str(), Counter(number));
                        Ok(())
                    };
                    run(snapshot, rule, vec![event(number % 7, number as i64, format!("{{\"n\":{number}}}"))])
                };
                store.transact(rule).await.unwrap();
            }
        });
        all(&store).collect()
    };
    let told = accountd::copy::copy(&directory(&before), &target).unwrap();
    assert!(told.starts_with("copied 1200 documents and 1200 events; read back"), "{told}");
    assert_eq!(all(&connect(&database)).collect::<Vec<_>>(), held);
    let again = accountd::copy::copy(&directory(&before), &target).unwrap_err();
    assert!(again.contains("holds something already"), "{again}");
    let back = accountd::copy::copy(&target, &directory(&after)).unwrap();
    assert_eq!(back, told, "the same checksum");
    assert_eq!(all(&after.open()).collect::<Vec<_>>(), held);
}
