//! Records of calls that changed nothing, waiting in memory for the next transaction.

use std::cell::Cell;
use std::sync::atomic::AtomicUsize;

use aws::arn::AccountId;

use super::events::{Block, PRESSING_BYTES};
use super::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock, thread_local};
use crate::store::seam::EventRecord;

/// A shard never holds more than this; callers wait instead.
const SHARD_LIMIT_BYTES: usize = 4 << 20;

/// What became of records that were pushed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Queued {
    /// They wait; the writer knows already.
    Quietly,
    /// They wait; the writer is to be told that there is something to write within a second.
    First,
    /// They wait; the writer is to be told to write now.
    Pressing,
    /// There is no room: write first, then try again.
    Full,
}

struct Mark {
    account: Option<AccountId>,
    time: i64,
    /// F-CLIENT-13: the place among all that were pushed; while service time stands still, time alone says nothing.
    order: u64,
    end: usize,
}

/// Aligned so that two shards never share a cache line.
#[derive(Default)]
#[repr(align(128))]
struct Shard {
    text: String,
    marks: Vec<Mark>,
}

/// Records of calls that changed nothing, waiting for the next transaction. A push costs one lock that
/// other threads hardly ever hold, and a copy.
pub(super) struct RecordQueue {
    shards: Box<[Mutex<Shard>]>,
    /// How many records were pushed.
    pushed: AtomicU64,
    /// The writer knows that something waits.
    noticed: AtomicBool,
    /// The writer knows that it is urgent.
    pressed: AtomicBool,
}

static NEXT_SLOT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Spreads threads over shards evenly.
    static SLOT: Cell<usize> = Cell::new(NEXT_SLOT.fetch_add(1, Ordering::Relaxed));
}

impl RecordQueue {
    /// An empty queue for about `threads` threads.
    pub fn new(threads: usize) -> Self {
        Self {
            shards: (0..threads.next_power_of_two().clamp(1, 16)).map(|_| Mutex::default()).collect(),
            pushed: AtomicU64::new(0),
            noticed: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
        }
    }

    /// Queues all of `records` or, if there is no room, none.
    pub fn push(&self, records: &[EventRecord]) -> Queued {
        if records.is_empty() {
            return Queued::Quietly;
        }
        let slot = SLOT.with(Cell::get) & (self.shards.len() - 1);
        let mut shard = lock(&self.shards[slot]);
        let added: usize = records.iter().map(|record| record.json().len()).sum();
        // A single record larger than the limit must still find room in an empty shard.
        if !shard.text.is_empty() && shard.text.len() + added > SHARD_LIMIT_BYTES {
            return Queued::Full;
        }
        for record in records {
            shard.text.push_str(record.json());
            let (time, end) = (record.time.as_microsecond(), shard.text.len());
            let order = self.pushed.fetch_add(1, Ordering::Relaxed);
            shard.marks.push(Mark { account: record.account, time, order, end });
        }
        let is_pressing = shard.text.len() > PRESSING_BYTES;
        drop(shard);
        if is_pressing && !self.pressed.load(Ordering::Relaxed) && !self.pressed.swap(true, Ordering::SeqCst)
        {
            return Queued::Pressing;
        }
        if !self.noticed.load(Ordering::Relaxed) && !self.noticed.swap(true, Ordering::SeqCst) {
            return Queued::First;
        }
        Queued::Quietly
    }

    /// Takes everything that waits and appends it to `block` in the order of time.
    pub fn take_into(&self, block: &mut Block) {
        // Cleared before the shards are emptied: a record that comes after that is noticed anew.
        self.noticed.store(false, Ordering::SeqCst);
        self.pressed.store(false, Ordering::SeqCst);
        let taken: Vec<Shard> = self.shards.iter().map(|shard| std::mem::take(&mut *lock(shard))).collect();
        let mut records: Vec<(&Mark, &str)> = Vec::new();
        for shard in &taken {
            let mut begin = 0;
            for mark in &shard.marks {
                records.push((mark, &shard.text[begin..mark.end]));
                begin = mark.end;
            }
        }
        records.sort_by_key(|(mark, _)| (mark.time, mark.order));
        for (mark, json) in records {
            block.push_line(mark.account, mark.time, json);
        }
    }
}
