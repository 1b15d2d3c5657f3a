//! The writer thread: gathers what waits into one transaction, compares versions, runs again what was
//! overtaken, commits once, and only then answers. F-STORE-1

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use services::state::installation::is_of_installation;
use services::world::{Change, Reads};
use tokio::sync::oneshot;

use super::Core;
use super::engine::{Batch, EngineResult, Head, Staged, Writes};
use super::events::Block;
use super::nobody::Nobody;
use super::snapshot::InGroup;
use super::submission::Submission;
use super::sync::lock;
use crate::store::seam::{Exported, StoreError};

/// The longest that the record of a call that changed nothing waits in memory. F-STORE-6
const RECORDS_WAIT_AT_MOST: Duration = Duration::from_secs(1);

/// Bounds what one transaction may hold.
const GROUP_LIMIT: usize = 1024;

/// How often the writer gives way in vain before it stops waiting for callers it has just answered. On an
/// idle machine that is some ten microseconds, on a busy one the time is others' to use.
const PATIENCE: u32 = 32;

/// The longest that it waits for them beyond that, whatever the disk takes.
const LONGEST_WAIT: Duration = Duration::from_millis(5);

/// How often it looks while it waits. Shorter sleeps would not be shorter.
const LOOK_EVERY: Duration = Duration::from_micros(50);

/// How many blocks of the log are deleted together, while changes wait.
pub(super) const FORGOTTEN_AT_ONCE: u32 = 500;

/// How many documents an installation has of itself.
const MOST_OF_INSTALLATION: usize = 2;

/// What the writer is to do.
pub(super) enum Job {
    /// A change.
    Submit(Box<dyn Submission>),
    /// Write the queued records and say when they are durable.
    Flush(oneshot::Sender<Result<(), StoreError>>),
    /// Records were queued; write them within a second.
    RecordsWaiting,
    /// Many records were queued; write them now.
    RecordsPressing,
    /// Work to be done with nothing else under way.
    Alone(Box<dyn FnOnce(&mut Writer) + Send>),
    /// Write what is queued and end.
    Close,
}

/// What one transaction is made of.
#[derive(Default)]
struct Group {
    submissions: Vec<Box<dyn Submission>>,
    flushes: Vec<oneshot::Sender<Result<(), StoreError>>>,
    must_write_records: bool,
    /// Whatever cannot share a transaction comes after this group.
    then: Option<Job>,
    writes: Writes,
    events: Block,
    /// How many submissions changed something.
    changes: u64,
    /// How many were run again.
    reruns: u64,
}

impl Group {
    fn add(&mut self, job: Job, writer: &mut Writer) {
        match job {
            Job::Submit(submission) => self.submissions.push(submission),
            Job::Flush(reply) => self.flushes.push(reply),
            Job::RecordsWaiting => writer.records_due_within_a_second(),
            Job::RecordsPressing => self.must_write_records = true,
            job @ (Job::Alone(_) | Job::Close) => self.then = Some(job),
        }
    }

    fn is_full(&self) -> bool {
        self.then.is_some() || self.submissions.len() >= GROUP_LIMIT
    }
}

/// The thread that alone commits, with the jobs that wait for it.
pub(super) struct Writer {
    core: Arc<Core>,
    inbox: Receiver<Job>,
    head: Head,
    /// Records of reads that were taken from the queue but are not durable yet.
    carried: Block,
    /// When they must be written at the latest.
    records_due: Option<Instant>,
    /// What came while the last group was committed.
    early: VecDeque<Job>,
    /// How many changes the next group is likely to hold: from the callers that were answered last, and from
    /// those who were waiting then.
    expected: usize,
    /// How long the last transaction took.
    commit_took: Duration,
}

impl Writer {
    pub fn new(core: Arc<Core>, inbox: Receiver<Job>, head: Head) -> Self {
        let carried = Block::default();
        let writer = Self {
            core,
            inbox,
            head,
            carried,
            records_due: None,
            early: VecDeque::new(),
            expected: 0,
            commit_took: Duration::ZERO,
        };
        writer.show_head();
        writer
    }

    /// Works until the store is closed.
    pub fn run(mut self) {
        loop {
            let mut group = Group::default();
            match self.wait() {
                Ok(job) => group.add(job, &mut self),
                Err(RecvTimeoutError::Timeout) => group.must_write_records = true,
                Err(RecvTimeoutError::Disconnected) => group.then = Some(Job::Close),
            }
            self.gather(&mut group);
            let then = group.then.take();
            group.must_write_records |= then.is_some();
            self.process(group);
            match then {
                // A panic, for example of the source of an import, drops the reply, which tells the caller.
                Some(Job::Alone(work)) => drop(catch_unwind(AssertUnwindSafe(|| work(&mut self)))),
                Some(Job::Close) => return,
                _ => {}
            }
        }
    }

    fn wait(&mut self) -> Result<Job, RecvTimeoutError> {
        if let Some(job) = self.early.pop_front() {
            return Ok(job);
        }
        match self.records_due {
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => self.inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
        }
    }

    fn records_due_within_a_second(&mut self) {
        self.records_due.get_or_insert_with(|| Instant::now() + RECORDS_WAIT_AT_MOST);
    }

    /// Takes all that waits, and gives way to other threads as long as that brings more: the callers that
    /// were just answered are about to send their next change. While fewer came back than are expected, it
    /// is a little more patient, up to a quarter of the time that the last transaction took. A lone caller
    /// waits for nobody. F-STORE-4
    fn gather(&mut self, group: &mut Group) {
        self.drain(group);
        let mut in_vain = 0;
        while !group.submissions.is_empty() && !group.is_full() {
            let before = group.submissions.len();
            let is_short = before < self.expected;
            if in_vain > if is_short { PATIENCE } else { 0 } {
                break;
            }
            std::thread::yield_now();
            self.drain(group);
            in_vain = if group.submissions.len() > before { 0 } else { in_vain + 1 };
        }
        let longest = (self.commit_took / 4).min(LONGEST_WAIT);
        let begun = Instant::now();
        while !group.submissions.is_empty()
            && !group.is_full()
            && group.submissions.len() < self.expected
            && begun.elapsed() + LOOK_EVERY < longest
        {
            // Not woken by each change: whoever sends one has better things to do.
            std::thread::sleep(LOOK_EVERY);
            self.drain(group);
        }
    }

    fn drain(&mut self, group: &mut Group) {
        while !group.is_full() {
            let Some(job) = self.early.pop_front().or_else(|| self.inbox.try_recv().ok()) else { return };
            group.add(job, self);
        }
    }

    /// Notes what came meanwhile, just before `answered` callers are answered.
    fn look_ahead(&mut self, answered: usize) {
        while self.early.len() < GROUP_LIMIT
            && let Ok(job) = self.inbox.try_recv()
        {
            self.early.push_back(job);
        }
        let waiting = self.early.iter().filter(|job| matches!(job, Job::Submit(_))).count();
        self.expected = answered + waiting;
    }

    fn process(&mut self, mut group: Group) {
        let mut submissions = std::mem::take(&mut group.submissions);
        for submission in &mut submissions {
            self.decide(&mut group, submission.as_mut());
        }
        self.core.statistics.reruns.fetch_add(group.reruns, Ordering::Relaxed);
        let flushes = std::mem::take(&mut group.flushes);
        let committed = if group.writes.is_empty() {
            // Nobody saw anything that is not committed yet, and their records may wait as those of reads do.
            self.carry(std::mem::take(&mut group.events));
            let written = match group.must_write_records || !flushes.is_empty() {
                true => self.write_records(),
                false => Ok(()),
            };
            for flush in flushes {
                let _ = flush.send(written.clone());
            }
            Ok(())
        } else {
            let events = std::mem::take(&mut group.events);
            let committed = self.write_left_over().and_then(|()| self.commit(&group.writes, events));
            if committed.is_ok() {
                self.core.statistics.changes.fetch_add(group.changes, Ordering::Relaxed);
            }
            for flush in flushes {
                let _ = flush.send(committed.clone());
            }
            committed
        };
        if !submissions.is_empty() {
            self.look_ahead(submissions.len());
        }
        for submission in submissions {
            submission.answer(committed.clone());
        }
    }

    /// Decides one submission on top of what its group has written so far. F-STORE-2
    fn decide(&self, group: &mut Group, submission: &mut dyn Submission) {
        let is_current = match submission.reads() {
            None => Ok(false),
            Some(reads) => self.are_current(&group.writes, reads),
        };
        match is_current {
            Ok(true) => {}
            Ok(false) => {
                submission.run(&InGroup::new(&self.core, &group.writes));
                group.reruns += 1;
            }
            Err(error) => submission.fail(error),
        }
        let (writes, events) = submission.take_decision();
        if !writes.is_empty() {
            group.changes += 1;
            let version = self.head.sequence + group.changes;
            for (key, change) in writes {
                group.writes.insert(key, Staged { version, change });
            }
        }
        for event in &events {
            match event.account {
                Some(_) => group.events.push(event),
                None => self.core.nobody.push(self.head.sequence, event),
            }
        }
    }

    fn are_current(&self, writes: &Writes, reads: &Reads) -> Result<bool, StoreError> {
        for (key, version) in reads.iter() {
            let current = match writes.get(key) {
                Some(Staged { change: Change::Delete, .. }) => 0,
                Some(staged) => staged.version,
                None => self.core.committed_version(key)?,
            };
            if current != *version {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn carry(&mut self, events: Block) {
        if events.count > 0 {
            self.carried.append(events);
            self.records_due_within_a_second();
        }
    }

    /// Takes what is queued, unless much is carried already: failing transactions do not make it grow without
    /// bound.
    fn take_queued(&mut self) {
        if !self.carried.is_large() {
            self.core.queue.take_into(&mut self.carried);
        }
    }

    /// What failed transactions left over goes first, so that the next transaction takes everything queued.
    fn write_left_over(&mut self) -> Result<(), StoreError> {
        match self.carried.is_large() {
            true => self.commit(&Writes::new(), Block::default()),
            false => Ok(()),
        }
    }

    /// Writes the queued records by themselves.
    fn write_records(&mut self) -> Result<(), StoreError> {
        self.write_left_over()?;
        self.take_queued();
        if self.carried.count == 0 {
            self.records_due = None;
            return Ok(());
        }
        self.commit(&Writes::new(), Block::default())
    }

    /// One transaction with `writes`, `events` and the queued records. If it fails, the latter wait on.
    fn commit(&mut self, writes: &Writes, events: Block) -> Result<(), StoreError> {
        self.take_queued();
        let mark = self.carried.mark();
        self.carried.append(events);
        let head = match self.commit_carried(writes) {
            Ok(head) => head,
            Err(error) => {
                // A disk that failed to write to the end may have kept it all the same.
                tracing::error!(
                    reason = error.0,
                    "a transaction failed; nobody sees anything of it now, a restart may find all of it or nothing"
                );
                *lock(&self.core.trouble) = Some(error.0.clone());
                self.carried.truncate(&mark);
                // The records are tried again in a second, not at once: the disk needs time to be put right.
                self.records_due = Some(Instant::now() + RECORDS_WAIT_AT_MOST);
                return Err(StoreError::NotCommitted(error.0));
            }
        };
        *lock(&self.core.trouble) = None;
        self.head = head;
        self.carried = Block::default();
        self.records_due = None;
        self.core.statistics.transactions.fetch_add(1, Ordering::Relaxed);
        self.core.statistics.read_records.fetch_add(u64::from(mark.count), Ordering::Relaxed);
        self.show_head();
        Ok(())
    }

    fn commit_carried(&mut self, writes: &Writes) -> EngineResult<Head> {
        let head = self.head_after(writes, &self.carried)?;
        let begun = Instant::now();
        let committing = self.core.cache.begin(writes.keys());
        self.core.engine.commit(&Batch { writes, block: &self.carried, head })?;
        self.commit_took = begun.elapsed();
        committing.publish(writes);
        Ok(head)
    }

    fn head_after(&self, writes: &Writes, block: &Block) -> EngineResult<Head> {
        let last_change = writes.values().map(|staged| staged.version).max().unwrap_or(0);
        let mut documents = self.head.documents;
        for (key, staged) in writes {
            let was_there = self.core.committed_version(key)? != 0;
            match (&staged.change, was_there) {
                (Change::Put { .. }, false) => documents += 1,
                (Change::Delete, true) => documents -= 1,
                _ => {}
            }
        }
        Ok(Head {
            sequence: last_change.max(self.head.sequence + 1),
            documents,
            events: self.head.events + u64::from(block.count),
        })
    }

    fn show_head(&self) {
        self.core.sequence.store(self.head.sequence, Ordering::Relaxed);
        self.core.statistics.documents.store(self.head.documents, Ordering::Relaxed);
        self.core.statistics.events.store(self.head.events, Ordering::Relaxed);
    }

    /// Commits nothing, to see whether that works again.
    pub fn probe(&mut self) -> Result<(), StoreError> {
        self.commit(&Writes::new(), Block::default())
    }

    /// Deletes blocks of the log, see [`Engine::forget`](super::engine::Engine::forget).
    pub fn forget(&mut self, before: i64) -> Result<u64, StoreError> {
        Ok(self.core.engine.forget(before, FORGOTTEN_AT_ONCE)?)
    }

    /// Stores the first documents beside those of the installation.
    pub fn seed(&mut self, changes: BTreeMap<String, Change>) -> Result<(), StoreError> {
        let first = self.core.engine.keys("", None, MOST_OF_INSTALLATION + 1)?;
        if !first.iter().all(|key| is_of_installation(key)) {
            return Err(StoreError::NotEmpty);
        }
        let version = self.head.sequence + 1;
        let stage = |(key, change)| (key, Staged { version, change });
        self.commit(&changes.into_iter().map(stage).collect(), Block::default())
    }

    /// Drops everything and stores `items` instead. Records that were queued before go as well.
    pub fn replace(
        &mut self,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> Result<(), StoreError> {
        let mut refused = None;
        let nobody = Nobody::default();
        // Where exactly they stood among the others is no longer known.
        let imported = self.head.sequence + 1;
        let mut checked = items.filter(|item| {
            match item {
                Ok(Exported::Event(event)) if event.account.is_none() => {
                    nobody.push(imported, event);
                    return false;
                }
                Ok(_) => {}
                Err(reason) => refused = Some(reason.clone()),
            }
            true
        });
        let committing = self.core.cache.begin_all();
        let replaced = self.core.engine.replace(self.head.sequence, &mut checked);
        match (replaced, refused) {
            (Ok(head), _) => {
                committing.publish_all();
                self.core.nobody.replace(&nobody);
                self.head = head;
                self.carried = Block::default();
                self.records_due = None;
                self.core.statistics.transactions.fetch_add(1, Ordering::Relaxed);
                self.show_head();
                Ok(())
            }
            (Err(_), Some(reason)) => Err(StoreError::NotImported(reason)),
            (Err(error), None) => Err(StoreError::NotCommitted(error.0)),
        }
    }
}
