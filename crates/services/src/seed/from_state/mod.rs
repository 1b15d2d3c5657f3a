//! From a state back to a seed file: what `accountd seed from-state` prints.
//!
//! Nobody has to remember here what a seed file cannot say: the file is read again, and wherever the documents that come of it are
//! not those of the state, a comment at its head names the document and its members, never their values.

mod account;
mod identity;
mod organization;
mod unsaid;
mod yaml;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::problem::Problem;

/// A seed file of a state, which are its documents by key as an export has them, at an instant. F-SEED-20
///
/// # Errors
/// Where the state holds what a seed file may not, for example because AWS would not let it come about any more: what
/// `accountd seed check` says of the file, and the file.
pub fn from_state(
    documents: &BTreeMap<String, Value>,
    now: Timestamp,
) -> Result<String, (Vec<Problem>, String)> {
    let state = State { documents, now };
    let mut file = Members::default();
    let organization = organization::chosen(&state);
    if let Some(organization) = &organization {
        file.put("organization", organization::organization(organization, &state));
        file.put("organizational_units", organization::units(organization, &state));
    }
    let sessions = identity::Sessions::of(&state);
    let accounts = state.below("account/").map(|(id, account)| {
        let mut members = account::account(id, account, organization.as_ref(), &state);
        members.put("iam", identity::iam(id, &sessions, &state));
        members.into()
    });
    // Without any the file is refused, with a word about it.
    file.0.insert("accounts".to_owned(), Value::Array(accounts.collect()));
    let text = yaml::write(&file.into());
    match super::read(&text, now) {
        Ok(read) => Ok(format!("{}{text}", unsaid::head(documents, &read, now))),
        Err(problems) => Err((problems, text)),
    }
}

/// The documents of a state, by key.
struct State<'s> {
    documents: &'s BTreeMap<String, Value>,
    now: Timestamp,
}

impl<'s> State<'s> {
    /// The documents whose keys begin so, by the rest of their keys.
    fn below<'k>(&self, prefix: &'k str) -> impl Iterator<Item = (&'s str, &'s Value)> + use<'s, 'k> {
        let begun = self.documents.range(prefix.to_owned()..);
        begun.map_while(move |(key, document)| Some((key.strip_prefix(prefix)?, document)))
    }

    /// The document under a key, or null.
    fn get(&self, key: &str) -> &'s Value {
        self.documents.get(key).unwrap_or(&Value::Null)
    }

    /// Whether an instant of a document has come.
    fn has_come(&self, instant: &Value) -> bool {
        let instant = instant.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        instant.is_some_and(|instant| instant <= self.now)
    }
}

/// A mapping as it is put together. What is null or empty is left out.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, key: &str, value: Value) {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::String(_) | Value::Number(_) | Value::Bool(_) => false,
        };
        if !is_empty {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// Copies members of a document, each under its name in the file.
    fn copy(&mut self, document: &Value, names: &[(&str, &str)]) {
        for (name, member) in names {
            self.put(name, document[member].clone());
        }
    }
}

impl From<Members> for Value {
    fn from(members: Members) -> Self {
        Self::Object(members.0)
    }
}

/// A policy document: as a mapping where its text is none other than the mapping's, and as it was written otherwise.
fn policy(text: &Value) -> Value {
    let read = text.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match read {
        Some(read @ Value::Object(_)) if Some(read.to_string().as_str()) == text.as_str() => read,
        _ => text.clone(),
    }
}
