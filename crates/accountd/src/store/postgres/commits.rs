//! The head: locking it, committing, and finding out what became of a commit whose answer was lost.
//!
//! A commit is sent at once and answered at once: it begins, moves the head from the number that is known to the next,
//! writes what it writes, and ends. Where the head has moved on already, none of that does anything. F-STORE-22
//!
//! Where the connection is lost meanwhile, the log says whether there is a block with the mark of this commit. If there is
//! none, an empty commit makes sure that there will be none: the lost one finds that the head has moved on.

mod replacing;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::arn::AccountId;
use services::world::Change;
use tokio::runtime::Handle;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::address::Address;
use super::reach::Reach;
use super::reading::{changes, escaped, sent};
use super::session::{Failed, Pauses, Sent, Session, Trouble, failed, unreachable};
use super::statements::*;
use super::{signed, unsigned};
use crate::entropy;
use crate::store::local::engine::{Batch, Changes, Commit, EngineError, EngineResult, Head, Writes};
use crate::store::local::events::Block;
use crate::store::seam::Exported;
use replacing::Replacing;

const COMMITTING: &[&str] =
    &[LOCK, CHANGES, MOVE, PUT, DELETE, APPEND, APPEND_ACCOUNTS, CLOSE_SEGMENT, WRITER, SET_HEAD];

/// A process that holds the head and does nothing with it, as one that was stopped does, loses it after this time. No
/// statement waits longer than this for another process.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '30s'";

/// The connection that commits.
pub(super) struct Committing {
    address: Arc<Address>,
    reach: Reach,
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

/// What looking for a commit came to.
enum Found {
    /// What its head is, if it was made.
    Head(Option<Head>),
    /// The head was lost meanwhile, so that what was found says nothing.
    NotHeld,
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
    pub fn new(address: Arc<Address>, reach: Reach, handle: Handle) -> Self {
        let process = entropy::request_id();
        Self {
            address,
            reach,
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
    async fn session(&mut self) -> Result<&Session, Failed> {
        if self.session.as_ref().is_none_or(|session| session.client.is_closed()) {
            self.holds_head = false;
            self.session = None;
            let session = Session::open(&self.address, &self.reach, COMMITTING).await?;
            // A database that does not know a setting has its own ways of not waiting for ever.
            let _ = session.answer(session.client.batch_execute(SETTINGS)).await;
            self.session = Some(session);
        }
        Ok(self.opened())
    }

    /// The connection as it is, lost or not.
    fn opened(&self) -> &Session {
        self.session.as_ref().expect("INVARIANT: it was opened before")
    }

    /// Forgets what failed: a lost connection altogether, a transaction that was refused by rolling it back.
    async fn give_up(&mut self, error: &Failed) {
        self.holds_head = false;
        let is_lost = Trouble::of(error) == Trouble::Lost;
        let is_usable = match &self.session {
            Some(session) if !is_lost => {
                session.answer(session.client.batch_execute("ROLLBACK")).await.is_ok()
            }
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
        let mut pauses = Pauses::new(&self.reach);
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
                    if !pauses.wait(&error).await {
                        return Err(unreachable(&error));
                    }
                }
            }
        }
    }

    async fn try_to_lock(&mut self, known: &Commit) -> Result<(Head, Changes), Failed> {
        let session = self.session().await?;
        let asked = signed(known.sequence);
        // The last of these begins when the head is locked, and so sees all that was committed.
        let all = vec![
            simple(session, "BEGIN"),
            query(session, LOCK, Vec::new()),
            query(session, CHANGES, vec![&asked]),
        ];
        let answers = session.answer(sent(all)).await?;
        let head = answers[1].first().map(head_of).unwrap_or_default();
        Ok((head, changes(known, &answers[2])))
    }

    /// See [`Shared::unlock`](crate::store::local::engine::Shared::unlock).
    pub fn unlock(&mut self) {
        let handle = self.handle.clone();
        handle.block_on(self.roll_back());
    }

    async fn roll_back(&mut self) {
        self.holds_head = false;
        let Some(session) = self.session.take() else { return };
        if session.answer(session.client.batch_execute("ROLLBACK")).await.is_ok() {
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
            if self.session().await.is_err() {
                // Nothing was sent, and where there is a connection again, it is to be decided again with the head held.
                self.lock_head(known).await?;
                self.roll_back().await;
                return Ok(None);
            }
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
                        Trouble::Lost => {
                            self.reach.failed(&error);
                            self.what_became_of(&commit).await
                        }
                    }
                }
            };
            if let Ok(Some(_)) = committed {
                self.listed.note(batch.block, segment);
            }
            Ok(committed?.map(|head| (head, commit.mark)))
        })
    }

    async fn try_to_commit(&mut self, commit: &Sending<'_>) -> Result<Option<Head>, Failed> {
        self.session().await?;
        // Asked only now: with the connection goes the head. Outside of a transaction, others would see a part of it.
        let begins = !self.holds_head;
        let session = self.opened();
        let answers = session.answer(sent(commit.sent(session, begins))).await?;
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
        let unknown = |error: EngineError| EngineError::not_known(error.reason);
        let mut pauses = Pauses::new(&self.reach);
        loop {
            let (head, changes) = self.lock_head(&Commit::default()).await.map_err(unknown)?;
            let error = match self.look_for(commit, head, &changes.until).await {
                Ok(Found::Head(found)) => return Ok(found),
                Ok(Found::NotHeld) => continue,
                Err(error) => error,
            };
            self.give_up(&error).await;
            if !pauses.wait(&error).await {
                return Err(unknown(unreachable(&error)));
            }
        }
    }

    /// Looks for a commit with the head held, and lets go of it.
    async fn look_for(&mut self, commit: &Sending<'_>, head: Head, last: &Commit) -> Result<Found, Failed> {
        let mark = self.next_mark();
        self.session().await?;
        if !self.holds_head {
            return Ok(Found::NotHeld);
        }
        let session = self.opened();
        let parameters = [&commit.sequence as &(dyn ToSql + Sync)];
        let asked = session.client.query_opt(session.statement(WRITER), &parameters);
        let found = session.answer(asked).await?;
        if found.is_some_and(|row| row.get::<_, &str>(0) == commit.mark) {
            session.answer(session.client.batch_execute("ROLLBACK")).await?;
            self.holds_head = false;
            return Ok(Found::Head(Some(Head { sequence: unsigned(commit.sequence), ..head })));
        }
        let (nothing, empty) = (Writes::new(), Block::default());
        let fence = Sending::new(last, mark, &nothing, &empty, Vec::new());
        session.answer(sent(fence.sent(session, false))).await?;
        self.holds_head = false;
        Ok(Found::Head(None))
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
            _ => Err(EngineError::away("the connection to the database was lost")),
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
