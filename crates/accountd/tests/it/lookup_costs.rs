//! What LookupEvents costs: blocks of the log that are looked into, which follow what is found and not how long the log is.

use std::sync::atomic::Ordering;
use std::time::Duration;

use accountd::store::{Decided, EventRecord};
use serde_json::{Value, json};
use services::world::{ReadsAndWrites, Snapshot};

use crate::cast::*;
use crate::lookup::{by, names};
use crate::world::World;

/// How many blocks of the log a lookup looks into, and what it finds.
fn cost(world: &World, members: Value) -> (u64, Vec<String>) {
    // What is asked has its own record in the log, which is written before the next question.
    world.block_on(world.store.flush()).unwrap();
    let looked_into = || world.store.statistics().log_blocks.load(Ordering::Relaxed);
    let before = looked_into();
    let answer = world.lookup(&MEMBER_ADMIN, members);
    (looked_into() - before, names(&answer))
}

fn record(world: &World, record: EventRecord) {
    let record = move |_: &dyn Snapshot| {
        Ok(Decided { value: (), changes: ReadsAndWrites::default(), events: vec![record.clone()] })
    };
    world.block_on(world.store.transact(record)).unwrap();
}

/// `calls` changes of an account's name, a second apart, each a block of its own.
fn with_changes(calls: usize) -> World {
    let world = World::company();
    for number in 0..calls {
        world.call(&MEMBER_ADMIN, "PutAccountName", json!({ "AccountName": format!("Name {number}") }));
        world.pass(Duration::from_secs(1));
    }
    world
}

/// F-TRAIL-16: large records come on pages of their own, and none is lost between two.
#[test]
fn a_page_holds_a_mebibyte_f_trail_16() {
    let world = with_changes(1);
    let mut large = world.records()[0].1.clone();
    large["eventName"] = json!("ListRegions");
    large["requestParameters"] = json!({ "padding": "x".repeat(240_000) });
    for number in 0..9 {
        large["eventID"] = json!(format!("large-{number}"));
        let time = large["eventTime"].as_str().unwrap().parse().unwrap();
        record(&world, EventRecord::new(Some(MEMBER.parse().unwrap()), time, large.to_string()));
    }
    let mut members = by("EventName", "ListRegions");
    let mut pages = Vec::new();
    let mut ids = Vec::new();
    loop {
        let answer = world.lookup(&MEMBER_ADMIN, members.clone()).json();
        let events = answer["Events"].as_array().unwrap();
        pages.push(events.len());
        ids.extend(events.iter().map(|event| event["EventId"].as_str().unwrap().to_owned()));
        match &answer["NextToken"] {
            Value::Null => break,
            token => members["NextToken"] = token.clone(),
        }
    }
    assert_eq!(pages, [4, 4, 1]);
    let expected: Vec<String> = (0..9).rev().map(|number| format!("large-{number}")).collect();
    assert_eq!(ids, expected);
}

/// F-TRAIL-15: the record of an id is found where the id says, however long the log is; one of another installation, which
/// says nothing, is found all the same.
#[test]
fn the_record_of_an_id_is_found_without_looking_through_the_log_f_trail_15() {
    let world = with_changes(300);
    let oldest = world.records()[0].1.clone();
    let id = oldest["eventID"].as_str().unwrap();
    let (blocks, found) = cost(&world, by("EventId", id));
    assert_eq!(found, ["PutAccountName"]);
    assert!(blocks <= 2, "{blocks} blocks");
    let explained =
        world.block_on(world.service.explain(services::explain::question::Question {
            event: Some(id.to_owned()),
            ..Default::default()
        }));
    assert!(explained.unwrap().is_ok());
    let mut foreign = oldest.clone();
    foreign["eventID"] = json!("6f1b2f6c-0000-4000-8000-00000000abcd");
    foreign["eventName"] = json!("ListRegions");
    let time = oldest["eventTime"].as_str().unwrap().parse().unwrap();
    record(&world, EventRecord::new(Some(MEMBER.parse().unwrap()), time, foreign.to_string()));
    let (_, found) = cost(&world, by("EventId", "6f1b2f6c-0000-4000-8000-00000000abcd"));
    assert_eq!(found, ["ListRegions"]);
    let (_, found) = cost(&world, by("EventId", "6f1b2f6c-0000-4000-8000-00000000abce"));
    assert!(found.is_empty());
    // What is found lies in the time that is asked for, whatever the id says.
    let mut later = by("EventId", id);
    later["StartTime"] = json!(world.clock.now().as_second() - 10);
    assert!(cost(&world, later).1.is_empty());
}
