//! The engine that keeps everything in one SQLite file: write-ahead log, every commit synchronised.
//!
//! The tables and statements are in `statements.rs`.
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

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aws::arn::AccountId;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use services::world::Change;

use super::checksum::{of_block, of_document};
use super::engine::{Batch, BlockFilter, Engine, EngineError, EngineResult, Head, Terms, VisitBlock};
use super::events::{Block, parse_line};
use super::index;
use super::listed::Listed;
use super::open::{self, Held, OpenError};
use super::statements::*;
use super::sync::lock;
use crate::store::seam::{Exported, LogSize};

/// SQLite's page cache of each reading connection, in KiB: the cache of documents is what counts.
const READER_CACHE_KIB: u32 = 512;

/// SQLite has signed integers only; no counter here will ever get there.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// One SQLite file, its one writing connection and its readers.
pub(super) struct EmbeddedEngine {
    file: PathBuf,
    writer: Mutex<Connection>,
    listed: Mutex<Listed>,
    /// Opened when needed, as many as threads ever missed the cache at once.
    readers: Mutex<Vec<Connection>>,
    /// Held as long as the store is open. Dropped last, after the connections.
    held: Held,
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
            held: opened.held,
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

/// Gives free pages back to the disk. A file that was made before schema 3 cannot do that by itself; it is written anew
/// once more than half of it is free.
fn give_back(connection: &Connection) {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, u32>(0)).unwrap_or(0);
    let free = number("PRAGMA freelist_count");
    let given = match number("PRAGMA auto_vacuum") {
        0 if free > number("PRAGMA page_count") / 2 => {
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")
        }
        0 => Ok(()),
        _ => run_to_end(connection, "PRAGMA incremental_vacuum"),
    };
    // Only now does the file become shorter; what a reader still needs puts that off.
    let given = given.and_then(|()| run_to_end(connection, "PRAGMA wal_checkpoint(PASSIVE)"));
    if let Err(error) = given {
        // What could not be given back is used again.
        tracing::warn!(reason = %error, "free space was not given back to the disk");
    }
}

/// A pragma does a part of its work for each row that it gives.
fn run_to_end(connection: &Connection, pragma: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(pragma)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
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
        of_block(head.sequence, &block.records),
    ])?;
    let mut statement = transaction.prepare_cached(APPEND_ACCOUNT)?;
    for account in block.accounts.iter().filter(|account| !listed.has(account, segment)) {
        statement.execute(params![account.as_str(), signed(segment)])?;
    }
    Ok(())
}

/// Writes a document with its checksum.
pub(super) fn put(
    transaction: &Transaction<'_>,
    key: &str,
    version: u64,
    text: &str,
) -> rusqlite::Result<usize> {
    let checksum = of_document(key, version, text);
    transaction.prepare_cached(PUT)?.execute(params![key, signed(version), text, checksum])
}

/// Whether what was read is what was written, where that is known.
fn check(found: i64, stored: Option<i64>, what: impl FnOnce() -> String) -> EngineResult<()> {
    match stored {
        Some(stored) if stored != found => Err(EngineError::broken(format!("{} is damaged", what()))),
        _ => Ok(()),
    }
}

/// A document's key, version and text.
pub(super) fn document(row: &Row<'_>) -> EngineResult<(String, u64, String)> {
    let (key, version, text): (String, _, String) = (row.get(0)?, unsigned(row.get(1)?), row.get(2)?);
    check(of_document(&key, version, &text), row.get(3)?, || format!("`{key}`"))?;
    Ok((key, version, text))
}

/// A block's number, how many records it holds, and its lines.
pub(super) fn block<'r>(row: &'r Row<'_>) -> EngineResult<(u64, u32, &'r str)> {
    let (sequence, count) = (unsigned(row.get(0)?), row.get(1)?);
    let records = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    check(of_block(sequence, records), row.get(3)?, || format!("block {sequence} of the event log"))?;
    Ok((sequence, count, records))
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
        match item.map_err(EngineError::broken)? {
            Exported::Document { key, text } => {
                let is_new = transaction
                    .prepare_cached(VERSION)?
                    .query_row([&key], |row| row.get::<_, i64>(0))
                    .optional()?
                    .is_none();
                put(transaction, &key, version, &text)?;
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
            let row = statement
                .query_row([key], |row| Ok((unsigned(row.get(0)?), row.get::<_, String>(1)?, row.get(2)?)));
            let Some((version, text, checksum)) = row.optional()? else { return Ok(None) };
            check(of_document(key, version, &text), checksum, || format!("`{key}`"))?;
            Ok(Some((version, text)))
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
        self.held.check()?;
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut delete = transaction.prepare_cached(DELETE)?;
            for (key, staged) in batch.writes {
                match &staged.change {
                    Change::Put { text, .. } => put(&transaction, key, staged.version, text)?,
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
        self.held.check()?;
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(CLEAR)?;
        let head = load(&transaction, sequence, items)?;
        transaction.commit()?;
        *lock(&self.listed) = Listed::default();
        give_back(&connection);
        Ok(head)
    }

    fn forget(&self, before: i64, limit: u32) -> EngineResult<u64> {
        self.held.check()?;
        let mut connection = lock(&self.writer);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let blocks = transaction.prepare_cached(OLD_BLOCKS)?.execute(params![before, limit])?;
        if blocks > 0 && blocks < limit as usize {
            // The last of them are gone, and with them whole segments.
            transaction.prepare_cached(OLD_SEGMENTS)?.execute([before])?;
            transaction.prepare_cached(OLD_ACCOUNTS)?.execute([])?;
        }
        transaction.commit()?;
        if blocks > 0 {
            give_back(&connection);
        }
        Ok(blocks as u64)
    }

    fn check(&self) -> EngineResult<()> {
        self.held.check()?;
        self.with_reader(|connection| Ok(head(connection).map(drop)?))
    }

    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()> {
        self.with_reader(|connection| {
            let account = filter.account.as_ref().map(AccountId::as_str);
            if let (Some(account), Some(term)) = (account, filter.term) {
                return index::blocks_with(connection, account, term, filter, visit);
            }
            let text = if account.is_some() { BLOCKS_OF_ACCOUNT } else { BLOCKS };
            let mut statement = connection.prepare_cached(text)?;
            let up_to = signed(filter.up_to);
            let mut rows = match account {
                Some(account) => statement.query(params![up_to, filter.from, filter.until, account, 0])?,
                None => statement.query(params![up_to, filter.from, filter.until])?,
            };
            while let Some(row) = rows.next()? {
                let (sequence, count, records) = block(row)?;
                if visit(sequence, count, records).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn blocks_from(&self, first: u64, visit: VisitBlock<'_>) -> EngineResult<()> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(BLOCKS_FROM)?;
            let mut rows = statement.query([signed(first)])?;
            while let Some(row) = rows.next()? {
                let (sequence, count, records) = block(row)?;
                if visit(sequence, count, records).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn log_size(&self) -> EngineResult<LogSize> {
        self.with_reader(|connection| Ok(log_size(connection, head(connection)?.events)?))
    }

    fn unindexed(&self) -> EngineResult<Option<u64>> {
        self.with_reader(|connection| {
            let newest = head(connection)?.sequence;
            Ok(index::unindexed(connection, newest)?)
        })
    }

    fn index(&self, segment: u64, terms: &Terms) -> EngineResult<()> {
        self.held.check()?;
        Ok(index::index(&mut lock(&self.writer), segment, terms)?)
    }

    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()> {
        self.with_reader(|connection| {
            // One transaction, so that documents and events are of the same moment.
            let transaction = connection.transaction()?;
            let mut documents = transaction.prepare_cached(ALL_DOCUMENTS)?;
            let mut rows = documents.query([])?;
            while let Some(row) = rows.next()? {
                let (key, _, text) = document(row)?;
                if visit(Exported::Document { key, text }).is_break() {
                    return Ok(());
                }
            }
            let mut blocks = transaction.prepare_cached(ALL_BLOCKS)?;
            let mut rows = blocks.query([])?;
            while let Some(row) = rows.next()? {
                let (_, _, records) = block(row)?;
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

/// As [`Engine::log_size`], where so many events were ever recorded.
pub(super) fn log_size(connection: &Connection, events: u64) -> rusqlite::Result<LogSize> {
    let mut oldest = connection.prepare_cached(OLDEST)?;
    let oldest = oldest.query_row([], |row| Ok((unsigned(row.get(0)?), row.get::<_, i64>(1)?))).optional()?;
    let bytes = connection.prepare_cached(BYTES)?.query_row([], |row| row.get(0))?;
    let (gone, first_time) = oldest.unwrap_or((events, 0));
    Ok(LogSize {
        records: Some(events.saturating_sub(gone)),
        bytes: unsigned(bytes),
        oldest: first_time.div_euclid(1_000_000),
    })
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
        connection
            .execute_batch(&format!("{SCHEMA} {SEGMENT_SCHEMA} {CHECKSUM_SCHEMA} {TERM_SCHEMA}"))
            .unwrap();
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
            5 => statement
                .query_map(params![i64::MAX, from, until, account.as_str(), 0], |_| Ok(()))
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
