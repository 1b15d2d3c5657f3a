//! What is done to the event log beside all calls: a part of it is taken into its index, what is too old goes, and it is
//! measured.

use jiff::Timestamp;

use super::engine::{EngineResult, Terms};
use super::index::gather;
use super::sync::lock;
use super::writer::FORGOTTEN_AT_ONCE;
use super::{Core, Store};
use crate::store::seam::StoreError;

impl Store {
    /// Measures the event log; [`StoreStatistics::log`](crate::store::StoreStatistics::log) says what came of it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn measure_log(&self) -> Result<(), StoreError> {
        let size = self.beside(&self.exporting, |core| core.engine.log_size()).await??;
        *lock(&self.core.statistics.log) = size;
        Ok(())
    }

    /// Deletes records of the log that are all before a moment, block by block, and gives their space back. Says how
    /// many blocks went. F-STORE-19
    ///
    /// # Errors
    /// See [`StoreError`]; what was deleted until then is gone.
    pub async fn forget(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.as_microsecond();
        let mut forgotten = 0;
        loop {
            // One after the other, so that changes come in between.
            let blocks = self.alone(move |writer| writer.forget(before)).await?;
            forgotten += blocks;
            if blocks < u64::from(FORGOTTEN_AT_ONCE) {
                return Ok(forgotten);
            }
        }
    }

    /// Takes one segment of the log into the index; `false` if there is none to take in.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn index_log(&self) -> Result<bool, StoreError> {
        let gather = |core: &Core| -> EngineResult<Option<(u64, Terms)>> {
            let Some(segment) = core.engine.unindexed()? else { return Ok(None) };
            Ok(Some((segment, gather(&*core.engine, segment)?)))
        };
        let Some((segment, terms)) = self.beside(&self.exporting, gather).await?? else { return Ok(false) };
        self.alone(move |writer| writer.index(segment, &terms)).await?;
        Ok(true)
    }
}
