//! What the store does besides where other processes change the same state. F-STORE-21
//!
//! Every process remembers documents as of the commits that it knows (`Core::known`). Before it answers a read it asks
//! what was committed after those, once for all the requests that wait at that moment, and forgets what was changed
//! then: so an answer is of a moment after its request began, whichever process committed, and costs no more than that
//! one question. A change need not ask: it commits only if what it read is still so.
//!
//! - A run on the thread that answers everybody (`Here`) takes documents from memory. What it lacks is fetched, and it
//!   runs again. It may see documents of different moments, so its decision counts only if all that it read is found to
//!   be of one: by the question above, or by the writer when it commits.
//! - A run that wants lists or the log sees one moment of the database ([`Moment`]). Documents come from memory where
//!   they are known to be of that moment.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use services::state::installation::{is_of_installation, looked_at_by_all};
use services::world::{Decode, Derived, EventQuery, Fault, Found, LoggedEvent, Snapshot, Wanted};
use tokio::sync::{mpsc, oneshot};

use super::engine::{Changed, Changes, Commit, EngineError, EngineResult, Moment, Shared, Stored, Writes};
use super::log::LogReader;
use super::sync::lock;
use super::{Core, Decided, Reach, Run, Store, StoreError};

/// How often a read is run again because what it had read was changed meanwhile, before it is given a moment of its own.
const ATTEMPTS_HERE: usize = 3;

/// How many documents are fetched one after the other for one run, before it is given a moment of its own.
const FETCHES_HERE: usize = 64;

/// How many documents of a list are fetched together.
const FETCHED_TOGETHER: usize = 100;

/// How many keys that were listed are remembered.
const MOST_LISTED: usize = 10_000;

/// A question what was committed, for whoever waits for the answer.
pub(super) type Question = oneshot::Sender<EngineResult<()>>;

/// Asks the database what was committed, one question for all that wait, until the store is dropped.
pub(super) async fn follow(core: Weak<Core>, mut questions: mpsc::UnboundedReceiver<Question>) {
    while let Some(first) = questions.recv().await {
        let mut waiting = vec![first];
        while let Ok(next) = questions.try_recv() {
            waiting.push(next);
        }
        let Some(core) = core.upgrade() else { return };
        let Some(shared) = core.engine.shared() else { return };
        let changes = shared.changes(core.known()).await;
        core.statistics.questions.fetch_add(1, Ordering::Relaxed);
        let answer = changes.map(|changes| core.follow(&changes));
        for asker in waiting {
            // Whoever asked may have gone away.
            let _ = asker.send(answer.clone());
        }
    }
}

impl Core {
    /// The last commit whose changes are known here.
    pub(super) fn known(&self) -> Commit {
        lock(&self.known).clone()
    }

    /// Takes note of what was committed.
    pub(super) fn follow(&self, changes: &Changes) {
        let mut known = lock(&self.known);
        let behind = changes.until.sequence.saturating_sub(known.sequence);
        self.statistics.behind.store(behind, Ordering::Relaxed);
        self.statistics.followed.fetch_add(behind, Ordering::Relaxed);
        match &changes.what {
            Changed::Everything => self.cache.begin_all().forget_all(changes.until.sequence),
            Changed::Keys(_) if changes.until.sequence <= known.sequence => return,
            Changed::Keys(keys) => self.cache.begin(keys.iter().map(|(key, _)| key)).forget(keys),
        }
        *known = changes.until.clone();
        self.sequence.store(known.sequence, Ordering::Relaxed);
    }

    /// Takes note of what this process committed.
    pub(super) fn follow_own(&self, writes: &Writes, commit: u64, mark: String) {
        let mut known = lock(&self.known);
        // Where later commits are known already, memory must not go back.
        if commit == known.sequence || commit == known.sequence + 1 {
            self.cache.begin(writes.keys()).publish_as_of(writes, commit);
            *known = Commit { sequence: commit, mark };
            self.sequence.store(commit, Ordering::Relaxed);
        }
    }

    pub(super) fn fetch_shared(
        &self,
        shared: &dyn Shared,
        key: &str,
        decode: Decode,
    ) -> Result<Found, Fault> {
        self.at_a_moment(shared, |core, moment| {
            let fetched = moment.fetch(&[key.to_owned()])?;
            let stored = fetched.into_iter().find(|(found, _)| found == key).and_then(|(_, stored)| stored);
            core.keep(key, stored, moment.changes().until.sequence, decode)
        })
    }

    /// A key and others that are wanted whenever it is. What belongs to the installation is looked at for every request.
    fn with_what_goes_along(&self, key: String) -> Vec<String> {
        let mut keys = vec![key];
        if is_of_installation(&keys[0]) {
            let others = looked_at_by_all().into_iter().filter(|other| self.cache.get(other).is_none());
            keys.extend(others.filter(|other| *other != keys[0]).collect::<Vec<_>>());
        }
        keys
    }

    /// The log as of one moment.
    pub(super) fn events_shared(
        &self,
        shared: &dyn Shared,
        query: &EventQuery,
    ) -> EngineResult<Vec<LoggedEvent>> {
        self.at_a_moment(shared, |core, moment| {
            LogReader::default().read(core, &|filter, visit| moment.blocks(filter, visit), query, None)
        })
    }

    /// Does `work` over one moment; over another where the connection was lost meanwhile. To be called where waiting is
    /// allowed.
    fn at_a_moment<T, E: From<EngineError>>(
        &self,
        shared: &dyn Shared,
        work: impl Fn(&Self, &dyn Moment) -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            let moment = shared.moment(self.known())?;
            self.follow(moment.changes());
            match work(self, &*moment) {
                // Where the database stays away, the next moment does not begin.
                Err(_) if moment.was_lost() => {}
                outcome => return outcome,
            }
        }
    }

    /// Whether everything that a run read is what was committed at one moment, which is known here: that of `state` of
    /// the cache.
    fn are_of_one_moment<'r>(&self, state: u64, mut reads: impl Iterator<Item = &'r (String, u64)>) -> bool {
        let known = lock(&self.known).sequence;
        let is_current = |(key, version): &(String, u64)| {
            self.cache.get_as_of(key, known).is_some_and(|found| found.version == *version)
        };
        reads.all(is_current) && self.cache.is_still(state)
    }

    /// Runs with as much time as it takes, over whichever kind of state there is. To be called where waiting is allowed.
    pub(super) fn run_apart<T>(&self, run: &impl Fn(&dyn Snapshot) -> Result<Decided<T>, Fault>) -> Run<T> {
        match self.engine.shared() {
            Some(_) => self.run_at_a_moment(run),
            None => self.run(run, Reach::Everything),
        }
    }

    /// Runs over one moment of the database. To be called where waiting is allowed.
    fn run_at_a_moment<T>(&self, run: &impl Fn(&dyn Snapshot) -> Result<Decided<T>, Fault>) -> Run<T> {
        let Some(shared) = self.engine.shared() else { return Run::Overtaken };
        let outcome = self.at_a_moment(shared, |core, moment| run(&AtMoment::new(core, moment)));
        match outcome {
            Err(Fault::Wanted(wanted)) => Run::Wanted(wanted),
            Err(fault) => Run::Failed(fault),
            Ok(decided) if decided.changes.writes.is_empty() => Run::Read(decided),
            Ok(decided) => Run::Changed(decided),
        }
    }
}

impl Store {
    /// Decides over a store that other processes change; `None` where the writer is to run it first.
    pub(super) async fn decide_shared<T, F>(
        &self,
        shared: &dyn Shared,
        run: F,
    ) -> Result<(F, Option<Run<T>>), StoreError>
    where
        F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send + 'static,
        T: Send + 'static,
    {
        let mut at_hand = BTreeMap::new();
        let mut takes_long = false;
        let (mut attempts, mut fetches) = (0, 0);
        while attempts < ATTEMPTS_HERE && fetches < FETCHES_HERE {
            let here = Here {
                core: &self.core,
                at_hand: &at_hand,
                misses: Cell::new(0),
                has_read: Cell::new(false),
            };
            let outcome = run(&here);
            let (missed, has_read) = (here.misses.get(), here.has_read.get());
            self.core.statistics.cache_misses.fetch_add(missed, Ordering::Relaxed);
            match outcome {
                Ok(decided) if !decided.changes.writes.is_empty() => {
                    return Ok((run, Some(Run::Changed(decided))));
                }
                // What does not say what it read cannot be compared.
                Ok(decided) if has_read && decided.changes.reads.iter().next().is_none() => break,
                Ok(decided) => {
                    self.ask().await?;
                    let state = self.core.cache.state();
                    if self.core.are_of_one_moment(state, decided.changes.reads.iter()) {
                        return Ok((run, Some(Run::Read(decided))));
                    }
                    at_hand.clear();
                    attempts += 1;
                }
                Err(Fault::Wanted(wanted)) => match *wanted {
                    Wanted::Document(key) => {
                        let fetched = shared.fetch(self.core.with_what_goes_along(key)).await?;
                        fetches += 1;
                        for (key, stored) in fetched.documents {
                            at_hand.insert(key, (fetched.as_of, stored));
                        }
                    }
                    wanted if !wanted.is_of_store() => return Err(Fault::from(wanted).into()),
                    wanted => {
                        takes_long = wanted == Wanted::Time;
                        break;
                    }
                },
                // It may have seen documents of different moments.
                Err(Fault::Broken(_)) => break,
                Err(fault @ Fault::Away(_)) => return Err(fault.into()),
            }
        }
        let turns = if takes_long { &self.computing } else { &self.reading };
        let again = move |core: &Core| {
            let outcome = core.run_at_a_moment(&run);
            (run, outcome)
        };
        let (run, outcome) = self.beside(turns, again).await?;
        match outcome {
            Run::Wanted(wanted) if !wanted.is_of_store() => Err(Fault::Wanted(wanted).into()),
            Run::Wanted(_) | Run::Overtaken => Ok((run, None)),
            outcome => Ok((run, Some(outcome))),
        }
    }

    /// Returns when everything is known that was committed before this was called.
    async fn ask(&self) -> Result<(), StoreError> {
        let (asker, answer) = oneshot::channel();
        let Some(questions) = &self.questions else { return Ok(()) };
        questions.send(asker).map_err(|_| StoreError::Closed)?;
        Ok(answer.await.map_err(|_| StoreError::Closed)??)
    }

    /// Begins to follow what other processes commit.
    pub(super) fn begin_to_follow(core: &Arc<Core>) -> Option<mpsc::UnboundedSender<Question>> {
        let shared = core.engine.shared()?;
        let (questions, asked) = mpsc::unbounded_channel();
        shared.spawn(Box::pin(follow(Arc::downgrade(core), asked)));
        Some(questions)
    }
}

/// What is in memory, and what was fetched for this run.
struct Here<'c> {
    core: &'c Core,
    at_hand: &'c BTreeMap<String, (u64, Stored)>,
    misses: Cell<u64>,
    has_read: Cell<bool>,
}

impl Snapshot for Here<'_> {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        self.has_read.set(true);
        if let Some(found) = self.core.cache.get(key) {
            self.core.statistics.cache_hits.fetch_add(1, Ordering::Relaxed);
            return Ok(found);
        }
        match self.at_hand.get(key) {
            Some((as_of, stored)) => self.core.keep(key, stored.clone(), *as_of, decode),
            None => {
                self.misses.set(self.misses.get() + 1);
                Err(Wanted::Document(key.to_owned()).into())
            }
        }
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        Err(Wanted::Keys { prefix, after, limit }.into())
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Err(Wanted::Events(*query).into())
    }

    fn may_take_long(&self) -> bool {
        false
    }

    fn remembered(&self, key: &str) -> Option<Derived> {
        self.has_read.set(true);
        self.core.cache.remembered(key, self.core.cache.state())
    }

    fn remember(&self, key: &str, derived: &Derived) {
        let state = self.core.cache.state();
        if self.core.are_of_one_moment(state, derived.reads.iter()) {
            self.core.cache.remember(key, derived.clone(), state);
        }
    }
}

/// One moment of the database, and what is in memory of it.
struct AtMoment<'c> {
    core: &'c Core,
    moment: &'c dyn Moment,
    log: LogReader,
    /// What was fetched together with what was wanted.
    at_hand: RefCell<BTreeMap<String, Stored>>,
    /// Keys that were listed, the last first: their documents are likely to be wanted in that order.
    listed: RefCell<Vec<String>>,
}

impl<'c> AtMoment<'c> {
    fn new(core: &'c Core, moment: &'c dyn Moment) -> Self {
        let (at_hand, listed) = (RefCell::default(), RefCell::default());
        Self { core, moment, log: LogReader::default(), at_hand, listed }
    }

    /// The document under `key`, fetched with those that it leads to, and where it is one of a list with the next of that.
    fn fetch(&self, key: &str, as_of: u64) -> EngineResult<Stored> {
        if let Some(stored) = self.at_hand.borrow_mut().remove(key) {
            return Ok(stored);
        }
        let mut keys = vec![key.to_owned()];
        let mut listed = self.listed.borrow_mut();
        if let Some(place) = listed.iter().rposition(|listed| listed == key) {
            // Those before it were read, or passed over.
            listed.truncate(place);
            while keys.len() < FETCHED_TOGETHER
                && let Some(next) = listed.pop()
            {
                if self.core.cache.get_as_of(&next, as_of).is_none() {
                    keys.push(next);
                }
            }
        }
        let mut at_hand = self.at_hand.borrow_mut();
        at_hand.extend(self.moment.fetch(&keys)?);
        Ok(at_hand.remove(key).flatten())
    }
}

impl Snapshot for AtMoment<'_> {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        let as_of = self.moment.changes().until.sequence;
        if let Some(found) = self.core.cache.get_as_of(key, as_of) {
            self.core.statistics.cache_hits.fetch_add(1, Ordering::Relaxed);
            return Ok(found);
        }
        self.core.statistics.cache_misses.fetch_add(1, Ordering::Relaxed);
        self.core.keep(key, self.fetch(key, as_of)?, as_of, decode)
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let keys = self.moment.keys(prefix, after, limit)?;
        let mut listed = self.listed.borrow_mut();
        if listed.len() > MOST_LISTED {
            listed.clear();
        }
        listed.extend(keys.iter().rev().cloned());
        Ok(keys)
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Ok(self.log.read(self.core, &|filter, visit| self.moment.blocks(filter, visit), query, None)?)
    }
}
