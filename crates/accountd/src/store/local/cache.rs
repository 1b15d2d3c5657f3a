//! Decoded documents in memory, and how they stay true while one thread commits and many read. F-STORE-3
//!
//! Three counters keep readers honest. Each is even at rest and odd while something is under way.
//!
//! - A *stripe* (keys share stripes by hash) is odd from before a commit that touches one of its keys until
//!   the cache holds the new content. A reader that missed the cache notes the stripe, reads the engine, and
//!   inserts what it found only if the stripe is still the same and even. Comparing versions would not do:
//!   the newer entry may have been evicted meanwhile, and the old one would stay for good.
//! - `committing` is odd from before any commit until its content is in the cache. A list comes from the
//!   engine and may be ahead of the cache meanwhile.
//! - `published` is odd while entries are being replaced. A run between whose beginning and end it did not
//!   change has seen one state, not half of a commit.
//!
//! Values that rules make of documents are remembered beside them, each with the versions it was made of and
//! with the state in which those were last seen to be current. In that state nothing needs to be compared
//! again. F-STORE-9

use std::hash::BuildHasher;
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Weighter};
use services::world::{Change, Derived, Found};

use super::engine::Writes;
use super::sync::{AtomicU64, Mutex, Ordering, fence, lock, yield_now};

/// Enough that a reader rarely shares one with an unrelated commit; 16 KB in all.
const STRIPES: usize = 1024;

/// How many values made of documents are remembered: about two for each organizational unit in use.
const DERIVED_REMEMBERED: usize = 4096;

/// What an entry costs besides its key and content: hash table, allocations, the entry itself.
const ENTRY_OVERHEAD_BYTES: u64 = 160;

/// A decoded document takes about twice its text.
const BYTES_PER_TEXT_BYTE: u64 = 2;

#[derive(Clone)]
struct Entry {
    found: Found,
    text_bytes: u64,
    /// A commit at which this was so: the version, or where there is no document the commit as of which there was none.
    /// Of use only where other processes commit.
    since: u64,
}

#[derive(Clone)]
struct EntryWeight;

impl Weighter<Box<str>, Entry> for EntryWeight {
    fn weight(&self, key: &Box<str>, entry: &Entry) -> u64 {
        weight(key, entry.text_bytes)
    }
}

fn weight(key: &str, text_bytes: u64) -> u64 {
    key.len() as u64 + text_bytes * BYTES_PER_TEXT_BYTE + ENTRY_OVERHEAD_BYTES
}

/// The counters that a reader notes before it asks the engine; what it found is kept only if they are still the same.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    stripe: usize,
    stamp: u64,
}

/// A value made of documents, and the state in which it was last seen to be current.
struct Remembered {
    derived: Derived,
    current_in: AtomicU64,
}

/// The cache and its counters. Documents that do not exist are remembered as well: hot requests ask for them.
pub(super) struct DocumentCache {
    entries: Cache<Box<str>, Entry, EntryWeight>,
    derived: Cache<Box<str>, Arc<Remembered>>,
    hasher: DefaultHashBuilder,
    stripes: Box<[Mutex<u64>]>,
    /// The number of the last commit of any process that changed a key of the stripe. Changed with the stripe locked, and
    /// only where other processes commit.
    changed: Box<[AtomicU64]>,
    committing: AtomicU64,
    published: AtomicU64,
}

/// The stripes of a commit under way; dropping it without publishing says that the commit came to nothing.
pub(super) struct Committing<'c> {
    cache: &'c DocumentCache,
    stripes: Vec<usize>,
}

impl DocumentCache {
    /// An empty cache that holds about `capacity_bytes` of documents. Nothing is allocated ahead.
    pub fn new(capacity_bytes: u64) -> Self {
        let average_bytes = 1024;
        let hasher = DefaultHashBuilder::default();
        let estimated_items = usize::try_from(capacity_bytes / average_bytes).unwrap_or(usize::MAX);
        Self {
            entries: Cache::with(
                estimated_items,
                capacity_bytes,
                EntryWeight,
                hasher.clone(),
                DefaultLifecycle::default(),
            ),
            derived: Cache::new(DERIVED_REMEMBERED),
            hasher,
            stripes: (0..STRIPES).map(|_| Mutex::new(0)).collect(),
            changed: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
            committing: AtomicU64::new(0),
            published: AtomicU64::new(0),
        }
    }

    /// The entry under `key`, if it is in memory.
    pub fn get(&self, key: &str) -> Option<Found> {
        self.entries.get(key).map(|entry| entry.found)
    }

    /// The value under `key`, if no document that it was made of has changed by `state`. A document that is no
    /// longer in memory may have, for all that is known here.
    pub fn remembered(&self, key: &str, state: u64) -> Option<Derived> {
        let remembered = self.derived.get(key)?;
        let is_current = |(key, version): &(String, u64)| {
            self.entries.get(key.as_str()).is_some_and(|entry| entry.found.version == *version)
        };
        if remembered.current_in.load(Ordering::Relaxed) != state {
            if !remembered.derived.reads.iter().all(is_current) {
                return None;
            }
            // If a commit came in between, no run that began in `state` counts any more, and none begins there
            // again.
            remembered.current_in.store(state, Ordering::Relaxed);
        }
        Some(remembered.derived.clone())
    }

    /// Remembers a value that a run made which began in `state`.
    pub fn remember(&self, key: &str, derived: Derived, state: u64) {
        let current_in = AtomicU64::new(state);
        self.derived.insert(key.into(), Arc::new(Remembered { derived, current_in }));
    }

    fn stripe_of(&self, key: &str) -> usize {
        (self.hasher.hash_one(key) % STRIPES as u64) as usize
    }

    /// To be taken before the engine is asked for `key`.
    pub fn ticket(&self, key: &str) -> Ticket {
        let stripe = self.stripe_of(key);
        Ticket { stripe, stamp: *lock(&self.stripes[stripe]) }
    }

    /// Remembers what the engine answered, unless a commit may have overtaken it. The answer is whether the
    /// content is the one that the cache would have given; if not, it may be ahead of the rest of the cache.
    pub fn fill(&self, key: &str, found: &Found, text_bytes: usize, ticket: Ticket) -> bool {
        let stamp = lock(&self.stripes[ticket.stripe]);
        let settled = *stamp == ticket.stamp && stamp.is_multiple_of(2);
        if settled {
            self.insert(key, found.clone(), text_bytes as u64, found.version);
        }
        settled
    }

    /// Remembers what was read as of a commit, unless it is known to have been changed after that.
    pub fn fill_as_of(&self, key: &str, found: &Found, text_bytes: usize, as_of: u64) {
        let stripe = self.stripe_of(key);
        let _stamp = lock(&self.stripes[stripe]);
        if self.changed[stripe].load(Ordering::Relaxed) <= as_of {
            let since = if found.document.is_some() { found.version } else { as_of };
            self.insert(key, found.clone(), text_bytes as u64, since);
        }
    }

    /// The entry under `key`, if it is what was committed by `sequence`: everything up to that is known here, and it is of
    /// no later commit.
    pub fn get_as_of(&self, key: &str, sequence: u64) -> Option<Found> {
        self.entries.get(key).filter(|entry| entry.since <= sequence).map(|entry| entry.found)
    }

    fn insert(&self, key: &str, found: Found, text_bytes: u64, since: u64) {
        if weight(key, text_bytes) > self.entries.shard_capacity() {
            // The cache would refuse it, and must not keep what it held before.
            self.entries.remove(key);
        } else {
            self.entries.insert(key.into(), Entry { found, text_bytes, since });
        }
    }

    /// The number of the state that the cache shows; waits the moment that replacing entries takes.
    pub fn state(&self) -> u64 {
        loop {
            let state = self.published.load(Ordering::Acquire);
            if state.is_multiple_of(2) {
                return state;
            }
            yield_now();
        }
    }

    /// Whether the cache still shows the state that [`Self::state`] gave.
    pub fn is_still(&self, state: u64) -> bool {
        fence(Ordering::Acquire);
        self.published.load(Ordering::Relaxed) == state
    }

    /// Even when no commit is under way; changes with every commit.
    pub fn commits(&self) -> u64 {
        self.committing.load(Ordering::SeqCst)
    }

    /// To be called before a commit that changes `keys`.
    pub fn begin<'k>(&self, keys: impl Iterator<Item = &'k String>) -> Committing<'_> {
        let mut stripes: Vec<usize> = keys.map(|key| self.stripe_of(key)).collect();
        stripes.sort_unstable();
        stripes.dedup();
        self.mark(stripes)
    }

    /// To be called before a commit that may change every key.
    pub fn begin_all(&self) -> Committing<'_> {
        self.mark((0..STRIPES).collect())
    }

    fn note_change(&self, key: &str, commit: u64) {
        let stripe = self.stripe_of(key);
        let _stamp = lock(&self.stripes[stripe]);
        self.changed[stripe].fetch_max(commit, Ordering::Relaxed);
    }

    fn mark(&self, stripes: Vec<usize>) -> Committing<'_> {
        self.committing.fetch_add(1, Ordering::SeqCst);
        for &stripe in &stripes {
            *lock(&self.stripes[stripe]) += 1;
        }
        Committing { cache: self, stripes }
    }
}

impl Committing<'_> {
    /// The commit is durable: shows its content from now on.
    pub fn publish(self, writes: &Writes) {
        self.replace_entries(|cache| {
            for (key, staged) in writes {
                match &staged.change {
                    Change::Put { document, text } => {
                        let found = Found { version: staged.version, document: Some(document.clone()) };
                        cache.insert(key, found, text.len() as u64, staged.version);
                    }
                    Change::Delete => {
                        cache.insert(key, Found { version: 0, document: None }, 0, staged.version);
                    }
                }
            }
        });
    }

    /// Other processes changed these documents: forgets what is older.
    pub fn forget(self, changed: &[(String, u64)]) {
        for (key, commit) in changed {
            self.cache.note_change(key, *commit);
        }
        self.replace_entries(|cache| {
            for (key, commit) in changed {
                if cache.entries.peek(key.as_str()).is_some_and(|entry| entry.since < *commit) {
                    cache.entries.remove(key.as_str());
                }
            }
        });
    }

    /// Shows what this process committed, to be called where nothing later is known yet.
    pub fn publish_as_of(self, writes: &Writes, commit: u64) {
        for key in writes.keys() {
            self.cache.note_change(key, commit);
        }
        self.publish(writes);
    }

    /// Whatever is known of commits before this one is worth nothing.
    pub fn forget_all(self, commit: u64) {
        for (stamp, changed) in self.cache.stripes.iter().zip(&self.cache.changed) {
            let _stamp = lock(stamp);
            changed.fetch_max(commit, Ordering::Relaxed);
        }
        self.publish_all();
    }

    /// Everything was replaced: forgets what is in memory.
    pub fn publish_all(self) {
        self.replace_entries(|cache| {
            cache.entries.clear();
            cache.derived.clear();
        });
    }

    fn replace_entries(&self, replace: impl FnOnce(&DocumentCache)) {
        let published = &self.cache.published;
        let state = published.load(Ordering::Relaxed);
        published.store(state + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        replace(self.cache);
        published.store(state + 2, Ordering::Release);
    }
}

impl Drop for Committing<'_> {
    fn drop(&mut self) {
        for &stripe in &self.stripes {
            *lock(&self.cache.stripes[stripe]) += 1;
        }
        self.cache.committing.fetch_add(1, Ordering::SeqCst);
    }
}
