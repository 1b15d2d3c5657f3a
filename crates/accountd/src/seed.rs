//! The seed file as a file: read from its path or from standard input for `accountd seed check`, and made of a state for
//! `accountd seed from-state`. What it says is [`services::seed`]'s business.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use services::seed::{Summary, read, report};

use crate::admin::NotImported;
use crate::configuration::Storage;
use crate::copy;
use crate::store::Exported;
use crate::terminal::client::Endpoint;
use crate::transfer;

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Checks the seed file at `path`: what `accountd seed check FILE` does; `-` is standard input.
///
/// # Errors
/// Lines to print: `FILE:LINE:COLUMN: PATH: MESSAGE` for every problem, and how many there are.
pub fn check(path: &Path) -> Result<Summary, String> {
    let name = path.display();
    let bytes = if path == Path::new(STANDARD_INPUT) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| format!("{name}: cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: is not UTF-8 text"))?;
    match read(&text, Timestamp::now()) {
        Ok(documents) => Ok(documents.summary),
        Err(problems) => Err(report(&name.to_string(), &problems)),
    }
}

/// Where a state is.
#[derive(Debug)]
pub enum StateSource {
    /// A running accountd.
    Endpoint(Endpoint),
    /// A data directory, or an export; `-` is standard input.
    Path(PathBuf),
}

/// The documents of a state by key, and its service time, where that is known.
#[derive(Default)]
struct Held {
    documents: BTreeMap<String, Value>,
    now: Option<Timestamp>,
}

impl Held {
    fn add(&mut self, item: Exported) -> Result<(), NotImported> {
        if let Exported::Document { key, text } = item {
            let document = serde_json::from_str(&text);
            let document = document.map_err(|_| NotImported::Wrong(format!("`{key}` is not JSON")))?;
            self.documents.insert(key, document);
        }
        Ok(())
    }
}

/// The seed file of a state. What it cannot say is listed at its head.
///
/// # Errors
/// One line that says why the state cannot be read, or lines as [`check`] has them, where a seed file may not hold it.
pub fn from_state(source: &StateSource) -> Result<String, String> {
    let (name, held) = match source {
        StateSource::Endpoint(there) => (there.url.clone(), of_endpoint(there)?),
        StateSource::Path(path) => (path.display().to_string(), of_path(path)?),
    };
    let now = held.now.unwrap_or_else(Timestamp::now);
    services::seed::from_state(&held.documents, now).map_err(|(problems, _)| {
        let problems = report(&format!("the seed file of {name}"), &problems);
        format!("a seed file may not hold this state, which `accountd export` takes away whole: {problems}")
    })
}

fn of_endpoint(there: &Endpoint) -> Result<Held, String> {
    let mut export = Vec::new();
    there.ask_for_pieces("/_accountd/export?events=none", |piece| {
        export.extend_from_slice(piece);
        Ok(())
    })?;
    let mut held = of_export(Cursor::new(export)).map_err(|reason| format!("{}: {reason}", there.url))?;
    let (_, page) = there.ask(Method::GET, "/_accountd/clock", Bytes::new())?;
    let page = serde_json::from_str::<Value>(&page).unwrap_or_default();
    held.now = page["now"].as_str().and_then(|now| now.parse().ok());
    Ok(held)
}

fn of_path(path: &Path) -> Result<Held, String> {
    if path.is_dir() {
        return of_directory(path);
    }
    let name = path.display();
    let export = if path == Path::new(STANDARD_INPUT) {
        of_export(std::io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| format!("{name}: cannot be read: {error}"))?;
        of_export(file)
    };
    export.map_err(|reason| format!("{name}: {reason}"))
}

fn of_export(export: impl Read) -> Result<Held, String> {
    let mut held = Held::default();
    transfer::read(export, &mut |item| held.add(item)).map_err(|error| match error {
        NotImported::Wrong(reason) | NotImported::Failed(reason) => reason,
        _ => "it cannot be read".to_owned(),
    })?;
    Ok(held)
}

fn of_directory(directory: &Path) -> Result<Held, String> {
    let storage = Storage::Directory(directory.to_owned());
    let begin = (Held::default(), None);
    let (mut held, wrong) = copy::visit(&storage, begin, |(held, wrong), item| match held.add(item) {
        // Events stand behind the documents.
        Ok(()) => ControlFlow::Continue(()),
        Err(NotImported::Wrong(reason)) => {
            *wrong = Some(reason);
            ControlFlow::Break(())
        }
        Err(_) => ControlFlow::Break(()),
    })?;
    if let Some(reason) = wrong {
        return Err(format!("{}: {reason}", directory.display()));
    }
    let moved = &held.documents.get("service-time/current").cloned().unwrap_or_default();
    if let Some(microseconds) = moved["microseconds"].as_i64() {
        let ahead = Timestamp::now().checked_add(SignedDuration::from_micros(microseconds));
        let stands = Timestamp::from_microsecond(microseconds);
        held.now = if moved["stands_still"] == true { stands.ok() } else { ahead.ok() };
    }
    Ok(held)
}
