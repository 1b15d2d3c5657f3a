//! What passes between the store and its callers, whichever kind of store it is.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use aws::arn::AccountId;
use jiff::Timestamp;
use services::world::{EventPosition, Fault};

pub use services::decided::{Decided, EventRecord};

/// Why the store could not do what it was asked to. Nothing was changed, unless the text says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The transaction failed, for example because the disk is full. Nobody sees anything of it; where the disk failed
    /// while it was written, a restart may find all of it.
    NotCommitted(String),
    /// The same, and whether the change was kept is not known.
    NotKnown(String),
    /// The snapshot could not be read.
    Fault(Fault),
    /// The pure function panicked when it was run again.
    Panicked,
    /// What the request read was changed by others again and again, and to decide it takes long each time.
    Overtaken,
    /// The store is not empty.
    NotEmpty,
    /// An item to import was wrong; the reason is the one that the source of the items gave.
    NotImported(String),
    /// The store is closing.
    Closed,
}

impl StoreError {
    /// Where the store is away or has no room, so that the same may succeed later: whether it is known that nothing was
    /// changed. F-STORE-33
    pub fn is_away(&self) -> Option<bool> {
        match self {
            Self::NotKnown(_) => Some(false),
            Self::NotCommitted(_) | Self::Fault(Fault::Away(_)) => Some(true),
            _ => None,
        }
    }
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotCommitted(reason) => write!(formatter, "the change was not acknowledged: {reason}"),
            Self::NotKnown(reason) => {
                write!(formatter, "whether the change was kept is not known: {reason}")
            }
            Self::Fault(Fault::Away(reason)) => write!(formatter, "the store is away: {reason}"),
            Self::Fault(Fault::Broken(reason)) => write!(formatter, "the store could not be read: {reason}"),
            Self::Fault(Fault::Wanted(wanted)) => write!(formatter, "not fetched: {wanted:?}"),
            Self::Panicked => formatter.write_str("the request failed while it was run again"),
            Self::Overtaken => {
                formatter.write_str("others changed what the request depends on, again and again")
            }
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

/// One item of everything that is stored.
#[derive(Clone, PartialEq, Eq)]
pub enum Exported {
    /// A document.
    Document {
        /// Its key.
        key: String,
        /// Its text.
        text: String,
    },
    /// An event.
    Event(EventRecord),
}

/// A part of the log in the order in which it grows.
#[derive(Debug, Default)]
pub struct Followed {
    /// Records that somebody's history shows, the earliest commit first.
    pub records: Vec<FollowedRecord>,
    /// Where to go on: the place after the last record that was looked at.
    pub next: Option<EventPosition>,
    /// Whether the log ends there, for now.
    pub is_end: bool,
}

/// One record of it.
#[derive(Debug)]
pub struct FollowedRecord {
    /// Its place.
    pub position: EventPosition,
    /// The account whose history shows it.
    pub account: AccountId,
    /// Its time, by service time.
    pub time: Timestamp,
    /// The CloudTrail record, in one line.
    pub json: String,
}

/// How much of the event log there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogSize {
    /// Its records; a database that processes share does not count them.
    pub records: Option<u64>,
    /// What it takes, in bytes: in memory and in a shared database the log alone, in a data directory all that is stored.
    pub bytes: u64,
    /// The time of the oldest of them, in seconds since 1970; 0 where there is none.
    pub oldest: i64,
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
    /// Those of them that would have taken long, and were decided again beside the writer.
    pub handed_back: AtomicU64,
    /// Records of calls that changed nothing, written.
    pub read_records: AtomicU64,
    /// Documents found in memory.
    pub cache_hits: AtomicU64,
    /// Documents fetched from the engine.
    pub cache_misses: AtomicU64,
    /// Where other processes commit, too: how often the database was asked what they committed.
    pub questions: AtomicU64,
    /// Transactions that came to nothing because another process had committed, and were put together again.
    pub overtaken: AtomicU64,
    /// Where the store is a database: how often something was sent there and its answer waited for.
    pub round_trips: AtomicU64,
    /// How long those answers took together, in microseconds.
    pub round_trip_microseconds: AtomicU64,
    /// Connections to it that were opened.
    pub connections_opened: AtomicU64,
    /// Commits of other processes that this one learned of.
    pub followed: AtomicU64,
    /// Blocks of the event log that were looked into.
    pub log_blocks: AtomicU64,
    /// Not a counter: connections to the database that are open.
    pub connections: AtomicU64,
    /// Not a counter: those of them that nobody uses.
    pub connections_idle: AtomicU64,
    /// Not a counter: how many commits of other processes the last answer of the database told of.
    pub behind: AtomicU64,
    /// Not a counter: how many documents there are.
    pub documents: AtomicU64,
    /// Not a counter: how many events were recorded since the last reset, those of earlier runs included.
    pub events: AtomicU64,
    /// Not a counter: see [`Self::log_size`].
    pub(super) log: Mutex<LogSize>,
}

impl StoreStatistics {
    /// How much of the event log there was when it was last measured.
    pub fn log_size(&self) -> LogSize {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
