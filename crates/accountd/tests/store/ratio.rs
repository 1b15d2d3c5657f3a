//! How many acknowledged changes share one wait for the disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use services::world::{Snapshot, World};

use crate::support::*;

/// F-STORE-4
#[test]
fn sixty_four_callers_share_each_wait_for_the_disk() {
    let directory = Directory::new();
    let store = Arc::new(directory.open());
    block_on(async {
        let caller = |caller: u64| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for step in 0..100 {
                    let rule = move |snapshot: &dyn Snapshot| {
                        let rule = |world: &mut World<'_>| {
                            let id = format!("{caller}");
                            let number = count(world, &id)? + 1;
                            world.put(id.as_str(), Counter(number));
                            Ok(())
                        };
                        run(snapshot, rule, vec![event(caller, step, "{}")])
                    };
                    store.transact(rule).await.unwrap();
                }
            })
        };
        for task in (0..64).map(caller).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    let statistics = store.statistics();
    let (changes, transactions) =
        (statistics.changes.load(Ordering::Relaxed), statistics.transactions.load(Ordering::Relaxed));
    assert_eq!(changes, 6400);
    assert!(changes / transactions >= 20, "{changes} changes took {transactions} transactions");
    assert_eq!(statistics.reruns.load(Ordering::Relaxed), 0, "nobody was in anybody's way");
}
