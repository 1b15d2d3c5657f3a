//! The writer thread: gathers what waits into one transaction, compares versions, runs again what was
//! overtaken, commits once, and only then answers. F-STORE-1

mod alone;
mod group;
mod taking_turns;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use services::world::{Change, Reads};
use tokio::sync::oneshot;

use super::Core;
use super::engine::{Batch, Commit, EngineResult, Head, Staged, Writes};
use super::events::Block;
use super::snapshot::InGroup;
use super::submission::Submission;
use super::sync::lock;
use crate::store::seam::StoreError;
pub(super) use alone::FORGOTTEN_AT_ONCE;
use group::Group;

/// The longest that the record of a call that changed nothing waits in memory. F-STORE-6
const RECORDS_WAIT_AT_MOST: Duration = Duration::from_secs(1);

/// How often the writer gives way in vain before it stops waiting for callers it has just answered. On an
/// idle machine that is some ten microseconds, on a busy one the time is others' to use.
const PATIENCE: u32 = 32;

/// The longest that it waits for them beyond that, whatever the disk takes.
const LONGEST_WAIT: Duration = Duration::from_millis(5);

/// How often it looks while it waits. Shorter sleeps would not be shorter.
const LOOK_EVERY: Duration = Duration::from_micros(50);

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
    /// Where other processes commit: the commit on top of which the next one is put together.
    base: Commit,
    /// Whether other processes are kept from committing.
    is_locked: bool,
    /// How many transactions in a row found that no other process had committed.
    alone_for: u32,
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
            base: Commit::default(),
            is_locked: false,
            alone_for: taking_turns::ALONE_AFTER,
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
        while self.early.len() < group::LIMIT
            && let Ok(job) = self.inbox.try_recv()
        {
            self.early.push_back(job);
        }
        let waiting = self.early.iter().filter(|job| matches!(job, Job::Submit(_))).count();
        self.expected = answered + waiting;
    }

    fn process(&mut self, mut group: Group) {
        let mut submissions = std::mem::take(&mut group.submissions);
        let decided = self.decide_and_commit(&mut group, &mut submissions);
        self.core.statistics.reruns.fetch_add(group.reruns, Ordering::Relaxed);
        self.core.statistics.handed_back.fetch_add(group.handed_back, Ordering::Relaxed);
        let flushes = std::mem::take(&mut group.flushes);
        let is_pure_reading = decided.is_ok() && group.writes.is_empty();
        let committed = if is_pure_reading {
            // Nobody saw anything that is not committed yet, and their records may wait as those of reads do.
            self.carry(std::mem::take(&mut group.events));
            let written = match group.must_write_records || !flushes.is_empty() {
                true => self.write_records(),
                false => Ok(()),
            };
            self.unlock();
            for flush in flushes {
                let _ = flush.send(written.clone());
            }
            Ok(())
        } else {
            if decided.is_ok() {
                self.core.statistics.changes.fetch_add(group.changes, Ordering::Relaxed);
            }
            for flush in flushes {
                let _ = flush.send(decided.clone());
            }
            decided
        };
        for event in &group.nobodys {
            self.core.nobody.push(self.head.sequence, event);
        }
        if !submissions.is_empty() {
            self.look_ahead(submissions.len());
        }
        for submission in submissions {
            submission.answer(committed.clone());
        }
    }

    /// Decides all submissions and commits what they changed. Where another process was faster, they are decided again.
    fn decide_and_commit(
        &mut self,
        group: &mut Group,
        submissions: &mut [Box<dyn Submission>],
    ) -> Result<(), StoreError> {
        if submissions.is_empty() {
            return Ok(());
        }
        let is_shared = self.core.engine.shared().is_some();
        if is_shared {
            // Before anything is decided, since it moves the number that decisions are committed under.
            self.write_left_over()?;
        }
        let mut is_again = false;
        loop {
            is_again |= self.catch_up(is_again)?;
            for submission in submissions.iter_mut() {
                self.decide(group, submission.as_mut(), is_again);
            }
            if group.writes.is_empty() {
                return Ok(());
            }
            if !is_shared {
                self.write_left_over()?;
            }
            let events = std::mem::take(&mut group.events);
            if self.commit(&group.writes, events)? {
                return Ok(());
            }
            group.begin_again();
            is_again = true;
        }
    }

    /// Decides one submission on top of what its group has written so far. F-STORE-2
    fn decide(&self, group: &mut Group, submission: &mut dyn Submission, is_again: bool) {
        if submission.is_handed_back() {
            return;
        }
        let is_current = match submission.reads() {
            None => Ok(false),
            // Its decision was taken for the transaction that came to nothing.
            Some(_) if is_again => Ok(false),
            Some(reads) => self.are_current(&group.writes, reads),
        };
        match is_current {
            Ok(true) => {}
            Ok(false) => {
                submission.run(&InGroup::new(&self.core, &group.writes, &group.budget));
                group.reruns += 1;
                group.handed_back += u64::from(submission.is_handed_back());
            }
            Err(error) => submission.fail(error),
        }
        let (writes, events) = submission.take_decision();
        if !writes.is_empty() {
            group.changes += 1;
            let version = match self.core.engine.shared() {
                // The numbers of commits follow each other there, and processes know each other's changes by them.
                Some(_) => self.head.sequence + 1,
                None => self.head.sequence + group.changes,
            };
            for (key, change) in writes {
                group.writes.insert(key, Staged { version, change });
            }
        }
        for event in &events {
            match event.account {
                Some(_) => group.events.push(event),
                None => group.nobodys.push(event.clone()),
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
            true => self.commit_as_it_is(&Writes::new()),
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
        self.commit_as_it_is(&Writes::new())
    }

    /// Commits what depends on nothing that another process might change.
    fn commit_as_it_is(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.catch_up(false)?;
        if self.commit(writes, Block::default())? {
            return Ok(());
        }
        self.catch_up(true)?;
        match self.commit(writes, Block::default())? {
            true => Ok(()),
            false => Err(StoreError::NotCommitted("another process was faster again and again".to_owned())),
        }
    }

    /// One transaction with `writes`, `events` and the queued records. If it fails, the latter wait on. `false` if another
    /// process was faster.
    fn commit(&mut self, writes: &Writes, events: Block) -> Result<bool, StoreError> {
        self.take_queued();
        let mark = self.carried.mark();
        self.carried.append(events);
        let committed = self.commit_carried(writes);
        self.is_locked = false;
        let head = match committed {
            Ok(Some(head)) => head,
            Ok(None) => {
                self.carried.truncate(&mark);
                self.core.statistics.overtaken.fetch_add(1, Ordering::Relaxed);
                return Ok(false);
            }
            Err(error) => {
                // A disk that failed to write to the end may have kept it all the same.
                tracing::error!(
                    reason = error.reason,
                    "a transaction failed; nobody sees anything of it now, a restart may find all of it or nothing"
                );
                *lock(&self.core.trouble) = Some(error.reason.clone());
                self.carried.truncate(&mark);
                // The records are tried again in a second, not at once: the disk needs time to be put right.
                self.records_due = Some(Instant::now() + RECORDS_WAIT_AT_MOST);
                return Err(StoreError::not_committed(error));
            }
        };
        *lock(&self.core.trouble) = None;
        self.head = head;
        self.carried = Block::default();
        self.records_due = None;
        self.core.statistics.transactions.fetch_add(1, Ordering::Relaxed);
        self.core.statistics.read_records.fetch_add(u64::from(mark.count), Ordering::Relaxed);
        self.show_head();
        Ok(true)
    }

    fn commit_carried(&mut self, writes: &Writes) -> EngineResult<Option<Head>> {
        let begun = Instant::now();
        if let Some(shared) = self.core.engine.shared() {
            let batch = Batch { writes, block: &self.carried, head: self.head };
            let committed = shared.commit_after(&self.base, &batch)?;
            self.commit_took = begun.elapsed();
            return Ok(committed.map(|(head, mark)| {
                self.core.follow_own(writes, head.sequence, mark);
                head
            }));
        }
        let head = self.head_after(writes, &self.carried)?;
        let committing = self.core.cache.begin(writes.keys());
        self.core.engine.commit(&Batch { writes, block: &self.carried, head })?;
        self.commit_took = begun.elapsed();
        committing.publish(writes);
        Ok(Some(head))
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
}
