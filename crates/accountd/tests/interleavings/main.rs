//! The store's cache and queue under thousands of orders of events. The files of the store are compiled here once more,
//! with locks and atomics at each of which shuttle may go on with another thread.
//!
//! Shuttle takes every atomic access for sequentially consistent: what weaker orders would allow is not tried.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]
#![allow(dead_code, reason = "the store uses more of these files")]

#[path = "../../src/store/local/cache.rs"]
mod cache;
#[path = "../../src/store/local/engine.rs"]
mod engine;
#[path = "../../src/store/local/events.rs"]
mod events;
#[path = "../../src/store/local/queue.rs"]
mod queue;
mod sync;

/// What the files know of their callers.
mod store {
    pub mod seam {
        pub use accountd::store::{EventRecord, Exported, LogSize};
    }
}

use std::collections::BTreeMap;
use std::sync::Arc;

use accountd::store::EventRecord;
use jiff::Timestamp;
use services::world::{AnyDocument, Change, Derived, Found};
use shuttle::thread;

use cache::DocumentCache;
use engine::{Staged, Writes};
use events::{Block, parse_line};
use queue::{Queued, RecordQueue};
use sync::{Mutex, lock};

/// How many orders are tried of each test.
const ORDERS: usize = 3_000;

/// Two documents that always change together, in an engine that is as simple as can be.
const KEYS: [&str; 2] = ["counter/a", "counter/b"];
const COMMITS: u64 = 3;

struct Shared {
    cache: DocumentCache,
    engine: Mutex<BTreeMap<String, u64>>,
}

fn document(version: u64) -> AnyDocument {
    Arc::new(version)
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { cache: DocumentCache::new(100_000), engine: Mutex::default() })
    }

    /// As the writer commits: the engine first, then what readers see.
    fn commit(&self, version: u64) {
        let stage = |key: &str| {
            let change = Change::Put { document: document(version), text: "1".into() };
            (key.to_owned(), Staged { version, change })
        };
        let writes: Writes = KEYS.map(stage).into();
        let committing = self.cache.begin(writes.keys());
        lock(&self.engine).extend(writes.keys().map(|key| (key.clone(), version)));
        committing.publish(&writes);
    }

    /// As a snapshot reads; the version, and whether nothing overtook the reading.
    fn read(&self, key: &str) -> (u64, bool) {
        if let Some(found) = self.cache.get(key) {
            return (found.version, true);
        }
        let ticket = self.cache.ticket(key);
        let version = lock(&self.engine).get(key).copied().unwrap_or(0);
        let found = Found { version, document: (version > 0).then(|| document(version)) };
        (version, self.cache.fill(key, &found, 1, ticket))
    }

    /// As a run that counts reads both documents, until it has seen one state.
    fn read_both(&self) -> [u64; 2] {
        loop {
            let state = self.cache.state();
            let [one, other] = KEYS.map(|key| self.read(key));
            if one.1 && other.1 && self.cache.is_still(state) {
                return [one.0, other.0];
            }
            thread::yield_now();
        }
    }

    /// The same of a value that is made of both and remembered.
    fn read_derived(&self) -> (u64, u64) {
        loop {
            let state = self.cache.state();
            let (value, is_settled) = match self.cache.remembered("both", state) {
                Some(derived) => (*derived.value.downcast::<(u64, u64)>().unwrap(), true),
                None => {
                    let [one, other] = KEYS.map(|key| self.read(key));
                    let reads = [(KEYS[0].to_owned(), one.0), (KEYS[1].to_owned(), other.0)];
                    let value = (one.0, other.0);
                    let is_settled = one.1 && other.1;
                    if is_settled {
                        let derived = Derived { value: Arc::new(value), reads: Arc::new(reads) };
                        self.cache.remember("both", derived, state);
                    }
                    (value, is_settled)
                }
            };
            if is_settled && self.cache.is_still(state) {
                return value;
            }
            thread::yield_now();
        }
    }

    /// Three commits beside two readers, each of which reads a few times.
    fn race(read: fn(&Self) -> (u64, u64)) {
        let shared = Self::new();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut last = 0;
                    for _ in 0..3 {
                        let (one, other) = read(&shared);
                        assert_eq!(one, other, "half of a commit");
                        assert!(one >= last, "{one} after {last}");
                        last = one;
                    }
                })
            })
            .collect();
        for version in 1..=COMMITS {
            shared.commit(version);
            assert_eq!(read(&shared), (version, version), "nothing older than what was acknowledged");
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        assert_eq!(read(&shared), (COMMITS, COMMITS), "no stale entry stays");
    }
}

/// F-STORE-3
#[test]
fn readers_see_one_state_whatever_the_order() {
    let read = |shared: &Shared| shared.read_both().into();
    shuttle::check_random(move || Shared::race(read), ORDERS);
    shuttle::check_pct(move || Shared::race(read), ORDERS, 3);
}

/// F-STORE-3, F-STORE-9
#[test]
fn what_is_remembered_is_of_one_state_whatever_the_order() {
    shuttle::check_random(|| Shared::race(Shared::read_derived), ORDERS);
    shuttle::check_pct(|| Shared::race(Shared::read_derived), ORDERS, 3);
}

/// F-STORE-6: whatever is pushed comes out once, and whenever something waits the writer has been told of it.
#[test]
fn no_record_is_lost_or_doubled_whatever_the_order() {
    const PUSHERS: i64 = 3;
    const EACH: i64 = 3;
    let race = || {
        let queue = Arc::new(RecordQueue::new(2));
        let (sender, inbox) = shuttle::sync::mpsc::channel();
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|pusher| {
                let (queue, sender) = (Arc::clone(&queue), sender.clone());
                thread::spawn(move || {
                    for step in 0..EACH {
                        let time = Timestamp::from_microsecond(pusher * EACH + step).unwrap();
                        match queue.push(&[EventRecord::new(None, time, "{}".to_owned())]) {
                            Queued::Quietly => {}
                            Queued::First | Queued::Pressing => sender.send(()).unwrap(),
                            Queued::Full => panic!("nine records are few"),
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        // The writer takes records only when it is told to.
        let mut block = Block::default();
        while inbox.recv().is_ok() {
            queue.take_into(&mut block);
        }
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
        let mut times: Vec<_> =
            block.records.lines().map(|line| parse_line(line).unwrap().time.as_microsecond()).collect();
        times.sort_unstable();
        assert_eq!(times, (0..PUSHERS * EACH).collect::<Vec<_>>());
    };
    shuttle::check_random(race, ORDERS);
    shuttle::check_pct(race, ORDERS, 3);
}
