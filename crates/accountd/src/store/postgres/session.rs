//! A connection with its statements, and what its errors mean.

use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Statement};

use super::address::Address;
use crate::store::local::engine::EngineError;

/// How long a question is asked again over new connections before whoever waits is told that it failed. Less than clients
/// wait, more than a database takes to change over.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before the next connection is tried: twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is sent or awaited.
pub(super) type Sent<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A connection with its statements.
pub(super) struct Session {
    pub client: Client,
    statements: Vec<(&'static str, Statement)>,
}

impl Session {
    /// Connects to the first host that can be written to, and prepares these statements.
    pub async fn open(address: &Address, statements: &[&'static str]) -> Result<Self, Error> {
        let (client, connection) = address.config.connect(address.encryption.clone()).await?;
        tokio::spawn(async move {
            // Whoever uses the client hears of it as well.
            if let Err(error) = connection.await {
                tracing::debug!(reason = told(&error), "a connection to the database ended");
            }
        });
        let preparing = statements.iter().map(|text| {
            let prepared: Sent<'_, Statement> = Box::pin(client.prepare(text));
            prepared
        });
        let mut prepared = Vec::with_capacity(statements.len());
        for (text, statement) in statements.iter().zip(all(preparing.collect()).await) {
            prepared.push((*text, statement?));
        }
        Ok(Self { client, statements: prepared })
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
    /// What `error` means.
    pub fn of(error: &Error) -> Self {
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

pub(super) fn failed(error: &Error) -> EngineError {
    EngineError(format!("the database: {}", told(error)))
}

pub(super) fn unreachable(error: &Error) -> EngineError {
    EngineError(format!("the database cannot be reached: {}", told(error)))
}

/// Pauses between attempts, until patience ends.
pub(super) struct Pauses {
    until: Instant,
    next: Duration,
}

impl Pauses {
    pub fn new() -> Self {
        Self { until: Instant::now() + PATIENCE, next: FIRST_PAUSE }
    }

    /// Waits a little; `false` if that has been tried long enough.
    pub async fn wait(&mut self) -> bool {
        if Instant::now() + self.next > self.until {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        true
    }
}
