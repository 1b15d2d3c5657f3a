//! What AWS was recorded to answer, asked of accountd again: 1,800 calls with what came back.
//!
//! `cases/` holds the recordings, one file a family, each with the steps that bring a fresh state to where the recording
//! was made; `differs.txt` names the cases that are answered otherwise, each with its reason. That list may only shrink:
//! a case that is not on it must agree, and one that is on it must differ.
//!
//! `ACCOUNTD_RECORDED=orgs-tag` replays only the cases whose ids begin so, and prints what differs.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests may panic, and tell what differs when they are asked to"
)]

mod answer;
mod case;
mod expectation;
mod fill;
mod place;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::{Case, Topic};

/// The cases that differ: an id and a reason a line.
const DIFFERS: &str = include_str!("differs.txt");

fn topics() -> Vec<Topic> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    files.iter().map(read).collect()
}

/// Replays every case on a thread for each core, and gives what differs, by id.
fn replay(all: &[(&Topic, &Case)]) -> BTreeMap<String, String> {
    let next = AtomicUsize::new(0);
    let differing = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((topic, case)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(why) = server::replay(topic, case) {
                differing.lock().unwrap().insert(case.id.clone(), why);
            }
        }
    };
    std::thread::scope(|scope| {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        (0..count).for_each(|_| {
            scope.spawn(work);
        });
    });
    differing.into_inner().unwrap()
}

#[test]
fn what_aws_was_recorded_to_answer_is_answered() {
    let only = std::env::var("ACCOUNTD_RECORDED").unwrap_or_default();
    let topics = topics();
    let all: Vec<(&Topic, &Case)> = topics
        .iter()
        .flat_map(|topic| topic.cases.iter().map(move |case| (topic, case)))
        .filter(|(_, case)| case.id.starts_with(&only))
        .collect();
    assert!(!all.is_empty(), "no case's id begins with {only}");
    let known: BTreeSet<&str> = listed().into_iter().map(|(id, _)| id).collect();
    let differing = replay(&all);
    let mut problems = Vec::new();
    for (_, case) in &all {
        let id = case.id.as_str();
        match (differing.get(id), known.contains(id)) {
            (Some(why), false) => problems.push(format!("{id} differs: {why}")),
            (Some(why), true) if !only.is_empty() => println!("{id} differs, as listed: {why}"),
            (None, true) => problems.push(format!("{id} agrees now: take it off differs.txt")),
            _ => {}
        }
    }
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), all.len(), problems.join("\n"));
}

/// The lines of `differs.txt`: an id, a blank, the reason.
fn listed() -> Vec<(&'static str, &'static str)> {
    let lines = DIFFERS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect()
}

#[test]
fn every_difference_is_explained_and_there_is_such_a_case() {
    let topics = topics();
    let ids: Vec<&str> = topics.iter().flat_map(|topic| &topic.cases).map(|case| case.id.as_str()).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id stands for one case");
    for (id, reason) in listed() {
        assert!(unique.contains(id), "differs.txt: {id} is no case");
        assert!(!reason.trim().is_empty(), "differs.txt: {id} has no reason");
    }
}
