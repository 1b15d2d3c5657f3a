//! Looking at a whole store: whether every page, document and block is what was written. F-STORE-16

use std::path::Path;

use rusqlite::Connection;

use super::embedded::{block, document, head};
use super::engine::EngineResult;
use super::open;
use super::statements::{ALL_BLOCKS, ALL_DOCUMENTS};

/// How many problems are told; the rest is counted.
const TOLD: usize = 10;

/// What a store holds that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Documents.
    pub documents: u64,
    /// Events of the log.
    pub events: u64,
}

/// What is wrong.
#[derive(Default)]
struct Problems {
    told: Vec<String>,
    further: usize,
}

impl Problems {
    fn add(&mut self, problem: String) {
        if self.told.len() < TOLD {
            self.told.push(problem);
        } else {
            self.further += 1;
        }
    }
}

/// Looks at the store in `directory`; `check` says what is wrong with a document besides.
pub(super) fn verify(
    directory: &Path,
    check: &dyn Fn(&str, &str) -> Result<(), String>,
) -> Result<Verified, String> {
    let opened = open::open_current(directory).map_err(|error| error.to_string())?;
    let mut problems = Problems::default();
    let verified = look(&opened.connection, check, &mut problems).map_err(|error| error.reason)?;
    if problems.told.is_empty() {
        return Ok(verified);
    }
    if problems.further > 0 {
        problems.told.push(format!("and {} more", problems.further));
    }
    Err(problems.told.join("\n"))
}

fn look(
    connection: &Connection,
    check: &dyn Fn(&str, &str) -> Result<(), String>,
    problems: &mut Problems,
) -> EngineResult<Verified> {
    let mut pages = connection.prepare("PRAGMA integrity_check")?;
    let mut rows = pages.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            problems.add(text);
        }
    }
    let mut verified = Verified { documents: 0, events: 0 };
    let head = head(connection)?;
    let mut documents = connection.prepare(ALL_DOCUMENTS)?;
    let mut rows = documents.query([])?;
    while let Some(row) = rows.next()? {
        verified.documents += 1;
        match document(row) {
            Err(error) => problems.add(error.reason),
            Ok((key, version, _)) if version > head.sequence => {
                problems.add(format!("`{key}` is newer than the log"));
            }
            Ok((key, _, text)) => {
                if let Err(reason) = check(&key, &text) {
                    problems.add(format!("`{key}`: {reason}"));
                }
            }
        }
    }
    if verified.documents != head.documents {
        problems
            .add(format!("there are {} documents where {} were counted", verified.documents, head.documents));
    }
    let mut blocks = connection.prepare(ALL_BLOCKS)?;
    let mut rows = blocks.query([])?;
    while let Some(row) = rows.next()? {
        match block(row) {
            Err(error) => problems.add(error.reason),
            Ok((sequence, count, records)) if records.lines().count() != count as usize => {
                problems.add(format!("block {sequence} of the event log does not hold what was counted"));
            }
            Ok((_, count, _)) => verified.events += u64::from(count),
        }
    }
    Ok(verified)
}
