//! Records of calls: waiting in memory, gathered into blocks, read back.
//!
//! A block holds the records of one transaction, one line each: the account (or `-`), the time in
//! microseconds since 1970, and the record as JSON, with tabs between. Blocks are numbered by commit, and
//! only grow at the end of the log, so a window that was read once never changes.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use aws::arn::AccountId;
use jiff::Timestamp;

use super::cache::lock;
use crate::store::seam::EventRecord;

/// A shard that holds this much asks to be written at once rather than at the end of its second.
const SHARD_PRESSING_BYTES: usize = 1 << 20;

/// A shard never holds more than this; callers wait instead.
const SHARD_LIMIT_BYTES: usize = 4 << 20;

/// The records of one transaction. See the module's text.
#[derive(Clone, Default)]
pub(super) struct Block {
    /// The lines.
    pub records: String,
    /// How many there are.
    pub count: u32,
    /// The earliest time in microseconds; 0 in an empty block.
    pub first_time: i64,
    /// The latest time in microseconds; 0 in an empty block.
    pub last_time: i64,
    /// Whose records it holds.
    pub accounts: BTreeSet<AccountId>,
}

impl Block {
    /// Adds a record at the end.
    pub fn push(&mut self, record: &EventRecord) {
        self.push_line(record.account, record.time.as_microsecond(), record.json());
    }

    fn push_line(&mut self, account: Option<AccountId>, time: i64, json: &str) {
        let account_text = account.as_ref().map_or("-", AccountId::as_str);
        self.records.reserve(json.len() + 40);
        write!(self.records, "{account_text}\t{time}\t").expect("INVARIANT: writing to a string never fails");
        self.records.push_str(json);
        self.records.push('\n');
        self.first_time = if self.count == 0 { time } else { self.first_time.min(time) };
        self.last_time = if self.count == 0 { time } else { self.last_time.max(time) };
        self.count += 1;
        self.accounts.extend(account);
    }

    /// Whether an import should begin another block, so that none grows without bound.
    pub fn is_large(&self) -> bool {
        self.records.len() > SHARD_PRESSING_BYTES
    }

    /// Adds the records of `later` at the end.
    pub fn append(&mut self, later: Self) {
        if self.count == 0 {
            *self = later;
        } else if later.count > 0 {
            self.records.push_str(&later.records);
            self.count += later.count;
            self.first_time = self.first_time.min(later.first_time);
            self.last_time = self.last_time.max(later.last_time);
            self.accounts.extend(later.accounts);
        }
    }

    /// How long it is, to go back to with [`Self::truncate`].
    pub fn mark(&self) -> BlockMark {
        BlockMark {
            bytes: self.records.len(),
            count: self.count,
            first_time: self.first_time,
            last_time: self.last_time,
        }
    }

    /// Forgets what was appended since `mark`. The accounts stay: too many of them make a search look
    /// into a block in vain, and nothing worse.
    pub fn truncate(&mut self, mark: &BlockMark) {
        self.records.truncate(mark.bytes);
        (self.count, self.first_time, self.last_time) = (mark.count, mark.first_time, mark.last_time);
    }
}

/// See [`Block::mark`].
pub(super) struct BlockMark {
    bytes: usize,
    /// How many records there were.
    pub count: u32,
    first_time: i64,
    last_time: i64,
}

/// One line of a block, taken apart.
pub(super) struct Line<'b> {
    /// The account, or `-`.
    pub account: &'b str,
    /// When the call was made, in microseconds.
    pub time: i64,
    /// The record.
    pub json: &'b str,
}

impl<'b> Line<'b> {
    /// `None` if it is no line of a block.
    pub fn of(text: &'b str) -> Option<Self> {
        let mut parts = text.splitn(3, '\t');
        Some(Self { account: parts.next()?, time: parts.next()?.parse().ok()?, json: parts.next()? })
    }
}

/// Reads one line of a block back; `None` if it is not one.
pub(super) fn parse_line(line: &str) -> Option<EventRecord> {
    let line = Line::of(line)?;
    let account = match line.account {
        "-" => None,
        account => Some(account.parse().ok()?),
    };
    let time = Timestamp::from_microsecond(line.time).ok()?;
    Some(EventRecord::new(account, time, line.json.to_owned()))
}

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
        let is_pressing = shard.text.len() > SHARD_PRESSING_BYTES;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn record(time: i64, json: &str) -> EventRecord {
        let time = Timestamp::from_microsecond(time).expect("in range");
        EventRecord::new(Some(AccountId::from_number(7)), time, json.to_owned())
    }

    #[test]
    fn a_record_with_line_breaks_stays_one_line_and_reads_back() {
        let mut block = Block::default();
        block.push(&record(5, "{\n\"a\":\t\"b\"}"));
        block.push(&EventRecord::new(None, Timestamp::UNIX_EPOCH, "{}".to_owned()));
        let back: Vec<_> = block.records.lines().map(|line| parse_line(line).expect("a line")).collect();
        assert_eq!(back[0].json(), "{ \"a\":\t\"b\"}");
        assert_eq!((back[0].account, back[1].account), (Some(AccountId::from_number(7)), None));
        assert_eq!((block.first_time, block.last_time, block.count), (0, 5, 2));
    }

    #[test]
    fn a_full_queue_takes_nothing_until_it_was_emptied() {
        let queue = RecordQueue::new(1);
        let large = record(1, &"x".repeat(SHARD_PRESSING_BYTES + 1));
        assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::Pressing);
        assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::First);
        assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::Quietly);
        assert_eq!(queue.push(std::slice::from_ref(&large)), Queued::Full);
        let mut block = Block::default();
        queue.take_into(&mut block);
        assert_eq!(block.count, 3);
        assert_eq!(queue.push(&[record(1, "{}")]), Queued::First);
    }

    #[test]
    fn queued_records_come_out_in_the_order_of_time() {
        let queue = RecordQueue::new(4);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let queue = &queue;
                scope.spawn(move || {
                    for step in 0..50 {
                        queue.push(&[record(step * 4 + thread, "{}")]);
                    }
                });
            }
        });
        let mut block = Block::default();
        queue.take_into(&mut block);
        let times: Vec<_> = block
            .records
            .lines()
            .map(|line| parse_line(line).expect("a line").time.as_microsecond())
            .collect();
        assert_eq!(times, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn while_time_stands_still_records_come_out_as_they_were_pushed() {
        let queue = RecordQueue::new(4);
        for step in 0..20 {
            // Each on a thread of its own, as two requests in a row may be.
            let record = EventRecord::new(None, Timestamp::UNIX_EPOCH, step.to_string());
            std::thread::scope(|scope| drop(scope.spawn(|| queue.push(&[record]))));
        }
        let mut block = Block::default();
        queue.take_into(&mut block);
        let steps: Vec<_> =
            block.records.lines().map(|line| parse_line(line).expect("a line").json().to_owned()).collect();
        assert_eq!(steps, (0..20).map(|step| step.to_string()).collect::<Vec<_>>());
    }
}
