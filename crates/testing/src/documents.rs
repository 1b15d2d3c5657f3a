//! A store that is a map: documents as text by key, each with the commit that wrote it.

use std::cell::Cell;
use std::collections::BTreeMap;

use services::world::{
    Change, Decode, Document, EventQuery, Fault, Found, LoggedEvent, ReadsAndWrites, Snapshot,
};

/// The map. It counts how often it is read, and has no event log.
#[derive(Default, Clone)]
pub struct Documents {
    texts: BTreeMap<String, (u64, String)>,
    commits: u64,
    asked: Cell<usize>,
}

impl Snapshot for Documents {
    fn read(&self, key: &str, decode: Decode) -> Result<Found, Fault> {
        self.asked.set(self.asked.get() + 1);
        let Some((version, text)) = self.texts.get(key) else {
            return Ok(Found { version: 0, document: None });
        };
        Ok(Found { version: *version, document: Some(decode(text).map_err(Fault::Broken)?) })
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let from = after.map_or_else(|| prefix.to_owned(), |after| format!("{after}\0"));
        let keys = self.texts.range(from..).map(|(key, _)| key);
        let keys: Vec<_> = keys.take_while(|key| key.starts_with(prefix)).take(limit).cloned().collect();
        self.asked.set(self.asked.get() + keys.len());
        Ok(keys)
    }

    fn events(&self, _query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Ok(Vec::new())
    }
}

impl Documents {
    /// Writes a document under the id that follows its kind in the stored key.
    pub fn put<D: Document>(&mut self, id: &str, document: &D) {
        self.commits += 1;
        self.texts.insert(format!("{}/{id}", D::KIND), (self.commits, document.encode()));
    }

    /// Reads the document under the id that follows its kind in the stored key.
    pub fn get<D: Document>(&self, id: &str) -> Option<D> {
        self.texts.get(&format!("{}/{id}", D::KIND)).map(|(_, text)| D::decode(text).unwrap())
    }

    /// Every document's text by key.
    pub fn texts(&self) -> BTreeMap<&str, &str> {
        self.texts.iter().map(|(key, (_, text))| (key.as_str(), text.as_str())).collect()
    }

    /// How many documents there are of a kind.
    pub fn count<D: Document>(&self) -> usize {
        self.texts.keys().filter(|key| services::world::is_of_kind::<D>(key)).count()
    }

    /// How many documents and keys were asked for so far.
    pub fn asked(&self) -> usize {
        self.asked.get()
    }

    /// Commits what a call changed. `false`, and nothing is changed, where what it read has changed since.
    #[must_use]
    pub fn commit(&mut self, changes: ReadsAndWrites) -> bool {
        let current = |key: &String| self.texts.get(key).map_or(0, |(version, _)| *version);
        if changes.reads.iter().any(|(key, version)| current(key) != *version) {
            return false;
        }
        self.commits += 1;
        for (key, change) in changes.writes {
            match change {
                Change::Put { text, .. } => self.texts.insert(key, (self.commits, text.to_string())),
                Change::Delete => self.texts.remove(&key),
            };
        }
        true
    }
}
