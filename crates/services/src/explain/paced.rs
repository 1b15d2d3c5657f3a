//! A state of which policies may take so many steps in all: what takes more ends by wanting time. F-WHY-15

use std::cell::Cell;

use crate::world::{Decode, Derived, EventQuery, Fault, Found, LoggedEvent, Snapshot};

/// The same state with steps that are counted.
pub(super) struct Paced<'s> {
    state: &'s dyn Snapshot,
    left: Cell<u64>,
}

impl<'s> Paced<'s> {
    /// The state, for so many steps.
    pub fn new(state: &'s dyn Snapshot, steps: u64) -> Self {
        Self { state, left: Cell::new(steps) }
    }
}

impl Snapshot for Paced<'_> {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        self.state.read(key, decode)
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        self.state.keys(prefix, after, limit)
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        self.state.events(query)
    }

    fn may_take_long(&self) -> bool {
        false
    }

    fn steps_at_once(&self, _usual: u64) -> u64 {
        self.left.get()
    }

    fn note_steps(&self, steps: u64) {
        self.left.set(self.left.get().saturating_sub(steps));
    }

    fn remembered(&self, key: &str) -> Option<Derived> {
        self.state.remembered(key)
    }

    fn remember(&self, key: &str, derived: &Derived) {
        self.state.remember(key, derived);
    }
}
