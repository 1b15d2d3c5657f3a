//! Documents held against each other, however many there are: which there are and which others they need is noted in a
//! file of SQLite's that nobody else sees, and looked up at the end. F-STORE-39

use std::fs::{self, OpenOptions};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use services::state::ties;

use super::check_stored;
use crate::admin::NotImported;
use crate::entropy;
use crate::store::{Store, Verified};

/// What is noted is written, in time, and need not outlive a crash.
const TABLES: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -4096;
    CREATE TABLE document (key TEXT PRIMARY KEY, organization TEXT) WITHOUT ROWID;
    CREATE TABLE need (source TEXT, target TEXT, organization TEXT);
    BEGIN;
";

const DOCUMENT: &str = "INSERT OR REPLACE INTO document VALUES (?1, ?2)";
const NEED: &str = "INSERT INTO need VALUES (?1, ?2, ?3)";

/// The first that is not met, in the order of documents.
const UNMET: &str = "
    SELECT source, target, document.key IS NULL FROM need LEFT JOIN document ON document.key = target
    WHERE document.key IS NULL OR need.organization <> document.organization
    ORDER BY need.rowid LIMIT 1
";

/// The documents so far.
pub struct Held(Connection);

impl Held {
    /// None yet; what is noted of them lies in `directory`.
    ///
    /// # Errors
    /// [`NotImported::Failed`] where nothing can be written there.
    pub fn new(directory: Option<&Path>) -> Result<Self, NotImported> {
        let directory = directory.map_or_else(std::env::temp_dir, Path::to_owned);
        let path = directory.join(format!("accountd-held-{}", entropy::request_id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(|error| failed(&error))?;
        let connection = Connection::open(&path).and_then(|connection| {
            connection.execute_batch(TABLES)?;
            Ok(connection)
        });
        // It is gone once it is closed, whatever happens.
        let _ = fs::remove_file(&path);
        connection.map(Self).map_err(|error| failed(&error))
    }

    /// Takes note of a document.
    ///
    /// # Errors
    /// [`NotImported::Wrong`] where it is another than its key says.
    pub fn add(&self, key: &str, document: &Value) -> Result<(), NotImported> {
        let organization = ties::organization_of(key, document);
        let needed = ties::needs(key, document).map_err(NotImported::Wrong)?;
        let note = || -> rusqlite::Result<()> {
            self.0.prepare_cached(DOCUMENT)?.execute(params![key, organization])?;
            let mut need = self.0.prepare_cached(NEED)?;
            for target in &needed {
                need.execute(params![key, target, organization])?;
            }
            Ok(())
        };
        note().map_err(|error| failed(&error))
    }

    /// Looks whether all that is needed is there.
    ///
    /// # Errors
    /// [`NotImported::Wrong`] names the first document that needs another, and that one.
    pub fn check(&self) -> Result<(), NotImported> {
        let unmet = self.0.query_row(UNMET, [], |row| {
            let (source, target): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(match row.get(2)? {
                true => format!("`{source}` needs `{target}`, which is not there"),
                false => format!("`{source}` and `{target}` are of different organizations"),
            })
        });
        match unmet.optional() {
            Ok(None) => Ok(()),
            Ok(Some(reason)) => Err(NotImported::Wrong(reason)),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Looks at the whole store in a directory that nobody has open: at what is written, at each document, and at the documents
/// together.
///
/// # Errors
/// A line for each problem; of documents that do not fit together the first.
pub fn verify(directory: &Path) -> Result<Verified, String> {
    let told = |problem| match problem {
        NotImported::Wrong(reason) | NotImported::Failed(reason) => reason,
        NotImported::Unread(_) => "it cannot be read".to_owned(),
    };
    let held = Held::new(None).map_err(told)?;
    let verified = Store::verify(directory, &|key, text| {
        check_stored(key, text)?;
        let document = serde_json::from_str(text).map_err(|_| "it is no JSON")?;
        held.add(key, &document).map_err(told)
    })?;
    held.check().map_err(told)?;
    Ok(verified)
}

fn failed(error: &dyn std::error::Error) -> NotImported {
    NotImported::Failed(format!("the documents cannot be held against each other: {error}"))
}
