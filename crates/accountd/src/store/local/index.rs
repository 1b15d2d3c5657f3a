//! The index of the log: which blocks have a record with a term, such as the name of a user (F-TRAIL-17).
//!
//! The log is cut into segments of 256 numbers. Once nothing is added to a segment any more, its terms are gathered, beside
//! everything else and while little is recorded, so that no call pays for it. What is not in the index yet is looked through,
//! as all of the log is where an engine has no index.

use std::ops::ControlFlow;

use rusqlite::{Connection, params};
use services::cloudtrail::terms;
use services::world::Term;

use super::embedded::{block, signed, unsigned};
use super::engine::{BlockFilter, Engine, EngineResult, Terms, VisitBlock};
use super::events::Line;
use super::statements::*;

/// Terms of a segment that are kept one by one. A segment with more, such as one in which thousands of sessions began, is
/// found by [`ANY`] and looked through: what one caller records neither fills memory nor holds up the writer.
const MOST_TERMS: usize = 20_000;

/// Stands for every term.
const ANY: Term = Term(u64::MAX);

/// Every so many segments, what the index has of blocks that were deleted goes.
const TIDY_EVERY: u64 = 64;

/// The terms of the lines of a block.
pub(super) fn each_term(records: &str, add: &mut dyn FnMut(Term)) {
    for line in records.lines().filter_map(Line::of).filter(|line| line.account != "-") {
        terms::each(line.account, line.json, add);
    }
}

/// The terms of a segment, or [`ANY`] where they are too many.
pub(super) fn gather(engine: &dyn Engine, segment: u64) -> EngineResult<Terms> {
    let (mut terms, mut places) = (Terms::new(), Vec::new());
    engine.blocks_from(segment << SEGMENT_BITS, &mut |block, _, records| {
        if block >> SEGMENT_BITS != segment {
            return ControlFlow::Break(());
        }
        let place = (block & ((1 << SEGMENT_BITS) - 1)) as u8;
        places.push(place);
        if terms.len() <= MOST_TERMS {
            each_term(records, &mut |term| note(&mut terms, term, place));
        }
        ControlFlow::Continue(())
    })?;
    Ok(if terms.len() > MOST_TERMS { Terms::from([(ANY, places)]) } else { terms })
}

fn note(terms: &mut Terms, term: Term, place: u8) {
    if terms.len() > MOST_TERMS {
        return;
    }
    let blocks = terms.entry(term).or_default();
    if blocks.last() != Some(&place) {
        blocks.push(place);
    }
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
    let mut rows = segments.query(params![up_to, from, number(term), signed(until), number(ANY)])?;
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

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::engine::{Batch, Head, Writes};
    use super::super::events::Block;
    use super::super::memory::MemoryEngine;
    use super::*;
    use crate::store::seam::EventRecord;

    /// F-TRAIL-17
    #[test]
    fn a_segment_with_too_many_terms_has_one() {
        let engine = MemoryEngine::default();
        let account = aws::arn::AccountId::from_number(1);
        for sequence in 1..=3_u64 {
            let mut block = Block::default();
            for number in 0..MOST_TERMS as u64 / 2 {
                let mut json = String::new();
                let id = sequence * 1_000_000 + number;
                write!(json, "{{\"eventTime\":\"2026-11-27T10:00:00Z\",\"eventName\":\"E{id}\"}}").unwrap();
                block.push(&EventRecord::new(Some(account), jiff::Timestamp::UNIX_EPOCH, json));
            }
            let (head, writes) = (Head { sequence, documents: 0, events: 0 }, Writes::new());
            engine.commit(&Batch { writes: &writes, block: &block, head }).unwrap();
            let terms = gather(&engine, 0).unwrap();
            match sequence {
                1 => assert!(terms.len() > MOST_TERMS / 2, "{}", terms.len()),
                2 | 3 => assert_eq!(terms, Terms::from([(ANY, (1..=sequence as u8).collect())])),
                _ => unreachable!("three blocks"),
            }
        }
    }
}
