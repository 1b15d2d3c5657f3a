//! The local store: one process, one writer thread, one file (or memory).
//!
//! What a request read and wrote is compared and committed by the writer thread (`writer.rs`), many requests
//! at a time, through an engine (`embedded.rs`, `memory.rs`); reads are answered from decoded documents in
//! memory (`cache.rs`).

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
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use services::world::{Change, Fault, Snapshot};
use tokio::sync::oneshot;

use cache::{DocumentCache, lock};
use engine::{BlockFilter, Engine, EngineError};
use events::{Queued, RecordQueue, parse_line};
use snapshot::Committed;
use writer::{Job, Submitted, Writer};

use super::seam::{
    Decided, EventRecord, EventsQuery, Exported, Position, RecordedEvent, StoreError, StoreStatistics,
};
pub use open::OpenError;

/// How often a request that changed nothing is run again because commits overtook it, before the
/// writer thread runs it where nothing moves.
const READ_ATTEMPTS: usize = 3;

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        Self::Fault(Fault::Broken(error.0))
    }
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

/// The local store. Dropping it writes what is queued and ends the writer thread.
pub struct Store {
    core: Arc<Core>,
    writer: Sender<Job>,
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
        self.send(Job::Submit(Box::new(Submitted::new(run, decided, reply))))?;
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
                Queued::First => return self.send(Job::RecordsWaiting),
                Queued::Pressing => return self.send(Job::RecordsPressing),
                // Neither dropped nor kept without bound: the caller waits, and is told if the disk fails.
                Queued::Full => self.flush().await?,
            }
        }
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.writer.send(job).map_err(|_| StoreError::Closed)
    }

    /// Writes every record that is queued.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Flush(reply))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Has the writer do `work` with nothing else under way.
    async fn alone<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Alone(Box::new(move |writer| {
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
        let _ = self.writer.send(Job::Close);
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
