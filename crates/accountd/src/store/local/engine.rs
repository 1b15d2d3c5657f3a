//! What an engine is: the place where committed state lies, and one way to change it.
//!
//! The writer thread is the only caller of [`Engine::commit`] and [`Engine::replace`]; everything else
//! may be called from any thread at any time and sees committed state only.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use aws::arn::AccountId;
use services::world::Change;

use super::events::Block;
use crate::store::seam::Exported;

/// Why an engine could not do what it was asked to: its own words, without any stored value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EngineError(pub String);

pub(super) type EngineResult<T> = Result<T, EngineError>;

/// The end of the log: all that the writer must know to go on after opening.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The highest number given to a change or a block.
    pub sequence: u64,
    /// How many documents there are.
    pub documents: u64,
    /// How many events were ever recorded since the last reset.
    pub events: u64,
}

/// A change that is decided but not yet committed.
pub(super) struct Staged {
    /// The number of the change, which becomes the document's version.
    pub version: u64,
    /// The new content.
    pub change: Change,
}

/// Changes by key.
pub(super) type Writes = BTreeMap<String, Staged>;

/// Everything that one transaction writes.
pub(super) struct Batch<'a> {
    /// Changed documents.
    pub writes: &'a Writes,
    /// Records of calls; stored under `head.sequence`, even when empty, since it carries the head.
    pub block: &'a Block,
    /// The head after this transaction.
    pub head: Head,
}

/// Which blocks of records to visit.
pub(super) struct BlockFilter {
    /// Only blocks that hold a record of this account.
    pub account: Option<AccountId>,
    /// Only blocks with a record at this time or later, in microseconds.
    pub from: i64,
    /// Only blocks with a record before this time, in microseconds.
    pub until: i64,
    /// Only blocks with this number or a lower one.
    pub up_to: u64,
}

/// Called with a block's number, how many records it holds, and its lines.
pub(super) type VisitBlock<'a> = &'a mut dyn FnMut(u64, u32, &str) -> ControlFlow<()>;

/// Committed state: documents by key, blocks of the event log by number.
pub(super) trait Engine: Send + Sync {
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

    /// Visits every document in key order and then every event, oldest first, as of one moment.
    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()>;
}
