//! The store: state as documents, changed by optimistic commits, and the event log beside it.
//!
//! A request is a pure function over a snapshot ([`Store::transact`]). What it read and wrote is compared
//! and committed by one writer thread (`writer.rs`), many requests at a time, through an engine
//! (`embedded.rs`, `memory.rs`); reads are answered from decoded documents in memory (`cache.rs`).
//!
//! # What a shared engine will need
//! Everything that a database behind a network must wait for is already `async` here, and nothing outside
//! this module knows that there is a writer thread or a cache. A shared engine becomes a second kind of
//! [`Store`] beside the local one: `transact` runs the function over what it has fetched so far, fetches
//! what [`Fault::NotFetched`] names and runs it again, then sends one conditional statement with
//! [`ReadsAndWrites`] as it stands and runs the function again if the statement finds other versions.
//! Hence the function may run any number of times and is `Fn`; hence a decision carries its events as
//! values; hence no version is ever given twice, and an absent document always has version 0.

mod cache;
mod embedded;
mod engine;
mod events;
mod memory;
mod open;
mod snapshot;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use services::world::{Change, Fault, ReadsAndWrites, Snapshot};
use tokio::sync::oneshot;

use cache::{DocumentCache, lock};
use engine::{BlockFilter, Engine, EngineError};
use events::{Queued, RecordQueue, parse_line};
use snapshot::Committed;
use writer::{Message, Submitted, Writer};

pub use events::{EventRecord, EventsQuery, Exported, Position, RecordedEvent};
pub use open::OpenError;

/// How often a request that changed nothing is run again because commits overtook it, before the
/// writer thread runs it where nothing moves.
const READ_ATTEMPTS: usize = 3;

/// What one run of the pure function decided.
pub struct Decided<T> {
    /// For the caller.
    pub value: T,
    /// What it read, at which versions, and what it wants to change.
    pub changes: ReadsAndWrites,
    /// Records of the call, one for each account whose history shows it. They commit with the changes.
    pub events: Vec<EventRecord>,
}

/// Why the store could not do what it was asked to. Nothing was changed, unless the text says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The transaction failed, for example because the disk is full.
    NotCommitted(String),
    /// The snapshot could not be read.
    Fault(Fault),
    /// The pure function panicked when it was run again.
    Panicked,
    /// The store is not empty.
    NotEmpty,
    /// An item to import was wrong; the reason is the one that the source of the items gave.
    NotImported(String),
    /// The store is closing.
    Closed,
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotCommitted(reason) => write!(formatter, "the change could not be stored: {reason}"),
            Self::Fault(Fault::Broken(reason)) => write!(formatter, "the store could not be read: {reason}"),
            Self::Fault(Fault::NotFetched(key)) => write!(formatter, "`{key}` was not fetched"),
            Self::Panicked => formatter.write_str("the request failed while it was run again"),
            Self::NotEmpty => formatter.write_str("the store is not empty"),
            Self::NotImported(reason) => write!(formatter, "nothing was imported: {reason}"),
            Self::Closed => formatter.write_str("the store is closing"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        Self::Fault(Fault::Broken(error.0))
    }
}

/// What the store has done since it was opened, for metrics. Counters only grow.
#[derive(Debug, Default)]
pub struct StoreStatistics {
    /// Transactions committed; on the embedded engine each is one wait for the disk.
    pub transactions: AtomicU64,
    /// Changes acknowledged.
    pub changes: AtomicU64,
    /// Requests that the writer ran again because what they had read was changed meanwhile.
    pub reruns: AtomicU64,
    /// Records of calls that changed nothing, written.
    pub read_records: AtomicU64,
    /// Documents found in memory.
    pub cache_hits: AtomicU64,
    /// Documents fetched from the engine.
    pub cache_misses: AtomicU64,
    /// Not a counter: how many documents there are.
    pub documents: AtomicU64,
    /// Not a counter: how many events were recorded since the last reset, those of earlier runs included.
    pub events: AtomicU64,
}

/// How a store uses memory.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// About how much the decoded documents in memory may take. Nothing is allocated ahead.
    pub cache_bytes: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { cache_bytes: 128 << 20 }
    }
}

/// What the writer thread and its callers share.
struct Core {
    engine: Box<dyn Engine>,
    cache: DocumentCache,
    queue: RecordQueue,
    statistics: StoreStatistics,
}

/// See the module's text. Dropping it writes what is queued and ends the writer thread.
pub struct Store {
    core: Arc<Core>,
    writer: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    directory: Option<PathBuf>,
}

impl Store {
    /// Opens the store in `directory`, which is made if it is not there.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing that was there is changed then.
    pub fn open(directory: &Path, options: &StoreOptions) -> Result<Self, OpenError> {
        let engine = embedded::EmbeddedEngine::open(directory)?;
        Self::start(Box::new(engine), options, Some(directory.to_owned()))
    }

    /// An empty store that forgets everything when it is dropped.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn in_memory(options: &StoreOptions) -> Result<Self, OpenError> {
        Self::start(Box::<memory::MemoryEngine>::default(), options, None)
    }

    fn start(
        engine: Box<dyn Engine>,
        options: &StoreOptions,
        directory: Option<PathBuf>,
    ) -> Result<Self, OpenError> {
        let head = engine.head().map_err(|error| OpenError::Unusable(error.0))?;
        let threads = std::thread::available_parallelism().map_or(4, usize::from);
        let core = Arc::new(Core {
            engine,
            cache: DocumentCache::new(options.cache_bytes),
            queue: RecordQueue::new(threads + 1),
            statistics: StoreStatistics::default(),
        });
        let (sender, inbox) = channel();
        let writer = Writer::new(Arc::clone(&core), inbox, head);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| OpenError::Unusable(format!("no thread for the writer: {error}")))?;
        Ok(Self { core, writer: sender, thread: Mutex::new(Some(thread)), directory })
    }

    /// Where the data is; `None` in memory.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// What the store has done.
    pub fn statistics(&self) -> &StoreStatistics {
        &self.core.statistics
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.core.statistics.documents.load(Ordering::Relaxed) == 0
    }

    /// Runs `run` on the current state and commits what it decided together with its events.
    ///
    /// If nothing was changed, the answer comes at once and the events are written within a second.
    /// Otherwise it comes when the change is durable. `run` is run again, possibly on another thread, when
    /// what it had read was changed meanwhile; the last run counts. It sees one committed state, never half
    /// of a commit.
    ///
    /// # Errors
    /// See [`StoreError`]. A panic of the first run is the caller's own.
    pub async fn transact<T, F>(&self, run: F) -> Result<T, StoreError>
    where
        F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send + 'static,
        T: Send + 'static,
    {
        let decided = match self.run_here(&run) {
            Run::Read(decided) => {
                self.queue_records(&decided.events).await?;
                return Ok(decided.value);
            }
            Run::Failed(fault) => return Err(fault.into()),
            Run::Changed(decided) => Some(decided),
            Run::Overtaken => None,
        };
        let (reply, answer) = oneshot::channel();
        self.send(Message::Submit(Box::new(Submitted::new(run, decided, reply))))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs on the caller's thread. A decision to change something is compared by the writer; any other
    /// must have seen one state.
    fn run_here<T>(&self, run: impl Fn(&dyn Snapshot) -> Result<Decided<T>, Fault>) -> Run<T> {
        for _ in 0..READ_ATTEMPTS {
            let state = self.core.cache.state();
            let snapshot = Committed::new(&self.core, state);
            let outcome = run(&snapshot);
            let is_settled = snapshot.finish();
            match outcome {
                Ok(decided) if !decided.changes.writes.is_empty() => return Run::Changed(decided),
                Ok(decided) if is_settled && self.core.cache.is_still(state) => return Run::Read(decided),
                Err(fault) if is_settled && self.core.cache.is_still(state) => return Run::Failed(fault),
                _ if !is_settled => return Run::Overtaken,
                _ => {}
            }
        }
        Run::Overtaken
    }

    async fn queue_records(&self, records: &[EventRecord]) -> Result<(), StoreError> {
        loop {
            match self.core.queue.push(records) {
                Queued::Quietly => return Ok(()),
                Queued::First => return self.send(Message::RecordsWaiting),
                Queued::Pressing => return self.send(Message::RecordsPressing),
                // Neither dropped nor kept without bound: the caller waits, and is told if the disk fails.
                Queued::Full => self.flush().await?,
            }
        }
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        self.writer.send(message).map_err(|_| StoreError::Closed)
    }

    /// Writes every record that is queued.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Flush(reply))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Has the writer do `work` with nothing else under way.
    async fn alone<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Alone(Box::new(move |writer| {
            // Whoever asked may have gone away; the work is done all the same.
            let _ = reply.send(work(writer));
        })))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Events that match, newest first, those included that are still queued. F-STORE-5
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn events(&self, query: &EventsQuery) -> Result<Vec<RecordedEvent>, StoreError> {
        self.flush().await?;
        Ok(self.core.events(query)?)
    }

    /// Puts all of `changes` into a store that holds no documents yet, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] if it holds any; nothing is changed then.
    pub async fn seed(&self, changes: BTreeMap<String, Change>) -> Result<(), StoreError> {
        self.alone(move |writer| writer.seed(changes)).await
    }

    /// Drops every document and every event.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn reset(&self) -> Result<(), StoreError> {
        self.alone(|writer| writer.replace(&mut std::iter::empty())).await
    }

    /// Drops everything and stores `items` instead, in one transaction. The texts are not looked into:
    /// whoever calls this has decoded them.
    ///
    /// # Errors
    /// [`StoreError::NotImported`] with the reason of the first item that is an error; nothing is changed.
    pub async fn import(
        &self,
        items: impl Iterator<Item = Result<Exported, String>> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.alone(move |writer| {
            let mut items = items;
            writer.replace(&mut items)
        })
        .await
    }

    /// Visits every document in the order of keys and then every event, oldest first, as of one moment;
    /// `visit` may break off. Reads from the disk on the calling thread.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn export(
        &self,
        visit: &mut (dyn FnMut(Exported) -> std::ops::ControlFlow<()> + Send),
    ) -> Result<(), StoreError> {
        self.flush().await?;
        Ok(self.core.engine.export(visit)?)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // If the thread is gone already there is nothing left to tell it.
        let _ = self.writer.send(Message::Close);
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

enum Run<T> {
    /// Changed nothing, saw one state.
    Read(Decided<T>),
    /// Wants to change something.
    Changed(Decided<T>),
    /// Failed, saw one state.
    Failed(Fault),
    /// Commits came in between.
    Overtaken,
}

impl Core {
    /// Committed events that match, newest first.
    fn events(&self, query: &EventsQuery) -> engine::EngineResult<Vec<RecordedEvent>> {
        let filter = BlockFilter {
            account: query.account,
            from: query.from.as_microsecond(),
            until: query.until.as_microsecond(),
            up_to: query.before.map_or(u64::MAX, |position| position.block),
        };
        let mut found = Vec::new();
        if query.limit == 0 {
            return Ok(found);
        }
        self.engine.blocks(&filter, &mut |block, count, records| {
            for (line, index) in records.lines().rev().zip((0..count).rev()) {
                let position = Position { block, index };
                if query.before.is_some_and(|before| position >= before) {
                    continue;
                }
                let Some(record) = parse_line(line) else { continue };
                let time = record.time.as_microsecond();
                let is_in_time = filter.from <= time && time < filter.until;
                if is_in_time && (query.account.is_none() || query.account == record.account) {
                    found.push(RecordedEvent { position, record });
                    if found.len() == query.limit {
                        return std::ops::ControlFlow::Break(());
                    }
                }
            }
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}
