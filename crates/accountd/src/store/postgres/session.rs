//! A connection with its statements, and what its errors mean.

use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Statement};

use super::address::Address;
use super::reach::Reach;
use crate::store::local::engine::EngineError;

/// How long to wait before the next connection is tried: twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is sent or awaited.
pub(super) type Sent<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// The database, or the way to it, says so.
    Told(Error),
    /// Nothing is heard of it.
    Silent(Duration),
    /// It was found to be away a moment ago, and was not asked.
    NotAsked,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

/// A connection with its statements.
pub(super) struct Session {
    pub client: Client,
    statements: Vec<(&'static str, Statement)>,
    connection: AbortHandle,
    reach: Reach,
}

impl Session {
    /// Connects to the first host that can be written to, and prepares these statements.
    pub async fn open(address: &Address, reach: &Reach, statements: &[&'static str]) -> Result<Self, Failed> {
        if reach.is_given_up() {
            return Err(Failed::NotAsked);
        }
        let opened = timeout(reach.silence(), Self::connect(address, reach, statements)).await;
        Ok(opened.map_err(|_| Failed::Silent(reach.silence()))??)
    }

    async fn connect(address: &Address, reach: &Reach, statements: &[&'static str]) -> Result<Self, Error> {
        let (client, connection) = address.config.connect(address.encryption.clone()).await?;
        let open = reach.opened();
        let connection = tokio::spawn(async move {
            let _open = open;
            // Whoever uses the client hears of it as well.
            if let Err(error) = connection.await {
                tracing::debug!(reason = told(&error), "a connection to the database ended");
            }
        });
        let connection = connection.abort_handle();
        let preparing = statements.iter().map(|text| {
            let prepared: Sent<'_, Statement> = Box::pin(client.prepare(text));
            prepared
        });
        let mut prepared = Vec::with_capacity(statements.len());
        for (text, statement) in statements.iter().zip(all(preparing.collect()).await) {
            prepared.push((*text, statement?));
        }
        Ok(Self { client, statements: prepared, connection, reach: reach.clone() })
    }

    /// Waits for the answer to what was sent together: one round trip. A connection that says nothing for too long is given
    /// up.
    pub async fn answer<T, E>(&self, sent: impl Future<Output = Result<T, E>>) -> Result<T, Failed>
    where
        Failed: From<E>,
    {
        let begun = Instant::now();
        let answer = timeout(self.reach.silence(), sent).await;
        let statistics = self.reach.statistics();
        statistics.round_trips.fetch_add(1, Relaxed);
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        statistics.round_trip_microseconds.fetch_add(took, Relaxed);
        let Ok(answer) = answer else {
            self.connection.abort();
            return Err(Failed::Silent(self.reach.silence()));
        };
        if answer.is_ok() {
            self.reach.answered();
        }
        Ok(answer?)
    }

    /// One of the statements that were prepared.
    pub fn statement(&self, text: &'static str) -> &Statement {
        let found = self.statements.iter().find(|(known, _)| std::ptr::eq(*known, text) || *known == text);
        &found.expect("INVARIANT: a session prepares what it is used for").1
    }
}

/// Sends all of these at once, in their order, and waits for every answer.
pub(super) async fn all<T>(mut sent: Vec<Sent<'_, T>>) -> Vec<Result<T, Error>> {
    let mut answers: Vec<Option<Result<T, Error>>> = sent.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for (future, answer) in sent.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(ready) => *answer = Some(ready),
                    Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// What an error means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection is of no use any more; another may be.
    Lost,
    /// Others were in the way: the same may succeed now.
    Again,
    /// It would fail again.
    Lasting,
}

impl Trouble {
    /// What a failure means.
    pub fn of(failed: &Failed) -> Self {
        match failed {
            Failed::Told(error) => Self::of_error(error),
            Failed::Silent(_) | Failed::NotAsked => Self::Lost,
        }
    }

    /// What `error` means.
    pub fn of_error(error: &Error) -> Self {
        let Some(code) = error.code() else { return Self::Lost };
        let is_lost = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        if is_lost.contains(code) || code.code().starts_with("08") {
            Self::Lost
        } else if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code) {
            Self::Again
        } else {
            Self::Lasting
        }
    }
}

/// The words of an error. PostgreSQL's own messages name tables, columns and causes; stored values stand in their
/// details, which are left out.
pub(super) fn told(error: &Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} (SQLSTATE {})", said.message(), said.code().code()),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
    }
}

impl Failed {
    /// Its words.
    pub fn told(&self) -> String {
        match self {
            Self::Told(error) => told(error),
            Self::Silent(time) => format!("it has said nothing for {} seconds", time.as_secs()),
            Self::NotAsked => "it could not be reached a moment ago".to_owned(),
        }
    }

    /// Whether the same may succeed later: a database that does not let us in or is not there, a disk that is full, memory
    /// that is used up, an operator, the machine below.
    fn is_of_its_place(&self) -> bool {
        match self {
            Self::Told(error) => error.code().is_none_or(|code| {
                ["28", "3D", "53", "55", "57", "58"].iter().any(|class| code.code().starts_with(class))
            }),
            Self::Silent(_) | Self::NotAsked => true,
        }
    }
}

pub(super) fn failed(failure: &Failed) -> EngineError {
    let reason = format!("the database: {}", failure.told());
    if failure.is_of_its_place() { EngineError::away(reason) } else { EngineError::broken(reason) }
}

pub(super) fn unreachable(failure: &Failed) -> EngineError {
    EngineError::away(format!("the database cannot be reached: {}", failure.told()))
}

/// Pauses between attempts, until patience ends.
pub(super) struct Pauses {
    reach: Reach,
    next: Duration,
}

impl Pauses {
    pub fn new(reach: &Reach) -> Self {
        Self { reach: reach.clone(), next: FIRST_PAUSE }
    }

    /// Waits a little after a failure; `false` if that has been tried long enough, by whomever.
    pub async fn wait(&mut self, failure: &Failed) -> bool {
        // Who did not ask has learned nothing, and must not be the reason why nobody asks for another second.
        if matches!(failure, Failed::NotAsked) || !self.reach.is_worth_waiting(self.next) {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        true
    }
}
