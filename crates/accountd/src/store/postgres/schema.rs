//! The tables: made by the first process, moved forward by later versions, refused where they are newer. F-STORE-25
//!
//! No lock is taken, since not every one of these databases has one for it: each statement may find that another process
//! has run it, and the version is written last.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use super::address::Address;
use super::reach::Reach;
use super::session::{Session, Trouble, told};
use super::statements::{
    FIRST_VERSION, HAS_SCHEMA, HEAD, MAKE_SCHEMA, MAKE_VERSION, NEXT_VERSION, SCHEMA_VERSION, VERSION_1,
};
use super::{signed, unsigned};
use crate::store::local::engine::Head;

/// What each version adds to the one before it, one statement per transaction. Nothing is ever destroyed.
const VERSIONS: &[&[&str]] = &[VERSION_1];

/// How often a statement is run again that another process was running.
const MOST_ATTEMPTS: usize = 100;

/// Opens the schema, and makes it where there is none.
pub(super) async fn open(
    address: &Address,
    reach: &Reach,
    allows_lost_commits: bool,
) -> Result<Head, String> {
    let session = Session::open(address, reach, &[]).await.map_err(|failed| failed.told())?;
    let client = &session.client;
    if !allows_lost_commits {
        check_durability(client).await?;
    }
    let found = match version(client).await.map_err(|error| told(&error))? {
        Some(found) => found,
        None => {
            make(client).await.map_err(|error| told(&error))?;
            tracing::info!("the schema was made");
            version(client).await.map_err(|error| told(&error))?.unwrap_or(0)
        }
    };
    if found > VERSIONS.len() {
        return Err(format!(
            "its schema is of a newer accountd (version {found}, this one knows {}) and was left as it is; run \
             that release or a later one",
            VERSIONS.len()
        ));
    }
    for next in found..VERSIONS.len() {
        forward(client, next).await.map_err(|error| told(&error))?;
    }
    let row = client.query_one(HEAD, &[]).await.map_err(|error| told(&error))?;
    let number = |index| unsigned(row.get(index));
    Ok(Head { sequence: number(0), documents: number(1), events: number(2) })
}

/// F-STORE-24: what was acknowledged must outlive a crash of the database. A database that does not know a setting cannot
/// have it off.
async fn check_durability(client: &Client) -> Result<(), String> {
    for setting in ["synchronous_commit", "fsync"] {
        let shown = client.query_opt(&format!("SHOW {setting}"), &[]).await;
        if let Ok(Some(row)) = shown
            && row.try_get::<_, String>(0).is_ok_and(|value| value == "off")
        {
            return Err(format!(
                "{setting} is off there, so that a crash may lose what was acknowledged: turn it on, or say \
                 --database-may-lose-commits"
            ));
        }
    }
    Ok(())
}

/// The version of the schema; `None` where there is none.
async fn version(client: &Client) -> Result<Option<usize>, Error> {
    match client.query_opt(SCHEMA_VERSION, &[]).await {
        Ok(row) => Ok(row.map(|row| usize::try_from(row.get::<_, i64>(0)).unwrap_or(usize::MAX))),
        Err(error)
            if error.code().is_some_and(|code| {
                [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(code)
            }) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn make(client: &Client) -> Result<(), Error> {
    // Who may not make schemas may use one that was made for it.
    let row = client.query_one(HAS_SCHEMA, &[]).await?;
    if row.get::<_, i64>(0) == 0 {
        run(client, MAKE_SCHEMA).await?;
    }
    run(client, MAKE_VERSION).await?;
    for statement in VERSION_1 {
        run(client, statement).await?;
    }
    client.execute(FIRST_VERSION, &[&1_i64]).await?;
    Ok(())
}

async fn forward(client: &Client, version: usize) -> Result<(), Error> {
    for statement in VERSIONS[version] {
        run(client, statement).await?;
    }
    let (from, to) = (signed(version as u64), signed(version as u64 + 1));
    client.execute(NEXT_VERSION, &[&from, &to]).await?;
    tracing::info!(from, to, "the schema was moved forward");
    Ok(())
}

/// Runs a statement that another process may be running, too: then it is run again when that is done, and finds it so.
async fn run(client: &Client, statement: &str) -> Result<(), Error> {
    let mut attempts = 0;
    loop {
        match client.batch_execute(statement).await {
            Err(error) if attempts < MOST_ATTEMPTS && is_of_a_race(&error) => attempts += 1,
            outcome => return outcome,
        }
    }
}

/// Two processes that make the same thing at once find it half made; the one that comes later is told so.
fn is_of_a_race(error: &Error) -> bool {
    let races = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_OBJECT,
    ];
    Trouble::of_error(error) == Trouble::Again || error.code().is_some_and(|code| races.contains(code))
}
