//! What the own endpoints and the mailer do with the store: outbox, reset, export, import.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use services::explain::{Answer, Question};
use services::state::Kind;
use services::state::installation::is_of_installation;
use services::state::message::{Message, MessageId};
use services::world::key::Prefix;
use services::world::{Change, Fault, ReadsAndWrites, World};
use tokio::sync::Notify;

use crate::admin::{Engine, NotAnswered, NotImported};
use crate::clock::Clock;
use crate::service::Service;
use crate::store::{Decided, EventRecord, Exported, Store, StoreError};
use crate::{installation, mail};

/// Messages read together from the store.
const BATCH: usize = 500;

/// The version of an exported document.
const EXPORT_VERSION: u32 = 1;

/// The store as the own endpoints see it.
pub struct StateEngine {
    store: Arc<Store>,
    clock: Arc<Clock>,
    seed: Option<BTreeMap<String, Change>>,
    service: Option<Arc<Service>>,
}

/// Everything that is stored, as one JSON document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    accountd_export: u32,
    documents: BTreeMap<String, serde_json::Value>,
    events: Vec<ExportedEvent>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportedEvent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<aws::arn::AccountId>,
    time: Timestamp,
    record: serde_json::Value,
}

impl StateEngine {
    /// The engine over a store; a reset puts `seed` back.
    pub fn new(store: Arc<Store>, clock: Arc<Clock>, seed: Option<BTreeMap<String, Change>>) -> Self {
        Self { store, clock, seed, service: None }
    }

    /// The same, with the service that explains calls.
    #[must_use]
    pub fn with_service(self, service: Arc<Service>) -> Self {
        Self { service: Some(service), ..self }
    }

    /// Replaces everything but what belongs to the installation, in one transaction.
    async fn replace(&self, items: impl Iterator<Item = Exported>, time: Time) -> Result<(), String> {
        let kept = installation::documents(&self.store, time == Time::Kept).await?;
        let items: Vec<_> = kept.into_iter().chain(items).map(Ok).collect();
        self.store.import(items.into_iter()).await.map_err(said)
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
    let run = move |snapshot: &dyn services::world::Snapshot| {
        let value = read(&World::new(snapshot))?;
        Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
    };
    store.transact(run).await.map_err(said)
}

/// Changes documents without leaving a record.
pub(crate) async fn change<T: Send + 'static>(
    store: &Store,
    write: impl Fn(&mut World<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, String> {
    let run = move |snapshot: &dyn services::world::Snapshot| {
        let mut world = World::new(snapshot);
        let value = write(&mut world)?;
        Ok(Decided { value, changes: world.into_reads_and_writes(), events: Vec::new() })
    };
    store.transact(run).await.map_err(said)
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

impl Engine for StateEngine {
    async fn ready(&self) -> Result<(), String> {
        look(&self.store, |world| world.keys::<Message>(&Prefix::empty(), None, 1).map(drop)).await
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

    async fn explain(&self, question: Question) -> Result<Answer, NotAnswered> {
        let Some(service) = &self.service else {
            return Err(NotAnswered::Failed("nothing here explains calls".to_owned()));
        };
        let explained = service.explain(question).await.map_err(|error| NotAnswered::Failed(said(error)))?;
        explained.map_err(NotAnswered::NotExplained)
    }

    async fn keep_time(&self) -> Result<(), String> {
        installation::keep_time(&self.store, &self.clock).await
    }

    async fn reset(&self) -> Result<(), String> {
        let seed = self.seed.iter().flatten().filter_map(|(key, change)| match change {
            Change::Put { text, .. } => Some(Exported::Document { key: key.clone(), text: text.to_string() }),
            Change::Delete => None,
        });
        self.replace(seed, Time::Forgotten).await?;
        self.clock.restart();
        Ok(())
    }

    async fn export(&self) -> Result<Bytes, String> {
        let nothing =
            Export { accountd_export: EXPORT_VERSION, documents: BTreeMap::new(), events: Vec::new() };
        let add = |sum: &mut Result<Export, String>, item| {
            if let Ok(export) = sum
                && let Err(reason) = add_to_export(export, item)
            {
                *sum = Err(reason);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let export = self.store.export(Ok(nothing), add).await.map_err(said)??;
        serde_json::to_vec(&export).map(Bytes::from).map_err(|error| error.to_string())
    }

    async fn import(&self, document: Bytes) -> Result<(), NotImported> {
        let wrong = |error: serde_json::Error| {
            // The message of serde may repeat a value, its position may not.
            NotImported::Wrong(format!(
                "the document is not an export of accountd (line {}, column {})",
                error.line(),
                error.column()
            ))
        };
        let export: Export = serde_json::from_slice(&document).map_err(wrong)?;
        if export.accountd_export != EXPORT_VERSION {
            let version = export.accountd_export;
            return Err(NotImported::Wrong(format!(
                "this accountd does not read exports of version {version}"
            )));
        }
        for (key, document) in &export.documents {
            check_document(key, &document.to_string()).map_err(NotImported::Wrong)?;
        }
        let documents = export
            .documents
            .into_iter()
            .map(|(key, document)| Exported::Document { key, text: document.to_string() });
        let events = export.events.into_iter().map(|event| {
            Exported::Event(EventRecord::new(event.account, event.time, event.record.to_string()))
        });
        self.replace(documents.chain(events), Time::Kept).await.map_err(NotImported::Failed)
    }
}

fn add_to_export(export: &mut Export, item: Exported) -> Result<(), String> {
    let parsed = |text: &str| serde_json::from_str(text).map_err(|_| "a stored text is not JSON".to_owned());
    match item {
        Exported::Document { key, .. } if is_of_installation(&key) => {}
        Exported::Document { key, text } => {
            let document = parsed(&text)?;
            export.documents.insert(key, document);
        }
        Exported::Event(event) => export.events.push(ExportedEvent {
            account: event.account,
            time: event.time,
            record: parsed(event.json())?,
        }),
    }
    Ok(())
}

/// Whether a document of an export can be read back, so that an import never stores what a request would fail on.
fn check_document(key: &str, text: &str) -> Result<(), String> {
    let unknown = || format!("`{key}` is a kind of document that this accountd does not import");
    let kind = Kind::of(key).filter(|_| !is_of_installation(key)).ok_or_else(unknown)?;
    kind.check(key, text).map_err(|reason| format!("`{key}`: {reason}"))
}

/// The outbox as the mailer sees it.
pub struct Outbox {
    store: Arc<Store>,
    message_sent: Arc<Notify>,
}

impl Outbox {
    /// The outbox in a store; `message_sent` is notified after a commit that added a message.
    pub fn new(store: Arc<Store>, message_sent: Arc<Notify>) -> Self {
        Self { store, message_sent }
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

    async fn mark_delivered(&self, key: &str, at: Timestamp) -> Result<(), String> {
        let id = key.to_owned();
        change(&self.store, move |world| {
            if let Some(message) = world.get::<Message>(MessageId(&id))? {
                let delivered = Message { delivered_at: Some(at), ..Message::clone(&message) };
                world.put(MessageId(&id), delivered);
            }
            Ok(())
        })
        .await
    }

    async fn changed(&self) {
        // A permit is kept when nobody waits, and whatever was sent before the start is found by the first look.
        self.message_sent.notified().await;
    }
}
