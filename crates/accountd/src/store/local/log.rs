//! Reading the event log, block by block: backwards for whoever looks for something, forwards for whoever delivers it.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use aws::arn::AccountId;
use jiff::Timestamp;
use services::world::{EventPosition, EventQuery, LoggedEvent, Term};

use super::Core;
use super::engine::{BlockFilter, EngineResult, VisitBlock};
use super::events::Line;
use crate::store::seam::{Followed, FollowedRecord};

/// Where the blocks come from: as [`Engine::blocks`](super::engine::Engine::blocks).
pub(super) type Blocks<'a> = &'a dyn Fn(&BlockFilter, VisitBlock<'_>) -> EngineResult<()>;

/// Reads for one run. It keeps the block in which a read ended, so that the next read of the same run goes on there
/// and neither fetches the block again nor looks at a record twice.
#[derive(Default)]
pub(super) struct LogReader {
    kept: RefCell<Option<(Cursor, String)>>,
}

impl LogReader {
    /// Records that match, newest first. Where only those with a term are wanted, blocks without it may be left out.
    pub fn read(
        &self,
        core: &Core,
        blocks: Blocks<'_>,
        query: &EventQuery,
        term: Option<Term>,
    ) -> EngineResult<Vec<LoggedEvent>> {
        let mut found = self.read_committed(core, blocks, query, term)?;
        if query.account.is_none() {
            found.extend(core.nobody.read(query));
            found.sort_by_key(|event| std::cmp::Reverse(event.position));
            found.truncate(query.limit);
        }
        Ok(found)
    }

    fn read_committed(
        &self,
        core: &Core,
        visit_blocks: Blocks<'_>,
        query: &EventQuery,
        term: Option<Term>,
    ) -> EngineResult<Vec<LoggedEvent>> {
        let mut found = Vec::new();
        let mut kept = self.kept.borrow_mut();
        // Before the first record of a block lies another block.
        let last = |place: EventPosition| place.commit.checked_sub(u64::from(place.index == 0));
        let Some(mut up_to) = query.before.map_or(Some(u64::MAX), last).filter(|_| query.limit > 0) else {
            return Ok(found);
        };
        if let Some((mut cursor, records)) = kept.take()
            && query.before == Some(cursor.position())
        {
            if cursor.gather(&records, query, &mut found).is_break() {
                *kept = Some((cursor, records));
                return Ok(found);
            }
            let Some(earlier) = up_to.checked_sub(1) else { return Ok(found) };
            up_to = earlier;
        }
        let filter = BlockFilter {
            account: query.account,
            from: query.from.as_microsecond(),
            until: query.until.as_microsecond(),
            up_to,
            term,
        };
        let mut blocks = 0;
        visit_blocks(&filter, &mut |block, count, records| {
            blocks += 1;
            let mut cursor = Cursor { block, end: records.len(), count };
            cursor.go_back_to(query.before, records);
            let flow = cursor.gather(records, query, &mut found);
            if flow.is_break() && cursor.count > 0 {
                let left = records[..cursor.end].to_owned();
                *kept = Some((cursor, left));
            }
            flow
        })?;
        core.statistics.log_blocks.fetch_add(blocks, Ordering::Relaxed);
        Ok(found)
    }
}

/// Reads the log in the order in which it grows, from a place on: whole blocks, until the records together have more than
/// `most_bytes`. What nobody's history shows is left out.
pub(super) fn follow(core: &Core, from: EventPosition, most_bytes: usize) -> EngineResult<Followed> {
    let mut followed = Followed { next: Some(from), is_end: true, ..Followed::default() };
    let mut bytes = 0;
    core.engine.blocks_from(from.commit, &mut |block, count, records| {
        let first = if block == from.commit { from.index } else { 0 };
        for (index, line) in (0..count).zip(records.lines()).skip(first as usize) {
            if bytes > most_bytes {
                followed.next = Some(EventPosition { commit: block, index });
                followed.is_end = false;
                return ControlFlow::Break(());
            }
            let Some(line) = Line::of(line) else { continue };
            let (Ok(account), Ok(time)) = (line.account.parse(), Timestamp::from_microsecond(line.time))
            else {
                continue;
            };
            bytes += line.json.len();
            let position = EventPosition { commit: block, index };
            followed.records.push(FollowedRecord { position, account, time, json: line.json.to_owned() });
        }
        followed.next = Some(EventPosition { commit: block + 1, index: 0 });
        ControlFlow::Continue(())
    })?;
    Ok(followed)
}

/// A place between two records of a block. What lies before it was not looked at yet.
struct Cursor {
    block: u64,
    /// How many bytes lie before it.
    end: usize,
    /// How many records lie before it.
    count: u32,
}

impl Cursor {
    fn position(&self) -> EventPosition {
        EventPosition { commit: self.block, index: self.count }
    }

    /// Steps over one record towards the beginning and gives its line.
    fn step_back<'b>(&mut self, records: &'b str) -> &'b str {
        let line = records[..self.end].trim_end_matches('\n');
        let begin = line.rfind('\n').map_or(0, |end| end + 1);
        self.end = begin;
        self.count -= 1;
        &line[begin..]
    }

    /// Goes to `place`, if that lies further to the beginning of this block.
    fn go_back_to(&mut self, place: Option<EventPosition>, records: &str) {
        while self.count > 0 && place.is_some_and(|place| self.position() > place) {
            self.step_back(records);
        }
    }

    /// Takes records until `found` holds as many that match as are wanted.
    fn gather(&mut self, records: &str, query: &EventQuery, found: &mut Vec<LoggedEvent>) -> ControlFlow<()> {
        let (from, until) = (query.from.as_microsecond(), query.until.as_microsecond());
        let account = query.account.as_ref().map(AccountId::as_str);
        while self.count > 0 {
            let Some(line) = Line::of(self.step_back(records)) else { continue };
            if from <= line.time && line.time < until && account.is_none_or(|it| it == line.account) {
                found.push(LoggedEvent { position: self.position(), record: line.json.to_owned() });
                if found.len() == query.limit {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }
}
