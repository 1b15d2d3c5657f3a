//! What the writer does with nothing else under way: the first documents, replacing everything, deleting old records.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use services::state::installation::is_of_installation;
use services::world::Change;

use super::super::engine::{Changed, Changes, Commit, Staged, Terms, Writes};
use super::super::events::Block;
use super::super::nobody::Nobody;
use super::Writer;
use crate::store::seam::{Exported, StoreError};

/// How many blocks of the log are deleted together, while changes wait.
pub(in crate::store::local) const FORGOTTEN_AT_ONCE: u32 = 500;

/// How many documents an installation has of itself.
const MOST_OF_INSTALLATION: usize = 2;

impl Writer {
    /// Commits nothing, to see whether that works again.
    pub fn probe(&mut self) -> Result<(), StoreError> {
        self.commit_as_it_is(&Writes::new())
    }

    /// Deletes blocks of the log, see [`Engine::forget`](super::super::engine::Engine::forget).
    pub fn forget(&mut self, before: i64) -> Result<u64, StoreError> {
        Ok(self.core.engine.forget(before, FORGOTTEN_AT_ONCE)?)
    }

    /// Takes the terms of a segment into the index of the log, see [`Engine::index`](super::super::engine::Engine::index).
    pub fn index(&mut self, segment: u64, terms: &Terms) -> Result<(), StoreError> {
        Ok(self.core.engine.index(segment, terms)?)
    }

    /// Stores the first documents beside those of the installation.
    pub fn seed(&mut self, changes: BTreeMap<String, Change>) -> Result<(), StoreError> {
        self.catch_up(true)?;
        let first = self.core.engine.keys("", None, MOST_OF_INSTALLATION + 1);
        if !first?.iter().all(|key| is_of_installation(key)) {
            self.unlock();
            return Err(StoreError::NotEmpty);
        }
        let version = self.head.sequence + 1;
        let stage = |(key, change)| (key, Staged { version, change });
        match self.commit(&changes.into_iter().map(stage).collect(), Block::default())? {
            true => Ok(()),
            false => Err(StoreError::NotCommitted("another process was faster".to_owned())),
        }
    }

    /// Drops everything and stores `items` instead. Records that were queued before go as well.
    pub fn replace(
        &mut self,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> Result<(), StoreError> {
        let mut refused = None;
        let nobody = Nobody::default();
        // Where exactly they stood among the others is no longer known.
        let imported = self.head.sequence + 1;
        let mut checked = items.filter(|item| {
            match item {
                Ok(Exported::Event(event)) if event.account.is_none() => {
                    nobody.push(imported, event);
                    return false;
                }
                Ok(_) => {}
                Err(reason) => refused = Some(reason.clone()),
            }
            true
        });
        self.catch_up(true)?;
        self.is_locked = false;
        let is_shared = self.core.engine.shared().is_some();
        let committing = (!is_shared).then(|| self.core.cache.begin_all());
        let replaced = self.core.engine.replace(self.head.sequence, &mut checked);
        match (replaced, refused) {
            (Ok(head), _) => {
                match committing {
                    Some(committing) => committing.publish_all(),
                    None => {
                        // Its mark is not known here, and so what comes next is asked for as a whole.
                        let until = Commit { sequence: head.sequence, mark: String::new() };
                        self.core.follow(&Changes { until, what: Changed::Everything });
                    }
                }
                self.core.nobody.replace(&nobody);
                self.head = head;
                self.carried = Block::default();
                self.records_due = None;
                self.core.statistics.transactions.fetch_add(1, Ordering::Relaxed);
                self.show_head();
                Ok(())
            }
            (Err(_), Some(reason)) => Err(StoreError::NotImported(reason)),
            (Err(error), None) => Err(StoreError::not_committed(error)),
        }
    }
}
