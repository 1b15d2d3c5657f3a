//! Snapshots: committed state as a caller reads it, and the state inside a group as the writer reads it.

use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;

use services::world::{
    Change, Decode, Derived, EventQuery, Fault, Found, LoggedEvent, Snapshot, Term, Wanted,
};

use super::budget::{Budget, ReadsLeft};
use super::engine::{EngineResult, Stored, VisitBlock, Writes};
use super::lists::Lists;
use super::log::LogReader;
use super::{Core, Reach};

impl Core {
    /// The document under `key` from the engine, remembered if nothing overtook the reading of it; the
    /// answer also says whether nothing did.
    fn fetch(&self, key: &str, decode: Decode) -> Result<(Found, bool), Fault> {
        let ticket = self.cache.ticket(key);
        let stored = self.engine.read(key)?;
        let text_bytes = bytes_of(&stored);
        let found = decoded(key, stored, decode)?;
        let is_settled = self.cache.fill(key, &found, text_bytes, ticket);
        Ok((found, is_settled))
    }

    /// Remembers what was read as of a commit.
    pub(super) fn keep(&self, key: &str, stored: Stored, as_of: u64, decode: Decode) -> Result<Found, Fault> {
        let text_bytes = bytes_of(&stored);
        let found = decoded(key, stored, decode)?;
        self.cache.fill_as_of(key, &found, text_bytes, as_of);
        Ok(found)
    }

    /// The committed version of the document under `key`, 0 where there is none. Exact on the writer's
    /// thread only, since nobody else commits.
    pub(super) fn committed_version(&self, key: &str) -> EngineResult<u64> {
        match self.cache.get(key) {
            Some(found) => Ok(found.version),
            None => self.engine.version(key),
        }
    }
}

fn bytes_of(stored: &Stored) -> usize {
    stored.as_ref().map_or(0, |(_, text)| text.len())
}

fn decoded(key: &str, stored: Stored, decode: Decode) -> Result<Found, Fault> {
    let Some((version, text)) = stored else { return Ok(Found { version: 0, document: None }) };
    let document =
        decode(&text).map_err(|reason| Fault::Broken(format!("`{key}` is unreadable: {reason}")))?;
    Ok(Found { version, document: Some(document) })
}

/// Committed state, for a caller's own thread.
pub(super) struct Committed<'c> {
    core: &'c Core,
    reach: Reach,
    log: LogReader,
    /// The state that the cache showed at the beginning.
    state: u64,
    hits: Cell<u64>,
    misses: Cell<u64>,
    is_settled: Cell<bool>,
    /// The lists that were read, as a list has no version.
    lists: RefCell<Lists>,
}

/// What a run saw.
pub(super) struct Seen {
    /// Whether all of it belongs to the state that the cache shows: what a commit under way touches may already be
    /// ahead of it.
    pub is_settled: bool,
    /// What it listed.
    pub lists: Lists,
}

impl<'c> Committed<'c> {
    pub fn new(core: &'c Core, state: u64, reach: Reach) -> Self {
        let (hits, misses) = (Cell::new(0), Cell::new(0));
        let (is_settled, lists) = (Cell::new(true), RefCell::default());
        Self { core, reach, log: LogReader::default(), state, hits, misses, is_settled, lists }
    }

    fn read_log(&self, query: &EventQuery, term: Option<Term>) -> Result<Vec<LoggedEvent>, Fault> {
        let blocks = |filter: &_, visit: VisitBlock<'_>| self.core.engine.blocks(filter, visit);
        Ok(self.log.read(self.core, &blocks, query, term)?)
    }

    /// Counts what was read, and says how it was seen.
    pub fn finish(self) -> Seen {
        let statistics = &self.core.statistics;
        if self.hits.get() > 0 {
            statistics.cache_hits.fetch_add(self.hits.get(), Ordering::Relaxed);
        }
        if self.misses.get() > 0 {
            statistics.cache_misses.fetch_add(self.misses.get(), Ordering::Relaxed);
        }
        Seen { is_settled: self.is_settled.get(), lists: self.lists.into_inner() }
    }
}

impl Snapshot for Committed<'_> {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        if let Some(found) = self.core.cache.get(key) {
            self.hits.set(self.hits.get() + 1);
            return Ok(found);
        }
        self.misses.set(self.misses.get() + 1);
        let (found, is_settled) = self.core.fetch(key, decode)?;
        if !is_settled {
            self.is_settled.set(false);
        }
        Ok(found)
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        if self.reach == Reach::Documents {
            let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
            return Err(Wanted::Keys { prefix, after, limit }.into());
        }
        let before = self.core.cache.commits();
        let keys = self.core.engine.keys(prefix, after, limit)?;
        self.lists.borrow_mut().note(prefix, after, limit, &keys);
        if !before.is_multiple_of(2) || self.core.cache.commits() != before {
            self.is_settled.set(false);
        }
        Ok(keys)
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        if self.reach == Reach::Documents {
            return Err(Wanted::Events(*query).into());
        }
        self.read_log(query, None)
    }

    fn events_with(&self, query: &EventQuery, term: Term) -> Result<Vec<LoggedEvent>, Fault> {
        if self.reach == Reach::Documents {
            return Err(Wanted::Events(*query).into());
        }
        self.read_log(query, Some(term))
    }

    fn may_take_long(&self) -> bool {
        self.reach == Reach::Everything
    }

    fn remembered(&self, key: &str) -> Option<Derived> {
        self.core.cache.remembered(key, self.state)
    }

    fn remember(&self, key: &str, derived: &Derived) {
        // What was read beside a commit may be ahead of the state it would be remembered for.
        if self.is_settled.get() {
            self.core.cache.remember(key, derived.clone(), self.state);
        }
    }
}

/// Committed state with the changes of the group that the writer is putting together. All others' changes wait for a run
/// over it, so it may read and compute little, and nothing of the log.
pub(super) struct InGroup<'c> {
    core: &'c Core,
    writes: &'c Writes,
    budget: &'c Budget,
    reads_left: ReadsLeft,
}

impl<'c> InGroup<'c> {
    pub fn new(core: &'c Core, writes: &'c Writes, budget: &'c Budget) -> Self {
        Self { core, writes, budget, reads_left: ReadsLeft::default() }
    }
}

impl Snapshot for InGroup<'_> {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        self.reads_left.take_document()?;
        match self.writes.get(key) {
            Some(staged) => Ok(match &staged.change {
                Change::Put { document, .. } => {
                    Found { version: staged.version, document: Some(document.clone()) }
                }
                Change::Delete => Found { version: 0, document: None },
            }),
            None => match (self.core.cache.get(key), self.core.engine.shared()) {
                (Some(found), _) => Ok(found),
                (None, None) => Ok(self.core.fetch(key, decode)?.0),
                (None, Some(shared)) => Ok(self.core.fetch_shared(shared, key, decode)?),
            },
        }
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let staged: Vec<(&String, bool)> = self
            .writes
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after))
            .map(|(key, staged)| (key, matches!(staged.change, Change::Put { .. })))
            .collect();
        let limit = self.reads_left.enough(limit);
        let deleted = staged.iter().filter(|(_, is_put)| !is_put).count();
        let mut keys = self.core.engine.keys(prefix, after, limit.saturating_add(deleted))?;
        for (key, is_put) in staged {
            match (is_put, keys.binary_search(key)) {
                (true, Err(place)) => keys.insert(place, key.clone()),
                (false, Ok(place)) => {
                    keys.remove(place);
                }
                _ => {}
            }
        }
        keys.truncate(limit);
        self.reads_left.take_keys(keys.len())?;
        Ok(keys)
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Err(Wanted::Events(*query).into())
    }

    fn may_take_long(&self) -> bool {
        false
    }

    fn steps_at_once(&self, usual: u64) -> u64 {
        self.budget.steps(usual)
    }

    fn note_steps(&self, steps: u64) {
        self.budget.note(steps);
    }

    fn take_steps(&self, steps: u64, usual: u64) -> Result<(), Fault> {
        self.budget.take(steps, usual)
    }
}
