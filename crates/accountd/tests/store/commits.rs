//! Commits: what is visible when, conflicts, refusals, panics, lists, and reads that race with writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use accountd::store::{Exported, Store, StoreError, StoreOptions};
use services::world::key::Prefix;
use services::world::{Change, Document, Fault, Snapshot, World};

use crate::support::*;

#[test]
fn a_change_is_seen_after_it_and_a_read_costs_one_fetch_only() {
    on_every_engine(|store| async move {
        assert_eq!(read(&store, "a").await, None);
        assert_eq!(read(&store, "a").await, None);
        put(&store, "a".to_owned(), 7).await.unwrap();
        for _ in 0..10 {
            assert_eq!(read(&store, "a").await, Some(7));
        }
        delete(&store, "a").await;
        assert_eq!(read(&store, "a").await, None);
        // The first look asked the engine; that it is absent is remembered too.
        assert_eq!(store.statistics().cache_misses.load(Ordering::Relaxed), 1);
        assert!(store.is_empty());
    });
}

/// F-STORE-2
#[test]
fn sixty_four_writers_of_one_document_all_count() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { increment(&store, "a").await.unwrap() })
            })
            .collect();
        let mut numbers = BTreeSet::new();
        for task in tasks {
            numbers.insert(task.await.unwrap());
        }
        assert_eq!(numbers, (1..=64).collect(), "every caller's answer is that of the run that counted");
        assert_eq!(read(&store, "a").await, Some(64));
        let statistics = store.statistics();
        assert_eq!(statistics.changes.load(Ordering::Relaxed), 64);
    });
}

/// F-STORE-2
#[test]
fn a_run_that_was_overtaken_may_decide_otherwise() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        // Only one may have the name; each says so in its event.
        let take = |taker: u64| {
            let store = Arc::clone(&store);
            async move {
                let rule = move |snapshot: &dyn Snapshot| {
                    let mut world = World::new(snapshot);
                    let is_free = world.get::<Counter>("name")?.is_none();
                    if is_free {
                        world.put("name", Counter(taker));
                    }
                    let events = vec![event(taker, 1, format!("{{\"taken\":{is_free}}}"))];
                    let changes = world.into_reads_and_writes();
                    Ok(accountd::store::Decided { value: is_free, changes, events })
                };
                store.transact(rule).await.unwrap()
            }
        };
        let tasks: Vec<_> = (1..=64).map(|taker| tokio::spawn(take(taker))).collect();
        let mut winners = 0;
        for task in tasks {
            winners += u32::from(task.await.unwrap());
        }
        assert_eq!(winners, 1);
        let mut events = records(&store).await;
        events.sort();
        assert_eq!(events.len(), 64);
        assert_eq!(events[62..], [r#"{"taken":false}"#, r#"{"taken":true}"#]);
    });
}

/// F-STORE-2: the record of a run that was overtaken and then changed nothing does not hide those queued behind it.
#[test]
fn every_record_is_flushed_whichever_way_it_came() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        let (other, handle) = (Arc::clone(&store), tokio::runtime::Handle::current());
        let rule = move |snapshot: &dyn Snapshot| {
            let rule = |world: &mut World<'_>| {
                if count(world, "a")? == 0 {
                    // Overtakes itself, so that the writer runs it again, when it changes nothing.
                    std::thread::scope(|scope| {
                        scope.spawn(|| handle.block_on(increment(&other, "a")).unwrap());
                    });
                    world.put("a", Counter(100));
                }
                Ok(())
            };
            run(snapshot, rule, vec![event(1, 1, "{\"overtaken\":true}")])
        };
        store.transact(rule).await.unwrap();
        let queued = |snapshot: &dyn Snapshot| run(snapshot, |_| Ok(()), vec![event(1, 2, "{}")]);
        store.transact(queued).await.unwrap();
        let events = records(&store).await;
        assert_eq!(events, [r#"{"overtaken":true}"#, "{}"]);
    });
}

#[test]
fn a_run_that_panics_when_it_is_run_again_fails_alone() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        put(&store, "a".to_owned(), 1).await.unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let (counted, other) = (Arc::clone(&runs), Arc::clone(&store));
        let handle = tokio::runtime::Handle::current();
        let rule = move |snapshot: &dyn Snapshot| {
            run(
                snapshot,
                |world| {
                    count(world, "a")?;
                    if counted.fetch_add(1, Ordering::SeqCst) > 0 {
                        panic!("the second run");
                    }
                    // Overtakes itself, so that the writer must run it again.
                    std::thread::scope(|scope| {
                        scope.spawn(|| handle.block_on(increment(&other, "a")).unwrap());
                    });
                    world.put("a", Counter(100));
                    Ok(())
                },
                Vec::new(),
            )
        };
        assert_eq!(store.transact(rule).await, Err(StoreError::Panicked));
        assert_eq!(runs.load(Ordering::SeqCst), 2);
        assert_eq!(increment(&store, "a").await, Ok(3), "the writer goes on");
    });
}

#[test]
fn an_unreadable_document_is_named_but_not_shown() {
    on_every_engine(|store| async move {
        let items = [Ok(Exported::Document { key: "counter/a".to_owned(), text: "secret".to_owned() })];
        store.import(items.into_iter()).await.unwrap();
        let error = increment(&store, "a").await.unwrap_err();
        assert!(matches!(&error, StoreError::Fault(Fault::Broken(_))));
        assert_eq!(error.to_string(), "the store could not be read: `counter/a` is unreadable: not a number");
    });
}

#[test]
fn lists_page_in_byte_order_and_see_only_their_prefix() {
    on_every_engine(|store| async move {
        for id in ["b/2", "b/10", "a/1", "b0", "b/1", "c", "b", "b/Z"] {
            put(&store, id.to_owned(), 1).await.unwrap();
        }
        assert_eq!(ids(&store, "b/", None, 2).await, ["b/1", "b/10"]);
        assert_eq!(ids(&store, "b/", Some("b/10"), 2).await, ["b/2", "b/Z"]);
        assert_eq!(ids(&store, "b/", Some("b/Z"), 2).await, [""; 0]);
        assert_eq!(ids(&store, "", Some("b/Z"), 9).await, ["b0", "c"]);
        delete(&store, "b/2").await;
        assert_eq!(ids(&store, "b/", Some("b/10"), 2).await, ["b/Z"]);
    });
}

#[test]
fn a_list_made_by_the_writer_sees_the_changes_of_its_group() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        // Each takes the number after the last in the list; a document of its own keeps them apart.
        let take = |_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let rule = |snapshot: &dyn Snapshot| {
                    run(
                        snapshot,
                        |world| {
                            let number = count(world, "guard")? + 1;
                            let listed = world.keys::<Counter>(&Prefix::within("n"), None, 100)?;
                            world.put("guard", Counter(number));
                            world.put(format!("n/{number:03}").as_str(), Counter(number));
                            Ok((number, listed.len()))
                        },
                        Vec::new(),
                    )
                };
                store.transact(rule).await.unwrap()
            })
        };
        for task in (0..64).map(take).collect::<Vec<_>>() {
            let (number, listed) = task.await.unwrap();
            assert_eq!(listed as u64, number - 1);
        }
    });
}

/// Two documents always change together, the cache holds only a few entries, and readers never see half of a
/// commit nor anything older than before. F-STORE-3
#[test]
fn racing_reads_see_whole_commits_and_never_go_back() {
    let options = StoreOptions { cache_bytes: 2500 };
    let directory = Directory::new();
    for store in [Store::open(directory.path(), &options).unwrap(), Store::in_memory(&options).unwrap()] {
        block_on(race(Arc::new(store)));
    }
}

async fn race(store: Arc<Store>) {
    let is_done = Arc::new(AtomicBool::new(false));
    let readers_with_a_commit = Arc::new(AtomicUsize::new(0));
    let reader = |kind: u64| {
        let (store, is_done) = (Arc::clone(&store), Arc::clone(&is_done));
        let readers_with_a_commit = Arc::clone(&readers_with_a_commit);
        tokio::spawn(async move {
            let mut last = 0;
            while !is_done.load(Ordering::Relaxed) {
                let rule = move |world: &mut World<'_>| {
                    // Whatever else is read pushes entries out of the small cache.
                    for other in 0..kind {
                        world.get::<Counter>(&format!("other/{other}"))?;
                    }
                    let listed = world.keys::<Counter>(&Prefix::within("list"), None, 100_000)?.len() as u64;
                    Ok((count(world, "left")?, count(world, "right")?, listed))
                };
                let read = store.transact(move |snapshot| run(snapshot, rule, Vec::new()));
                let (left, right, listed) = read.await.unwrap();
                assert_eq!((left, listed), (right, right), "half of a commit was seen");
                assert!(left >= last, "{left} was seen after {last}");
                if last == 0 && left > 0 {
                    readers_with_a_commit.fetch_add(1, Ordering::Relaxed);
                }
                last = left;
                tokio::task::yield_now().await;
            }
        })
    };
    let readers: Vec<_> = [0, 3, 8, 20].into_iter().map(reader).collect();
    for number in 1.. {
        let rule = move |world: &mut World<'_>| {
            world.put("left", Counter(number));
            world.put("right", Counter(number));
            world.put(format!("list/{number}").as_str(), Counter(number));
            Ok(())
        };
        store.transact(move |snapshot| run(snapshot, rule, Vec::new())).await.unwrap();
        // Durable means visible, from the next read on.
        assert_eq!(read(&store, "left").await, Some(number));
        // On a busy machine a reader may come late. One that is finished has failed, and says why below.
        let all_have_read = readers_with_a_commit.load(Ordering::Relaxed) == readers.len();
        if number >= 300 && all_have_read || readers.iter().any(|reader| reader.is_finished()) {
            break;
        }
        tokio::task::yield_now().await;
    }
    is_done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[test]
fn seeding_needs_an_empty_store_and_a_reset_makes_one() {
    on_every_engine(|store| async move {
        let seed = || {
            let counter = Counter(5);
            let text = counter.encode().into();
            [("counter/s".to_owned(), Change::Put { document: Arc::new(counter), text })].into()
        };
        store.seed(seed()).await.unwrap();
        assert_eq!(store.seed(seed()).await, Err(StoreError::NotEmpty));
        assert_eq!(read(&store, "s").await, Some(5));
        store.reset().await.unwrap();
        assert!(store.is_empty());
        assert_eq!(read(&store, "s").await, None);
        assert_eq!(ids(&store, "", None, 10).await, [""; 0]);
        store.seed(seed()).await.unwrap();
        assert_eq!(read(&store, "s").await, Some(5));
    });
}

#[test]
fn a_reset_overtakes_what_was_read_before_it() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        put(&store, "a".to_owned(), 1).await.unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let (counted, other) = (Arc::clone(&runs), Arc::clone(&store));
        let handle = tokio::runtime::Handle::current();
        let rule = move |snapshot: &dyn Snapshot| {
            let rule = |world: &mut World<'_>| {
                let number = count(world, "a")?;
                if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                    // The same content is there again, but it is not the same document.
                    std::thread::scope(|scope| {
                        scope.spawn(|| {
                            handle.block_on(other.reset()).unwrap();
                            handle.block_on(put(&other, "a".to_owned(), 1)).unwrap();
                        });
                    });
                }
                world.put("a", Counter(number + 1));
                Ok(())
            };
            run(snapshot, rule, Vec::new())
        };
        store.transact(rule).await.unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 2, "versions are never given twice");
    });
}
