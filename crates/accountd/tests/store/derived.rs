//! Values made of documents: remembered as long as nothing they were made of changes, and not a moment longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use accountd::store::{Store, StoreOptions};
use services::world::{Fault, World};

use crate::support::*;

/// What two documents add up to, made of a sum that is itself remembered; `made` counts how often it was made.
fn sum(world: &World<'_>, made: &AtomicU64) -> Result<u64, Fault> {
    let sum = world.derived("sum", |world| {
        made.fetch_add(1, Ordering::SeqCst);
        let left = world.derived("left", |world| count(world, "left"))?;
        Ok(*left + count(world, "right")?)
    })?;
    Ok(*sum)
}

async fn read_sum(store: &Store, made: &Arc<AtomicU64>) -> u64 {
    let made = Arc::clone(made);
    let rule = move |world: &mut World<'_>| sum(world, &made);
    store.transact(move |snapshot| run(snapshot, &rule, Vec::new())).await.unwrap()
}

/// F-STORE-9
#[test]
fn a_derived_value_is_made_once_and_anew_after_any_change_it_depends_on() {
    on_every_engine(|store| async move {
        let made = Arc::new(AtomicU64::new(0));
        let is = async |expected: u64, times: u64| {
            assert_eq!(read_sum(&store, &made).await, expected);
            assert_eq!(made.load(Ordering::SeqCst), times, "times it was made when it was {expected}");
        };
        // What is not at hand is fetched first, and the run begun again.
        let fetch_both = async || (read(&store, "left").await, read(&store, "right").await);
        fetch_both().await;
        is(0, 1).await;
        is(0, 1).await;
        put(&store, "left".to_owned(), 1).await.unwrap();
        is(1, 2).await;
        put(&store, "right".to_owned(), 10).await.unwrap();
        is(11, 3).await;
        // Another document is none of its business.
        put(&store, "other".to_owned(), 100).await.unwrap();
        is(11, 3).await;
        delete(&store, "left").await;
        is(10, 4).await;
        // The same content is not the same document.
        put(&store, "right".to_owned(), 10).await.unwrap();
        is(10, 5).await;
        store.reset().await.unwrap();
        fetch_both().await;
        is(0, 6).await;
    });
}

/// F-STORE-9: a change that was decided on a remembered value is decided again when that is no longer true.
#[test]
fn a_change_decided_on_a_derived_value_is_overtaken_by_a_change_below_it() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        let made = Arc::new(AtomicU64::new(0));
        put(&store, "left".to_owned(), 1).await.unwrap();
        assert_eq!(read_sum(&store, &made).await, 1);
        let (other, first) = (Arc::clone(&store), AtomicBool::new(true));
        let handle = tokio::runtime::Handle::current();
        let shared = Arc::clone(&made);
        let rule = move |world: &mut World<'_>| {
            let sum = sum(world, &shared)?;
            if first.swap(false, Ordering::SeqCst) {
                std::thread::scope(|scope| {
                    let put = || handle.block_on(put(&other, "left".to_owned(), 5)).unwrap();
                    scope.spawn(put);
                });
            }
            world.put("copy", Counter(sum));
            Ok(sum)
        };
        let copied = store.transact(move |snapshot| run(snapshot, &rule, Vec::new())).await.unwrap();
        assert_eq!((copied, read(&store, "copy").await), (5, Some(5)));
    });
}

/// F-STORE-9: what a request has changed itself counts as well, and is remembered for nobody.
#[test]
fn a_derived_value_sees_the_changes_of_its_own_request_only() {
    on_every_engine(|store| async move {
        let made = Arc::new(AtomicU64::new(0));
        put(&store, "left".to_owned(), 1).await.unwrap();
        assert_eq!(read_sum(&store, &made).await, 1);
        let shared = Arc::clone(&made);
        let refused = move |world: &mut World<'_>| {
            world.put("left", Counter(50));
            let seen = sum(world, &shared)?;
            world.discard_changes();
            Ok(seen)
        };
        let seen = store.transact(move |snapshot| run(snapshot, &refused, Vec::new())).await.unwrap();
        assert_eq!((seen, read_sum(&store, &made).await), (50, 1));
    });
}

/// Two documents always change together, and nobody sees them or what is made of them apart. F-STORE-3, F-STORE-9
#[test]
fn racing_reads_of_a_derived_value_see_whole_commits() {
    let directory = Directory::new();
    // Documents are pushed out of so small a cache all the time.
    let store = Store::open(directory.path(), &StoreOptions { cache_bytes: 2500 }).unwrap();
    block_on(async move {
        let store = Arc::new(store);
        let is_done = Arc::new(AtomicBool::new(false));
        let readers = [0_u64, 8].map(|others| {
            let (store, is_done) = (Arc::clone(&store), Arc::clone(&is_done));
            tokio::spawn(async move {
                let mut last = 0;
                while !is_done.load(Ordering::Relaxed) {
                    let rule = move |world: &mut World<'_>| {
                        for other in 0..others {
                            count(world, &format!("other/{other}"))?;
                        }
                        let sum = sum(world, &AtomicU64::new(0))?;
                        Ok((sum, count(world, "left")?, count(world, "right")?))
                    };
                    let read = store.transact(move |snapshot| run(snapshot, rule, Vec::new()));
                    let (sum, left, right) = read.await.unwrap();
                    assert_eq!((sum, left), (2 * right, right), "half of a commit was seen");
                    assert!(left >= last, "{left} was seen after {last}");
                    last = left;
                    tokio::task::yield_now().await;
                }
            })
        });
        for number in 1..=300 {
            let rule = move |world: &mut World<'_>| {
                world.put("left", Counter(number));
                world.put("right", Counter(number));
                Ok(())
            };
            store.transact(move |snapshot| run(snapshot, rule, Vec::new())).await.unwrap();
            assert_eq!(read_sum(&store, &Arc::default()).await, 2 * number);
        }
        is_done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.await.unwrap();
        }
    });
}
