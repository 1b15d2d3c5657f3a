//! The engine that keeps everything in memory and forgets it at the end.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use services::world::{Change, Term};

use super::engine::{Batch, BlockFilter, Engine, EngineError, EngineResult, Head, VisitBlock};
use super::events::{Block, parse_line};
use super::index::each_term;
use crate::store::seam::{Exported, LogSize};

/// The event log keeps its newest blocks up to about this much; older ones are dropped, since memory is
/// all there is. The newest block is always kept.
pub(super) const LOG_LIMIT_BYTES: usize = 32 << 20;

#[derive(Default, Clone)]
struct State {
    documents: BTreeMap<String, (u64, Arc<str>)>,
    blocks: VecDeque<Kept>,
    log_bytes: usize,
    head: Head,
}

/// A block of the log.
#[derive(Clone)]
struct Kept {
    sequence: u64,
    /// The latest time in this block and all before it: where that is too early, so is everything.
    latest: i64,
    block: Arc<Block>,
    /// The terms of its records in order, gathered when they are first asked for.
    terms: Arc<OnceLock<Vec<Term>>>,
}

impl Kept {
    fn has(&self, term: Term) -> bool {
        let terms = self.terms.get_or_init(|| {
            let mut terms = Vec::new();
            each_term(&self.block.records, &mut |term| terms.push(term));
            terms.sort_unstable();
            terms.dedup();
            terms
        });
        terms.binary_search(&term).is_ok()
    }
}

impl State {
    fn append(&mut self, sequence: u64, block: Block) {
        if block.count == 0 {
            return;
        }
        self.log_bytes += block.records.len();
        let latest = self.blocks.back().map_or(i64::MIN, |last| last.latest).max(block.last_time);
        self.blocks.push_back(Kept { sequence, latest, block: Arc::new(block), terms: Arc::default() });
        while self.log_bytes > LOG_LIMIT_BYTES && self.blocks.len() > 1 {
            if let Some(dropped) = self.blocks.pop_front() {
                self.log_bytes -= dropped.block.records.len();
            }
        }
    }
}

/// Maps in memory behind one lock.
#[derive(Default)]
pub(super) struct MemoryEngine {
    state: RwLock<State>,
}

impl MemoryEngine {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for MemoryEngine {
    fn head(&self) -> EngineResult<Head> {
        Ok(self.state().head)
    }

    fn version(&self, key: &str) -> EngineResult<u64> {
        Ok(self.state().documents.get(key).map_or(0, |(version, _)| *version))
    }

    fn read(&self, key: &str) -> EngineResult<Option<(u64, String)>> {
        Ok(self.state().documents.get(key).map(|(version, text)| (*version, text.to_string())))
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>> {
        let begin = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let state = self.state();
        let keys = state.documents.range::<str, _>((begin, Bound::Unbounded)).map(|(key, _)| key);
        Ok(keys.take_while(|key| key.starts_with(prefix)).take(limit).cloned().collect())
    }

    fn commit(&self, batch: &Batch<'_>) -> EngineResult<()> {
        let mut state = self.state_mut();
        for (key, staged) in batch.writes {
            match &staged.change {
                Change::Put { text, .. } => {
                    state.documents.insert(key.clone(), (staged.version, Arc::clone(text)));
                }
                Change::Delete => {
                    state.documents.remove(key);
                }
            }
        }
        state.append(batch.head.sequence, batch.block.clone());
        state.head = batch.head;
        Ok(())
    }

    fn replace(
        &self,
        sequence: u64,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> EngineResult<Head> {
        let version = sequence + 1;
        let mut state =
            State { head: Head { sequence: version, documents: 0, events: 0 }, ..State::default() };
        let mut block = Block::default();
        for item in items {
            match item.map_err(EngineError::broken)? {
                Exported::Document { key, text } => {
                    state.documents.insert(key, (version, text.into()));
                }
                Exported::Event(record) => {
                    block.push(&record);
                    state.head.events += 1;
                    if block.is_large() {
                        state.append(state.head.sequence, std::mem::take(&mut block));
                        state.head.sequence += 1;
                    }
                }
            }
        }
        state.append(state.head.sequence, block);
        state.head.documents = state.documents.len() as u64;
        let head = state.head;
        *self.state_mut() = state;
        Ok(head)
    }

    fn forget(&self, before: i64, limit: u32) -> EngineResult<u64> {
        let mut state = self.state_mut();
        let mut forgotten = 0;
        while forgotten < u64::from(limit)
            && state.blocks.len() > 1
            && let Some(oldest) = state.blocks.pop_front_if(|oldest| oldest.block.last_time < before)
        {
            state.log_bytes -= oldest.block.records.len();
            forgotten += 1;
        }
        Ok(forgotten)
    }

    fn check(&self) -> EngineResult<()> {
        Ok(())
    }

    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()> {
        // Taken out first, so that no commit waits while they are looked through.
        let blocks: Vec<Kept> = self
            .state()
            .blocks
            .iter()
            .rev()
            .take_while(|kept| kept.latest >= filter.from)
            .filter(|Kept { sequence, block, .. }| {
                *sequence <= filter.up_to
                    && filter.account.is_none_or(|account| block.accounts.contains(&account))
                    && block.last_time >= filter.from
                    && block.first_time < filter.until
            })
            .cloned()
            .collect();
        for kept in blocks {
            if filter.term.is_some_and(|term| !kept.has(term)) {
                continue;
            }
            if visit(kept.sequence, kept.block.count, &kept.block.records).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn blocks_from(&self, first: u64, visit: VisitBlock<'_>) -> EngineResult<()> {
        let state = self.state();
        let begin = state.blocks.partition_point(|kept| kept.sequence < first);
        // Taken out first, so that no commit waits while they are looked through.
        let blocks: Vec<Kept> = state.blocks.range(begin..).cloned().collect();
        drop(state);
        for Kept { sequence, block, .. } in blocks {
            if visit(sequence, block.count, &block.records).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn log_size(&self) -> EngineResult<LogSize> {
        let state = self.state();
        let oldest = state.blocks.front().map_or(0, |kept| kept.block.first_time.div_euclid(1_000_000));
        let records = Some(state.blocks.iter().map(|kept| u64::from(kept.block.count)).sum());
        Ok(LogSize { records, bytes: state.log_bytes as u64, oldest })
    }

    fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()> {
        let state = self.state().clone();
        for (key, (_, text)) in &state.documents {
            if visit(Exported::Document { key: key.clone(), text: text.to_string() }).is_break() {
                return Ok(());
            }
        }
        for kept in &state.blocks {
            for record in kept.block.records.lines().filter_map(parse_line) {
                if visit(Exported::Event(record)).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
