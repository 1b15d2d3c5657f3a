//! Records of calls that nobody is known to have made: the newest of them, in memory. F-COST-7
//!
//! No account's history shows them, and whoever reaches the listener can make as many as it likes; so they are no
//! part of what must be kept.

use std::collections::VecDeque;

use super::sync::{Mutex, lock};
use crate::store::seam::EventRecord;

/// How many are kept. Each takes a few kilobytes at the most.
const KEPT: usize = 1000;

/// The newest records of nobody.
#[derive(Default)]
pub(super) struct Nobody(Mutex<VecDeque<EventRecord>>);

impl Nobody {
    /// Adds a record; the oldest makes room.
    pub fn push(&self, record: &EventRecord) {
        let mut records = lock(&self.0);
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record.clone());
    }

    /// What is there, oldest first.
    pub fn all(&self) -> Vec<EventRecord> {
        lock(&self.0).iter().cloned().collect()
    }

    /// Forgets what is there and keeps the records of `others` instead.
    pub fn replace(&self, others: &Self) {
        *lock(&self.0) = std::mem::take(&mut *lock(&others.0));
    }
}
