//! The index of the log, its size, and what is forgotten of it: which blocks have a record with a term, such as the name of a user (F-TRAIL-17).
//!
//! The log is cut into segments of 256 numbers. Once nothing is added to a segment any more, its terms are gathered, beside
//! everything else and while little is recorded, so that no call pays for it. What is not in the index yet is looked through,
//! as all of the log is where an engine has no index.

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use services::cloudtrail::terms;
use services::world::Term;

use super::embedded::{block, signed, unsigned};
use super::engine::{BlockFilter, Engine, EngineResult, Terms, VisitBlock};
use super::events::Line;
use super::statements::*;
use super::sync::lock;
use super::writer::FORGOTTEN_AT_ONCE;
use super::{Core, Store};
use crate::store::seam::{LogSize, StoreError};

/// Every so many segments, what the index has of blocks that were deleted goes.
const TIDY_EVERY: u64 = 64;

/// The terms of the lines of a block.
pub(super) fn each_term(records: &str, add: &mut dyn FnMut(Term)) {
    for line in records.lines().filter_map(Line::of).filter(|line| line.account != "-") {
        terms::each(line.account, line.json, add);
    }
}

/// The terms of a segment.
fn gather(engine: &dyn Engine, segment: u64) -> EngineResult<Terms> {
    let mut terms = Terms::new();
    engine.blocks_from(segment << SEGMENT_BITS, &mut |block, _, records| {
        if block >> SEGMENT_BITS != segment {
            return ControlFlow::Break(());
        }
        let place = (block & ((1 << SEGMENT_BITS) - 1)) as u8;
        each_term(records, &mut |term| {
            let blocks = terms.entry(term).or_default();
            if blocks.last() != Some(&place) {
                blocks.push(place);
            }
        });
        ControlFlow::Continue(())
    })?;
    Ok(terms)
}

impl Store {
    /// Measures the event log; [`StoreStatistics::log`](crate::store::StoreStatistics::log) says what came of it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn measure_log(&self) -> Result<(), StoreError> {
        let size = self.beside(&self.exporting, |core| core.engine.log_size()).await??;
        *lock(&self.core.statistics.log) = size;
        Ok(())
    }

    /// Deletes records of the log that are all before a moment, block by block, and gives their space back. Says how
    /// many blocks went. F-STORE-19
    ///
    /// # Errors
    /// See [`StoreError`]; what was deleted until then is gone.
    pub async fn forget(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.as_microsecond();
        let mut forgotten = 0;
        loop {
            // One after the other, so that changes come in between.
            let blocks = self.alone(move |writer| writer.forget(before)).await?;
            forgotten += blocks;
            if blocks < u64::from(FORGOTTEN_AT_ONCE) {
                return Ok(forgotten);
            }
        }
    }

    /// Takes one segment of the log into the index; `false` if there is none to take in.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn index_log(&self) -> Result<bool, StoreError> {
        let gather = |core: &Core| -> EngineResult<Option<(u64, Terms)>> {
            let Some(segment) = core.engine.unindexed()? else { return Ok(None) };
            Ok(Some((segment, gather(&*core.engine, segment)?)))
        };
        let Some((segment, terms)) = self.beside(&self.exporting, gather).await?? else { return Ok(false) };
        self.alone(move |writer| writer.index(segment, &terms)).await?;
        Ok(true)
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

/// The segments before this one are in the index, as far as there is something in them.
fn indexed_until(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached(INDEXED_UNTIL)?.query_row([], |row| row.get(0)).map(unsigned)
}

/// As [`Engine::unindexed`], where `newest` is the number of the newest block.
pub(super) fn unindexed(connection: &Connection, newest: u64) -> rusqlite::Result<Option<u64>> {
    let until = indexed_until(connection)?;
    let next = connection
        .prepare_cached(NEXT_BLOCK)?
        .query_row([signed(until << SEGMENT_BITS)], |row| row.get::<_, Option<i64>>(0))?;
    let next = next.map(|block| unsigned(block) >> SEGMENT_BITS);
    Ok(next.filter(|segment| *segment < newest >> SEGMENT_BITS))
}

/// As [`Engine::index`].
pub(super) fn index(connection: &mut Connection, segment: u64, terms: &Terms) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(INDEX_TERM)?;
        for (term, blocks) in terms {
            insert.execute(params![number(*term), signed(segment), blocks])?;
        }
        transaction.prepare_cached(INDEXED)?.execute([signed(segment + 1)])?;
        if segment.is_multiple_of(TIDY_EVERY) {
            transaction.prepare_cached(OLD_TERMS)?.execute([])?;
        }
    }
    transaction.commit()
}

/// A term as SQLite keeps it: the same bits with a sign.
fn number(term: Term) -> i64 {
    i64::from_ne_bytes(term.0.to_ne_bytes())
}

/// Visits the blocks of an account with a term, newest first.
pub(super) fn blocks_with(
    connection: &Connection,
    account: &str,
    term: Term,
    filter: &BlockFilter,
    visit: VisitBlock<'_>,
) -> EngineResult<()> {
    // Read first: what is taken in meanwhile is looked through as if it were not.
    let until = indexed_until(connection)?;
    let (up_to, from) = (signed(filter.up_to), filter.from);
    let mut newest = connection.prepare_cached(BLOCKS_OF_ACCOUNT)?;
    let mut rows = newest.query(params![up_to, from, filter.until, account, signed(until)])?;
    while let Some(row) = rows.next()? {
        let (sequence, count, records) = block(row)?;
        if visit(sequence, count, records).is_break() {
            return Ok(());
        }
    }
    let mut segments = connection.prepare_cached(SEGMENTS_OF_TERM)?;
    let mut rows = segments.query(params![up_to, from, number(term), signed(until)])?;
    let mut one = connection.prepare_cached(BLOCK)?;
    while let Some(row) = rows.next()? {
        let segment: i64 = row.get(0)?;
        let places = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        for place in places.iter().rev() {
            let sequence = segment << SEGMENT_BITS | i64::from(*place);
            let found = params![sequence, from, filter.until, up_to];
            let mut found = one.query(found)?;
            if let Some(row) = found.next()? {
                let (sequence, count, records) = block(row)?;
                if visit(sequence, count, records).is_break() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}
