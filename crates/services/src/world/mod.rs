//! The world as one request sees it: documents looked up at known versions, and the changes it makes.
//!
//! A [`World`] stands between the rules and a store. It remembers every version it read, so that the
//! store can commit only if none of them has changed since, and it keeps every change to itself until
//! then. The rules never learn which store is behind it.

mod derived;
pub mod key;
mod wanted;

use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;
use serde_json::Value;

use key::{Key, Part, Prefix};

pub use derived::Derived;
pub use wanted::{EventPosition, EventQuery, Fault, LoggedEvent, Term, Wanted};

/// How many steps policies may take where others wait for the thread. That is less than a millisecond, and ordinary
/// policies take some hundred.
const STEPS_AT_ONCE: u64 = 200_000;

/// A decoded document of any kind.
pub type AnyDocument = Arc<dyn Any + Send + Sync>;

/// Turns stored text into a decoded document.
pub type Decode = fn(&str) -> Result<AnyDocument, String>;

/// A kind of document: a small aggregate that is read and written whole, under a readable key.
pub trait Document: Any + Send + Sync + Sized {
    /// What tells the documents of the kind apart.
    type Id<'k>: Part<'k>;

    /// The first part of the key, for example `account`. The key is `KIND/id`.
    const KIND: &'static str;

    /// Reads the stored text.
    ///
    /// # Errors
    /// Says what is wrong with it; the text itself is not repeated, since it may hold contact values.
    fn decode(text: &str) -> Result<Self, String>;

    /// Writes the text to be stored.
    fn encode(&self) -> String;
}

/// A document that knows its own id.
pub trait Identified: Document {
    /// The id.
    fn document_id(&self) -> Self::Id<'_>;
}

/// A document's place, version and content, as a snapshot found it.
#[derive(Clone)]
pub struct Found {
    /// The commit that wrote it last; 0 where there is none.
    pub version: u64,
    /// The decoded document, or `None`.
    pub document: Option<AnyDocument>,
}

/// State to read from. Implemented by the stores.
pub trait Snapshot {
    /// The document under `key`.
    ///
    /// # Errors
    /// See [`Fault`].
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault>;

    /// Up to `limit` keys that begin with `prefix`, in byte order, after `after`.
    ///
    /// # Errors
    /// See [`Fault`].
    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault>;

    /// Up to `limit` records of the event log, newest first.
    ///
    /// # Errors
    /// See [`Fault`].
    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault>;

    /// The same where only records are of use that have a term: the log may leave others out, and need not.
    ///
    /// # Errors
    /// See [`Fault`].
    fn events_with(&self, query: &EventQuery, _term: Term) -> Result<Vec<LoggedEvent>, Fault> {
        self.events(query)
    }

    /// Whether a run over this snapshot may take long: nobody else waits for its thread.
    fn may_take_long(&self) -> bool {
        true
    }

    /// How many of `usual` steps policies may take here, where others wait for the thread.
    fn steps_at_once(&self, usual: u64) -> u64 {
        usual
    }

    /// Notes that policies took so many steps of those.
    fn note_steps(&self, _steps: u64) {}

    /// Asks for so many steps in a run that may take `usual` ones where others wait for the thread.
    ///
    /// # Errors
    /// [`Wanted::Time`] where others wait.
    fn take_steps(&self, _steps: u64, _usual: u64) -> Result<(), Fault> {
        if self.may_take_long() { Ok(()) } else { Err(Wanted::Time.into()) }
    }

    /// What was given to [`Snapshot::remember`] under `key`, if every document that it was made of has the same
    /// version here. A snapshot need not remember anything.
    fn remembered(&self, _key: &str) -> Option<Derived> {
        None
    }

    /// Offers a value that was made of documents of this snapshot.
    fn remember(&self, _key: &str, _derived: &Derived) {}
}

/// One change to one document.
#[derive(Clone)]
pub enum Change {
    /// The document's new content, decoded and as text.
    Put {
        /// For caches.
        document: AnyDocument,
        /// For the disk.
        text: Arc<str>,
    },
    /// The document is gone.
    Delete,
}

/// Keys and the versions they were read at. A key may occur more than once.
#[derive(Clone, Default)]
pub struct Reads {
    single: Vec<(String, u64)>,
    /// Those behind values that were remembered.
    shared: Vec<Arc<[(String, u64)]>>,
}

impl Reads {
    /// Adds what was read besides.
    pub fn add(&mut self, others: Self) {
        self.single.extend(others.single);
        self.shared.extend(others.shared);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(String, u64)> {
        self.single.iter().chain(self.shared.iter().flat_map(|reads| reads.iter()))
    }
}

/// What a request read and what it wants to change.
#[derive(Clone, Default)]
pub struct ReadsAndWrites {
    /// What it read.
    pub reads: Reads,
    /// Changes by key.
    pub writes: BTreeMap<String, Change>,
}

/// Something that a service does by itself, as the event log will tell of it. It commits with the change that brings it
/// about, even where its time is yet to come: until then nobody sees it.
#[derive(Debug, Clone)]
pub struct ServiceEvent {
    /// The account whose log tells of it.
    pub account: AccountId,
    /// When it happens.
    pub at: Timestamp,
    /// The service, for example `organizations.amazonaws.com`.
    pub source: &'static str,
    /// What happens, for example `CreateAccountResult`.
    pub name: &'static str,
    /// Whom the record calls the caller, for example `AWS Internal`.
    pub invoked_by: &'static str,
    /// What there is to say about it.
    pub details: Value,
}

/// What one request reads and changes.
pub struct World<'s> {
    snapshot: &'s dyn Snapshot,
    reads: RefCell<Reads>,
    writes: BTreeMap<String, Change>,
    announced: Vec<ServiceEvent>,
    region: Cow<'static, str>,
}

fn decode_any<D: Document>(text: &str) -> Result<AnyDocument, String> {
    D::decode(text).map(|document| Arc::new(document) as AnyDocument)
}

fn downcast<D: Any + Send + Sync>(key: &str, document: AnyDocument) -> Result<Arc<D>, Fault> {
    document.downcast::<D>().map_err(|_| Fault::Broken(format!("`{key}` holds another kind of document")))
}

/// Whether a document under this key is of kind `D`.
pub fn is_of_kind<D: Document>(key: &str) -> bool {
    key.strip_prefix(D::KIND).is_some_and(|rest| rest.starts_with('/'))
}

impl<'s> World<'s> {
    /// A world without changes over `snapshot`.
    pub fn new(snapshot: &'s dyn Snapshot) -> Self {
        Self {
            snapshot,
            reads: RefCell::default(),
            writes: BTreeMap::new(),
            announced: Vec::new(),
            region: Cow::Borrowed("us-east-1"),
        }
    }

    /// Says which Region serves the request: us-east-1 until then.
    pub fn serve_in(&mut self, region: &str) {
        if self.region != region {
            self.region = Cow::Owned(region.to_owned());
        }
    }

    /// The Region that serves the request.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The document of kind `D` with this id, this world's own changes included.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn get<D: Document>(&self, id: D::Id<'_>) -> Result<Option<Arc<D>>, Fault> {
        let key = Key::<D>::of(id).into_string();
        match self.writes.get(&key) {
            Some(Change::Put { document, .. }) => {
                return downcast(&key, Arc::clone(document)).map(Some);
            }
            Some(Change::Delete) => return Ok(None),
            None => {}
        }
        let found = self.snapshot.read(&key, decode_any::<D>)?;
        let document = found.document.map(|document| downcast(&key, document)).transpose()?;
        self.reads.borrow_mut().single.push((key, found.version));
        Ok(document)
    }

    /// Replaces or creates the document of kind `D` with this id.
    pub fn put<D: Document>(&mut self, id: D::Id<'_>, document: D) {
        let text = Arc::from(document.encode());
        self.writes
            .insert(Key::<D>::of(id).into_string(), Change::Put { document: Arc::new(document), text });
    }

    /// Replaces or creates a document under its own id.
    pub fn save<D: Identified>(&mut self, document: D) {
        let text = Arc::from(document.encode());
        let key = Key::<D>::of(document.document_id()).into_string();
        self.writes.insert(key, Change::Put { document: Arc::new(document), text });
    }

    /// Removes the document of kind `D` with this id.
    pub fn delete<D: Document>(&mut self, id: D::Id<'_>) {
        self.writes.insert(Key::<D>::of(id).into_string(), Change::Delete);
    }

    /// Up to `limit` keys that begin with `prefix`, in byte order, after `place`, which is what follows the prefix in a
    /// key (see [`Key::place`]).
    /// This world's own changes are seen. A list is not protected against changes that others commit
    /// meanwhile: what must be unique or counted has a document of its own.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn keys<D: Document>(
        &self,
        prefix: &Prefix<D>,
        place: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Key<D>>, Fault> {
        let prefix = prefix.as_str();
        let after = place.map(|place| [prefix, place].concat());
        let deleted = self.writes.values().filter(|change| matches!(change, Change::Delete)).count();
        let mut keys = self.snapshot.keys(prefix, after.as_deref(), limit.saturating_add(deleted))?;
        for (key, change) in &self.writes {
            if !key.starts_with(prefix) || after.as_ref().is_some_and(|after| key <= after) {
                continue;
            }
            match (change, keys.binary_search(key)) {
                (Change::Put { .. }, Err(place)) => keys.insert(place, key.clone()),
                (Change::Delete, Ok(place)) => {
                    keys.remove(place);
                }
                _ => {}
            }
        }
        keys.truncate(limit);
        Ok(keys.into_iter().map(Key::stored).collect())
    }

    /// Up to `limit` records of the event log, newest first.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        self.snapshot.events(query)
    }

    /// The same where only records are of use that have a term; others may be among them.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn events_with(&self, query: &EventQuery, term: Term) -> Result<Vec<LoggedEvent>, Fault> {
        self.snapshot.events_with(query, term)
    }

    /// Whether this run may take long; where it may not, whatever might is to begin with [`World::take_time`].
    pub fn may_take_long(&self) -> bool {
        self.snapshot.may_take_long()
    }

    /// How many steps policies may take in a run that may not take long.
    pub fn steps_at_once(&self) -> u64 {
        self.snapshot.steps_at_once(STEPS_AT_ONCE)
    }

    /// Notes that policies took so many steps of those.
    pub fn note_steps(&self, steps: u64) {
        self.snapshot.note_steps(steps);
    }

    /// To be called before anything that may cost more than a millisecond.
    ///
    /// # Errors
    /// [`Wanted::Time`] on a thread that answers everybody: the request is run again elsewhere.
    pub fn take_time(&self) -> Result<(), Fault> {
        if self.may_take_long() { Ok(()) } else { Err(Wanted::Time.into()) }
    }

    /// The same where it is known how long it takes, in steps of policies: it need not be run elsewhere again where others
    /// wait for changes rather than for the thread that answers.
    ///
    /// # Errors
    /// [`Wanted::Time`], as [`World::take_time`].
    pub fn take_steps(&self, steps: u64) -> Result<(), Fault> {
        self.snapshot.take_steps(steps, STEPS_AT_ONCE)
    }

    /// Adds an event of a service to what this world changes.
    pub fn announce(&mut self, event: ServiceEvent) {
        self.announced.push(event);
    }

    /// The events that were announced.
    pub fn take_announced(&mut self) -> Vec<ServiceEvent> {
        std::mem::take(&mut self.announced)
    }

    /// Whether anything was changed.
    pub fn is_changed(&self) -> bool {
        !self.writes.is_empty()
    }

    /// Forgets every change, as a refusal must.
    pub fn discard_changes(&mut self) {
        self.writes.clear();
        self.announced.clear();
    }

    /// What was read and what is to be written.
    pub fn into_reads_and_writes(self) -> ReadsAndWrites {
        ReadsAndWrites { reads: self.reads.into_inner(), writes: self.writes }
    }
}
