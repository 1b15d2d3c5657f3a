//! The store in PostgreSQL, or in what speaks its protocol and keeps its promises: one schema for any number of processes.
//!
//! One row, the head, is what all commits of all processes go through: whoever changes its number commits, and holds it
//! until the commit is done. So commits have one order, their numbers follow each other without a gap, and who reads the
//! log sees no number before a lower one. What a commit changed stands in its block of the log, and that is how
//! processes learn of each other's changes. A process commits for many callers at once, so the row is no narrower than
//! a disk.
//!
//! - `address.rs`: which database, and how it is reached; `tls.rs`: the connection's encryption.
//! - `schema.rs`: the tables, made by the first process and moved forward by later versions.
//! - `statements.rs`: every statement. What some of these databases lack is in none of them (decision 20).
//! - `session.rs`: a connection with its statements, and what its errors mean; `reach.rs`: how long a database that is
//!   away is waited for.
//! - `commits.rs`: the head: locking it, committing, and finding out what became of a commit whose answer was lost.
//! - `reading.rs`: documents, lists and the log.

mod address;
mod commits;
mod reach;
mod reading;
mod schema;
mod session;
mod statements;
#[cfg(test)]
mod tests;
mod tls;

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::store::local::engine::{
    Batch, BlockFilter, Changes, Commit, Engine, EngineError, EngineResult, Fetched, Head, Later, Moment,
    Shared, Stored, VisitBlock,
};
use crate::store::seam::{Exported, LogSize, StoreStatistics};

pub use address::Database;
use commits::Committing;
use reach::Reach;
use reading::{Pool, Snapshot};

/// One database, as this process uses it.
pub(super) struct PostgresEngine {
    /// Where the connections are looked after; `None` only while it is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
    /// What there was when it was opened.
    opened: Head,
    pool: Arc<Pool>,
    committing: Mutex<Committing>,
}

impl PostgresEngine {
    /// Opens the database, and makes what is needed there.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn open(database: &Database, statistics: Arc<StoreStatistics>) -> Result<Self, String> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-database")
            .enable_all()
            .build()
            .map_err(|error| format!("no thread for the database: {error}"))?;
        let handle = runtime.handle().clone();
        let address = Arc::new(database.address()?);
        let reach = Reach::new(database.patience(), statistics);
        let opening = schema::open(&address, &reach, database.allows_lost_commits());
        // Whoever opens a store may itself be within a runtime, whose threads must not wait for a future.
        let opened = std::thread::scope(|scope| scope.spawn(|| handle.block_on(opening)).join());
        let opened = opened.map_err(|_| "opening the database failed inside".to_owned())?;
        let opened = opened.map_err(|reason| format!("{database}: {reason}"))?;
        let pool = Arc::new(Pool::new(Arc::clone(&address), reach.clone(), handle.clone()));
        let committing = Mutex::new(Committing::new(address, reach, handle.clone()));
        Ok(Self { runtime: Some(runtime), handle, opened, pool, committing })
    }

    fn committing(&self) -> std::sync::MutexGuard<'_, Committing> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped where waiting is not allowed.
            runtime.shutdown_background();
        }
    }
}

impl Engine for PostgresEngine {
    fn head(&self) -> EngineResult<Head> {
        Ok(self.opened)
    }

    fn version(&self, key: &str) -> EngineResult<u64> {
        Ok(self.read(key)?.map_or(0, |(version, _)| version))
    }

    fn read(&self, key: &str) -> EngineResult<Stored> {
        let fetched = self.handle.block_on(self.pool.fetch(vec![key.to_owned()]))?;
        Ok(fetched.documents.into_iter().find(|(found, _)| found == key).and_then(|(_, stored)| stored))
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>> {
        loop {
            let snapshot = Snapshot::begin(&self.pool, Commit::default())?;
            match snapshot.keys(prefix, after, limit) {
                Err(_) if snapshot.was_lost() => {}
                answer => return answer,
            }
        }
    }

    fn commit(&self, batch: &Batch<'_>) -> EngineResult<()> {
        let (_, changes) = self.lock(Commit::default())?;
        match self.commit_after(&changes.until, batch)? {
            Some(_) => Ok(()),
            None => Err(EngineError::away("another process was faster")),
        }
    }

    fn replace(
        &self,
        sequence: u64,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> EngineResult<Head> {
        self.committing().replace(sequence, items)
    }

    fn forget(&self, before: i64, limit: u32) -> EngineResult<u64> {
        self.handle.block_on(self.pool.forget(before, limit))
    }

    fn check(&self) -> EngineResult<()> {
        self.handle.block_on(self.pool.check())
    }

    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()> {
        Snapshot::begin(&self.pool, Commit::default())?.blocks(filter, visit)
    }

    fn blocks_from(&self, first: u64, visit: VisitBlock<'_>) -> EngineResult<()> {
        Snapshot::begin(&self.pool, Commit::default())?.blocks_from(first, visit)
    }

    fn log_size(&self) -> EngineResult<LogSize> {
        self.handle.block_on(self.pool.log_size())
    }

    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()> {
        Snapshot::begin(&self.pool, Commit::default())?.export(visit)
    }

    fn shared(&self) -> Option<&dyn Shared> {
        Some(self)
    }
}

impl Shared for PostgresEngine {
    fn changes(&self, known: Commit) -> Later<'_, Changes> {
        Box::pin(self.pool.changes(known))
    }

    fn fetch(&self, keys: Vec<String>) -> Later<'_, Fetched> {
        Box::pin(self.pool.fetch(keys))
    }

    fn moment(&self, known: Commit) -> EngineResult<Box<dyn Moment>> {
        Ok(Box::new(Snapshot::begin(&self.pool, known)?))
    }

    fn lock(&self, known: Commit) -> EngineResult<(Head, Changes)> {
        self.committing().lock(known)
    }

    fn unlock(&self) {
        self.committing().unlock();
    }

    fn commit_after(&self, known: &Commit, batch: &Batch<'_>) -> EngineResult<Option<(Head, String)>> {
        self.committing().commit_after(known, batch)
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.handle.spawn(task);
    }
}

/// PostgreSQL has signed integers only; no counter here will ever get there.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
