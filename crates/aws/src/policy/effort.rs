//! What it costs to ask policies, counted in steps, so that whoever asks can set an end to it.
//!
//! A pattern with several `*` takes up to its length times the length of the text it is held against, and a caller
//! chooses both. Time itself is no measure here: nothing below the process reads a clock.

use std::cell::Cell;

/// How many steps may still be taken. A step is about what it takes to compare one character: a few nanoseconds.
#[derive(Clone, Debug)]
pub(super) struct Effort(Cell<u64>);

impl Default for Effort {
    /// Without an end.
    fn default() -> Self {
        Self::of(u64::MAX)
    }
}

impl Effort {
    /// At most this many steps.
    pub(super) fn of(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Notes that steps were taken.
    pub(super) fn spend(&self, steps: u64) {
        self.0.set(self.0.get().saturating_sub(steps));
    }

    /// Notes what going once through so many bytes takes: the processor compares many at a time.
    pub(super) fn spend_on_bytes(&self, bytes: usize) {
        self.spend(1 + bytes as u64 / 32);
    }

    /// How many steps are left.
    pub(super) fn left(&self) -> u64 {
        self.0.get()
    }

    /// Whether none is left. What was found out since then is worth nothing.
    pub(super) fn is_exhausted(&self) -> bool {
        self.left() == 0
    }
}
