//! A change on its way through the writer: the caller's function, its last decision, and who waits for the answer.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use services::world::{Change, Fault, Reads, Snapshot};
use tokio::sync::oneshot;

use crate::store::seam::{Decided, EventRecord, StoreError};

/// A change that waits for its commit, whatever its answer is.
pub(super) trait Submission: Send {
    /// What the last run read; `None` if it must be run first.
    fn reads(&self) -> Option<&Reads>;

    /// Runs the pure function again.
    fn run(&mut self, snapshot: &dyn Snapshot);

    /// Gives up on it: the caller is told why.
    fn fail(&mut self, error: StoreError);

    /// The changes and events of the last run; none if it failed.
    fn take_decision(&mut self) -> (BTreeMap<String, Change>, Vec<EventRecord>);

    /// Answers the caller.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A caller's function with its last decision.
pub(super) struct Submitted<T, F> {
    run: F,
    decided: Option<Result<Decided<T>, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Submitted<T, F> {
    pub fn new(run: F, decided: Option<Decided<T>>, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { run, decided: decided.map(Ok), reply }
    }
}

impl<T, F> Submission for Submitted<T, F>
where
    F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send,
    T: Send,
{
    fn reads(&self) -> Option<&Reads> {
        match &self.decided {
            Some(Ok(decided)) => Some(&decided.changes.reads),
            _ => None,
        }
    }

    fn run(&mut self, snapshot: &dyn Snapshot) {
        // A snapshot holds no state that a panic could leave half changed.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(snapshot)));
        self.decided = Some(match outcome {
            Ok(decided) => decided.map_err(StoreError::from),
            Err(_) => Err(StoreError::Panicked),
        });
    }

    fn fail(&mut self, error: StoreError) {
        self.decided = Some(Err(error));
    }

    fn take_decision(&mut self) -> (BTreeMap<String, Change>, Vec<EventRecord>) {
        match &mut self.decided {
            Some(Ok(decided)) => {
                (std::mem::take(&mut decided.changes.writes), std::mem::take(&mut decided.events))
            }
            _ => Default::default(),
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.decided, committed) {
            (Some(Ok(decided)), Ok(())) => Ok(decided.value),
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        // A caller that went away meanwhile does not undo its change.
        let _ = self.reply.send(answer);
    }
}
