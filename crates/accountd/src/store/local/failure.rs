//! What the failure of an engine is to those who know the store only. F-STORE-33

use services::world::Fault;

use super::engine::{EngineError, Meaning};
use crate::store::seam::StoreError;

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        match error.meaning {
            Meaning::Broken => Self::Broken(error.reason),
            Meaning::Away | Meaning::NotKnown => Self::Away(error.reason),
        }
    }
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> Self {
        Self::Fault(error.into())
    }
}

impl StoreError {
    /// A change that an engine did not acknowledge.
    pub(super) fn not_committed(error: EngineError) -> Self {
        match error.meaning {
            Meaning::NotKnown => Self::NotKnown(error.reason),
            Meaning::Broken | Meaning::Away => Self::NotCommitted(error.reason),
        }
    }
}
