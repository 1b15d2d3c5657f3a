//! What one transaction is made of.

use tokio::sync::oneshot;

use super::super::budget::Budget;
use super::super::engine::Writes;
use super::super::events::Block;
use super::super::submission::Submission;
use super::{Job, Writer};
use crate::store::seam::{EventRecord, StoreError};

/// Bounds what one transaction may hold.
pub(super) const LIMIT: usize = 1024;

/// What one transaction is made of.
#[derive(Default)]
pub(super) struct Group {
    pub submissions: Vec<Box<dyn Submission>>,
    pub flushes: Vec<oneshot::Sender<Result<(), StoreError>>>,
    pub must_write_records: bool,
    /// Whatever cannot share a transaction comes after this group.
    pub then: Option<Job>,
    pub writes: Writes,
    pub events: Block,
    /// How many submissions changed something.
    pub changes: u64,
    /// How many were run again.
    pub reruns: u64,
    /// How many of those would have taken long.
    pub handed_back: u64,
    /// What there is left to spend on those.
    pub budget: Budget,
    /// Records of calls that nobody is known to have made.
    pub nobodys: Vec<EventRecord>,
}

impl Group {
    pub fn add(&mut self, job: Job, writer: &mut Writer) {
        match job {
            Job::Submit(submission) => self.submissions.push(submission),
            Job::Flush(reply) => self.flushes.push(reply),
            Job::RecordsWaiting => writer.records_due_within_a_second(),
            Job::RecordsPressing => self.must_write_records = true,
            job @ (Job::Alone(_) | Job::Close) => self.then = Some(job),
        }
    }

    /// Forgets what was decided.
    pub fn begin_again(&mut self) {
        self.writes.clear();
        self.events = Block::default();
        self.nobodys.clear();
        self.changes = 0;
    }

    pub fn is_full(&self) -> bool {
        self.then.is_some() || self.submissions.len() >= LIMIT
    }
}
