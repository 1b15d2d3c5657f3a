//! Opening a data directory: made if it is missing, locked, looked at, and refused rather than harmed.
//! F-STORE-8
//!
//! How long it takes does not depend on how much is stored: the header, the schema and the last block are
//! looked at, and no more than a thousand documents. Only a file of an older schema is moved forward first (`migrate.rs`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::embedded::{head, unsigned};
use super::engine::{EngineError, EngineResult};
use super::migrate;
use super::statements::{CHECKSUM_SCHEMA, SCHEMA, SEGMENT_SCHEMA, STATEMENTS, TERM_SCHEMA};

/// The file's name in the data directory.
const DATABASE_NAME: &str = "accountd.sqlite";

/// Where a new file is made before it gets its name, so that a half-made one is never taken for a store.
const UNFINISHED_NAME: &str = "accountd.sqlite.new";

/// The lock file's name.
const LOCK_NAME: &str = "accountd.lock";

/// Up to so many documents are all looked through when a file is opened, which takes a few milliseconds. In a larger store
/// `accountd check` does that. F-STORE-40
const LOOKED_THROUGH: u64 = 1_000;
const COUNT: &str = "SELECT count(*) FROM document";

/// "acct", in the header of every file of ours.
const APPLICATION_ID: u32 = 0x6163_6374;

/// The schema that this release writes, and the newest it reads.
pub(super) const SCHEMA_VERSION: u32 = 5;

/// Every SQLite file begins with this.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// SQLite's page cache of the writing connection, in KiB. Taken only as it is needed.
const WRITER_CACHE_KIB: u32 = 4096;

/// Pages in the write-ahead log (about 16 MB) before it is moved into the file: most of the speed, and
/// opening stays quick after a crash.
const CHECKPOINT_PAGES: u32 = 4000;

/// Why a store could not be opened. Nothing that was there has been changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The directory cannot be made or written to.
    Directory {
        /// The directory, or the file in it that could not be made.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// Another process has it open.
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other's process id, if it could be read.
        process: Option<u32>,
    },
    /// The file is not a store of accountd.
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The file was written by a newer release.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// The file is damaged.
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Something else stands in the way.
    Unusable(String),
    /// The database cannot be used. The text names it and says why.
    Database(String),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory { path, reason } => {
                write!(formatter, "cannot keep data in `{}`: {reason}", path.display())
            }
            Self::InUse { directory, process } => {
                write!(
                    formatter,
                    "the data directory `{}` is in use by another accountd",
                    directory.display()
                )?;
                match process {
                    Some(process) => write!(formatter, " (process {process})"),
                    None => Ok(()),
                }
            }
            Self::Foreign { file } => write!(
                formatter,
                "`{}` was not written by accountd and was left as it is; choose another data directory \
                 or move the file away",
                file.display()
            ),
            Self::Newer { file, found } => write!(
                formatter,
                "`{}` was written by a newer accountd (schema {found}, this one reads up to \
                 {SCHEMA_VERSION}) and was left as it is; run that release or a later one",
                file.display()
            ),
            Self::Damaged { file, reason } => write!(
                formatter,
                "`{}` is damaged ({reason}) and was left as it is; restore it from a backup, or move it \
                 away to begin with an empty store",
                file.display()
            ),
            Self::Database(reason) => formatter.write_str(reason),
            Self::Unusable(reason) => write!(formatter, "the store cannot be opened: {reason}"),
        }
    }
}

impl std::error::Error for OpenError {}

/// A locked directory and the connection that writes.
pub(super) struct Opened {
    pub connection: Connection,
    pub file: PathBuf,
    pub held: Held,
}

/// Opens the file in `directory` as it is: nothing is made, and nothing moved forward.
pub(super) fn open_current(directory: &Path) -> Result<Opened, OpenError> {
    let file = directory.join(DATABASE_NAME);
    let absent = OpenError::Directory { path: file.clone(), reason: "there is no such file".to_owned() };
    if !file.exists() {
        return Err(absent);
    }
    let lock = lock_directory(directory)?;
    if !check_header(&file)? {
        return Err(absent);
    }
    let database = File::open(&file).map_err(|error| directory_error(&file, &error))?;
    let held = Held { lock, database };
    let connection = connect(&file, WRITER_CACHE_KIB).map_err(|error| damaged(&file, error.reason))?;
    let schema = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    match schema.map_err(|error| damaged(&file, error.to_string()))? {
        SCHEMA_VERSION => Ok(Opened { connection, file, held }),
        found => Err(OpenError::Unusable(format!(
            "`{}` was written by an earlier accountd (schema {found}): start this one on it first",
            file.display()
        ))),
    }
}

/// The files of a store as they were opened. What another process puts in their place later is not this store.
///
/// To be dropped after every connection: closing a file ends the locks that SQLite has on it.
pub(super) struct Held {
    lock: File,
    database: File,
}

impl Held {
    /// Whether both still have a name: what is written to a file without one is gone with the process. F-STORE-17
    pub fn check(&self) -> EngineResult<()> {
        #[cfg(unix)]
        for file in [&self.lock, &self.database] {
            let links = file.metadata().map(|metadata| std::os::unix::fs::MetadataExt::nlink(&metadata));
            match links {
                Ok(0) => {
                    return Err(EngineError::away("the data directory was removed while it was in use"));
                }
                Ok(_) => {}
                Err(error) => return Err(EngineError::away(error.to_string())),
            }
        }
        Ok(())
    }
}

/// Opens the file in `directory`, and makes both if they are not there.
pub(super) fn open(directory: &Path) -> Result<Opened, OpenError> {
    make_directory(directory)?;
    let lock = lock_directory(directory)?;
    let file = directory.join(DATABASE_NAME);
    if !check_header(&file)? {
        make_database(directory, &file)?;
    }
    close_to_others(directory)?;
    let database = File::open(&file).map_err(|error| directory_error(&file, &error))?;
    let held = Held { lock, database };
    let mut connection = connect(&file, WRITER_CACHE_KIB).map_err(|error| damaged(&file, error.reason))?;
    check_content(&mut connection, directory, &file)?;
    Ok(Opened { connection, file, held })
}

fn directory_error(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Directory { path: path.to_owned(), reason: error.to_string() }
}

fn damaged(file: &Path, reason: impl Into<String>) -> OpenError {
    OpenError::Damaged { file: file.to_owned(), reason: reason.into() }
}

fn make_directory(directory: &Path) -> Result<(), OpenError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    // Contacts, codes and secrets are for the owner's eyes only.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| directory_error(directory, &error))
}

/// Contacts, codes and secrets are for the owner's eyes only, also in a directory that others may look into. F-STORE-18
#[cfg(unix)]
fn close_to_others(directory: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::PermissionsExt;
    for name in [DATABASE_NAME, "accountd.sqlite-wal", "accountd.sqlite-shm", LOCK_NAME] {
        let path = directory.join(name);
        let Ok(metadata) = fs::metadata(&path) else { continue };
        let mut permissions = metadata.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            fs::set_permissions(&path, permissions).map_err(|error| directory_error(&path, &error))?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn close_to_others(_directory: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// A file that only its owner may open.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// One process per directory. F-STORE-7
fn lock_directory(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK_NAME);
    let mut file = private_file()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| directory_error(&path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(OpenError::InUse { directory: directory.to_owned(), process });
        }
        Err(TryLockError::Error(error)) => return Err(directory_error(&path, &error)),
    }
    // For whoever looks, and for the message above; the lock itself is what counts.
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|error| directory_error(&path, &error))?;
    Ok(file)
}

/// Whether there is a file of ours. It gets its name only when its header is complete, so the header can
/// be trusted before SQLite, which might change something, is let near the file.
fn check_header(file: &Path) -> Result<bool, OpenError> {
    let mut header = [0; 100];
    let length = match File::open(file).and_then(|mut opened| read_up_to(&mut opened, &mut header)) {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(directory_error(file, &error)),
    };
    if length < header.len() {
        return Err(if header[..length].starts_with(MAGIC) || length == 0 {
            damaged(file, "it ends within its header")
        } else {
            OpenError::Foreign { file: file.to_owned() }
        });
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    // Offsets: the SQLite file format, "The Database Header".
    let (schema, application) = (number(60), number(68));
    if !header.starts_with(MAGIC) || application != APPLICATION_ID {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    check_schema_version(file, schema)?;
    check_length(file, number(28), u16::from_be_bytes([header[16], header[17]]))?;
    Ok(true)
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

fn check_schema_version(file: &Path, found: u32) -> Result<(), OpenError> {
    if found > SCHEMA_VERSION {
        return Err(OpenError::Newer { file: file.to_owned(), found });
    }
    Ok(())
}

/// A file that was cut off is shorter than its header says. With a write-ahead log beside it that is no
/// sign of damage: the missing pages may be in there.
fn check_length(file: &Path, pages: u32, page_size: u16) -> Result<(), OpenError> {
    let log = PathBuf::from(format!("{}-wal", file.display()));
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Ok(());
    }
    // 1 stands for 65536, which does not fit.
    let page_size = if page_size == 1 { 65536 } else { u64::from(page_size) };
    let length = fs::metadata(file).map_err(|error| directory_error(file, &error))?.len();
    if length < u64::from(pages) * page_size {
        return Err(damaged(file, "it is shorter than its header says"));
    }
    Ok(())
}

/// Makes an empty store. Until it is complete and on the disk it has another name.
fn make_database(directory: &Path, file: &Path) -> Result<(), OpenError> {
    let unfinished = directory.join(UNFINISHED_NAME);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(directory_error(&unfinished, &error));
        }
        _ => {}
    }
    // SQLite gives the files beside it the same mode.
    private_file()
        .create_new(true)
        .open(&unfinished)
        .map_err(|error| directory_error(&unfinished, &error))?;
    let make = || -> rusqlite::Result<()> {
        let connection = Connection::open(&unfinished)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        // Nothing is synchronised here; the whole file is, once, below.
        connection.pragma_update(None, "journal_mode", "MEMORY")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        connection.execute_batch(&format!(
            "BEGIN; {SCHEMA} {SEGMENT_SCHEMA} {CHECKSUM_SCHEMA} {TERM_SCHEMA} COMMIT;"
        ))?;
        connection.pragma_update(None, "journal_mode", "WAL")
    };
    make().map_err(|error| OpenError::Directory { path: unfinished.clone(), reason: error.to_string() })?;
    File::open(&unfinished)
        .and_then(|made| made.sync_all())
        .and_then(|()| fs::rename(&unfinished, file))
        .and_then(|()| File::open(directory)?.sync_all())
        .map_err(|error| directory_error(file, &error))
}

/// A connection to a file that is there.
pub(super) fn connect(file: &Path, cache_kib: u32) -> Result<Connection, EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS.len());
    // Somebody may be looking with `sqlite3` or taking a backup.
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
         PRAGMA journal_size_limit = {}; PRAGMA cache_size = -{cache_kib}; PRAGMA temp_store = MEMORY;",
        u64::from(CHECKPOINT_PAGES) * 4200
    ))?;
    Ok(connection)
}

/// F-STORE-40: whether every document is found by its key, and all are there that were counted. What is damaged in a document
/// is noticed when it is read; a damaged index would say that there is none.
fn look_through(connection: &Connection) -> rusqlite::Result<()> {
    let damaged = |reason| {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(code, Some(reason)))
    };
    let found: String = connection.query_row("PRAGMA integrity_check(document)", [], |row| row.get(0))?;
    if found != "ok" {
        return damaged(found);
    }
    let there: u64 = connection.query_row(COUNT, [], |row| row.get::<_, i64>(0)).map(unsigned)?;
    let counted = head(connection)?.documents;
    match there == counted {
        true => Ok(()),
        false => damaged(format!("there are {there} documents where {counted} were counted")),
    }
}

/// Whether every statement finds its tables, and the end of the log can be read. A file of an older schema is moved
/// forward before that, and only if it is sound.
fn check_content(connection: &mut Connection, directory: &Path, file: &Path) -> Result<(), OpenError> {
    let mut check = || -> rusqlite::Result<u32> {
        let schema = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        if mode != "wal" {
            connection.pragma_update(None, "journal_mode", "WAL")?;
        }
        if schema <= SCHEMA_VERSION {
            let behavior = match schema < SCHEMA_VERSION {
                true => TransactionBehavior::Immediate,
                false => TransactionBehavior::Deferred,
            };
            let transaction = connection.transaction_with_behavior(behavior)?;
            migrate::forward(&transaction, schema, directory)?;
            for statement in STATEMENTS {
                transaction.prepare(statement)?;
            }
            if head(&transaction)?.documents <= LOOKED_THROUGH {
                look_through(&transaction)?;
            }
            transaction.commit()?;
            migrate::tidy(schema, directory);
        }
        Ok(schema)
    };
    match check() {
        Ok(schema) => check_schema_version(file, schema),
        Err(error) => Err(match error.sqlite_error_code() {
            // Not the content's fault.
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory,
            ) => OpenError::Directory { path: file.to_owned(), reason: error.to_string() },
            _ => damaged(file, error.to_string()),
        }),
    }
}
