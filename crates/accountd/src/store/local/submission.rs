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

    /// Whether it would take long to decide it again, so that nothing of it is decided here any more.
    fn is_handed_back(&self) -> bool;

    /// Runs the pure function again.
    fn run(&mut self, snapshot: &dyn Snapshot);

    /// Gives up on it: the caller is told why.
    fn fail(&mut self, error: StoreError);

    /// The changes and events of the last run; none if it failed.
    fn take_decision(&mut self) -> (BTreeMap<String, Change>, Vec<EventRecord>);

    /// Answers the caller.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What a caller hears of the writer.
pub(super) enum Reply<T, F> {
    /// This came of it.
    Answer(Result<T, StoreError>),
    /// It is to be decided again beside the writer, and nothing came of it yet. F-STORE-38
    Back(F),
}

/// How far it came.
enum Stage<T> {
    ToRun,
    Decided(Decided<T>),
    Failed(StoreError),
    HandedBack,
}

/// A caller's function with its last decision.
pub(super) struct Submitted<T, F> {
    run: F,
    stage: Stage<T>,
    reply: oneshot::Sender<Reply<T, F>>,
}

impl<T, F> Submitted<T, F> {
    pub fn new(run: F, decided: Option<Decided<T>>, reply: oneshot::Sender<Reply<T, F>>) -> Self {
        Self { run, stage: decided.map_or(Stage::ToRun, Stage::Decided), reply }
    }
}

impl<T, F> Submission for Submitted<T, F>
where
    F: Fn(&dyn Snapshot) -> Result<Decided<T>, Fault> + Send,
    T: Send,
{
    fn reads(&self) -> Option<&Reads> {
        match &self.stage {
            Stage::Decided(decided) => Some(&decided.changes.reads),
            _ => None,
        }
    }

    fn is_handed_back(&self) -> bool {
        matches!(self.stage, Stage::HandedBack)
    }

    fn run(&mut self, snapshot: &dyn Snapshot) {
        // A snapshot holds no state that a panic could leave half changed.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(snapshot)));
        self.stage = match outcome {
            Ok(Ok(decided)) => Stage::Decided(decided),
            Ok(Err(Fault::Wanted(wanted))) if wanted.is_of_store() => Stage::HandedBack,
            Ok(Err(fault)) => Stage::Failed(fault.into()),
            Err(_) => Stage::Failed(StoreError::Panicked),
        };
    }

    fn fail(&mut self, error: StoreError) {
        self.stage = Stage::Failed(error);
    }

    fn take_decision(&mut self) -> (BTreeMap<String, Change>, Vec<EventRecord>) {
        match &mut self.stage {
            Stage::Decided(decided) => {
                (std::mem::take(&mut decided.changes.writes), std::mem::take(&mut decided.events))
            }
            _ => Default::default(),
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let reply = match (self.stage, committed) {
            (Stage::Decided(decided), Ok(())) => Reply::Answer(Ok(decided.value)),
            (Stage::HandedBack, Ok(())) => Reply::Back(self.run),
            (Stage::Failed(error), _) | (_, Err(error)) => Reply::Answer(Err(error)),
            (Stage::ToRun, Ok(())) => Reply::Answer(Err(StoreError::Closed)),
        };
        // A caller that went away meanwhile does not undo its change.
        let _ = self.reply.send(reply);
    }
}
