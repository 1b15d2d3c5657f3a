//! What a seed file does not say of the state that it was made of: its head.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

use crate::seed::SeedDocuments;
use crate::state::installation::is_of_installation;
use crate::world::Change;

/// The most documents of one kind that are named; of the others it is said how many there are.
const MOST_OF_KIND: usize = 20;

/// The most members of one document that are named.
const MOST_MEMBERS: usize = 12;

/// The comment at the head of the file. It names documents and members, never a value.
pub(super) fn head(state: &BTreeMap<String, Value>, read: &SeedDocuments, now: Timestamp) -> String {
    let mut head = format!(
        "# What accountd held on {now}: a seed file, with the secrets of its access keys and MFA devices.\n"
    );
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (key, document) in state.iter().filter(|(key, _)| !is_of_installation(key)) {
        if let Some(line) = difference(key, document, read) {
            kinds.entry(kind_of(key)).or_default().push(line);
        }
    }
    for key in read.writes.keys().filter(|key| !state.contains_key(*key)) {
        kinds.entry(kind_of(key)).or_default().push(format!("{key}: only the file has it"));
    }
    if kinds.is_empty() {
        head.push_str("# It says all of it.\n");
        return head;
    }
    head.push_str("# It does not say the following, which it leaves out or says otherwise (`accountd export` keeps all):\n");
    for (kind, lines) in kinds {
        for line in lines.iter().take(MOST_OF_KIND) {
            let _ = writeln!(head, "# - {}", line.escape_debug());
        }
        if lines.len() > MOST_OF_KIND {
            let _ = writeln!(head, "# - {kind}: {} more", lines.len() - MOST_OF_KIND);
        }
    }
    head
}

fn kind_of(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}

/// In what a document is not what the file makes of it; `None` where it is the same.
fn difference(key: &str, document: &Value, read: &SeedDocuments) -> Option<String> {
    let Some(Change::Put { text, .. }) = read.writes.get(key) else { return Some(key.to_owned()) };
    let said = serde_json::from_str::<Value>(text).unwrap_or_default();
    let mut members = Vec::new();
    compare(document, &said, "", &mut members);
    if members.is_empty() {
        return None;
    }
    let more = if members.len() > MOST_MEMBERS { ", …" } else { "" };
    members.truncate(MOST_MEMBERS);
    Some(format!("{key}: {}{more}", members.join(", ")))
}

fn compare(one: &Value, other: &Value, path: &str, members: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            let names: BTreeSet<&String> = ones.keys().chain(others.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&one[name.as_str()], &other[name.as_str()], &path, members);
            }
        }
        _ if one == other => {}
        _ => members.push(path.to_owned()),
    }
}
