//! The writer among those of other processes: which commit it puts the next one on top of, and when it keeps the others
//! from committing meanwhile.

use super::super::engine::{Changed, EngineError};
use super::super::sync::lock;
use super::Writer;
use crate::store::seam::StoreError;

/// How many transactions in a row must have found that no other process commits before one is tried without keeping them
/// from it first, which saves a question.
pub(super) const ALONE_AFTER: u32 = 8;

impl Writer {
    /// Takes note of what other processes committed, so that what is decided now may be committed. Where they are in each
    /// other's way, or it `must` be so, it keeps them from committing meanwhile. The answer is whether what was decided
    /// before must be decided again, whatever its versions say. F-STORE-22
    pub(super) fn catch_up(&mut self, must: bool) -> Result<bool, StoreError> {
        let Some(shared) = self.core.engine.shared() else { return Ok(false) };
        if self.is_locked {
            return Ok(false);
        }
        if must {
            self.alone_for = 0;
        } else if self.alone_for >= ALONE_AFTER {
            self.base = self.core.known();
            self.head.sequence = self.base.sequence;
            return Ok(false);
        }
        let locked = shared.lock(self.core.known());
        let (head, changes) = locked.map_err(|error| self.note_trouble(error))?;
        self.is_locked = true;
        let is_alone = changes.until == self.core.known();
        self.alone_for = if is_alone { self.alone_for + 1 } else { 0 };
        self.core.follow(&changes);
        self.head = head;
        self.base = changes.until;
        // The numbers of another history say nothing.
        Ok(changes.what == Changed::Everything)
    }

    pub(super) fn unlock(&mut self) {
        if self.is_locked
            && let Some(shared) = self.core.engine.shared()
        {
            shared.unlock();
        }
        self.is_locked = false;
    }

    fn note_trouble(&self, error: EngineError) -> StoreError {
        *lock(&self.core.trouble) = Some(error.reason.clone());
        StoreError::not_committed(error)
    }
}
