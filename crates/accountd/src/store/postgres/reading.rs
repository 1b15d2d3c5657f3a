//! Reading: documents, lists and the log, of now or of one moment.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use aws::arn::AccountId;
use services::state::leads::LEADS;
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::address::Address;
use super::reach::Reach;
use super::session::{Failed, Pauses, Session, Trouble, all, failed, unreachable};
use super::statements::*;
use super::{signed, unsigned};
use crate::store::local::engine::{
    BlockFilter, Changed, Changes, Commit, EngineError, EngineResult, Fetched, Moment, Stored, VisitBlock,
};
use crate::store::local::events::parse_line;
use crate::store::seam::{Exported, LogSize};

/// What stands in a block of the log where everything was replaced.
pub(super) const EVERYTHING: &str = "*";

/// How many rows [`CHANGES`] gives at the most.
const MOST_CHANGES: usize = 1001;

/// Blocks of the log fetched together: each may have some hundred kilobytes.
const BLOCKS_AT_ONCE: i64 = 16;

/// Documents exported together.
const DOCUMENTS_AT_ONCE: i64 = 500;

/// Connections that are kept when nobody uses them.
const KEPT_IDLE: usize = 4;

/// How often a question is asked again that others were in the way of.
const MOST_ATTEMPTS: usize = 10;

const READING: &[&str] = &[
    CHANGES,
    FETCH,
    KEYS,
    BLOCKS,
    BLOCKS_OF_ACCOUNT,
    HEAD,
    OLD_BLOCKS,
    OLD_SEGMENTS,
    OLD_ACCOUNTS,
    LOG_SIZE,
];

/// Begins a transaction that sees one moment.
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Connections to read with: as many as are in use at once.
pub(super) struct Pool {
    address: Arc<Address>,
    reach: Reach,
    handle: Handle,
    idle: Mutex<Vec<Session>>,
}

impl Pool {
    pub fn new(address: Arc<Address>, reach: Reach, handle: Handle) -> Self {
        Self { address, reach, handle, idle: Mutex::default() }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(&self) -> Result<Session, Failed> {
        let kept = {
            let mut idle = self.idle();
            let kept = idle.pop();
            self.note_idle(idle.len());
            kept
        };
        match kept {
            Some(session) if !session.client.is_closed() => Ok(session),
            _ => Session::open(&self.address, &self.reach, READING).await,
        }
    }

    fn note_idle(&self, idle: usize) {
        self.reach.statistics().connections_idle.store(idle as u64, Relaxed);
    }

    fn give_back(&self, session: Session) {
        let mut idle = self.idle();
        if idle.len() < KEPT_IDLE && !session.client.is_closed() {
            idle.push(session);
        }
        self.note_idle(idle.len());
    }

    /// Whether what failed is worth asking again, after a pause if need be: a question can be asked twice.
    async fn again(&self, error: &Failed, attempts: &mut Attempts) -> EngineResult<()> {
        attempts.made += 1;
        match Trouble::of(error) {
            Trouble::Lasting => Err(failed(error)),
            Trouble::Again if attempts.made <= MOST_ATTEMPTS => Ok(()),
            Trouble::Again => Err(failed(error)),
            Trouble::Lost => {
                // Those that were kept were lost together.
                self.idle().clear();
                self.note_idle(0);
                if attempts.made == 1 || attempts.pauses.wait(error).await {
                    Ok(())
                } else {
                    Err(unreachable(error))
                }
            }
        }
    }

    /// See [`Shared::changes`](crate::store::local::engine::Shared::changes).
    pub async fn changes(&self, known: Commit) -> EngineResult<Changes> {
        let mut attempts = Attempts::new(&self.reach);
        loop {
            match self.ask_for_changes(signed(known.sequence)).await {
                Ok(rows) => return Ok(changes(&known, &rows)),
                Err(error) => self.again(&error, &mut attempts).await?,
            }
        }
    }

    async fn ask_for_changes(&self, known: i64) -> Result<Vec<Row>, Failed> {
        let session = self.session().await?;
        let rows = session.answer(session.client.query(session.statement(CHANGES), &[&known])).await?;
        self.give_back(session);
        Ok(rows)
    }

    /// See [`Shared::fetch`](crate::store::local::engine::Shared::fetch).
    pub async fn fetch(&self, keys: Vec<String>) -> EngineResult<Fetched> {
        let mut attempts = Attempts::new(&self.reach);
        loop {
            match self.ask_for_documents(&keys).await {
                Ok(fetched) => return Ok(fetched),
                Err(error) => self.again(&error, &mut attempts).await?,
            }
        }
    }

    async fn ask_for_documents(&self, keys: &[String]) -> Result<Fetched, Failed> {
        let session = self.session().await?;
        let fetched = fetch(&session, keys).await?;
        self.give_back(session);
        Ok(fetched)
    }

    async fn begin_snapshot(&self, known: &Commit) -> Result<(Session, Changes), Failed> {
        let session = self.session().await?;
        let asked = signed(known.sequence);
        let parameters = [&asked as _];
        let begin = async {
            let (begun, rows) = tokio::join!(
                biased;
                session.client.batch_execute(BEGIN),
                session.client.query(session.statement(CHANGES), &parameters)
            );
            begun.and(rows)
        };
        let changes = changes(known, &session.answer(begin).await?);
        Ok((session, changes))
    }

    /// Whether state can be read, now: whoever asks that waits for nothing to be mended.
    pub async fn check(&self) -> EngineResult<()> {
        let newest = signed(u64::MAX);
        let asked = match self.ask_for_changes(newest).await {
            // The connections that were kept may be those of a database that was started again.
            Err(error) if Trouble::of(&error) == Trouble::Lost => {
                self.idle().clear();
                self.note_idle(0);
                self.ask_for_changes(newest).await
            }
            asked => asked,
        };
        asked.map(drop).map_err(|error| unreachable(&error))
    }

    /// See [`Engine::forget`](crate::store::local::engine::Engine::forget).
    pub async fn forget(&self, before: i64, limit: u32) -> EngineResult<u64> {
        let mut attempts = Attempts::new(&self.reach);
        loop {
            match self.delete_old(before, limit).await {
                Ok(blocks) => return Ok(blocks),
                Err(error) => self.again(&error, &mut attempts).await?,
            }
        }
    }

    /// See [`Engine::log_size`](crate::store::local::engine::Engine::log_size).
    pub async fn log_size(&self) -> EngineResult<LogSize> {
        let mut attempts = Attempts::new(&self.reach);
        loop {
            match self.ask_for_log_size().await {
                Ok(size) => return Ok(size),
                Err(error) => self.again(&error, &mut attempts).await?,
            }
        }
    }

    async fn ask_for_log_size(&self) -> Result<LogSize, Failed> {
        let session = self.session().await?;
        let row = session.answer(session.client.query_one(session.statement(LOG_SIZE), &[])).await?;
        self.give_back(session);
        Ok(LogSize { records: None, bytes: unsigned(row.get(0)), oldest: row.get(1) })
    }

    async fn delete_old(&self, before: i64, limit: u32) -> Result<u64, Failed> {
        let session = self.session().await?;
        let client = &session.client;
        let most = i64::from(limit);
        let blocks = client.execute(session.statement(OLD_BLOCKS), &[&before, &most]).await?;
        if blocks > 0 && blocks < u64::from(limit) {
            client.execute(session.statement(OLD_SEGMENTS), &[&before]).await?;
            client.execute(session.statement(OLD_ACCOUNTS), &[]).await?;
        }
        self.give_back(session);
        Ok(blocks)
    }
}

/// How often something was asked in vain.
struct Attempts {
    made: usize,
    pauses: Pauses,
}

impl Attempts {
    fn new(reach: &Reach) -> Self {
        Self { made: 0, pauses: Pauses::new(reach) }
    }
}

/// The documents under these keys, and those that they lead to.
async fn fetch(session: &Session, keys: &[String]) -> Result<Fetched, Failed> {
    let asked: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
    let kinds: Vec<&str> = LEADS.iter().map(|lead| lead.kind).collect();
    let members: Vec<&str> = LEADS.iter().map(|lead| lead.member).collect();
    let places: Vec<&str> = LEADS.iter().map(|lead| lead.leads_to).collect();
    let parameters = [&asked as _, &kinds as _, &members as _, &places as &(dyn ToSql + Sync)];
    let rows = session.answer(session.client.query(session.statement(FETCH), &parameters)).await?;
    let as_of = rows.first().map_or(0, |row| unsigned(row.get(0)));
    let document = |row: &Row| {
        // What is no text is nobody's key.
        let key = std::str::from_utf8(row.get::<_, Option<&[u8]>>(1)?).ok()?;
        let stored = row.get::<_, Option<i64>>(2).map(|version| (unsigned(version), row.get(3)));
        Some((key.to_owned(), stored))
    };
    Ok(Fetched { as_of, documents: rows.iter().filter_map(document).collect() })
}

/// What the rows of [`CHANGES`] say.
pub(super) fn changes(known: &Commit, rows: &[Row]) -> Changes {
    let Some(first) = rows.first() else {
        return Changes { until: Commit::default(), what: Changed::Everything };
    };
    let until = Commit { sequence: unsigned(first.get(0)), mark: first.get(1) };
    let mut blocks: Vec<(u64, &str)> = rows
        .iter()
        .filter_map(|row| Some((unsigned(row.get::<_, Option<i64>>(3)?), row.get::<_, &str>(4))))
        .collect();
    blocks.sort_unstable();
    // The commit that is known is another one, or none: a standby took over that lacked it. A gap: blocks were deleted
    // that were not read in time.
    let is_whole = first.get::<_, Option<&str>>(2) == Some(&known.mark)
        && rows.len() < MOST_CHANGES
        && blocks.len() as u64 == until.sequence.saturating_sub(known.sequence)
        && blocks.first().is_none_or(|(first, _)| *first == known.sequence + 1);
    let everything = Changes { until: until.clone(), what: Changed::Everything };
    if !is_whole {
        return everything;
    }
    let mut keys = Vec::new();
    for (commit, changed) in blocks {
        if changed == EVERYTHING {
            return everything;
        }
        keys.extend(changed.lines().map(|key| (unescaped(key), commit)));
    }
    Changes { until, what: Changed::Keys(keys) }
}

/// Keys as a block of the log names them, a line each.
pub(super) fn escaped<'k>(keys: impl Iterator<Item = &'k String>) -> String {
    let mut text = String::new();
    for key in keys {
        for character in key.chars() {
            match character {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\\' => text.push_str("\\\\"),
                other => text.push(other),
            }
        }
        text.push('\n');
    }
    text
}

pub(super) fn unescaped(line: &str) -> String {
    let mut key = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => key.push('\n'),
                Some('r') => key.push('\r'),
                other => key.extend(other),
            },
            (other, false) => key.push(other),
        }
    }
    key
}

/// The first bytes that no key with this prefix has. No key has the byte 255, since keys are UTF-8.
fn end_of(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    match end.last_mut() {
        Some(last) => *last += 1,
        None => end.push(255),
    }
    end
}

fn key_of(bytes: &[u8]) -> EngineResult<String> {
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned).map_err(|_| EngineError::broken("a key in the database is no text"))
}

/// One moment of the database, on a connection of its own.
pub(super) struct Snapshot {
    pool: Arc<Pool>,
    session: Option<Session>,
    changes: Changes,
    was_lost: Cell<bool>,
}

impl Snapshot {
    /// Begins one. To be called where waiting is allowed.
    pub fn begin(pool: &Arc<Pool>, known: Commit) -> EngineResult<Self> {
        let begun: EngineResult<_> = pool.handle.block_on(async {
            let mut attempts = Attempts::new(&pool.reach);
            loop {
                match pool.begin_snapshot(&known).await {
                    Ok(begun) => return Ok(begun),
                    Err(error) => pool.again(&error, &mut attempts).await?,
                }
            }
        });
        let (session, changes) = begun?;
        Ok(Self { pool: Arc::clone(pool), session: Some(session), changes, was_lost: Cell::new(false) })
    }

    fn session(&self) -> &Session {
        self.session.as_ref().expect("INVARIANT: it is there until the snapshot is dropped")
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> EngineResult<T> {
        self.note(self.pool.handle.block_on(self.session().answer(answer)))
    }

    fn note<T>(&self, answer: Result<T, Failed>) -> EngineResult<T> {
        answer.map_err(|error| {
            self.was_lost.set(Trouble::of(&error) != Trouble::Lasting);
            failed(&error)
        })
    }

    /// Every document in the order of keys, and then every event, oldest first.
    pub fn export(&self, visit: &mut dyn FnMut(Exported) -> ControlFlow<()>) -> EngineResult<()> {
        let client = &self.session().client;
        let documents = self.wait(client.prepare(DOCUMENTS))?;
        let mut after: Vec<u8> = Vec::new();
        loop {
            let rows = self.wait(client.query(&documents, &[&after, &DOCUMENTS_AT_ONCE]))?;
            let Some(last) = rows.last() else { break };
            after = last.get(0);
            for row in &rows {
                let (key, text) = (key_of(row.get(0))?, row.get(1));
                if visit(Exported::Document { key, text }).is_break() {
                    return Ok(());
                }
            }
        }
        self.blocks_from(0, &mut |_, _, records| {
            let mut records = records.lines().filter_map(parse_line);
            records.try_for_each(|record| visit(Exported::Event(record)))
        })
    }

    /// Blocks of records with this number or a higher one, oldest first.
    pub fn blocks_from(&self, first: u64, visit: VisitBlock<'_>) -> EngineResult<()> {
        let client = &self.session().client;
        let blocks = self.wait(client.prepare(BLOCKS_FORWARD))?;
        let mut after = signed(first) - 1;
        loop {
            let rows = self.wait(client.query(&blocks, &[&after, &BLOCKS_AT_ONCE]))?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.get(0);
            for row in &rows {
                let count = u32::try_from(row.get::<_, i64>(1)).unwrap_or(u32::MAX);
                if visit(unsigned(row.get(0)), count, row.get(2)).is_break() {
                    return Ok(());
                }
            }
        }
    }

    async fn some_blocks(&self, filter: &BlockFilter, up_to: u64) -> Result<Vec<Row>, Error> {
        let session = self.session();
        let up_to = signed(up_to);
        match filter.account.as_ref().map(AccountId::as_str) {
            None => {
                let statement = session.statement(BLOCKS);
                let parameters = [&up_to as _, &filter.from as _, &filter.until as _, &BLOCKS_AT_ONCE as _];
                session.client.query(statement, &parameters).await
            }
            Some(account) => {
                let statement = session.statement(BLOCKS_OF_ACCOUNT);
                let parameters = [
                    &up_to as _,
                    &filter.from as _,
                    &filter.until as _,
                    &BLOCKS_AT_ONCE as _,
                    &account as &(dyn tokio_postgres::types::ToSql + Sync),
                ];
                session.client.query(statement, &parameters).await
            }
        }
    }
}

impl Moment for Snapshot {
    fn changes(&self) -> &Changes {
        &self.changes
    }

    fn was_lost(&self) -> bool {
        self.was_lost.get()
    }

    fn fetch(&self, keys: &[String]) -> EngineResult<Vec<(String, Stored)>> {
        let fetched = self.note(self.pool.handle.block_on(fetch(self.session(), keys)))?;
        Ok(fetched.documents)
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> EngineResult<Vec<String>> {
        let session = self.session();
        let (begin, end) = (prefix.as_bytes(), end_of(prefix));
        let (after, most) = (after.unwrap_or_default().as_bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
        let parameters = [&begin as _, &after as _, &end as _, &most as _];
        let asked = session.client.query(session.statement(KEYS), &parameters);
        self.wait(asked)?.iter().map(|row| key_of(row.get(0))).collect()
    }

    fn blocks(&self, filter: &BlockFilter, visit: VisitBlock<'_>) -> EngineResult<()> {
        let mut up_to = filter.up_to;
        loop {
            let rows = self.wait(self.some_blocks(filter, up_to))?;
            for row in &rows {
                let sequence = unsigned(row.get(0));
                let count = u32::try_from(row.get::<_, i64>(1)).unwrap_or(u32::MAX);
                if visit(sequence, count, row.get(2)).is_break() {
                    return Ok(());
                }
                up_to = sequence.saturating_sub(1);
            }
            if (rows.len() as i64) < BLOCKS_AT_ONCE || up_to == 0 {
                return Ok(());
            }
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        let pool = Arc::clone(&self.pool);
        self.pool.handle.spawn(async move {
            if session.client.batch_execute("ROLLBACK").await.is_ok() {
                pool.give_back(session);
            }
        });
    }
}

/// Sends what is to be sent together, and gives the first error.
pub(super) async fn sent(futures: Vec<super::session::Sent<'_, Vec<Row>>>) -> Result<Vec<Vec<Row>>, Error> {
    all(futures).await.into_iter().collect()
}
