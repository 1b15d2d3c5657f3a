//! Killed without warning, many times: what was acknowledged is there, and the log agrees with the state.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use accountd::store::{Store, StoreOptions};
use jiff::Timestamp;
use services::world::{EventQuery, Snapshot, World};

use crate::support::*;

const DIRECTORY_VARIABLE: &str = "ACCOUNTD_TEST_CRASH_DIRECTORY";
const TASKS: usize = 16;
const ROUNDS: u64 = 12;

/// F-STORE-1. The test runs itself as the child that is killed.
#[test]
fn every_acknowledged_change_survives_a_kill() {
    if let Some(directory) = std::env::var_os(DIRECTORY_VARIABLE) {
        return write_until_killed(Path::new(&directory));
    }
    let directory = Directory::new();
    let mut acknowledged = [0; TASKS];
    for round in 0..ROUNDS {
        // Where to kill: any number of acknowledgements, fixed for each round.
        let kill_after = (round * 2_654_435_761 + 12_345) % 400 + 1;
        run_and_kill(directory.path(), kill_after, &mut acknowledged);
        check(&directory.open(), &mut acknowledged);
    }
    assert!(acknowledged.iter().sum::<u64>() > ROUNDS);
}

fn run_and_kill(directory: &Path, kill_after: u64, acknowledged: &mut [u64; TASKS]) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::every_acknowledged_change_survives_a_kill", "--nocapture"])
        .env(DIRECTORY_VARIABLE, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        // Lines that were in the pipe when the child died were acknowledged as well.
        let Some(words) = line.strip_prefix("acknowledged ") else { continue };
        let (task, number) = words.split_once(' ').unwrap();
        let Ok(number) = number.trim_end_matches('.').parse::<u64>() else { continue };
        if line.ends_with('.') {
            acknowledged[task.parse::<usize>().unwrap()] = number;
            seen += 1;
        }
        if seen == kill_after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= kill_after, "the child ended by itself");
}

/// Every task counts its own document up, and all of them one that they share.
fn write_until_killed(directory: &Path) {
    let store = Arc::new(Store::open(directory, &StoreOptions::default()).unwrap());
    block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    // More than the parent ever waits for.
                    for _ in 0..1_000_000 {
                        let number = store.transact(move |snapshot| step(snapshot, task)).await.unwrap();
                        let line = format!("acknowledged {task} {number}.\n");
                        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn step(
    snapshot: &dyn Snapshot,
    task: usize,
) -> Result<accountd::store::Decided<u64>, services::world::Fault> {
    let mut world = World::new(snapshot);
    let number = count(&world, &format!("task/{task}"))? + 1;
    let total = count(&world, "total")? + 1;
    world.put(format!("task/{task}").as_str(), Counter(number));
    world.put("total", Counter(total));
    let events = vec![event(task as u64, total as i64, format!("{number}"))];
    Ok(accountd::store::Decided { value: number, changes: world.into_reads_and_writes(), events })
}

fn check(store: &Store, acknowledged: &mut [u64; TASKS]) {
    let events = |task: usize| {
        let query = EventQuery {
            account: Some(aws::arn::AccountId::from_number(task as u64)),
            from: Timestamp::MIN,
            until: Timestamp::MAX,
            before: None,
            limit: usize::MAX,
        };
        let events = block_on(store.events(&query)).unwrap();
        events.iter().rev().map(|event| event.record.parse().unwrap()).collect::<Vec<u64>>()
    };
    let number = |id: String| {
        let rule = move |world: &mut World<'_>| count(world, &id);
        block_on(store.transact(move |snapshot| run(snapshot, |world| rule(world), Vec::new()))).unwrap()
    };
    let mut sum = 0;
    for (task, acknowledged) in acknowledged.iter_mut().enumerate() {
        let stored = number(format!("task/{task}"));
        // One more may have been committed whose acknowledgement did not get out.
        assert!((*acknowledged..=*acknowledged + 1).contains(&stored), "task {task}");
        assert_eq!(events(task), (1..=stored).collect::<Vec<_>>(), "the log agrees with the state");
        *acknowledged = stored;
        sum += stored;
    }
    assert_eq!(number("total".to_owned()), sum);
}
