//! What an engine is: the place where committed state lies, and one way to change it.
//!
//! The writer thread is the only caller of [`Engine::commit`] and [`Engine::replace`]; everything else
//! may be called from any thread at any time and sees committed state only.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::pin::Pin;

use aws::arn::AccountId;
use services::world::{Change, Term};

use super::events::Block;
use crate::store::seam::{Exported, LogSize};

/// Why an engine could not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError {
    /// Its own words, without any stored value.
    pub reason: String,
    /// What it means for whoever asked.
    pub meaning: Meaning,
}

/// What a failure means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It would fail again: what is stored, or what was asked, is wrong.
    Broken,
    /// The place where state lies is away, or has no room: the same may succeed later. Nothing was changed.
    Away,
    /// The same, and a change that was under way may have been kept.
    NotKnown,
}

impl EngineError {
    /// What would fail again.
    pub fn broken(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), meaning: Meaning::Broken }
    }

    /// What may succeed later.
    pub fn away(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), meaning: Meaning::Away }
    }

    /// A change that may have been kept.
    pub fn not_known(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), meaning: Meaning::NotKnown }
    }
}

pub type EngineResult<T> = Result<T, EngineError>;

/// The end of the log: all that the writer must know to go on after opening.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The highest number given to a change or a block.
    pub sequence: u64,
    /// How many documents there are.
    pub documents: u64,
    /// How many events were ever recorded since the last reset.
    pub events: u64,
}

/// A change that is decided but not yet committed.
pub struct Staged {
    /// The number of the change, which becomes the document's version.
    pub version: u64,
    /// The new content.
    pub change: Change,
}

/// Changes by key.
pub type Writes = BTreeMap<String, Staged>;

/// Everything that one transaction writes.
pub struct Batch<'a> {
    /// Changed documents.
    pub writes: &'a Writes,
    /// Records of calls; stored under `head.sequence`, even when empty, since it carries the head.
    pub block: &'a Block,
    /// The head after this transaction.
    pub head: Head,
}

/// Which blocks of records to visit.
pub struct BlockFilter {
    /// Only blocks that hold a record of this account.
    pub account: Option<AccountId>,
    /// Only blocks with a record at this time or later, in microseconds.
    pub from: i64,
    /// Only blocks with a record before this time, in microseconds.
    pub until: i64,
    /// Only blocks with this number or a lower one.
    pub up_to: u64,
    /// Only blocks with a record of the account that has this term, as far as an index says so. Not without an account.
    pub term: Option<Term>,
}

/// Terms of a segment of the log (`index.rs`), each with the places of its blocks in the segment, from the first to the last.
pub type Terms = BTreeMap<Term, Vec<u8>>;

/// Called with a block's number, how many records it holds, and its lines.
pub type VisitBlock<'a> = &'a mut dyn FnMut(u64, u32, &str) -> ControlFlow<()>;

/// Committed state: documents by key, blocks of the event log by number.
pub trait Engine: Send + Sync {
    /// The end of the log. Costs the same however much is stored.
    fn head(&self) -> EngineResult<Head>;

    /// The version of the document under `key`, 0 where there is none.
    fn version(&self, key: &str) -> EngineResult<u64>;

    /// The version and text of the document under `key`.
    fn read(&self, key: &str) -> EngineResult<Option<(u64, String)>>;

    /// Up to `limit` keys that begin with `prefix`, in byte order, after `after`.
    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>>;

    /// Writes all of `batch`, durably, or nothing.
    fn commit(&self, batch: &Batch<'_>) -> EngineResult<()>;

    /// Drops everything and stores `items` instead, or changes nothing. Numbers start after `sequence`,
    /// so that no version is ever given twice.
    fn replace(
        &self,
        sequence: u64,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> EngineResult<Head>;

    /// Deletes up to `limit` blocks in which every record is before this time, in microseconds, oldest first, and gives
    /// their space back; says how many it deleted. The newest block stays.
    fn forget(&self, before: i64, limit: u32) -> EngineResult<u64>;

    /// Whether committed state can be read and the place where it lies is still there.
    fn check(&self) -> EngineResult<()>;

    /// Visits blocks of records, newest first.
    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()>;

    /// Visits blocks of records with this number or a higher one, oldest first.
    fn blocks_from(&self, first: u64, visit: VisitBlock<'_>) -> EngineResult<()>;

    /// How much of the event log there is.
    fn log_size(&self) -> EngineResult<LogSize> {
        Ok(LogSize::default())
    }

    /// The oldest segment of the log to which nothing is added any more and which is in no index yet, if this engine has one.
    fn unindexed(&self) -> EngineResult<Option<u64>> {
        Ok(None)
    }

    /// Takes the terms of such a segment into the index.
    fn index(&self, _segment: u64, _terms: &Terms) -> EngineResult<()> {
        Ok(())
    }

    /// Visits every document in key order and then every event, oldest first, as of one moment.
    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()>;

    /// What there is besides where other processes change the same state.
    fn shared(&self) -> Option<&dyn Shared> {
        None
    }
}

/// A commit: its number, and the mark of who made it, by which it is told from another of that number. There is another
/// where a standby took over that lacked the last commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its number.
    pub sequence: u64,
    /// Its mark.
    pub mark: String,
}

/// What was committed, by whichever process, after a commit that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The last commit there is.
    pub until: Commit,
    /// What was changed.
    pub what: Changed,
}

/// See [`Changes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The documents under these keys, each with the number of the commit; nothing else.
    Keys(Vec<(String, u64)>),
    /// Whatever one likes: what is remembered of earlier commits is worth nothing.
    Everything,
}

/// A document as an engine found it: version and text; `None` where there is none.
pub type Stored = Option<(u64, String)>;

/// Documents that were read together.
pub struct Fetched {
    /// The last commit that they are of.
    pub as_of: u64,
    /// One for each key that was asked for, and for each that these lead to.
    pub documents: Vec<(String, Stored)>,
}

/// An answer that comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = EngineResult<T>> + Send + 'a>>;

/// What an engine can do whose state other processes change, too. Commits of all processes have one order, and their
/// numbers follow each other without a gap.
pub trait Shared: Send + Sync {
    /// What was committed after `known`. Whatever anybody was told of before this was asked is in it.
    fn changes(&self, known: Commit) -> Later<'_, Changes>;

    /// Reads documents together, and with them those that they lead to ([`services::state::leads`]), which whoever reads
    /// the ones is likely to want next.
    fn fetch(&self, keys: Vec<String>) -> Later<'_, Fetched>;

    /// State as of now, which stays as it is for whoever holds it. To be called where waiting is allowed.
    fn moment(&self, known: Commit) -> EngineResult<Box<dyn Moment>>;

    /// Keeps every other process from committing until the next commit or [`Shared::unlock`], and says what there is.
    fn lock(&self, known: Commit) -> EngineResult<(Head, Changes)>;

    /// Lets others commit again.
    fn unlock(&self);

    /// Commits `batch`, whose every version is `known + 1`, if nothing was committed after `known`, and gives the head and
    /// the mark of the commit. `None` if something was, and nothing is changed then.
    fn commit_after(&self, known: &Commit, batch: &Batch<'_>) -> EngineResult<Option<(Head, String)>>;

    /// Has `task` run where the engine's connections are.
    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>);
}

/// Committed state of one moment.
pub trait Moment: Send {
    /// What was committed between the commit that was known and this moment.
    fn changes(&self) -> &Changes;

    /// Whether what failed last failed because the connection was lost.
    fn was_lost(&self) -> bool;

    /// As [`Shared::fetch`].
    fn fetch(&self, keys: &[String]) -> EngineResult<Vec<(String, Stored)>>;

    /// As [`Engine::keys`].
    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>>;

    /// As [`Engine::blocks`].
    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()>;
}
