//! What needs an engine that can be held or made to fail, or a look inside.

use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use aws::arn::AccountId;
use jiff::Timestamp;
use services::world::key::Prefix;
use services::world::{Document, Found, ReadsAndWrites, World};

use super::engine::{Batch, BlockFilter, EngineError, EngineResult, Head, Staged, VisitBlock, Writes};
use super::events::{Block, PRESSING_BYTES, parse_line};
use super::memory::MemoryEngine;
use super::*;

struct Counter(u64);

impl Document for Counter {
    type Id<'k> = &'k str;

    const KIND: &'static str = "counter";

    fn decode(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "not a number".to_owned())
    }

    fn encode(&self) -> String {
        self.0.to_string()
    }
}

/// The engine in memory, whose commits can be held and made to fail.
struct Staging {
    inner: MemoryEngine,
    gate: Arc<Mutex<()>>,
    entered: mpsc::Sender<()>,
    fails: Arc<AtomicBool>,
}

impl Engine for Staging {
    fn head(&self) -> EngineResult<Head> {
        self.inner.head()
    }
    fn version(&self, key: &str) -> EngineResult<u64> {
        self.inner.version(key)
    }
    fn read(&self, key: &str) -> EngineResult<Option<(u64, String)>> {
        self.inner.read(key)
    }
    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>> {
        self.inner.keys(prefix, after, limit)
    }
    fn commit(&self, batch: &Batch<'_>) -> EngineResult<()> {
        let _ = self.entered.send(());
        drop(lock(&self.gate));
        if self.fails.load(Ordering::SeqCst) {
            return Err(EngineError::away("the disk is full"));
        }
        self.inner.commit(batch)
    }
    fn replace(
        &self,
        sequence: u64,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> EngineResult<Head> {
        self.inner.replace(sequence, items)
    }
    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()> {
        self.inner.blocks(filter, visit)
    }
    fn blocks_from(&self, first: u64, visit: VisitBlock<'_>) -> EngineResult<()> {
        self.inner.blocks_from(first, visit)
    }
    fn forget(&self, before: i64, limit: u32) -> EngineResult<u64> {
        self.inner.forget(before, limit)
    }
    fn check(&self) -> EngineResult<()> {
        self.inner.check()
    }
    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()> {
        self.inner.export(visit)
    }
}

struct Stage {
    store: Store,
    gate: Arc<Mutex<()>>,
    entered: mpsc::Receiver<()>,
    fails: Arc<AtomicBool>,
}

fn stage() -> Stage {
    let (sender, entered) = mpsc::channel();
    let (gate, fails) = (Arc::default(), Arc::default());
    let engine = Staging {
        inner: MemoryEngine::default(),
        gate: Arc::clone(&gate),
        entered: sender,
        fails: Arc::clone(&fails),
    };
    let store = Store::start(Box::new(engine), &StoreOptions::default(), None).unwrap();
    Stage { store, gate, entered, fails }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Runs `future` up to where it waits; the answer if it did not have to.
fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

fn event(json: &str) -> EventRecord {
    EventRecord::new(Some(AccountId::from_number(1)), Timestamp::UNIX_EPOCH, json.to_owned())
}

async fn increment(store: &Store) -> Result<u64, StoreError> {
    let rule = |snapshot: &dyn Snapshot| {
        let mut world = World::new(snapshot);
        let number = world.get::<Counter>("a")?.map_or(0, |counter| counter.0) + 1;
        world.put("a", Counter(number));
        Ok(Decided { value: number, changes: world.into_reads_and_writes(), events: vec![event("change")] })
    };
    store.transact(rule).await
}

async fn get(store: &Store) -> Result<u64, StoreError> {
    let rule = |snapshot: &dyn Snapshot| {
        let world = World::new(snapshot);
        let value = world.get::<Counter>("a")?.map_or(0, |counter| counter.0);
        Ok(Decided { value, changes: world.into_reads_and_writes(), events: vec![event("read")] })
    };
    store.transact(rule).await
}

fn count(snapshot: &dyn Snapshot) -> Result<Decided<usize>, Fault> {
    let world = World::new(snapshot);
    let value = world.keys::<Counter>(&Prefix::empty(), None, 10)?.len();
    Ok(Decided { value, changes: world.into_reads_and_writes(), events: Vec::new() })
}

async fn list(store: &Store) -> Result<usize, StoreError> {
    store.transact(count).await
}

async fn log(store: &Store) -> Vec<String> {
    let query =
        EventQuery { account: None, from: Timestamp::MIN, until: Timestamp::MAX, before: None, limit: 1000 };
    let events = store.events(&query).await.unwrap();
    events.into_iter().map(|event| event.record).collect()
}

/// F-STORE-2, F-STORE-3
#[test]
fn nothing_is_seen_or_answered_before_it_is_durable_and_waiting_changes_share_one_commit() {
    let stage = stage();
    let held = lock(&stage.gate);
    let mut callers: Vec<_> = (0..64).map(|_| Box::pin(increment(&stage.store))).collect();
    assert!(poll(callers[0].as_mut()).is_none());
    stage.entered.recv().unwrap();
    // The first is being committed; the others come meanwhile, having read the state before it.
    for caller in &mut callers[1..] {
        assert!(poll(caller.as_mut()).is_none());
    }
    let mut reader = pin!(get(&stage.store));
    let early = poll(reader.as_mut());
    assert!(matches!(early, Some(Ok(0)) | None), "only what is durable may be seen");
    drop(held);
    let numbers: Vec<_> = callers.into_iter().map(|caller| block_on(caller).unwrap()).collect();
    assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
    assert_eq!(block_on(get(&stage.store)), Ok(64));
    let statistics = stage.store.statistics();
    assert_eq!(statistics.transactions.load(Ordering::Relaxed), 2);
    assert_eq!(statistics.changes.load(Ordering::Relaxed), 64);
    assert_eq!(statistics.reruns.load(Ordering::Relaxed), 63);
}

/// F-STORE-3
#[test]
fn a_list_taken_during_a_commit_waits_for_it() {
    let stage = stage();
    let held = lock(&stage.gate);
    let mut change = pin!(increment(&stage.store));
    assert!(poll(change.as_mut()).is_none());
    stage.entered.recv().unwrap();
    let early = stage.store.core.run(&count, Reach::Everything);
    assert!(matches!(early, Run::Overtaken), "the engine may be ahead of the cache");
    drop(held);
    assert_eq!(block_on(list(&stage.store)), Ok(1));
    assert_eq!(block_on(change), Ok(1));
}

/// F-STORE-1
#[test]
fn a_failed_commit_fails_its_whole_group_and_leaves_nothing() {
    let stage = stage();
    assert_eq!(block_on(increment(&stage.store)), Ok(1));
    assert_eq!(block_on(get(&stage.store)), Ok(1));
    stage.fails.store(true, Ordering::SeqCst);
    let held = lock(&stage.gate);
    let mut callers: Vec<_> = (0..5).map(|_| Box::pin(increment(&stage.store))).collect();
    for caller in &mut callers {
        assert!(poll(caller.as_mut()).is_none());
    }
    drop(held);
    for caller in callers {
        assert_eq!(block_on(caller), Err(StoreError::NotCommitted("the disk is full".to_owned())));
    }
    assert_eq!(block_on(get(&stage.store)), Ok(1), "reads go on");
    assert!(block_on(stage.store.flush()).is_err());
    stage.fails.store(false, Ordering::SeqCst);
    assert_eq!(block_on(increment(&stage.store)), Ok(2), "so do changes when the disk is well again");
    block_on(stage.store.flush()).unwrap();
    let mut log = block_on(log(&stage.store));
    log.sort();
    assert_eq!(log, ["change", "change", "read", "read"], "no record of a read is lost");
}

/// F-STORE-13
#[test]
fn lists_and_the_log_are_read_beside_the_threads_that_answer() {
    let store = Store::in_memory(&StoreOptions::default()).unwrap();
    let own = std::thread::current().id();
    // The runtime answers on this thread.
    let ran_on = |reads: fn(&dyn Snapshot) -> Result<(), Fault>| {
        let rule = move |snapshot: &dyn Snapshot| {
            reads(snapshot)?;
            let value = std::thread::current().id();
            Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
        };
        block_on(store.transact(rule)).unwrap()
    };
    assert_eq!(ran_on(|snapshot| World::new(snapshot).get::<Counter>("a").map(drop)), own);
    assert_ne!(
        ran_on(|snapshot| World::new(snapshot).keys::<Counter>(&Prefix::empty(), None, 1).map(drop)),
        own
    );
    let newest = |snapshot: &dyn Snapshot| {
        World::new(snapshot).events(&EventQuery::newest(AccountId::from_number(1), 1)).map(drop)
    };
    assert_ne!(ran_on(newest), own);
}

/// A rule that wants time, and says on which thread it had it.
fn computing(snapshot: &dyn Snapshot) -> Result<Decided<std::thread::ThreadId>, Fault> {
    World::new(snapshot).take_time()?;
    let value = std::thread::current().id();
    Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
}

/// F-COST-1
#[test]
fn what_computes_holds_up_neither_documents_nor_lists() {
    let store = Store::in_memory(&StoreOptions::default()).unwrap();
    assert_ne!(block_on(store.transact(computing)).unwrap(), std::thread::current().id());
    let (gate, held) = (Arc::new(Mutex::new(())), 3 * MOST_COMPUTING);
    let holding = lock(&gate);
    let at_work = |gate: Arc<Mutex<()>>| {
        store.transact(move |snapshot| {
            let decided = computing(snapshot)?;
            drop(lock(&gate));
            Ok(decided)
        })
    };
    block_on(async {
        let mut waiting: Vec<_> = (0..held).map(|_| Box::pin(at_work(Arc::clone(&gate)))).collect();
        for computing in &mut waiting {
            assert!(poll(computing.as_mut()).is_none());
        }
        let list = |snapshot: &dyn Snapshot| {
            let world = World::new(snapshot);
            world.get::<Counter>("a")?;
            let value = world.keys::<Counter>(&Prefix::empty(), None, 1)?.len();
            Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
        };
        assert_eq!(store.transact(list).await, Ok(0));
        drop(holding);
        for computing in waiting {
            computing.await.unwrap();
        }
    });
}

/// F-COST-1: what computes for long and is overtaken by others' commits is not begun anew, least of all where commits
/// wait for it.
#[test]
fn what_computes_is_overtaken_only_by_what_it_read() {
    let store = Arc::new(Store::in_memory(&StoreOptions::default()).unwrap());
    let runs = |wanted: &'static str| {
        let (ran, other) = (Arc::new(AtomicBool::new(false)), Arc::clone(&store));
        let count = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let rule = move |snapshot: &dyn Snapshot| {
            let world = World::new(snapshot);
            let value = world.get::<Counter>(wanted)?.map_or(0, |counter| counter.0);
            world.take_time()?;
            counted.fetch_add(1, Ordering::SeqCst);
            if !ran.swap(true, Ordering::SeqCst) {
                block_on(increment(&other)).unwrap();
            }
            Ok(Decided { value, changes: world.into_reads_and_writes(), events: Vec::new() })
        };
        let value = block_on(store.transact(rule)).unwrap();
        (value, count.load(Ordering::SeqCst))
    };
    assert_eq!(runs("b"), (0, 1));
    assert_eq!(runs("a"), (2, 2), "what it read was changed, so it is run again");
}

/// F-STORE-17
#[test]
fn a_store_that_cannot_commit_is_not_well_until_it_can() {
    let stage = stage();
    assert_eq!(block_on(stage.store.check()), Ok(()));
    stage.fails.store(true, Ordering::SeqCst);
    assert!(block_on(increment(&stage.store)).is_err());
    assert!(block_on(stage.store.check()).is_err());
    stage.fails.store(false, Ordering::SeqCst);
    assert_eq!(block_on(stage.store.check()), Ok(()), "nobody has to change anything first");
}

#[test]
fn a_queue_that_cannot_be_emptied_fails_its_callers_instead_of_growing() {
    let stage = stage();
    stage.fails.store(true, Ordering::SeqCst);
    let text = "x".repeat(1 << 20);
    let read = || {
        let record = event(&text);
        block_on(stage.store.transact(move |_| {
            Ok(Decided { value: (), changes: ReadsAndWrites::default(), events: vec![record.clone()] })
        }))
    };
    let outcomes: Vec<_> = (0..20).map(|_| read()).collect();
    assert!(outcomes[0].is_ok());
    assert_eq!(outcomes[19], Err(StoreError::NotCommitted("the disk is full".to_owned())));
    stage.fails.store(false, Ordering::SeqCst);
    assert!(read().is_ok());
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count() + 1;
    assert_eq!(block_on(log(&stage.store)).len(), kept, "whoever got an answer is recorded");
}

#[test]
fn a_full_disk_refuses_changes_and_keeps_what_is_there() {
    let directory = std::env::temp_dir().join(format!("accountd-full-{}", std::process::id()));
    let engine = embedded::EmbeddedEngine::open(&directory).unwrap();
    engine.limit_pages(40);
    let store = Store::start(Box::new(engine), &StoreOptions::default(), None).unwrap();
    let mut done = 0;
    let error = loop {
        let rule = move |_: &dyn Snapshot| {
            let text: Arc<str> = "7".repeat(9000).into();
            let mut changes = ReadsAndWrites::default();
            changes
                .writes
                .insert(format!("counter/{done}"), Change::Put { document: Arc::new(Counter(7)), text });
            Ok(Decided { value: (), changes, events: vec![event("change")] })
        };
        match block_on(store.transact(rule)) {
            Ok(()) => done += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, StoreError::NotCommitted(reason) if reason.contains("full")), "{error}");
    assert!(done > 0);
    assert_eq!(block_on(list(&store)).unwrap(), done.min(10));
    drop(store);
    let store = Store::open(&directory, &StoreOptions::default()).unwrap();
    assert_eq!(store.statistics().documents.load(Ordering::Relaxed), done as u64);
    assert_eq!(block_on(log(&store)).len(), done);
    assert_eq!(block_on(increment(&store)), Ok(1));
    drop(store);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// F-STORE-3. A reader looks a document up, is held, and meanwhile it is changed and evicted.
#[test]
fn a_reader_that_was_overtaken_leaves_no_stale_entry() {
    let cache = DocumentCache::new(10_000);
    let found = |version| Found { version, document: Some(Arc::new(Counter(version))) };
    let writes: Writes = [(
        "counter/a".to_owned(),
        Staged { version: 2, change: Change::Put { document: Arc::new(Counter(2)), text: "2".into() } },
    )]
    .into();

    let early = cache.ticket("counter/a");
    let committing = cache.begin(writes.keys());
    let during = cache.ticket("counter/a");
    assert!(!cache.fill("counter/a", &found(1), 1, early));
    assert!(!cache.fill("counter/a", &found(2), 1, during));
    assert!(cache.get("counter/a").is_none());
    committing.publish(&writes);
    assert_eq!(cache.get("counter/a").unwrap().version, 2);

    for number in 0..1000 {
        let key = format!("other/{number}");
        let ticket = cache.ticket(&key);
        cache.fill(&key, &found(1), 100, ticket);
        cache.get(&key);
        cache.get(&key);
    }
    assert!(cache.get("counter/a").is_none(), "it was evicted");
    assert!(!cache.fill("counter/a", &found(1), 1, early));
    assert!(!cache.fill("counter/a", &found(2), 1, during));
    assert!(cache.get("counter/a").is_none());
    let late = cache.ticket("counter/a");
    assert!(cache.fill("counter/a", &found(2), 1, late));
}

#[test]
fn a_document_too_large_for_the_cache_replaces_its_smaller_version() {
    let cache = DocumentCache::new(10_000);
    let put = |version, size: usize| -> Writes {
        let change = Change::Put { document: Arc::new(Counter(version)), text: "1".repeat(size).into() };
        [("counter/a".to_owned(), Staged { version, change })].into()
    };
    cache.begin_all().publish(&put(1, 10));
    assert_eq!(cache.get("counter/a").unwrap().version, 1);
    cache.begin_all().publish(&put(2, 100_000));
    assert!(cache.get("counter/a").is_none());
}

#[test]
fn the_log_in_memory_drops_its_oldest_blocks() {
    let store = Store::in_memory(&StoreOptions::default()).unwrap();
    let block_bytes = 3 << 20;
    for number in 0..20 {
        let json = format!("{number}{}", " ".repeat(block_bytes));
        let record = event(&json);
        let read = store.transact(move |_| {
            Ok(Decided { value: (), changes: ReadsAndWrites::default(), events: vec![record.clone()] })
        });
        block_on(read).unwrap();
        block_on(store.flush()).unwrap();
    }
    let kept: Vec<u32> = block_on(log(&store)).iter().map(|json| json.trim().parse().unwrap()).collect();
    assert_eq!(kept.len(), memory::LOG_LIMIT_BYTES / block_bytes);
    assert_eq!(kept[0], 19);
}

fn queued(time: i64, json: &str) -> EventRecord {
    EventRecord::new(None, Timestamp::from_microsecond(time).unwrap(), json.to_owned())
}

#[test]
fn a_full_queue_takes_nothing_until_it_was_emptied() {
    let queue = RecordQueue::new(1);
    let large = queued(1, &"x".repeat(PRESSING_BYTES + 1));
    assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::Pressing);
    assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::First);
    assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::Quietly);
    assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::Full);
    let mut block = Block::default();
    queue.take_into(&mut block);
    assert_eq!(block.count, 3);
    assert_eq!(queue.push(&[queued(1, "{}")]), Queued::First);
}

#[test]
fn queued_records_come_out_in_the_order_of_time() {
    let queue = RecordQueue::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let queue = &queue;
            scope.spawn(move || {
                for step in 0..50 {
                    queue.push(&[queued(step * 4 + thread, "{}")]);
                }
            });
        }
    });
    let mut block = Block::default();
    queue.take_into(&mut block);
    let times: Vec<_> =
        block.records.lines().map(|line| parse_line(line).expect("a line").time.as_microsecond()).collect();
    assert_eq!(times, (0..200).collect::<Vec<_>>());
}

#[test]
fn while_time_stands_still_records_come_out_as_they_were_pushed() {
    let queue = RecordQueue::new(4);
    for step in 0..20 {
        // Each on a thread of its own, as two requests in a row may be.
        let record = EventRecord::new(None, Timestamp::UNIX_EPOCH, step.to_string());
        std::thread::scope(|scope| drop(scope.spawn(|| queue.push(&[record]))));
    }
    let mut block = Block::default();
    queue.take_into(&mut block);
    let steps: Vec<_> =
        block.records.lines().map(|line| parse_line(line).expect("a line").json().to_owned()).collect();
    assert_eq!(steps, (0..20).map(|step| step.to_string()).collect::<Vec<_>>());
}
