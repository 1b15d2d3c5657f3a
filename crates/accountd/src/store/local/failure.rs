//! What a failure of SQLite is to the engine, and that of an engine to those who know the store only. F-STORE-33

use rusqlite::ErrorCode;
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

impl From<rusqlite::Error> for EngineError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's messages name tables, columns and causes, never stored values.
        let reason = error.to_string();
        match error.sqlite_error_code() {
            // Found before anything was written to the end.
            Some(
                ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::OutOfMemory,
            ) => Self::away(reason),
            // A disk that failed to write to the end may have kept it all the same.
            Some(ErrorCode::SystemIoFailure) => Self::not_known(reason),
            _ => Self::broken(reason),
        }
    }
}
