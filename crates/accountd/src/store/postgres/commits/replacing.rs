//! Replacing everything, in the one transaction that holds the head.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use tokio::runtime::Handle;
use tokio_postgres::Error;

use super::super::reading::{EVERYTHING, sent};
use super::super::session::{Session, failed};
use super::super::statements::*;
use super::super::{signed, unsigned};
use super::Sending;
use crate::store::local::engine::{Commit, EngineError, EngineResult, Head, Writes};
use crate::store::local::events::Block;
use crate::store::seam::Exported;

/// The same while everything is replaced: the source of an import may be slow.
const PATIENT: &str = "SET idle_in_transaction_session_timeout = '300s'; SET statement_timeout = '0'";

/// Documents that are written together while everything is replaced.
const PUT_AT_ONCE: usize = 500;

/// Everything on its way into an emptied database.
pub(super) struct Replacing<'s> {
    pub session: &'s Session,
    pub handle: &'s Handle,
    pub mark: String,
    /// The last number that was given.
    pub sequence: u64,
    pub events: u64,
}

impl Replacing<'_> {
    /// Replaces everything. To be called with the head held.
    pub fn run(mut self, items: &mut dyn Iterator<Item = Result<Exported, String>>) -> EngineResult<Head> {
        let client = &self.session.client;
        self.wait(client.batch_execute(PATIENT))?;
        for statement in CLEAR {
            self.wait(client.execute(*statement, &[]))?;
        }
        // The head moves first, since what belongs to a commit is written only where the head is at it.
        self.sequence += 1;
        self.move_head()?;
        let mut documents = BTreeMap::new();
        let mut block = Block::default();
        let mut is_first = true;
        for item in items {
            match item.map_err(EngineError::broken)? {
                Exported::Document { key, text } => {
                    documents.insert(key, text);
                    if documents.len() >= PUT_AT_ONCE {
                        self.put(&std::mem::take(&mut documents))?;
                    }
                }
                Exported::Event(record) => {
                    block.push(&record);
                    self.events += 1;
                    if block.is_large() {
                        self.append(&std::mem::take(&mut block), is_first)?;
                        is_first = false;
                        self.sequence += 1;
                        self.move_head()?;
                    }
                }
            }
        }
        self.put(&documents)?;
        self.append(&block, is_first)?;
        let documents = self.move_head()?;
        self.wait(client.batch_execute("COMMIT"))?;
        Ok(Head { sequence: self.sequence, documents, events: self.events })
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> EngineResult<T> {
        self.handle.block_on(answer).map_err(|error| failed(&error.into()))
    }

    fn move_head(&self) -> EngineResult<u64> {
        let (sequence, events) = (signed(self.sequence), signed(self.events));
        let statement = self.session.statement(SET_HEAD);
        let row = self.wait(self.session.client.query_one(statement, &[&sequence, &self.mark, &events]))?;
        Ok(unsigned(row.get(0)))
    }

    fn put(&self, documents: &BTreeMap<String, String>) -> EngineResult<()> {
        if documents.is_empty() {
            return Ok(());
        }
        let keys: Vec<&[u8]> = documents.keys().map(|key| key.as_bytes()).collect();
        let texts: Vec<&str> = documents.values().map(String::as_str).collect();
        let sequence = signed(self.sequence);
        let statement = self.session.statement(PUT);
        let parameters = [&sequence as _, &self.mark as _, &keys as _, &texts as _];
        let written = self.session.client.execute(statement, &parameters);
        self.wait(written).map(drop)
    }

    fn append(&self, block: &Block, is_first: bool) -> EngineResult<()> {
        let (nothing, accounts) = (Writes::new(), block.accounts.iter().map(AccountId::as_str).collect());
        let before = Commit { sequence: self.sequence - 1, mark: String::new() };
        let mut commit = Sending::new(&before, self.mark.clone(), &nothing, block, accounts);
        if is_first {
            commit.changed = EVERYTHING.to_owned();
        }
        let all = commit.sent(self.session, false);
        // Without the first, which would move the head, and the last, which would end the transaction.
        let last = all.len() - 1;
        let appended = all.into_iter().take(last).skip(1).collect();
        self.wait(sent(appended)).map(drop)
    }
}
