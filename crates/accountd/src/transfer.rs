//! Taking all state away and bringing it back: one JSON document of any size, written and read item by item. F-COST-5
//!
//! ```json
//! {"accountd_export": 1, "documents": {"account/111122223333": {…}}, "events": [{"account": …, "time": …, "record": {…}}]}
//! ```

mod held;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use services::state::Kind;
use services::state::installation::is_of_installation;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::admin::{Log, NotImported};
use crate::entropy;
use crate::store::{EventRecord, Exported};
use listener::{HangUp, Payload, Upload};

use held::Held;
pub use held::verify;

/// The version of an exported document.
const VERSION: u32 = 1;

/// How much is written at once.
const PIECE_BYTES: usize = 64 * 1024;

/// How long a client may take for a piece of an export. Whoever stops reading keeps the store from tidying up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The rest of an event, in the order of the document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportedEvent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<aws::arn::AccountId>,
    time: Timestamp,
    record: serde_json::Value,
}

/// An export on its way: text is gathered into pieces, and those are sent to the client.
pub struct Writing {
    log: Log,
    text: BytesMut,
    has_documents: bool,
    has_events: bool,
    pieces: mpsc::Sender<Result<Bytes, HangUp>>,
    runtime: Handle,
    /// Why it broke off.
    failed: Option<String>,
    is_whole: bool,
}

/// An export, and its end as the client sees it.
pub fn begin(log: Log) -> (Writing, Payload) {
    let (pieces, payload) = mpsc::channel(2);
    let writing = Writing {
        log,
        text: BytesMut::from(format!("{{\"accountd_export\":{VERSION},\"documents\":{{").as_bytes()),
        has_documents: false,
        has_events: false,
        pieces,
        runtime: Handle::current(),
        failed: None,
        is_whole: false,
    };
    (writing, Payload::Pieces(payload))
}

impl Writing {
    /// Adds an item: every document, and then every event. To be called where waiting is allowed.
    pub fn add(&mut self, item: Exported) -> ControlFlow<()> {
        let added = match item {
            Exported::Document { key, .. } if is_of_installation(&key) => Ok(()),
            Exported::Document { key, text } => self.add_document(&key, &text),
            Exported::Event(_) if self.log == Log::None => return ControlFlow::Break(()),
            Exported::Event(event) => self.add_event(&event),
        };
        match added.and_then(|()| self.send_beyond(PIECE_BYTES)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(reason) => {
                self.failed = Some(reason);
                ControlFlow::Break(())
            }
        }
    }

    fn add_document(&mut self, key: &str, text: &str) -> Result<(), String> {
        check_json(text)?;
        self.separate(self.has_documents);
        self.has_documents = true;
        self.text.extend_from_slice(serde_json::Value::from(key).to_string().as_bytes());
        self.text.extend_from_slice(b":");
        self.text.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn add_event(&mut self, event: &EventRecord) -> Result<(), String> {
        check_json(event.json())?;
        self.begin_events();
        self.separate(self.has_events);
        self.has_events = true;
        self.text.extend_from_slice(b"{");
        if let Some(account) = &event.account {
            self.text.extend_from_slice(format!("\"account\":\"{account}\",").as_bytes());
        }
        self.text.extend_from_slice(format!("\"time\":\"{}\",\"record\":", event.time).as_bytes());
        self.text.extend_from_slice(event.json().as_bytes());
        self.text.extend_from_slice(b"}");
        Ok(())
    }

    fn separate(&mut self, is_further: bool) {
        if is_further {
            self.text.extend_from_slice(b",");
        }
    }

    fn begin_events(&mut self) {
        if !self.has_events {
            self.text.extend_from_slice(b"},\"events\":[");
        }
    }

    fn send_beyond(&mut self, bytes: usize) -> Result<(), String> {
        if self.text.len() <= bytes {
            return Ok(());
        }
        let piece = self.text.split().freeze();
        let sending = tokio::time::timeout(PATIENCE, self.pieces.send(Ok(piece)));
        match self.runtime.block_on(sending) {
            Ok(Ok(())) => Ok(()),
            _ => Err("the client stopped reading".to_owned()),
        }
    }

    /// Writes the end. To be called where waiting is allowed.
    ///
    /// # Errors
    /// Says why the export broke off; the client is told that it is not whole.
    pub fn end(mut self) -> Result<(), String> {
        if let Some(reason) = self.failed.take() {
            return Err(reason);
        }
        self.begin_events();
        self.text.extend_from_slice(b"]}");
        self.send_beyond(0)?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Writing {
    /// Nobody takes a part for the whole.
    fn drop(&mut self) {
        if self.is_whole || self.pieces.try_send(Err(HangUp)).is_ok() {
            return;
        }
        let pieces = self.pieces.clone();
        self.runtime.spawn(async move {
            // A client that is gone needs not be told.
            let _ = pieces.send(Err(HangUp)).await;
        });
    }
}

/// What is damaged must not damage the document that it is written into.
fn check_json(text: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|_| "a stored text is not JSON".to_owned())
}

/// Writes a document that a client sends into a file without a name, which is gone when it is closed.
///
/// # Errors
/// [`NotImported::Unread`] where it did not come whole, [`NotImported::Failed`] where it cannot be written.
pub async fn spool(mut document: Upload, directory: Option<&Path>) -> Result<File, NotImported> {
    let mut file = unnamed_file(directory.unwrap_or(&std::env::temp_dir())).map_err(failed)?;
    let (sender, mut pieces) = mpsc::channel::<Bytes>(2);
    let writing = tokio::task::spawn_blocking(move || -> io::Result<File> {
        while let Some(piece) = pieces.blocking_recv() {
            file.write_all(&piece)?;
        }
        file.rewind()?;
        Ok(file)
    });
    let whole = loop {
        match document.next().await {
            Ok(Some(piece)) => {
                if sender.send(piece).await.is_err() {
                    // Its error says more.
                    break Ok(());
                }
            }
            Ok(None) => break Ok(()),
            Err(why) => break Err(NotImported::Unread(why)),
        }
    };
    drop(sender);
    let file = writing.await.map_err(|error| NotImported::Failed(error.to_string()))?.map_err(failed)?;
    whole.map(|()| file)
}

fn failed(error: io::Error) -> NotImported {
    NotImported::Failed(format!("the document cannot be kept while it is read: {error}"))
}

fn unnamed_file(directory: &Path) -> io::Result<File> {
    let path = directory.join(format!("accountd-import-{}", entropy::request_id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Reads a document item by item and gives each to `take`. Every document is held to its kind first.
///
/// # Errors
/// [`NotImported::Wrong`] for the first thing that is wrong, or what `take` says.
pub fn read(
    source: impl Read,
    take: &mut dyn FnMut(Exported) -> Result<(), NotImported>,
) -> Result<(), NotImported> {
    read_all(source, None, take)
}

/// Looks through a document: every item by itself, and the documents against each other. What must be noted for that lies
/// in `directory`.
///
/// # Errors
/// As [`read`].
pub fn check(source: impl Read, directory: Option<&Path>) -> Result<(), NotImported> {
    let held = Held::new(directory)?;
    read_all(source, Some(&held), &mut |_| Ok(()))?;
    held.check()
}

fn read_all(
    source: impl Read,
    held: Option<&Held>,
    take: &mut dyn FnMut(Exported) -> Result<(), NotImported>,
) -> Result<(), NotImported> {
    let mut reading = Reading { take, held, refused: None };
    let mut decoder = serde_json::Deserializer::from_reader(BufReader::with_capacity(PIECE_BYTES, source));
    let read = decoder.deserialize_map(Whole(&mut reading)).and_then(|()| decoder.end());
    read.map_err(|error| match reading.refused.take() {
        Some(refused) => refused,
        None if error.is_io() => NotImported::Failed("the document cannot be read again".to_owned()),
        // The message of serde may repeat a value, its position may not.
        None => NotImported::Wrong(format!(
            "the document is not an export of accountd (line {}, column {})",
            error.line(),
            error.column()
        )),
    })
}

/// A document that is being read.
struct Reading<'t> {
    take: &'t mut dyn FnMut(Exported) -> Result<(), NotImported>,
    /// What takes note of its documents.
    held: Option<&'t Held>,
    /// What is told instead of the error that ended the reading.
    refused: Option<NotImported>,
}

impl Reading<'_> {
    fn pass_on<E: serde::de::Error>(&mut self, item: Result<Exported, NotImported>) -> Result<(), E> {
        item.and_then(|item| (self.take)(item)).map_err(|refused| {
            self.refused = Some(refused);
            E::custom("refused")
        })
    }
}

/// The whole: its version, documents and events, each once.
struct Whole<'r, 't>(&'r mut Reading<'t>);

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an export of accountd")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        const MEMBERS: [&str; 3] = ["accountd_export", "documents", "events"];
        let mut seen = [false; MEMBERS.len()];
        while let Some(name) = members.next_key::<String>()? {
            let place = MEMBERS.iter().position(|member| *member == name);
            let place = place.ok_or_else(|| A::Error::unknown_field("", &MEMBERS))?;
            if std::mem::replace(&mut seen[place], true) {
                return Err(A::Error::duplicate_field(MEMBERS[place]));
            }
            match place {
                0 => {
                    let version: u32 = members.next_value()?;
                    let reason = format!("this accountd does not read exports of version {version}");
                    if version != VERSION {
                        self.0.refused = Some(NotImported::Wrong(reason));
                        return Err(A::Error::custom("another version"));
                    }
                }
                1 => members.next_value_seed(Documents(self.0))?,
                _ => members.next_value_seed(Events(self.0))?,
            }
        }
        match seen.iter().position(|seen| !seen) {
            Some(missing) => Err(A::Error::missing_field(MEMBERS[missing])),
            None => Ok(()),
        }
    }
}

/// The documents by key.
struct Documents<'r, 't>(&'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Documents<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Documents<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("documents by their keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut documents: A) -> Result<(), A::Error> {
        while let Some((key, document)) = documents.next_entry::<String, serde_json::Value>()? {
            let text = document.to_string();
            let checked = check_document(&key, &text).map_err(NotImported::Wrong).and_then(|()| {
                let held = self.0.held;
                held.map_or(Ok(()), |held| held.add(&key, &document))
            });
            self.0.pass_on(checked.map(|()| Exported::Document { key, text }))?;
        }
        Ok(())
    }
}

/// The events, oldest first.
struct Events<'r, 't>(&'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Events<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(event) = events.next_element::<ExportedEvent>()? {
            let record = EventRecord::new(event.account, event.time, event.record.to_string());
            self.0.pass_on(Ok(Exported::Event(record)))?;
        }
        Ok(())
    }
}

/// Whether a document of an export can be read back, so that an import never stores what a request would fail on.
fn check_document(key: &str, text: &str) -> Result<(), String> {
    let unknown = || format!("`{key}` is a kind of document that this accountd does not import");
    let kind = Kind::of(key).filter(|_| !is_of_installation(key)).ok_or_else(unknown)?;
    kind.check(key, text).map_err(|reason| format!("`{key}`: {reason}"))
}

/// Whether a document of a store can be read back.
///
/// # Errors
/// Says what is wrong with it, without repeating the text.
fn check_stored(key: &str, text: &str) -> Result<(), String> {
    let kind = Kind::of(key).ok_or("this accountd knows no such kind of document")?;
    kind.check(key, text)
}
