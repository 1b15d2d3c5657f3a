//! The head: locking it, committing, and finding out what became of a commit whose answer was lost.
//!
//! A commit is sent at once and answered at once: it begins, moves the head from the number that is known to the next,
//! writes what it writes, and ends. Where the head has moved on already, none of that does anything. F-STORE-22
//!
//! Where the connection is lost meanwhile, the log says whether there is a block with the mark of this commit. If there is
//! none, an empty commit makes sure that there will be none: the lost one finds that the head has moved on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::arn::AccountId;
use services::world::Change;
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::address::Address;
use super::reading::{EVERYTHING, changes, escaped, sent};
use super::session::{Pauses, Sent, Session, Trouble, failed, unreachable};
use super::statements::*;
use super::{signed, unsigned};
use crate::entropy;
use crate::store::local::engine::{Batch, Changes, Commit, EngineError, EngineResult, Head, Writes};
use crate::store::local::events::Block;
use crate::store::seam::Exported;

const COMMITTING: &[&str] =
    &[LOCK, CHANGES, MOVE, PUT, DELETE, APPEND, APPEND_ACCOUNTS, CLOSE_SEGMENT, WRITER, SET_HEAD];

/// A process that holds the head and does nothing with it, as one that was stopped does, loses it after this time. No
/// statement waits longer than this for another process.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '30s'";

/// The same while everything is replaced: the source of an import may be slow.
const PATIENT: &str = "SET idle_in_transaction_session_timeout = '300s'; SET statement_timeout = '0'";

/// Documents that are written together while everything is replaced.
const PUT_AT_ONCE: usize = 500;

/// The connection that commits.
pub(super) struct Committing {
    address: Arc<Address>,
    handle: Handle,
    session: Option<Session>,
    /// Whether a transaction has begun that holds the head.
    holds_head: bool,
    /// What this process marks its commits with, followed by the number of the attempt.
    process: String,
    attempts: u64,
    listed: Listed,
}

/// The accounts that are known to be listed in the newest segment. Only what was committed is noted.
#[derive(Default)]
struct Listed {
    segment: u64,
    accounts: BTreeSet<AccountId>,
}

impl Listed {
    fn lacks<'b>(&self, block: &'b Block, segment: u64) -> Vec<&'b str> {
        let is_new = |account: &&AccountId| self.segment != segment || !self.accounts.contains(account);
        block.accounts.iter().filter(is_new).map(AccountId::as_str).collect()
    }

    fn note(&mut self, block: &Block, segment: u64) {
        if self.segment != segment {
            *self = Self { segment, accounts: BTreeSet::new() };
        }
        self.accounts.extend(&block.accounts);
    }
}

/// What one commit sends.
struct Sending<'b> {
    known: i64,
    known_mark: String,
    sequence: i64,
    mark: String,
    put_keys: Vec<&'b [u8]>,
    put_texts: Vec<&'b str>,
    deleted: Vec<&'b [u8]>,
    touched: Vec<&'b [u8]>,
    puts: i64,
    block: &'b Block,
    count: i64,
    changed: String,
    accounts: Vec<&'b str>,
    /// The segment that ends with this commit.
    closed: Option<i64>,
}

impl<'b> Sending<'b> {
    fn new(
        after: &Commit,
        mark: String,
        writes: &'b Writes,
        block: &'b Block,
        accounts: Vec<&'b str>,
    ) -> Self {
        let (mut put_keys, mut put_texts, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
        for (key, staged) in writes {
            match &staged.change {
                Change::Put { text, .. } => {
                    put_keys.push(key.as_bytes());
                    put_texts.push(&**text);
                }
                Change::Delete => deleted.push(key.as_bytes()),
            }
        }
        let sequence = after.sequence + 1;
        let begins_segment = sequence.is_multiple_of(1 << SEGMENT_BITS);
        Self {
            known: signed(after.sequence),
            known_mark: after.mark.clone(),
            sequence: signed(sequence),
            mark,
            puts: signed(put_keys.len() as u64),
            put_keys,
            put_texts,
            deleted,
            touched: writes.keys().map(|key| key.as_bytes()).collect(),
            block,
            count: i64::from(block.count),
            changed: escaped(writes.keys()),
            accounts,
            closed: begins_segment.then(|| signed((sequence >> SEGMENT_BITS) - 1)),
        }
    }

    /// Everything that it sends, in order. The first answer is that of [`MOVE`].
    fn sent<'s>(&'s self, session: &'s Session, begins: bool) -> Vec<Sent<'s, Vec<Row>>> {
        let mut all: Vec<Sent<'s, Vec<Row>>> = Vec::with_capacity(8);
        if begins {
            all.push(simple(session, "BEGIN"));
        }
        all.push(query(
            session,
            MOVE,
            vec![&self.known, &self.mark, &self.count, &self.puts, &self.touched, &self.known_mark],
        ));
        if !self.put_keys.is_empty() {
            let what: Parameters<'s> = vec![&self.sequence, &self.mark, &self.put_keys, &self.put_texts];
            all.push(query(session, PUT, what));
        }
        if !self.deleted.is_empty() {
            all.push(query(session, DELETE, vec![&self.sequence, &self.mark, &self.deleted]));
        }
        let block = self.block;
        let what: Parameters<'s> = vec![
            &self.sequence,
            &self.mark,
            &block.first_time,
            &block.last_time,
            &self.count,
            &block.records,
            &self.changed,
        ];
        all.push(query(session, APPEND, what));
        if !self.accounts.is_empty() {
            all.push(query(session, APPEND_ACCOUNTS, vec![&self.sequence, &self.mark, &self.accounts]));
        }
        if let Some(closed) = &self.closed {
            all.push(query(session, CLOSE_SEGMENT, vec![&self.sequence, &self.mark, closed]));
        }
        all.push(simple(session, "COMMIT"));
        all
    }
}

type Parameters<'s> = Vec<&'s (dyn ToSql + Sync)>;

fn query<'s>(
    session: &'s Session,
    statement: &'static str,
    parameters: Parameters<'s>,
) -> Sent<'s, Vec<Row>> {
    Box::pin(async move { session.client.query(session.statement(statement), &parameters).await })
}

fn simple<'s>(session: &'s Session, statement: &'static str) -> Sent<'s, Vec<Row>> {
    Box::pin(async move { session.client.batch_execute(statement).await.map(|()| Vec::new()) })
}

fn head_of(row: &Row) -> Head {
    Head { sequence: unsigned(row.get(0)), documents: unsigned(row.get(1)), events: unsigned(row.get(2)) }
}

impl Committing {
    pub fn new(address: Arc<Address>, handle: Handle) -> Self {
        let process = entropy::request_id();
        Self {
            address,
            handle,
            session: None,
            holds_head: false,
            process,
            attempts: 0,
            listed: Listed::default(),
        }
    }

    fn next_mark(&mut self) -> String {
        self.attempts += 1;
        format!("{}/{}", self.process, self.attempts)
    }

    /// The connection; another where it was lost.
    async fn session(&mut self) -> Result<&Session, Error> {
        if self.session.as_ref().is_none_or(|session| session.client.is_closed()) {
            self.holds_head = false;
            self.session = None;
            let session = Session::open(&self.address, COMMITTING).await?;
            // A database that does not know a setting has its own ways of not waiting for ever.
            let _ = session.client.batch_execute(SETTINGS).await;
            self.session = Some(session);
        }
        Ok(self.session.as_ref().expect("INVARIANT: it was just opened"))
    }

    /// Forgets what failed: a lost connection altogether, a transaction that was refused by rolling it back.
    async fn give_up(&mut self, error: &Error) {
        self.holds_head = false;
        let is_lost = Trouble::of(error) == Trouble::Lost;
        let is_usable = match &self.session {
            Some(session) if !is_lost => session.client.batch_execute("ROLLBACK").await.is_ok(),
            _ => false,
        };
        if !is_usable {
            self.session = None;
        }
    }

    /// See [`Shared::lock`](crate::store::local::engine::Shared::lock).
    pub fn lock(&mut self, known: Commit) -> EngineResult<(Head, Changes)> {
        let handle = self.handle.clone();
        handle.block_on(self.lock_head(&known))
    }

    async fn lock_head(&mut self, known: &Commit) -> EngineResult<(Head, Changes)> {
        let mut pauses = Pauses::new();
        loop {
            let error = match self.try_to_lock(known).await {
                Ok(locked) => {
                    self.holds_head = true;
                    return Ok(locked);
                }
                Err(error) => error,
            };
            self.give_up(&error).await;
            match Trouble::of(&error) {
                Trouble::Lasting => return Err(failed(&error)),
                Trouble::Again | Trouble::Lost => {
                    if !pauses.wait().await {
                        return Err(unreachable(&error));
                    }
                }
            }
        }
    }

    async fn try_to_lock(&mut self, known: &Commit) -> Result<(Head, Changes), Error> {
        let session = self.session().await?;
        let asked = signed(known.sequence);
        // The last of these begins when the head is locked, and so sees all that was committed.
        let all = vec![
            simple(session, "BEGIN"),
            query(session, LOCK, Vec::new()),
            query(session, CHANGES, vec![&asked]),
        ];
        let answers = sent(all).await?;
        let head = answers[1].first().map(head_of).unwrap_or_default();
        Ok((head, changes(known, &answers[2])))
    }

    /// See [`Shared::unlock`](crate::store::local::engine::Shared::unlock).
    pub fn unlock(&mut self) {
        self.holds_head = false;
        let Some(session) = self.session.take() else { return };
        let handle = self.handle.clone();
        if handle.block_on(session.client.batch_execute("ROLLBACK")).is_ok() {
            self.session = Some(session);
        }
    }

    /// See [`Shared::commit_after`](crate::store::local::engine::Shared::commit_after).
    pub fn commit_after(
        &mut self,
        known: &Commit,
        batch: &Batch<'_>,
    ) -> EngineResult<Option<(Head, String)>> {
        let handle = self.handle.clone();
        handle.block_on(async {
            let segment = (known.sequence + 1) >> SEGMENT_BITS;
            let accounts = self.listed.lacks(batch.block, segment);
            let mark = self.next_mark();
            let commit = Sending::new(known, mark, batch.writes, batch.block, accounts);
            let committed = match self.try_to_commit(&commit).await {
                Ok(committed) => Ok(committed),
                Err(error) => {
                    self.give_up(&error).await;
                    match Trouble::of(&error) {
                        // It was rolled back: to be decided again, with the head held.
                        Trouble::Again => Ok(None),
                        Trouble::Lasting => Err(failed(&error)),
                        Trouble::Lost => self.what_became_of(&commit).await,
                    }
                }
            };
            if let Ok(Some(_)) = committed {
                self.listed.note(batch.block, segment);
            }
            Ok(committed?.map(|head| (head, commit.mark)))
        })
    }

    async fn try_to_commit(&mut self, commit: &Sending<'_>) -> Result<Option<Head>, Error> {
        let is_first = self.session.is_none();
        let begins = !self.holds_head || is_first;
        let session = self.session().await?;
        let answers = sent(commit.sent(session, begins)).await?;
        self.holds_head = false;
        let moved = answers.get(usize::from(begins)).and_then(|rows| rows.first());
        Ok(moved.map(|row| Head {
            sequence: unsigned(commit.sequence),
            documents: unsigned(row.get(0)),
            events: unsigned(row.get(1)),
        }))
    }

    /// Whether a commit was made whose answer was lost. Where it was not, it will not be.
    async fn what_became_of(&mut self, commit: &Sending<'_>) -> EngineResult<Option<Head>> {
        let unknown = |error: EngineError| {
            EngineError(format!("{}; whether the change was kept is not known", error.0))
        };
        let mut pauses = Pauses::new();
        loop {
            let (head, changes) = self.lock_head(&Commit::default()).await.map_err(unknown)?;
            let error = match self.look_for(commit, head, &changes.until).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            self.give_up(&error).await;
            if !pauses.wait().await {
                return Err(unknown(unreachable(&error)));
            }
        }
    }

    /// Looks for a commit with the head held, and lets go of it.
    async fn look_for(
        &mut self,
        commit: &Sending<'_>,
        head: Head,
        last: &Commit,
    ) -> Result<Option<Head>, Error> {
        let mark = self.next_mark();
        let session = self.session().await?;
        let found = session.client.query_opt(session.statement(WRITER), &[&commit.sequence]).await?;
        if found.is_some_and(|row| row.get::<_, &str>(0) == commit.mark) {
            session.client.batch_execute("ROLLBACK").await?;
            self.holds_head = false;
            return Ok(Some(Head { sequence: unsigned(commit.sequence), ..head }));
        }
        let (nothing, empty) = (Writes::new(), Block::default());
        let fence = Sending::new(last, mark, &nothing, &empty, Vec::new());
        sent(fence.sent(session, false)).await?;
        self.holds_head = false;
        Ok(None)
    }

    /// Drops everything and stores `items` instead. To be called with the head held.
    pub fn replace(
        &mut self,
        sequence: u64,
        items: &mut dyn Iterator<Item = Result<Exported, String>>,
    ) -> EngineResult<Head> {
        let handle = self.handle.clone();
        let mark = self.next_mark();
        let replaced = match (&self.session, self.holds_head) {
            (Some(session), true) => {
                Replacing { session, handle: &handle, mark, sequence, events: 0 }.run(items)
            }
            _ => Err(EngineError("the connection to the database was lost".to_owned())),
        };
        self.holds_head = false;
        self.listed = Listed::default();
        match &self.session {
            Some(session) if replaced.is_ok() => {
                let _ = handle.block_on(session.client.batch_execute(SETTINGS));
            }
            // Whatever it was doing ends with its connection.
            _ => self.session = None,
        }
        replaced
    }
}

/// Everything on its way into an emptied database.
struct Replacing<'s> {
    session: &'s Session,
    handle: &'s Handle,
    mark: String,
    /// The last number that was given.
    sequence: u64,
    events: u64,
}

impl Replacing<'_> {
    fn run(mut self, items: &mut dyn Iterator<Item = Result<Exported, String>>) -> EngineResult<Head> {
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
            match item.map_err(EngineError)? {
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
        self.handle.block_on(answer).map_err(|error| failed(&error))
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
