//! Running a pure function over committed state, on the caller's thread.

use services::world::{EventQuery, Fault, LoggedEvent, Reads, Snapshot, Wanted};

use super::engine::EngineResult;
use super::log::LogReader;
use super::snapshot::{Committed, Seen};
use super::{Core, Decided};

/// How often a request that changed nothing is run again because commits overtook it, before the
/// writer thread runs it where nothing moves.
const READ_ATTEMPTS: usize = 3;

/// What a run may read and cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Documents: at worst each takes one short look into the engine. Others wait for its thread.
    Documents,
    /// Lists and the log, too, and as much time as it takes.
    Everything,
}

pub(super) enum Run<T> {
    /// Changed nothing, saw one state.
    Read(Decided<T>),
    /// Wants to change something.
    Changed(Decided<T>),
    /// Failed, saw one state.
    Failed(Fault),
    /// Wants to read more than it may, or time.
    Wanted(Box<Wanted>),
    /// Commits came in between.
    Overtaken,
}

impl Core {
    /// Records of the log that match, newest first.
    pub(super) fn events(&self, query: &EventQuery) -> EngineResult<Vec<LoggedEvent>> {
        match self.engine.shared() {
            Some(shared) => self.events_shared(shared, query),
            None => LogReader::default().read(
                self,
                &|filter, visit| self.engine.blocks(filter, visit),
                query,
                None,
            ),
        }
    }

    /// Runs on the caller's thread. A decision to change something is compared by the writer; any other
    /// must have seen one state.
    pub(super) fn run<T>(
        &self,
        run: &impl Fn(&dyn Snapshot) -> Result<Decided<T>, Fault>,
        reach: Reach,
    ) -> Run<T> {
        for _ in 0..READ_ATTEMPTS {
            let state = self.cache.state();
            let snapshot = Committed::new(self, state, reach);
            let outcome = run(&snapshot);
            let seen = snapshot.finish();
            let is_one_state = seen.is_settled && self.cache.is_still(state);
            match outcome {
                Err(Fault::Wanted(wanted)) => return Run::Wanted(wanted),
                Ok(decided) if !decided.changes.writes.is_empty() => return Run::Changed(decided),
                Ok(decided) if is_one_state => return Run::Read(decided),
                Err(fault) if is_one_state => return Run::Failed(fault),
                Ok(decided)
                    if reach == Reach::Everything && self.is_current(&seen, &decided.changes.reads) =>
                {
                    return Run::Read(decided);
                }
                _ if !seen.is_settled => return Run::Overtaken,
                _ => {}
            }
        }
        Run::Overtaken
    }

    /// Whether all that a run read is still what it was: then it saw the state of this moment, however many commits
    /// came in between. Asked of runs that may have taken long, which would be overtaken for ever.
    fn is_current(&self, seen: &Seen, reads: &Reads) -> bool {
        let is_current = |(key, version): &(String, u64)| {
            self.committed_version(key).is_ok_and(|current| current == *version)
        };
        // Looking at it takes much less time than the run, and is repeated rather than that.
        for _ in 0..READ_ATTEMPTS {
            let (commits, state) = (self.cache.commits(), self.cache.state());
            if !seen.lists.are_current(&*self.engine) || !reads.iter().all(is_current) {
                return false;
            }
            // The engine may be ahead of memory while a commit is under way.
            let is_one_state =
                seen.lists.are_none() || (commits.is_multiple_of(2) && commits == self.cache.commits());
            if is_one_state && self.cache.is_still(state) {
                return true;
            }
        }
        false
    }
}
