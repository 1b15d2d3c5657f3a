//! What the writer spends on deciding changes again, while everybody's changes wait for it. F-STORE-38
//!
//! Who pays decides nothing: a run that would take more is handed back to whoever asked, and decided beside the writer.

use std::cell::Cell;

use services::world::{Fault, Wanted};

/// How many steps all policies of one transaction may take together: some ten milliseconds.
const STEPS_TOGETHER: u64 = 3_000_000;

/// So many each run may take, also where others have taken all: what ordinary policies never come near.
const STEPS_FOR_EACH: u64 = 10_000;

/// How many keys one run may list, or documents, which cost more: some ten milliseconds.
const READS_FOR_EACH: usize = 40_000;
const READS_OF_A_DOCUMENT: usize = 8;

/// The steps of one transaction.
pub(super) struct Budget(Cell<u64>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(STEPS_TOGETHER))
    }
}

impl Budget {
    /// How many of `usual` steps a run may take now.
    pub fn steps(&self, usual: u64) -> u64 {
        usual.min(self.0.get()).max(STEPS_FOR_EACH)
    }

    /// Takes steps away.
    pub fn note(&self, steps: u64) {
        self.0.set(self.0.get().saturating_sub(steps));
    }

    /// Takes steps away before they are made, as far as a run may take `usual` ones.
    ///
    /// # Errors
    /// [`Wanted::Time`] where that is not enough.
    pub fn take(&self, steps: u64, usual: u64) -> Result<(), Fault> {
        if steps > self.steps(usual) {
            return Err(Wanted::Time.into());
        }
        self.note(steps);
        Ok(())
    }
}

/// What one run may read.
pub(super) struct ReadsLeft(Cell<usize>);

impl Default for ReadsLeft {
    fn default() -> Self {
        Self(Cell::new(READS_FOR_EACH))
    }
}

impl ReadsLeft {
    /// As many as are left and one more, if that is less than `limit`: whoever finds so many reads too much.
    pub fn enough(&self, limit: usize) -> usize {
        limit.min(self.0.get() + 1)
    }

    /// Takes the reading of a document away.
    ///
    /// # Errors
    /// [`Wanted::Time`] where there is none left.
    pub fn take_document(&self) -> Result<(), Fault> {
        self.take_keys(READS_OF_A_DOCUMENT)
    }

    /// Takes the reading of keys away.
    ///
    /// # Errors
    /// [`Wanted::Time`] where there are not so many left.
    pub fn take_keys(&self, keys: usize) -> Result<(), Fault> {
        let left = self.0.get().checked_sub(keys).ok_or(Wanted::Time)?;
        self.0.set(left);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-STORE-38: dear runs use up what all of a transaction may take, and leave each other one enough.
    #[test]
    fn the_steps_of_a_transaction_are_bounded_and_each_run_has_a_few() {
        let budget = Budget::default();
        let mut dear = 0;
        while budget.steps(200_000) == 200_000 {
            assert_eq!(budget.take(200_000, 200_000), Ok(()));
            dear += 1;
        }
        assert_eq!(dear, 15);
        assert_eq!(budget.take(STEPS_FOR_EACH + 1, 200_000), Err(Wanted::Time.into()));
        for _ in 0..1_000 {
            assert_eq!(budget.take(STEPS_FOR_EACH, 200_000), Ok(()));
        }
    }

    /// F-STORE-38
    #[test]
    fn the_reads_of_a_run_are_bounded() {
        let left = ReadsLeft::default();
        assert_eq!(left.enough(10), 10);
        assert_eq!(left.enough(usize::MAX), READS_FOR_EACH + 1);
        assert_eq!(left.take_keys(READS_FOR_EACH - READS_OF_A_DOCUMENT), Ok(()));
        assert_eq!(left.take_document(), Ok(()));
        assert_eq!(left.take_document(), Err(Wanted::Time.into()));
        assert_eq!(left.take_keys(left.enough(100)), Err(Wanted::Time.into()));
    }
}
