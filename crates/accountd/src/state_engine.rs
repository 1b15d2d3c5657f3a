//! What the own endpoints and the mailer do with the store: outbox, reset, export, import.

use std::collections::BTreeMap;
use std::io::Seek;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use services::explain::{Answer, Question};
use services::front::credentials::{self, Given, Holder, NotGiven};
use services::state::identity::{IamAccount, OutboundIssuer, OutboundIssuerId, TokenKeys};
use services::state::message::{Lease, Message, MessageId};
use services::sts::outbound_token;
use services::world::key::{Current, Prefix};
use services::world::{Change, EventPosition, EventQuery, Fault, ReadsAndWrites, Snapshot, World};
use tokio::sync::Notify;

use crate::admin::events::{EventsAsked, EventsPage};
use crate::admin::faults::Rule;
use crate::admin::{Engine, Log, NotAnswered, NotImported};
use crate::clock::{Clock, TimeMode};
use crate::service::Service;
use crate::store::{Decided, Exported, LogSize, Store, StoreError};
use crate::transfer::Writing;
use crate::{entropy, installation, mail, transfer};
use listener::{Payload, Upload};

/// How long a process that took a message has to deliver it, where others might. An SMTP server has twenty seconds.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How often messages are looked for that other processes sent.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Messages read together from the store.
const BATCH: usize = 500;

/// How many items of an import are read ahead of the store.
const ITEMS_AHEAD: usize = 64;

/// The store as the own endpoints see it.
pub struct StateEngine {
    store: Arc<Store>,
    clock: Arc<Clock>,
    seed: Option<BTreeMap<String, Change>>,
    service: Option<Arc<Service>>,
}

impl StateEngine {
    /// The engine over a store; a reset puts `seed` back.
    pub fn new(store: Arc<Store>, clock: Arc<Clock>, seed: Option<BTreeMap<String, Change>>) -> Self {
        Self { store, clock, seed, service: None }
    }

    /// The same, with the service that explains calls and gives credentials.
    #[must_use]
    pub fn with_service(self, service: Arc<Service>) -> Self {
        Self { service: Some(service), ..self }
    }

    /// Replaces everything but what belongs to the installation, in one transaction.
    async fn replace(
        &self,
        items: impl Iterator<Item = Result<Exported, String>> + Send + 'static,
        time: Time,
    ) -> Result<(), String> {
        let kept = installation::documents(&self.store, time == Time::Kept).await?;
        self.store.import(kept.into_iter().map(Ok).chain(items)).await.map_err(said)
    }
}

/// What becomes of service time where everything is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    Kept,
    Forgotten,
}

fn said(error: StoreError) -> String {
    error.to_string()
}

/// Reads documents without leaving a record: this is nobody's call.
pub(crate) async fn look<T: Send + 'static>(
    store: &Store,
    read: impl Fn(&World<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, String> {
    run(store, move |snapshot| Ok((read(&World::new(snapshot))?, ReadsAndWrites::default()))).await
}

/// Changes documents without leaving a record.
pub(crate) async fn change<T: Send + 'static>(
    store: &Store,
    write: impl Fn(&mut World<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, String> {
    run(store, move |snapshot| {
        let mut world = World::new(snapshot);
        Ok((write(&mut world)?, world.into_reads_and_writes()))
    })
    .await
}

async fn run<T: Send + 'static>(
    store: &Store,
    decide: impl Fn(&dyn Snapshot) -> Result<(T, ReadsAndWrites), Fault> + Send + 'static,
) -> Result<T, String> {
    let run = move |snapshot: &dyn Snapshot| {
        let (value, changes) = decide(snapshot)?;
        Ok(Decided { value, changes, events: Vec::new() })
    };
    store.transact_boxed(run).await.map_err(said)
}

type Messages = Vec<(String, Message)>;

/// Messages with ids after `after`, in order.
async fn messages_after(store: &Store, after: Option<String>, limit: usize) -> Result<Messages, String> {
    look(store, move |world| {
        let mut found = Vec::new();
        for key in world.keys::<Message>(&Prefix::empty(), after.as_deref(), limit)? {
            let id = key.id()?;
            if let Some(message) = world.get::<Message>(id)? {
                found.push((id.0.to_owned(), Message::clone(&message)));
            }
        }
        Ok(found)
    })
    .await
}

/// How much of the log one page of events looks at.
const LOOKED_AT: usize = 20_000;
const LOOKED_AT_BYTES: usize = 4 << 20;

/// Events after a place. The page may be empty although there are more: then it goes on at its `next`.
async fn following(store: &Store, after: EventPosition, asked: &EventsAsked) -> Result<EventsPage, String> {
    let followed = store.follow(after, LOOKED_AT_BYTES).await.map_err(said)?;
    let mut events = Vec::new();
    for record in followed.records {
        if events.len() == asked.limit {
            return Ok(EventsPage { events, next: record.position });
        }
        let value: Value = serde_json::from_str(&record.json).unwrap_or_default();
        if asked.filter.takes(&value) {
            events.push(value);
        }
    }
    Ok(EventsPage { events, next: followed.next.unwrap_or(after) })
}

/// The newest events, among those that are looked at.
async fn newest(store: &Store, asked: &EventsAsked) -> Result<EventsPage, String> {
    let from = asked.filter.since.unwrap_or(Timestamp::MIN);
    let until = asked.filter.until.unwrap_or(Timestamp::MAX);
    let account = asked.filter.account.as_ref().and_then(|account| account.parse().ok());
    let mut query = EventQuery { account, from, until, before: None, limit: BATCH };
    let (mut events, mut next, mut looked_at) = (Vec::new(), EventPosition { commit: 0, index: 0 }, 0);
    while looked_at < LOOKED_AT && events.len() < asked.limit {
        let batch = store.events(&query).await.map_err(said)?;
        let Some(last) = batch.last() else { break };
        query.before = Some(last.position);
        looked_at += batch.len();
        for event in batch {
            next = next.max(EventPosition { index: event.position.index + 1, ..event.position });
            let value: Value = serde_json::from_str(&event.record).unwrap_or_default();
            if events.len() < asked.limit && asked.filter.takes(&value) {
                events.push(value);
            }
        }
    }
    events.reverse();
    Ok(EventsPage { events, next })
}

impl Engine for StateEngine {
    fn log_size(&self) -> LogSize {
        self.store.statistics().log_size()
    }

    async fn ready(&self) -> Result<(), String> {
        self.store.check().await.map_err(said)
    }

    async fn messages(&self) -> Result<Messages, String> {
        let mut all = Messages::new();
        loop {
            let after = all.last().map(|(id, _)| id.clone());
            let batch = messages_after(&self.store, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            all.extend(batch);
            if is_last {
                all.reverse();
                return Ok(all);
            }
        }
    }

    async fn clear_messages(&self) -> Result<u64, String> {
        let mut cleared = 0;
        loop {
            let count = change(&self.store, |world| {
                let keys = world.keys::<Message>(&Prefix::empty(), None, BATCH)?;
                for key in &keys {
                    world.delete::<Message>(key.id()?);
                }
                Ok(keys.len() as u64)
            })
            .await?;
            if count == 0 {
                return Ok(cleared);
            }
            cleared += count;
        }
    }

    async fn events(&self, asked: EventsAsked) -> Result<EventsPage, String> {
        match asked.after {
            Some(after) => following(&self.store, after, &asked).await,
            None => newest(&self.store, &asked).await,
        }
    }

    async fn issuer(&self, id: String) -> Result<Option<(String, serde_json::Value)>, String> {
        look(&self.store, move |world| {
            let Some(issuer) = world.get::<OutboundIssuer>(OutboundIssuerId(&id))? else { return Ok(None) };
            let account = world.get::<IamAccount>(issuer.account)?;
            let federation = account.as_ref().and_then(|account| account.outbound_federation.as_ref());
            let url = federation.map(|federation| federation.issuer());
            // Before the first token there are no keys yet.
            let keys = match world.get::<TokenKeys>(Current)? {
                Some(keys) => outbound_token::key_set(&keys)?,
                None => serde_json::json!({ "keys": [] }),
            };
            Ok(url.map(|url| (url, keys)))
        })
        .await
    }

    async fn explain(&self, question: Question) -> Result<Answer, NotAnswered> {
        let Some(service) = &self.service else {
            return Err(NotAnswered::Failed("nothing here explains calls".to_owned()));
        };
        let explained = service.explain(question).await.map_err(|error| NotAnswered::Failed(said(error)))?;
        explained.map_err(NotAnswered::NotExplained)
    }

    async fn credentials(&self, holder: Holder) -> Result<Result<Given, NotGiven>, String> {
        let service = self.service.as_ref().ok_or("nothing here gives credentials")?;
        // Drawn once, so that a run that is repeated gives the same.
        let context = service.context();
        change(&self.store, move |world| credentials::give(&holder, &context, world)).await
    }

    async fn follow(&self) -> Result<(), String> {
        match &self.service {
            Some(service) => service.follow().await.map_err(said),
            None => Ok(()),
        }
    }

    async fn keep_faults(&self, rules: Vec<Rule>) -> Result<(), String> {
        match &self.service {
            Some(service) => service.keep_faults(rules).await,
            None => Ok(()),
        }
    }

    async fn keep_time(&self) -> Result<(), String> {
        installation::keep_time(&self.store, &self.clock).await
    }

    async fn reset(&self) -> Result<(), String> {
        let seed = self.seed.iter().flatten().filter_map(|(key, change)| match change {
            Change::Put { text, .. } => Some(Exported::Document { key: key.clone(), text: text.to_string() }),
            Change::Delete => None,
        });
        // All in one transaction: no call in between finds an empty store.
        let seed: Vec<_> = seed.map(Ok).collect();
        self.replace(seed.into_iter(), Time::Forgotten).await?;
        self.clock.restart();
        if self.store.is_shared() && self.clock.mode() == TimeMode::Manual {
            // F-STORE-27: it stands still at the same moment for every process.
            self.keep_time().await?;
        }
        Ok(())
    }

    async fn export(&self, log: Log) -> Result<Payload, String> {
        self.store.flush().await.map_err(said)?;
        let (writing, payload) = transfer::begin(log);
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            let written = store.export(writing, Writing::add, Writing::end).await.map_err(said);
            if let Err(reason) = written.and_then(|written| written) {
                tracing::error!(reason, "an export broke off");
            }
        });
        Ok(payload)
    }

    async fn import(&self, document: Upload) -> Result<(), NotImported> {
        let mut file = transfer::spool(document, self.store.directory()).await?;
        // All of it is looked at before anything is replaced, while changes go on.
        let directory = self.store.directory().map(Path::to_owned);
        let checked = tokio::task::spawn_blocking(move || {
            transfer::check(&file, directory.as_deref())?;
            file.rewind().map_err(|error| NotImported::Failed(error.to_string()))?;
            Ok(file)
        });
        let file = checked.await.map_err(|error| NotImported::Failed(error.to_string()))??;
        let (items, further) = mpsc::sync_channel(ITEMS_AHEAD);
        tokio::task::spawn_blocking(move || {
            let closed = || NotImported::Failed("nobody takes the items any more".to_owned());
            if let Err(error) = transfer::read(&file, &mut |item| items.send(Ok(item)).map_err(|_| closed()))
            {
                let _ = items.send(Err(format!("{error:?}")));
            }
        });
        self.replace(further.into_iter(), Time::Kept).await.map_err(NotImported::Failed)
    }
}

/// The outbox as the mailer sees it.
pub struct Outbox {
    store: Arc<Store>,
    message_sent: Arc<Notify>,
    /// What this process calls itself in the leases of messages.
    process: String,
}

impl Outbox {
    /// The outbox in a store; `message_sent` is notified after a commit that added a message.
    pub fn new(store: Arc<Store>, message_sent: Arc<Notify>) -> Self {
        Self { store, message_sent, process: entropy::request_id() }
    }
}

impl mail::Outbox for Outbox {
    async fn undelivered(&self, after: Option<&str>, limit: usize) -> Result<Messages, String> {
        let mut after = after.map(str::to_owned);
        let mut waiting = Messages::new();
        loop {
            let batch = messages_after(&self.store, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            after = batch.last().map(|(id, _)| id.clone());
            waiting.extend(batch.into_iter().filter(|(_, message)| message.delivered_at.is_none()));
            if is_last || waiting.len() >= limit {
                waiting.truncate(limit);
                return Ok(waiting);
            }
        }
    }

    async fn claim(&self, key: &str, now: Timestamp) -> Result<bool, String> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let (id, process) = (key.to_owned(), self.process.clone());
        let until = now.checked_add(LEASE).map_err(|error| error.to_string())?;
        change(&self.store, move |world| {
            let Some(message) = world.get::<Message>(MessageId(&id))? else { return Ok(false) };
            let is_anothers = |lease: &Lease| lease.process != process && now < lease.until;
            if message.delivered_at.is_some() || message.lease.as_ref().is_some_and(is_anothers) {
                return Ok(false);
            }
            let lease = Some(Lease { process: process.clone(), until });
            world.put(MessageId(&id), Message { lease, ..Message::clone(&message) });
            Ok(true)
        })
        .await
    }

    async fn mark_delivered(&self, key: &str, at: Timestamp) -> Result<(), String> {
        let id = key.to_owned();
        change(&self.store, move |world| {
            if let Some(message) = world.get::<Message>(MessageId(&id))? {
                let delivered = Message { delivered_at: Some(at), lease: None, ..Message::clone(&message) };
                world.put(MessageId(&id), delivered);
            }
            Ok(())
        })
        .await
    }

    async fn changed(&self) {
        // A permit is kept when nobody waits, and whatever was sent before the start is found by the first look.
        if self.store.is_shared() {
            // What another process sent is known to no notice.
            let _ = tokio::time::timeout(LOOK_EVERY, self.message_sent.notified()).await;
        } else {
            self.message_sent.notified().await;
        }
    }
}
