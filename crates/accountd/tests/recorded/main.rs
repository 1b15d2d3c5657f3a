//! What AWS was recorded to answer, asked of accountd again: 2,300 calls with what came back.
//!
//! `cases/` holds the recordings, one file a family, each with the steps that bring a fresh state to where the recording
//! was made; `differs.txt` names the cases that are answered otherwise, each with its reason. That list may only shrink:
//! a case that is not on it must agree, and one that is on it must differ. `cases/next/` is a second set of the same
//! form, of operations that accountd learned after the first one was made, with a list of its own.
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

/// A collection of recordings, and the cases of it that differ.
struct Set {
    /// Where its files lie, below this one's folder.
    folder: &'static str,
    /// The file that `differs` comes from.
    list: &'static str,
    /// An id and a reason a line.
    differs: &'static str,
}

const SETS: [Set; 2] = [
    Set { folder: "cases", list: "differs.txt", differs: include_str!("differs.txt") },
    Set { folder: "cases/next", list: "differs_next.txt", differs: include_str!("differs_next.txt") },
];

fn topics(set: &Set) -> Vec<Topic> {
    let folder = format!("{}/tests/recorded/{}", env!("CARGO_MANIFEST_DIR"), set.folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.is_file()).collect();
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
    let (mut count, mut problems) = (0, Vec::new());
    for set in &SETS {
        let topics = topics(set);
        let all: Vec<(&Topic, &Case)> = topics
            .iter()
            .flat_map(|topic| topic.cases.iter().map(move |case| (topic, case)))
            .filter(|(_, case)| case.id.starts_with(&only))
            .collect();
        let known: BTreeSet<&str> = listed(set).into_iter().map(|(id, _)| id).collect();
        let differing = replay(&all);
        for (_, case) in &all {
            let id = case.id.as_str();
            match (differing.get(id), known.contains(id)) {
                (Some(why), false) => problems.push(format!("{id} differs: {why}")),
                (Some(why), true) if !only.is_empty() => println!("{id} differs, as listed: {why}"),
                (None, true) => problems.push(format!("{id} agrees now: take it off {}", set.list)),
                _ => {}
            }
        }
        count += all.len();
    }
    assert!(count > 0, "no case's id begins with {only}");
    assert!(problems.is_empty(), "{} of {count}:\n{}", problems.len(), problems.join("\n"));
}

/// The lines of a list of cases that differ: an id, a blank, the reason.
fn listed(set: &Set) -> Vec<(&'static str, &'static str)> {
    let lines = set.differs.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect()
}

#[test]
fn every_difference_is_explained_and_there_is_such_a_case() {
    let mut seen = BTreeSet::new();
    for set in &SETS {
        let cases = topics(set).into_iter().flat_map(|topic| topic.cases);
        let ids: BTreeSet<String> = cases
            .map(|case| case.id)
            .inspect(|id| assert!(seen.insert(id.clone()), "{id} stands for one case"))
            .collect();
        for (id, reason) in listed(set) {
            assert!(ids.contains(id), "{}: {id} is no case", set.list);
            assert!(!reason.trim().is_empty(), "{}: {id} has no reason", set.list);
        }
    }
}
