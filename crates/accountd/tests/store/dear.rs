//! Requests that take long to decide and are overtaken: the writer, for which all changes wait, decides none of them.
//! F-STORE-38

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use accountd::store::{Store, StoreError, StoreOptions};
use services::world::key::Prefix;
use services::world::{Fault, World};
use tokio::runtime::Handle;

use crate::support::*;

/// What came of a request, and how often it was decided.
type Outcome = (Result<u64, StoreError>, u64);

/// Decides something that takes long. In each of its first `overtaken` runs somebody else adds one to `overtaking`
/// before it is through.
async fn decide_dearly(
    store: &Arc<Store>,
    (overtaking, overtaken): (&'static str, u64),
    rule: impl Fn(&mut World<'_>) -> Result<u64, Fault> + Send + 'static,
) -> Outcome {
    let runs = Arc::new(AtomicU64::new(0));
    let (counted, other, handle) = (Arc::clone(&runs), Arc::clone(store), Handle::current());
    let decide = move |world: &mut World<'_>| {
        let value = rule(world)?;
        world.take_time()?;
        assert_ne!(std::thread::current().name(), Some("store-writer"));
        if counted.fetch_add(1, Ordering::SeqCst) < overtaken {
            std::thread::scope(|scope| {
                scope.spawn(|| handle.block_on(increment(&other, overtaking)).unwrap());
            });
        }
        Ok(value)
    };
    let outcome = store.transact(move |snapshot| run(snapshot, &decide, Vec::new())).await;
    (outcome, runs.load(Ordering::SeqCst))
}

fn add_one(world: &mut World<'_>) -> Result<u64, Fault> {
    let number = count(world, "a")? + 1;
    world.put("a", Counter(number));
    Ok(number)
}

fn handed_back(store: &Store) -> u64 {
    store.statistics().handed_back.load(Ordering::Relaxed)
}

#[test]
fn a_dear_change_that_was_overtaken_is_decided_again_beside_the_writer_f_store_38() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        assert_eq!(
            decide_dearly(&store, ("b", 1), add_one).await,
            (Ok(1), 1),
            "that is none of its business"
        );
        assert_eq!(handed_back(&store), 0);
        assert_eq!(decide_dearly(&store, ("a", 2), add_one).await, (Ok(4), 3));
        assert_eq!(handed_back(&store), 2);
        assert_eq!(read(&store, "a").await, Some(4));
    });
}

#[test]
fn a_dear_change_that_is_always_overtaken_is_given_up_f_store_38() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        assert_eq!(decide_dearly(&store, ("a", 99), add_one).await, (Err(StoreError::Overtaken), 5));
        assert_eq!(read(&store, "a").await, Some(5), "all of them are the others'");
        assert_eq!(increment(&store, "a").await, Ok(6));
    });
}

/// Sixteen callers change one document dearly and sixteen cheaply: those all come through, and who was acknowledged counts
/// once.
#[test]
fn cheap_changes_come_through_beside_dear_ones_f_store_38() {
    on_every_engine(|store| async move {
        let store = Arc::new(store);
        let dear = (0..16).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { decide_dearly(&store, ("b", 0), add_one).await.0 })
        });
        let dear: Vec<_> = dear.collect();
        let cheap = (0..16).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { increment(&store, "a").await })
        });
        let cheap: Vec<_> = cheap.collect();
        let mut acknowledged = 0;
        for task in cheap {
            task.await.unwrap().unwrap();
            acknowledged += 1;
        }
        for task in dear {
            match task.await.unwrap() {
                Ok(_) => acknowledged += 1,
                Err(error) => assert_eq!(error, StoreError::Overtaken),
            }
        }
        assert_eq!(read(&store, "a").await, Some(acknowledged));
    });
}

/// F-COST-1: a list has no version, and is compared with what is found later.
#[test]
fn a_long_read_is_overtaken_only_by_what_it_listed() {
    let directory = Directory::new();
    let options = StoreOptions::default();
    for store in [Store::open(directory.path(), &options).unwrap(), Store::in_memory(&options).unwrap()] {
        block_on(async {
            let store = Arc::new(store);
            let list = |world: &mut World<'_>| {
                let listed = world.keys::<Counter>(&Prefix::within("n"), None, 100)?;
                listed.iter().try_fold(0, |sum, key| Ok(sum + count(world, key.id()?)?))
            };
            put(&store, "n/1".to_owned(), 1).await.unwrap();
            assert_eq!(decide_dearly(&store, ("other", 1), list).await, (Ok(1), 1));
            assert_eq!(decide_dearly(&store, ("n/2", 1), list).await, (Ok(2), 2), "one more is listed");
            assert_eq!(decide_dearly(&store, ("n/2", 1), list).await, (Ok(3), 2), "one is another");
            assert_eq!(handed_back(&store), 0);
        });
    }
}

#[test]
fn what_reads_much_is_not_decided_again_by_the_writer_f_store_38() {
    let store = Arc::new(Store::in_memory(&StoreOptions::default()).unwrap());
    block_on(async {
        for (documents, is_handed_back) in [(100, 0), (6_000, 1)] {
            let (other, handle, is_first) = (Arc::clone(&store), Handle::current(), AtomicBool::new(true));
            let before = count_of(&store).await;
            let rule = move |world: &mut World<'_>| {
                for number in 0..documents {
                    count(world, &format!("n/{number}"))?;
                }
                let value = add_one(world)?;
                if is_first.swap(false, Ordering::SeqCst) {
                    std::thread::scope(|scope| {
                        scope.spawn(|| handle.block_on(increment(&other, "a")).unwrap());
                    });
                }
                Ok(value)
            };
            let value = store.transact(move |snapshot| run(snapshot, &rule, Vec::new())).await;
            assert_eq!((value, handed_back(&store)), (Ok(before + 2), is_handed_back));
        }
    });
}

async fn count_of(store: &Store) -> u64 {
    read(store, "a").await.unwrap_or(0)
}
