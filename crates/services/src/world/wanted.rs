//! What a snapshot does not have at hand, and must fetch before the request is run again.

use std::fmt;

use aws::arn::AccountId;
use jiff::Timestamp;

/// Why a world cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The snapshot does not have this at hand: fetch it and run the request again. A store in this process says so
    /// of lists and of the log, which must not be read on a thread that answers everybody, and of time for what may cost
    /// much; a store behind a network says so of documents, too.
    Wanted(Box<Wanted>),
    /// The store failed or holds something unreadable.
    Broken(String),
    /// The store cannot be reached now: the same may succeed later.
    Away(String),
}

impl From<Wanted> for Fault {
    fn from(wanted: Wanted) -> Self {
        Self::Wanted(Box::new(wanted))
    }
}

/// What a request wants of a store to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The document under this key.
    Document(String),
    /// A list of keys, as [`Snapshot::keys`](super::Snapshot::keys) gives it.
    Keys {
        /// What the keys begin with.
        prefix: String,
        /// Only keys after this one.
        after: Option<String>,
        /// At most this many.
        limit: usize,
    },
    /// Records of the event log.
    Events(EventQuery),
    /// Nothing of the store: what S3 says of the bucket with this name. Whoever runs the path asks, and tells the answer
    /// in the context of the next run.
    Bucket(String),
    /// Nothing of the store: the keys that the issuer at this URL publishes. Whoever runs the path fetches them and remembers
    /// them for the next run.
    IssuerKeys(String),
    /// Nothing that is there yet: keys that sign tokens. Whoever runs the path draws them and puts them into the state, since
    /// rules draw nothing.
    TokenKeys,
    /// Nothing of the store, but time: the request is to be run again where it keeps nobody else waiting.
    Time,
}

impl Wanted {
    /// Whether a store can fetch it.
    pub fn is_of_store(&self) -> bool {
        !matches!(self, Self::Bucket(_) | Self::IssuerKeys(_) | Self::TokenKeys)
    }
}

/// Which records of the event log are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventQuery {
    /// The account whose log is read; `None` for the records of every account and of none.
    pub account: Option<AccountId>,
    /// Only records at this time or later, to the microsecond.
    pub from: Timestamp,
    /// Only records before this time, to the microsecond.
    pub until: Timestamp,
    /// Only records before this place.
    pub before: Option<EventPosition>,
    /// At most this many.
    pub limit: usize,
}

impl EventQuery {
    /// The newest records of an account's log, whenever they are of.
    pub fn newest(account: AccountId, limit: usize) -> Self {
        let (from, until) = (Timestamp::MIN, Timestamp::MAX);
        Self { account: Some(account), from, until, before: None, limit }
    }
}

/// Something that records of an account are looked up by, as a number: see [`terms`](crate::cloudtrail::terms).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term(pub u64);

/// A record's place in the event log. Places are in order of commit, and a past window never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    /// The commit.
    pub commit: u64,
    /// The place within the commit.
    pub index: u32,
}

/// `12.3`, as addresses hold it.
impl fmt::Display for EventPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.commit, self.index)
    }
}

impl EventPosition {
    /// Reads such a text.
    pub fn parse(text: &str) -> Option<Self> {
        let (commit, index) = text.split_once('.')?;
        Some(Self { commit: commit.parse().ok()?, index: index.parse().ok()? })
    }
}

/// One record of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its place.
    pub position: EventPosition,
    /// The CloudTrail record: one line of JSON.
    pub record: String,
}
