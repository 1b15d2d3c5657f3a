//! Records of calls: waiting in memory, gathered into blocks, read back.
//!
//! A block holds the records of one transaction, one line each: the account (or `-`), the time in
//! microseconds since 1970, and the record as JSON, with tabs between. Blocks are numbered by commit, and
//! only grow at the end of the log, so a window that was read once never changes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::store::seam::EventRecord;

/// This much asks to be written at once rather than at the end of its second.
pub const PRESSING_BYTES: usize = 1 << 20;

/// The records of one transaction, one line each.
#[derive(Clone, Default)]
pub struct Block {
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

    /// The same of a record in parts; `time` is in microseconds.
    pub fn push_line(&mut self, account: Option<AccountId>, time: i64, json: &str) {
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
        self.records.len() > PRESSING_BYTES
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
pub struct BlockMark {
    bytes: usize,
    /// How many records there were.
    pub count: u32,
    first_time: i64,
    last_time: i64,
}

/// One line of a block, taken apart.
pub struct Line<'b> {
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
pub fn parse_line(line: &str) -> Option<EventRecord> {
    let line = Line::of(line)?;
    let account = match line.account {
        "-" => None,
        account => Some(account.parse().ok()?),
    };
    let time = Timestamp::from_microsecond(line.time).ok()?;
    Some(EventRecord::new(account, time, line.json.to_owned()))
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
}
