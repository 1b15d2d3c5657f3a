//! The store in this process: one writer thread over one engine.
//!
//! What a request read and wrote is compared and committed by the writer thread (`writer.rs`), many requests
//! at a time, through an engine (`embedded.rs`, `memory.rs`, or PostgreSQL in `store/postgres`); reads are answered
//! from decoded documents in memory (`cache.rs`). Where other processes change the same state, `shared.rs` says what is
//! done besides.

mod budget;
mod cache;
mod checksum;
mod conclude;
mod embedded;
pub(super) mod engine;
pub(super) mod events;
mod failure;
pub(super) mod index;
mod listed;
mod lists;
mod log;
mod memory;
mod migrate;
mod nobody;
mod open;
mod queue;
mod run;
mod shared;
mod snapshot;
mod statements;
mod submission;
mod sync;
mod turns;
mod upkeep;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use services::world::{Change, EventPosition, EventQuery, Fault, LoggedEvent, Snapshot};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, oneshot};

use cache::DocumentCache;
use engine::{Commit, Engine};
use nobody::Nobody;
use queue::{Queued, RecordQueue};
use run::{Reach, Run};
use shared::Question;
use sync::lock;
use turns::{Anything, Turns};
use writer::{Job, Writer};

use super::postgres::{Database, PostgresEngine};
use super::seam::{Decided, EventRecord, Exported, Followed, StoreError, StoreStatistics};
pub use open::OpenError;
pub use verify::Verified;

/// How many requests at the most compute at once: each may take some 60 MB.
const MOST_COMPUTING: usize = 4;

/// How many exports at the most are under way.
const MOST_EXPORTING: usize = 2;

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
    nobody: Nobody,
    /// The number of the last commit.
    sequence: AtomicU64,
    /// Where other processes commit, too: the last commit of which everything is known here.
    known: Mutex<Commit>,
    /// Why the last transaction failed, until one succeeds.
    trouble: Mutex<Option<String>>,
    statistics: Arc<StoreStatistics>,
}

/// The local store. Dropping it writes what is queued and ends the writer thread.
pub struct Store {
    core: Arc<Core>,
    writer: Sender<Job>,
    /// Turns to read lists and the log beside the threads that answer everybody.
    reading: Turns,
    /// Turns to compute there.
    computing: Turns,
    /// Turns to export there: that takes as long as its client.
    exporting: Turns,
    /// Turns to look whether all is well.
    looking: Turns,
    /// The turn of what the writer handed back because it takes long.
    dear: Semaphore,
    /// Asks what other processes committed.
    questions: Option<UnboundedSender<Question>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    directory: Option<PathBuf>,
}

/// What is left of a change or a read when it has to wait.
type Rest<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What decides a value of any type.
type BoxedRun = Box<dyn Fn(&dyn Snapshot) -> Result<Decided<Anything>, Fault> + Send>;

impl Store {
    /// Opens the store in `directory`, which is made if it is not there.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing that was there is changed then.
    pub fn open(directory: &Path, options: &StoreOptions) -> Result<Self, OpenError> {
        let engine = embedded::EmbeddedEngine::open(directory)?;
        Self::start(Box::new(engine), options, Some(directory.to_owned()))
    }

    /// Looks at all of the store in `directory`, which nobody has open; `check` says what is wrong with a document.
    ///
    /// # Errors
    /// A line for each problem.
    pub fn verify(
        directory: &Path,
        check: &dyn Fn(&str, &str) -> Result<(), String>,
    ) -> Result<Verified, String> {
        verify::verify(directory, check)
    }

    /// Opens the store in a database that other processes may use, too. The first of them makes what it needs there.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing that was there is changed then.
    pub fn connect(database: &Database, options: &StoreOptions) -> Result<Self, OpenError> {
        let statistics = Arc::new(StoreStatistics::default());
        let engine = PostgresEngine::open(database, Arc::clone(&statistics)).map_err(OpenError::Database)?;
        Self::start_with(Box::new(engine), options, None, statistics)
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
        Self::start_with(engine, options, directory, Arc::default())
    }

    /// The same with statistics that the engine counts in, too.
    fn start_with(
        engine: Box<dyn Engine>,
        options: &StoreOptions,
        directory: Option<PathBuf>,
        statistics: Arc<StoreStatistics>,
    ) -> Result<Self, OpenError> {
        let head = engine.head().map_err(|error| OpenError::Unusable(error.reason))?;
        let threads = std::thread::available_parallelism().map_or(4, usize::from);
        let core = Arc::new(Core {
            engine,
            cache: DocumentCache::new(options.cache_bytes),
            queue: RecordQueue::new(threads + 1),
            nobody: Nobody::default(),
            sequence: AtomicU64::new(head.sequence),
            known: Mutex::new(Commit { sequence: head.sequence, mark: String::new() }),
            trouble: Mutex::default(),
            statistics,
        });
        let (sender, inbox) = channel();
        let writer = Writer::new(Arc::clone(&core), inbox, head);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| OpenError::Unusable(format!("no thread for the writer: {error}")))?;
        let (reading, computing) = (Turns::new(threads.max(2)), Turns::new(threads.clamp(2, MOST_COMPUTING)));
        let (exporting, looking) = (Turns::new(MOST_EXPORTING), Turns::new(1));
        let questions = Self::begin_to_follow(&core);
        Ok(Self {
            core,
            writer: sender,
            reading,
            computing,
            exporting,
            looking,
            dear: Semaphore::new(1),
            questions,
            thread: Mutex::new(Some(thread)),
            directory,
        })
    }

    /// Where the data is; `None` in memory.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Whether other processes change it as well.
    pub fn is_shared(&self) -> bool {
        self.core.engine.shared().is_some()
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
    /// It begins on the calling thread. If it wants a list, the log or time, it is run again on a thread beside those
    /// that answer everybody.
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
        let rest = match self.at_once(run)? {
            Ok(value) => return Ok(value),
            Err(rest) => rest,
        };
        rest.await
    }

    /// The same for what few calls come to: the way through the store is long, and its code is there once for all of them,
    /// not once for each type that is decided (decision 21).
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub async fn transact_boxed<T: Send + 'static>(
        &self,
        run: impl Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let run: BoxedRun = Box::new(move |snapshot| {
            let Decided { value, changes, events } = run(snapshot)?;
            Ok(Decided { value: Box::new(value), changes, events })
        });
        let value = self.transact(run).await?.downcast();
        Ok(*value.expect("INVARIANT: it is what was decided"))
    }

    /// What most calls come to at once; otherwise what there is to wait for, behind a pointer, since what a call waits in
    /// is moved about and should be small.
    fn at_once<T, F>(&self, run: F) -> Result<Result<T, Rest<'_, T>>, StoreError>
    where
        F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send + 'static,
        T: Send + 'static,
    {
        if let Some(shared) = self.core.engine.shared() {
            return Ok(Err(Box::pin(async move {
                let (run, outcome) = self.decide_shared(shared, run).await?;
                self.conclude(run, outcome.unwrap_or(Run::Overtaken)).await
            })));
        }
        match self.core.run(&run, Reach::Documents) {
            Run::Read(decided) if self.queued_at_once(&decided.events)? => Ok(Ok(decided.value)),
            outcome => Ok(Err(Box::pin(self.go_on(run, outcome)))),
        }
    }

    /// Does what may take long on a thread that answers nobody else.
    async fn beside<R: Send + 'static>(
        &self,
        turns: &Turns,
        work: impl FnOnce(&Core) -> R + Send + 'static,
    ) -> Result<R, StoreError> {
        let core = Arc::clone(&self.core);
        turns.take(move || work(&core)).await.ok_or(StoreError::Closed)
    }

    /// Does what computes for long, and needs nothing of the store, where no one else waits for it. F-COST-1
    ///
    /// # Errors
    /// [`StoreError::Closed`] at the end of the process.
    pub async fn compute<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, StoreError> {
        self.computing.take(work).await.ok_or(StoreError::Closed)
    }

    async fn queue_records(&self, records: &[EventRecord]) -> Result<(), StoreError> {
        while !self.queued_at_once(records)? {
            // Neither dropped nor kept without bound: the caller waits, and is told if the disk fails.
            self.flush().await?;
        }
        Ok(())
    }

    /// Queues records that are written later, unless there is no room for them.
    fn queued_at_once(&self, records: &[EventRecord]) -> Result<bool, StoreError> {
        if let [record] = records
            && record.account.is_none()
        {
            self.core.nobody.push(self.core.sequence.load(Ordering::Relaxed), record);
            return Ok(true);
        }
        match self.core.queue.push(records) {
            Queued::Quietly => {}
            Queued::First => self.send(Job::RecordsWaiting)?,
            Queued::Pressing => self.send(Job::RecordsPressing)?,
            Queued::Full => return Ok(false),
        }
        Ok(true)
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
    pub async fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, StoreError> {
        self.flush().await?;
        let query = *query;
        Ok(self.beside(&self.reading, move |core| core.events(&query)).await??)
    }

    /// Records from a place in the log on, in the order in which it grows, those included that were queued until now.
    /// As many as have about `most_bytes`. F-STORE-20
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn follow(&self, from: EventPosition, most_bytes: usize) -> Result<Followed, StoreError> {
        self.flush().await?;
        Ok(self.beside(&self.reading, move |core| log::follow(core, from, most_bytes)).await??)
    }

    /// Puts all of `changes` into a store that holds no documents yet but those of the installation, in one
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] if it holds others; nothing is changed then.
    pub async fn seed(&self, changes: BTreeMap<String, Change>) -> Result<(), StoreError> {
        self.alone(move |writer| writer.seed(changes)).await
    }

    /// Whether changes can be stored and read: the files are there, and the last transaction succeeded or one does
    /// now. F-STORE-17
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn check(&self) -> Result<(), StoreError> {
        if lock(&self.core.trouble).is_some() {
            self.alone(Writer::probe).await?;
        }
        Ok(self.beside(&self.looking, |core| core.engine.check()).await??)
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

    /// Adds every document in the order of keys and then every event, oldest first, to `sum`, as of one moment;
    /// `add` may break off. What `end` makes of the sum is the answer. Both run where waiting is allowed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn export<S: Send + 'static, R: Send + 'static>(
        &self,
        mut sum: S,
        mut add: impl FnMut(&mut S, Exported) -> ControlFlow<()> + Send + 'static,
        end: impl FnOnce(S) -> R + Send + 'static,
    ) -> Result<R, StoreError> {
        self.flush().await?;
        let gather = move |core: &Core| {
            let mut flow = ControlFlow::Continue(());
            core.engine.export(&mut |item| {
                flow = add(&mut sum, item);
                flow
            })?;
            let mut nobody = core.nobody.all().into_iter();
            while flow.is_continue()
                && let Some(record) = nobody.next()
            {
                flow = add(&mut sum, Exported::Event(record));
            }
            Ok(end(sum))
        };
        self.beside(&self.exporting, gather).await?
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
