//! A document to count with, a directory that goes away, and short ways to use a store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use accountd::store::{Decided, EventRecord, Exported, Store, StoreError, StoreOptions};
use aws::arn::AccountId;
use jiff::Timestamp;
use services::world::key::Prefix;
use services::world::{Document, Fault, Snapshot, World};

/// A number, padded so that documents have a size.
pub struct Counter(pub u64);

impl Document for Counter {
    type Id<'k> = &'k str;

    const KIND: &'static str = "counter";

    fn decode(text: &str) -> Result<Self, String> {
        text.trim().parse().map(Self).map_err(|_| "not a number".to_owned())
    }

    fn encode(&self) -> String {
        format!("{:>200}", self.0)
    }
}

/// A directory that is removed at the end of the test.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("accountd-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("accountd.sqlite")
    }

    pub fn open(&self) -> Store {
        Store::open(&self.0, &StoreOptions::default()).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs `test` on every engine there is.
pub fn on_every_engine<F: Future<Output = ()>>(test: impl Fn(Store) -> F) {
    on_every_engine_with(&StoreOptions::default(), test);
}

/// The same with other options.
pub fn on_every_engine_with<F: Future<Output = ()>>(options: &StoreOptions, test: impl Fn(Store) -> F) {
    let directory = Directory::new();
    block_on(test(Store::open(directory.path(), options).unwrap()));
    block_on(test(Store::in_memory(options).unwrap()));
    if let Some(database) = testing::postgres::database() {
        block_on(test(Store::connect(&database.database(), options).unwrap()));
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(4).enable_all().build().unwrap().block_on(future)
}

pub fn event(account: u64, second: i64, json: impl Into<String>) -> EventRecord {
    let time = Timestamp::from_second(second).unwrap();
    EventRecord::new(Some(AccountId::from_number(account)), time, json.into())
}

/// A run with its changes and no events.
pub fn run<T>(
    snapshot: &dyn Snapshot,
    rule: impl FnOnce(&mut World<'_>) -> Result<T, Fault>,
    events: Vec<EventRecord>,
) -> Result<Decided<T>, Fault> {
    let mut world = World::new(snapshot);
    let value = rule(&mut world)?;
    Ok(Decided { value, changes: world.into_reads_and_writes(), events })
}

pub fn count(world: &World<'_>, id: &str) -> Result<u64, Fault> {
    Ok(world.get::<Counter>(id)?.map_or(0, |counter| counter.0))
}

pub async fn read(store: &Store, id: &'static str) -> Option<u64> {
    let rule = move |world: &mut World<'_>| Ok(world.get::<Counter>(id)?.map(|counter| counter.0));
    store.transact(move |snapshot| run(snapshot, rule, Vec::new())).await.unwrap()
}

pub async fn put(store: &Store, id: String, number: u64) -> Result<(), StoreError> {
    let rule = move |snapshot: &dyn Snapshot| {
        let put = |world: &mut World<'_>| {
            world.put(id.as_str(), Counter(number));
            Ok(())
        };
        run(snapshot, put, Vec::new())
    };
    store.transact(rule).await
}

/// Adds one and answers with the new number.
pub async fn increment(store: &Store, id: &'static str) -> Result<u64, StoreError> {
    let rule = move |world: &mut World<'_>| {
        let number = count(world, id)? + 1;
        world.put(id, Counter(number));
        Ok(number)
    };
    store.transact(move |snapshot| run(snapshot, rule, Vec::new())).await
}

pub async fn delete(store: &Store, id: &'static str) {
    let rule = move |world: &mut World<'_>| {
        world.delete::<Counter>(id);
        Ok(())
    };
    store.transact(move |snapshot| run(snapshot, rule, Vec::new())).await.unwrap();
}

pub async fn ids(
    store: &Store,
    prefix: &'static str,
    after: Option<&'static str>,
    limit: usize,
) -> Vec<String> {
    let rule = move |world: &mut World<'_>| {
        let place = after.and_then(|after| after.strip_prefix(prefix));
        let prefix: Prefix<Counter> = match prefix.strip_suffix('/') {
            Some(part) => Prefix::within(part),
            None => Prefix::empty(),
        };
        let keys = world.keys(&prefix, place, limit)?;
        keys.iter().map(|key| key.id().map(str::to_owned)).collect()
    };
    store.transact(move |snapshot| run(snapshot, rule, Vec::new())).await.unwrap()
}

/// Everything that is stored.
pub async fn export(store: &Store) -> Vec<Exported> {
    let add = |all: &mut Vec<Exported>, item| {
        all.push(item);
        std::ops::ControlFlow::Continue(())
    };
    store.export(Vec::new(), add, |all| all).await.unwrap()
}

/// Every record of the event log, oldest first.
pub async fn records(store: &Store) -> Vec<String> {
    let events = export(store).await.into_iter().filter_map(|item| match item {
        Exported::Event(record) => Some(record.json().to_owned()),
        Exported::Document { .. } => None,
    });
    events.collect()
}
