//! Records of calls that nobody is known to have made: the newest of them, in memory. F-COST-7
//!
//! No account's history shows them, and whoever reaches the listener can make as many as it likes; so they are no
//! part of what must be kept. Who reads the log of all accounts finds them in their place.

use std::collections::VecDeque;

use services::world::{EventPosition, EventQuery, LoggedEvent};

use super::sync::{Mutex, lock};
use crate::store::seam::EventRecord;

/// How many are kept. Each takes a few kilobytes at the most.
const KEPT: usize = 1000;

/// They come after the records of the commit before them, of which there are never so many.
const FIRST_INDEX: u32 = 1 << 31;

/// The newest records of nobody.
#[derive(Default)]
pub(super) struct Nobody(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    records: VecDeque<(EventPosition, EventRecord)>,
    pushed: u32,
}

impl Nobody {
    /// Adds a record that came after this commit; the oldest makes room.
    pub fn push(&self, commit: u64, record: &EventRecord) {
        let mut ring = lock(&self.0);
        if ring.records.len() == KEPT {
            ring.records.pop_front();
        }
        let index = FIRST_INDEX + ring.pushed % FIRST_INDEX;
        ring.pushed = ring.pushed.wrapping_add(1);
        ring.records.push_back((EventPosition { commit, index }, record.clone()));
    }

    /// What is there, oldest first.
    pub fn all(&self) -> Vec<EventRecord> {
        lock(&self.0).records.iter().map(|(_, record)| record.clone()).collect()
    }

    /// Those that match, newest first.
    pub fn read(&self, query: &EventQuery) -> Vec<LoggedEvent> {
        let ring = lock(&self.0);
        let matching = ring.records.iter().rev().filter(|(position, record)| {
            let is_before = query.before.is_none_or(|before| *position < before);
            is_before && query.from <= record.time && record.time < query.until
        });
        let matching = matching.take(query.limit);
        matching
            .map(|(position, record)| LoggedEvent { position: *position, record: record.json().to_owned() })
            .collect()
    }

    /// Forgets what is there and keeps the records of `others` instead.
    pub fn replace(&self, others: &Self) {
        *lock(&self.0) = std::mem::take(&mut *lock(&others.0));
    }
}
