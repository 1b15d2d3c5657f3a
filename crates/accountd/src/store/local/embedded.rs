//! The engine that keeps everything in one SQLite file: write-ahead log, every commit synchronised.
//!
//! - `document` is a plain table with a unique index on the key, not `WITHOUT ROWID`: documents of a few
//!   kilobytes stay whole in their leaf page (there they would spill beyond a quarter page), an update in
//!   place touches that leaf only, and listing keys reads the index alone.
//! - `event_block` has one row for each transaction, also when nothing was recorded: its last row is the
//!   head of the log, so that opening reads one row however much is stored.
//! - `event_account` says in which segments of the log (see [`SEGMENT_BITS`]) an account has records, so that they
//!   are found without looking through all of it. A row for every block would cost more than the records, as
//!   soon as many accounts are in use: their rows lie far apart.
//! - `event_segment` says of every segment but the newest from when to when its records are, and which time no
//!   record up to its end is later than. A search for a time begins and ends by it. The log is not in order of time:
//!   what a service will have done is recorded ahead, and an import may bring records of another time.
//!
//! Versions and block numbers come from one counter, so neither is ever given twice.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aws::arn::AccountId;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use services::world::Change;

use super::engine::{Batch, BlockFilter, Engine, EngineError, EngineResult, Head, VisitBlock};
use super::events::{Block, parse_line};
use super::open::{self, OpenError};
use super::sync::lock;
use crate::store::seam::Exported;

/// Written once, when the file is made.
pub(super) const SCHEMA: &str = "
    CREATE TABLE document (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE event_block (
        sequence INTEGER PRIMARY KEY,
        first_time INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        count INTEGER NOT NULL,
        documents_total INTEGER NOT NULL,
        events_total INTEGER NOT NULL,
        records TEXT NOT NULL
    ) STRICT;
    CREATE TABLE event_account (
        account TEXT NOT NULL,
        segment INTEGER NOT NULL,
        PRIMARY KEY (account, segment)
    ) STRICT, WITHOUT ROWID;
";

/// Schema 2 adds this. The index finds the last segment that is too early as a whole.
pub(super) const SEGMENT_SCHEMA: &str = "
    CREATE TABLE event_segment (
        segment INTEGER PRIMARY KEY,
        first_time INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        latest_until_here INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX event_segment_latest ON event_segment (latest_until_here);
";

/// The first segment with a record at or after the time `?2`, or one before it.
macro_rules! oldest_segment {
    () => {
        "coalesce((SELECT segment + 1 FROM event_segment WHERE latest_until_here < ?2
            ORDER BY latest_until_here DESC, segment DESC LIMIT 1), 0)"
    };
}

const HEAD: &str =
    "SELECT sequence, documents_total, events_total FROM event_block ORDER BY sequence DESC LIMIT 1";
const VERSION: &str = "SELECT version FROM document WHERE key = ?1";
const READ: &str = "SELECT version, text FROM document WHERE key = ?1";
const KEYS: &str = "SELECT key FROM document WHERE key >= ?1 ORDER BY key";
pub(super) const PUT: &str = "INSERT INTO document (key, version, text) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, text = excluded.text";
const DELETE: &str = "DELETE FROM document WHERE key = ?1";
const APPEND: &str = "INSERT INTO event_block
    (sequence, first_time, last_time, count, documents_total, events_total, records)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const APPEND_ACCOUNT: &str = "INSERT OR IGNORE INTO event_account (account, segment) VALUES (?1, ?2)";
const BLOCKS: &str = concat!(
    "SELECT sequence, count, records FROM event_block
    WHERE sequence >= ",
    oldest_segment!(),
    " << 8 AND sequence <= ?1 AND last_time >= ?2 AND first_time < ?3 ORDER BY sequence DESC"
);
const BLOCKS_OF_ACCOUNT: &str = concat!(
    "SELECT b.sequence, b.count, b.records
    FROM event_account AS a JOIN event_block AS b
        ON b.sequence >= a.segment << 8 AND b.sequence < (a.segment + 1) << 8
    WHERE a.account = ?4 AND a.segment >= ",
    oldest_segment!(),
    " AND a.segment <= ?1 >> 8 AND NOT EXISTS (SELECT 1 FROM event_segment AS s
            WHERE s.segment = a.segment AND (s.last_time < ?2 OR s.first_time >= ?3))
        AND b.sequence <= ?1 AND b.last_time >= ?2 AND b.first_time < ?3
    ORDER BY a.segment DESC, b.sequence DESC"
);
const LAST_SEGMENT: &str =
    "SELECT segment, latest_until_here FROM event_segment ORDER BY segment DESC LIMIT 1";
const NEXT_BLOCK: &str = "SELECT min(sequence) FROM event_block WHERE sequence >= ?1";
const TIMES: &str = "SELECT min(first_time), max(last_time) FROM event_block
    WHERE sequence >= ?1 << 8 AND sequence < (?1 + 1) << 8 AND count > 0";
const CLOSE_SEGMENT: &str = "INSERT INTO event_segment VALUES (?1, ?2, ?3, ?4)";
const ALL_DOCUMENTS: &str = "SELECT key, text FROM document ORDER BY key";
const ALL_BLOCKS: &str = "SELECT records FROM event_block ORDER BY sequence";
const CLEAR: &str = "DELETE FROM document; DELETE FROM event_account; DELETE FROM event_block;
    DELETE FROM event_segment;";

/// Every statement but the last, which is a script: what an opened file must be able to run.
pub(super) const STATEMENTS: [&str; 16] = [
    HEAD,
    VERSION,
    READ,
    KEYS,
    PUT,
    DELETE,
    APPEND,
    APPEND_ACCOUNT,
    BLOCKS,
    BLOCKS_OF_ACCOUNT,
    LAST_SEGMENT,
    NEXT_BLOCK,
    TIMES,
    CLOSE_SEGMENT,
    ALL_DOCUMENTS,
    ALL_BLOCKS,
];

/// A segment of the log is as many block numbers as this many bits count. The statements above say it too.
pub(super) const SEGMENT_BITS: u32 = 8;

/// SQLite's page cache of each reading connection, in KiB: the cache of documents is what counts.
const READER_CACHE_KIB: u32 = 512;

impl From<rusqlite::Error> for EngineError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's messages name tables, columns and causes, never stored values.
        Self(error.to_string())
    }
}

/// SQLite has signed integers only; no counter here will ever get there.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The accounts that are known to be listed in the newest segment. Only what was committed is noted.
#[derive(Default)]
pub(super) struct Listed {
    segment: u64,
    accounts: BTreeSet<AccountId>,
}

impl Listed {
    fn has(&self, account: &AccountId, segment: u64) -> bool {
        self.segment == segment && self.accounts.contains(account)
    }

    fn note(&mut self, accounts: &BTreeSet<AccountId>, segment: u64) {
        if self.segment != segment {
            *self = Self { segment, accounts: BTreeSet::new() };
        }
        self.accounts.extend(accounts);
    }
}

/// One SQLite file, its one writing connection and its readers.
pub(super) struct EmbeddedEngine {
    file: PathBuf,
    writer: Mutex<Connection>,
    listed: Mutex<Listed>,
    /// Opened when needed, as many as threads ever missed the cache at once.
    readers: Mutex<Vec<Connection>>,
    /// Held as long as the store is open. Dropped last, after the connections.
    _lock: File,
}

impl EmbeddedEngine {
    /// Opens the file in `directory`, and makes both if they are not there.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let opened = open::open(directory)?;
        Ok(Self {
            file: opened.file,
            writer: Mutex::new(opened.connection),
            listed: Mutex::default(),
            readers: Mutex::default(),
            _lock: opened.lock,
        })
    }

    /// Makes the disk full at this many pages.
    #[cfg(test)]
    pub fn limit_pages(&self, pages: u32) {
        lock(&self.writer).pragma_update(None, "max_page_count", pages).expect("a number");
    }

    fn with_reader<T>(&self, read: impl FnOnce(&mut Connection) -> EngineResult<T>) -> EngineResult<T> {
        let pooled = lock(&self.readers).pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => open::connect(&self.file, READER_CACHE_KIB)?,
        };
        let answer = read(&mut connection)?;
        // A connection that failed is not used again.
        lock(&self.readers).push(connection);
        Ok(answer)
    }
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let row = connection.query_row(HEAD, [], |row| {
        Ok(Head {
            sequence: unsigned(row.get(0)?),
            documents: unsigned(row.get(1)?),
            events: unsigned(row.get(2)?),
        })
    });
    Ok(row.optional()?.unwrap_or_default())
}

/// Notes the times of every segment before `segment` that is not noted yet. Nothing is added to those any more.
pub(super) fn close_segments(transaction: &Transaction<'_>, segment: u64) -> rusqlite::Result<()> {
    let last = transaction.prepare_cached(LAST_SEGMENT)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)));
    let (mut closed, mut latest): (i64, i64) = last.optional()?.unwrap_or((-1, i64::MIN));
    let mut next_block = transaction.prepare_cached(NEXT_BLOCK)?;
    loop {
        let next =
            next_block.query_row([(closed + 1) << SEGMENT_BITS], |row| row.get::<_, Option<i64>>(0))?;
        let Some(next) = next.map(|block| block >> SEGMENT_BITS).filter(|next| *next < signed(segment))
        else {
            return Ok(());
        };
        let times = transaction.prepare_cached(TIMES)?.query_row([next], |row| {
            // Where nothing is recorded there is nothing to be found.
            Ok((
                row.get::<_, Option<i64>>(0)?.unwrap_or(i64::MAX),
                row.get::<_, Option<i64>>(1)?.unwrap_or(i64::MIN),
            ))
        })?;
        latest = latest.max(times.1);
        transaction.prepare_cached(CLOSE_SEGMENT)?.execute([next, times.0, times.1, latest])?;
        closed = next;
    }
}

pub(super) fn append(
    transaction: &Transaction<'_>,
    block: &Block,
    head: Head,
    listed: &Listed,
) -> rusqlite::Result<()> {
    let segment = head.sequence >> SEGMENT_BITS;
    if listed.segment != segment {
        close_segments(transaction, segment)?;
    }
    transaction.prepare_cached(APPEND)?.execute(params![
        signed(head.sequence),
        block.first_time,
        block.last_time,
        block.count,
        signed(head.documents),
        signed(head.events),
        block.records,
    ])?;
    let mut statement = transaction.prepare_cached(APPEND_ACCOUNT)?;
    for account in block.accounts.iter().filter(|account| !listed.has(account, segment)) {
        statement.execute(params![account.as_str(), signed(segment)])?;
    }
    Ok(())
}

/// Stores `items` in an emptied store; the last block is always written, since it carries the head.
fn load(
    transaction: &Transaction<'_>,
    sequence: u64,
    items: &mut dyn Iterator<Item = Result<Exported, String>>,
) -> EngineResult<Head> {
    let version = sequence + 1;
    let mut head = Head { sequence: version, documents: 0, events: 0 };
    let mut block = Block::default();
    let nothing_listed = Listed::default();
    for item in items {
        match item.map_err(EngineError)? {
            Exported::Document { key, text } => {
                let is_new = transaction
                    .prepare_cached(VERSION)?
                    .query_row([&key], |row| row.get::<_, i64>(0))
                    .optional()?
                    .is_none();
                transaction.prepare_cached(PUT)?.execute(params![key, signed(version), text])?;
                head.documents += u64::from(is_new);
            }
            Exported::Event(record) => {
                block.push(&record);
                head.events += 1;
                if block.is_large() {
                    append(transaction, &std::mem::take(&mut block), head, &nothing_listed)?;
                    head.sequence += 1;
                }
            }
        }
    }
    append(transaction, &block, head, &nothing_listed)?;
    Ok(head)
}

impl Engine for EmbeddedEngine {
    fn head(&self) -> EngineResult<Head> {
        Ok(head(&lock(&self.writer))?)
    }

    fn version(&self, key: &str) -> EngineResult<u64> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(VERSION)?;
            let version: Option<i64> = statement.query_row([key], |row| row.get(0)).optional()?;
            Ok(version.map_or(0, unsigned))
        })
    }

    fn read(&self, key: &str) -> EngineResult<Option<(u64, String)>> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(READ)?;
            let row = statement.query_row([key], |row| Ok((unsigned(row.get(0)?), row.get(1)?)));
            Ok(row.optional()?)
        })
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>> {
        self.with_reader(|connection| {
            let mut keys = Vec::new();
            let begin = after.unwrap_or_default().max(prefix);
            let mut statement = connection.prepare_cached(KEYS)?;
            let mut rows = statement.query([begin])?;
            while keys.len() < limit {
                let Some(row) = rows.next()? else { break };
                let key: String = row.get(0)?;
                if !key.starts_with(prefix) {
                    break;
                }
                if after != Some(key.as_str()) {
                    keys.push(key);
                }
            }
            Ok(keys)
        })
    }

    fn commit(&self, batch: &Batch<'_>) -> EngineResult<()> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut put = transaction.prepare_cached(PUT)?;
            let mut delete = transaction.prepare_cached(DELETE)?;
            for (key, staged) in batch.writes {
                match &staged.change {
                    Change::Put { text, .. } => put.execute(params![key, signed(staged.version), text])?,
                    Change::Delete => delete.execute([key])?,
                };
            }
        }
        let mut listed = lock(&self.listed);
        append(&transaction, batch.block, batch.head, &listed)?;
        transaction.commit()?;
        listed.note(&batch.block.accounts, batch.head.sequence >> SEGMENT_BITS);
        Ok(())
    }

    fn replace(
        &self,
        sequence: u64,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> EngineResult<Head> {
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(CLEAR)?;
        let head = load(&transaction, sequence, items)?;
        transaction.commit()?;
        *lock(&self.listed) = Listed::default();
        Ok(head)
    }

    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()> {
        self.with_reader(|connection| {
            let account = filter.account.as_ref().map(AccountId::as_str);
            let text = if account.is_some() { BLOCKS_OF_ACCOUNT } else { BLOCKS };
            let mut statement = connection.prepare_cached(text)?;
            let up_to = signed(filter.up_to);
            let mut rows = match account {
                Some(account) => statement.query(params![up_to, filter.from, filter.until, account])?,
                None => statement.query(params![up_to, filter.from, filter.until])?,
            };
            while let Some(row) = rows.next()? {
                let records = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
                if visit(unsigned(row.get(0)?), row.get(1)?, records).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()> {
        self.with_reader(|connection| {
            // One transaction, so that documents and events are of the same moment.
            let transaction = connection.transaction()?;
            let mut documents = transaction.prepare_cached(ALL_DOCUMENTS)?;
            let mut rows = documents.query([])?;
            while let Some(row) = rows.next()? {
                if visit(Exported::Document { key: row.get(0)?, text: row.get(1)? }).is_break() {
                    return Ok(());
                }
            }
            let mut blocks = transaction.prepare_cached(ALL_BLOCKS)?;
            let mut rows = blocks.query([])?;
            while let Some(row) = rows.next()? {
                let records = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                for record in records.lines().filter_map(parse_line) {
                    if visit(Exported::Event(record)).is_break() {
                        return Ok(());
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::store::seam::EventRecord;

    /// How many steps SQLite takes to find the records of the newest second among `blocks` seconds.
    fn steps(blocks: u64, statement: &str) -> i32 {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.set_prepared_statement_cache_capacity(STATEMENTS.len());
        connection.execute_batch(&format!("{SCHEMA} {SEGMENT_SCHEMA}")).unwrap();
        let transaction = connection.transaction().unwrap();
        let account = AccountId::from_number(1);
        let mut listed = Listed::default();
        for sequence in 1..=blocks {
            let time = jiff::Timestamp::from_second(sequence as i64).unwrap();
            let mut block = Block::default();
            block.push(&EventRecord::new(Some(account), time, "{}".to_owned()));
            append(&transaction, &block, Head { sequence, documents: 0, events: 0 }, &listed).unwrap();
            listed.note(&block.accounts, sequence >> SEGMENT_BITS);
        }
        let mut statement = transaction.prepare(statement).unwrap();
        let (from, until) = (blocks as i64 * 1_000_000, i64::MAX);
        let found = match statement.parameter_count() {
            4 => statement
                .query_map(params![i64::MAX, from, until, account.as_str()], |_| Ok(()))
                .unwrap()
                .count(),
            _ => statement.query_map(params![i64::MAX, from, until], |_| Ok(())).unwrap().count(),
        };
        assert_eq!(found, 1);
        statement.get_status(StatementStatus::VmStep)
    }

    /// F-STORE-12. Both lengths end in the middle of a segment.
    #[test]
    fn a_recent_second_takes_as_many_steps_in_a_long_log_as_in_a_short_one() {
        for statement in [BLOCKS, BLOCKS_OF_ACCOUNT] {
            let (short, long) = (steps(1_000, statement), steps(100_072, statement));
            assert!(long <= short + short / 10, "{short} steps among 1,000 blocks, {long} among 100,072");
        }
    }
}
