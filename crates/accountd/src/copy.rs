//! Copying a whole store to where there is none yet: from a data directory to a database, and back. F-STORE-31
//!
//! Everything goes along: accounts, the event log, the key of page tokens, how service time was moved. The target takes all
//! of it in one transaction, and is read back before anybody is told that it is done.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::configuration::Storage;
use crate::store::{Exported, Store, StoreOptions};

/// How many items are read ahead of the target.
const ITEMS_AHEAD: usize = 256;

/// How often it is told how far it has come.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Everything that a store holds, as one number for each kind and a checksum over all of it.
#[derive(Clone)]
struct Sum {
    documents: u64,
    events: u64,
    checksum: Sha256,
}

impl Sum {
    fn new() -> Self {
        Self { documents: 0, events: 0, checksum: Sha256::new() }
    }

    fn add(&mut self, item: &Exported) {
        match item {
            Exported::Document { key, text } => {
                self.documents += 1;
                self.add_text("document");
                self.add_text(key);
                self.add_text(text);
            }
            Exported::Event(event) => {
                self.events += 1;
                self.add_text("event");
                self.add_text(event.account.as_ref().map_or("-", |account| account.as_str()));
                self.checksum.update(event.time.as_microsecond().to_be_bytes());
                self.add_text(event.json());
            }
        }
    }

    /// With its length before it, so that no text can be taken for a part of another.
    fn add_text(&mut self, text: &str) {
        self.checksum.update((text.len() as u64).to_be_bytes());
        self.checksum.update(text.as_bytes());
    }

    fn is(&self, other: &Self) -> bool {
        self.documents == other.documents
            && self.events == other.events
            && self.checksum.clone().finalize() == other.checksum.clone().finalize()
    }
}

/// What reads the source: it counts, tells how far it has come, and passes everything on.
struct Passing {
    sum: Sum,
    items: SyncSender<Result<Exported, String>>,
    told: Instant,
}

impl Passing {
    fn add(&mut self, item: Exported) -> ControlFlow<()> {
        self.sum.add(&item);
        if self.told.elapsed() > TELL_EVERY {
            self.told = Instant::now();
            tell(&format!("{} documents and {} events so far", self.sum.documents, self.sum.events));
        }
        match self.items.send(Ok(item)) {
            Ok(()) => ControlFlow::Continue(()),
            // The target says why it takes no more.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn tell(line: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "accountd: {line}");
}

/// Copies everything and says what was copied.
///
/// # Errors
/// One line that says why nothing was copied, or that the target does not hold what was copied.
pub fn copy(from: &Storage, to: &Storage) -> Result<String, String> {
    must_hold_a_store(from)?;
    let builder = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    builder.map_err(|error| format!("no threads can be started: {error}"))?.block_on(copy_all(from, to))
}

/// Shows everything that a store holds to `visit`, and gives what it made of it.
///
/// # Errors
/// One line that says why it cannot be read.
pub fn visit<T: Send + 'static>(
    storage: &Storage,
    state: T,
    visit: impl FnMut(&mut T, Exported) -> ControlFlow<()> + Send + 'static,
) -> Result<T, String> {
    must_hold_a_store(storage)?;
    let builder = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = builder.map_err(|error| format!("no threads can be started: {error}"))?;
    runtime.block_on(async {
        let store = open(storage)?;
        store.export(state, visit, |state| state).await.map_err(|error| error.to_string())
    })
}

fn must_hold_a_store(storage: &Storage) -> Result<(), String> {
    match storage {
        Storage::Directory(directory) if !holds_a_store(directory) => {
            Err(format!("there is no store in `{}`", directory.display()))
        }
        _ => Ok(()),
    }
}

fn holds_a_store(directory: &Path) -> bool {
    directory.join("accountd.sqlite").exists()
}

fn open(storage: &Storage) -> Result<Store, String> {
    let options = StoreOptions::default();
    let opened = match storage {
        Storage::Directory(directory) => Store::open(directory, &options),
        Storage::Database(database) => Store::connect(database, &options),
        Storage::Memory => Store::in_memory(&options),
    };
    opened.map_err(|error| error.to_string())
}

async fn copy_all(from: &Storage, to: &Storage) -> Result<String, String> {
    let (source, target) = (open(from)?, open(to)?);
    let before = sum_of(&target).await?;
    if before.documents > 0 || before.events > 0 {
        return Err("the target holds something already: choose an empty one".to_owned());
    }
    let (items, further) = sync_channel(ITEMS_AHEAD);
    let passing = Passing { sum: Sum::new(), items, told: Instant::now() };
    let reading = source.export(passing, Passing::add, |passing| passing.sum);
    let (read, written) = tokio::join!(reading, target.import(further.into_iter()));
    written.map_err(|error| error.to_string())?;
    let copied = read.map_err(|error| error.to_string())?;
    tell("reading it back");
    let found = sum_of(&target).await?;
    if !found.is(&copied) {
        return Err(format!(
            "the target holds {} documents and {} events that are not the {} and {} of the source",
            found.documents, found.events, copied.documents, copied.events
        ));
    }
    let checksum = copied.checksum.finalize();
    let checksum: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!(
        "copied {} documents and {} events; read back, both have the SHA-256 {checksum}",
        copied.documents, copied.events
    ))
}

async fn sum_of(store: &Store) -> Result<Sum, String> {
    let add = |sum: &mut Sum, item: Exported| {
        sum.add(&item);
        ControlFlow::Continue(())
    };
    store.export(Sum::new(), add, |sum| sum).await.map_err(|error| error.to_string())
}
