//! Events to EventBridge, or to a file of lines: in the order of the log, at least once, over restarts too.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use services::context::Delays;
use services::state::trail::{Ahead, Delivery, DeliveryId, Place as LogPlace};
use services::world::EventPosition;
use tokio::sync::watch;

use super::client::{Client, Endpoint, Signing};
use super::envelope::{self, Envelope};
use super::lease::Lease;
use super::{FIRST_PAUSE, LONGEST_PAUSE, LOOK_EVERY, MOST_AHEAD};
use crate::clock::Clock;
use crate::state_engine::{change, look};
use crate::store::{FollowedRecord, Store};

/// The name under which it is kept how far events are.
const NAME: &str = "events";

/// How much of the log is read at a time.
const PAGE_BYTES: usize = 1 << 20;

/// The most events of one PutEvents.
const MOST_ENTRIES: usize = 10;

/// What takes events.
pub enum Sink {
    /// A file that they are appended to, a line each.
    File(PathBuf),
    /// EventBridge, or what answers PutEvents as it does.
    EventBridge(Endpoint, Arc<Client>),
}

/// The task that sends events.
pub struct Events {
    store: Arc<Store>,
    clock: Arc<Clock>,
    delays: Delays,
    sink: Sink,
    /// How many records there were when all of them had been sent.
    sent: AtomicU64,
}

impl Events {
    /// Events of a store, to a sink.
    pub fn new(store: Arc<Store>, clock: Arc<Clock>, delays: Delays, sink: Sink) -> Self {
        Self { store, clock, delays, sink, sent: AtomicU64::new(u64::MAX) }
    }

    /// Sends until `stop` says that the process ends, and then what has happened until that moment.
    pub async fn run(self, lease: Lease, mut stop: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        let mut delivery = None;
        let mut is_last = false;
        loop {
            let sent = match lease.is_held().await {
                Ok(true) => self.send_waiting(&mut delivery).await,
                Ok(false) => {
                    // Whoever has it keeps how far events are.
                    delivery = None;
                    self.sent.store(u64::MAX, Ordering::Relaxed);
                    Ok(())
                }
                Err(reason) => Err(reason),
            };
            let wait = match sent {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    LOOK_EVERY
                }
                Err(reason) => {
                    tracing::warn!(reason, retry_seconds = pause.as_secs(), "events wait to be sent");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    pause
                }
            };
            if is_last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.changed() => is_last = true,
            }
        }
    }

    /// Sends everything that has happened until now.
    ///
    /// # Errors
    /// One line: what could not be reached.
    pub async fn send_waiting(&self, kept: &mut Option<Delivery>) -> Result<(), String> {
        let mut delivery = match kept.take() {
            Some(delivery) => delivery,
            None => {
                let stored = look(&self.store, |world| world.get::<Delivery>(DeliveryId(NAME))).await?;
                stored.map(|stored| Delivery::clone(&stored)).unwrap_or_default()
            }
        };
        let count = self.store.statistics().events.load(Ordering::Relaxed);
        let is_due = delivery.ahead.first().is_some_and(|ahead| ahead.at <= self.clock.now());
        if count == self.sent.load(Ordering::Relaxed) && !is_due {
            *kept = Some(delivery);
            return Ok(());
        }
        let sent = self.send_from(&mut delivery).await;
        *kept = Some(delivery);
        if sent.is_ok() {
            self.sent.store(count, Ordering::Relaxed);
        }
        sent
    }

    async fn send_from(&self, delivery: &mut Delivery) -> Result<(), String> {
        loop {
            let now = self.clock.now();
            self.send_what_was_ahead(delivery, now).await?;
            if delivery.ahead.len() >= MOST_AHEAD {
                return Ok(());
            }
            let from = delivery.reached;
            let position = EventPosition { commit: from.commit, index: from.index };
            let page = self.store.follow(position, PAGE_BYTES).await.map_err(|error| error.to_string())?;
            let mut events = Vec::new();
            let mut ahead = BTreeSet::new();
            for record in &page.records {
                let place = LogPlace { commit: record.position.commit, index: record.position.index };
                if record.time > now {
                    ahead.insert(Ahead { at: record.time, place });
                    continue;
                }
                events.extend(envelope::at_once(record));
                ahead.extend(envelope::completion(record, &self.delays).map(|at| Ahead { at, place }));
            }
            self.send(&events).await?;
            if let Some(next) = page.next {
                delivery.reached = LogPlace { commit: next.commit, index: next.index };
            }
            delivery.ahead.extend(ahead.iter().copied());
            if !events.is_empty() || !ahead.is_empty() {
                self.keep(delivery).await?;
            }
            if page.is_end {
                return self.send_what_was_ahead(delivery, now).await;
            }
        }
    }

    async fn send_what_was_ahead(&self, delivery: &mut Delivery, now: Timestamp) -> Result<(), String> {
        let due: Vec<Ahead> = delivery.ahead.iter().copied().take_while(|ahead| ahead.at <= now).collect();
        for ahead in due {
            let position = EventPosition { commit: ahead.place.commit, index: ahead.place.index };
            let page = self.store.follow(position, 0).await.map_err(|error| error.to_string())?;
            let mut events: Vec<Envelope> = Vec::new();
            for record in page.records.iter().filter(|record| record.position == position) {
                events.extend(self.due(record, ahead.at, delivery, ahead.place));
            }
            self.send(&events).await?;
            delivery.ahead.remove(&ahead);
            self.keep(delivery).await?;
        }
        Ok(())
    }

    /// What is due of a record that was ahead: itself, where its own time has come, or the end of what it began.
    fn due(
        &self,
        record: &FollowedRecord,
        at: Timestamp,
        delivery: &mut Delivery,
        place: LogPlace,
    ) -> Vec<Envelope> {
        let completion = envelope::completion(record, &self.delays);
        if record.time == at && completion != Some(at) {
            delivery.ahead.extend(completion.map(|at| Ahead { at, place }));
            return envelope::at_once(record);
        }
        envelope::completed(record, at).into_iter().collect()
    }

    async fn keep(&self, delivery: &Delivery) -> Result<(), String> {
        let kept = delivery.clone();
        change(&self.store, move |world| {
            world.put(DeliveryId(NAME), kept.clone());
            Ok(())
        })
        .await
    }

    async fn send(&self, events: &[Envelope]) -> Result<(), String> {
        match &self.sink {
            Sink::File(_) if events.is_empty() => Ok(()),
            Sink::File(path) => {
                let (path, mut lines) = (path.clone(), String::new());
                for event in events {
                    lines.push_str(&event.0.to_string());
                    lines.push('\n');
                }
                let append = move || {
                    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
                    file.write_all(lines.as_bytes())?;
                    file.sync_data()
                };
                let appended =
                    tokio::task::spawn_blocking(append).await.map_err(|error| error.to_string())?;
                appended.map_err(|error| format!("the file of events cannot be written: {error}"))
            }
            Sink::EventBridge(endpoint, client) => {
                for entries in events.chunks(MOST_ENTRIES) {
                    put_events(endpoint, client, entries).await?;
                }
                Ok(())
            }
        }
    }
}

/// PutEvents. F-EVENTS-3: where one entry is not taken, all of them are sent again, so that none overtakes another.
async fn put_events(endpoint: &Endpoint, client: &Client, events: &[Envelope]) -> Result<(), String> {
    let entry = |event: &Envelope| {
        let event = &event.0;
        let time = event["time"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
        json!({
            "Time": time.map(Timestamp::as_second),
            "Source": event["source"],
            "Resources": event["resources"],
            "DetailType": event["detail-type"],
            "Detail": event["detail"].to_string(),
        })
    };
    let body = json!({ "Entries": events.iter().map(entry).collect::<Vec<_>>() });
    let request = Request::post("/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AWSEvents.PutEvents")
        .body(Bytes::from(body.to_string()))
        .map_err(|error| error.to_string())?;
    let answer = client.send(endpoint, request, Signing::Other("events"), Timestamp::now()).await?;
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match told["FailedEntryCount"].as_u64() {
        _ if !answer.status.is_success() => Err(format!("PutEvents was answered {}", answer.status)),
        Some(failed) if failed > 0 => Err(format!("{failed} of {} events were not taken", events.len())),
        _ => Ok(()),
    }
}
