//! The outbox: messages to people, newest first, with their codes to copy.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use services::state::message::{Message, MessageId};
use services::world::key::Prefix;

use super::failed;
use crate::admin::Engine;
use crate::console::marks;
use crate::console::shell::Wrong;
use crate::console::visit::Visit;
use crate::console::{Console, Note};

/// Messages that are shown.
const SHOWN: usize = 50;
/// Keys that are read together, and how often.
const BATCH: usize = 500;
const MOST_BATCHES: usize = 20;
/// Messages of so many hours are looked through, more only where those are few.
const WINDOWS_HOURS: [Option<i64>; 3] = [Some(1), Some(24 * 90), None];

/// The newest messages.
///
/// # Errors
/// The store failed.
pub async fn newest(console: &Console, visit: &Visit) -> Result<Vec<Message>, Wrong> {
    let mut last = VecDeque::new();
    for hours in WINDOWS_HOURS {
        last = newest_ids(console, since(visit.now, hours)).await?;
        if last.len() == SHOWN {
            break;
        }
    }
    let read = console.look(move |world| {
        let mut messages = Vec::with_capacity(last.len());
        for id in last.iter().rev() {
            messages.extend(world.get::<Message>(MessageId(id))?.map(|message| (*message).clone()));
        }
        Ok(messages)
    });
    read.await
}

/// What the keys of messages of the last hours follow; nothing for all of them.
fn since(now: Timestamp, hours: Option<i64>) -> Option<String> {
    let begin = now.saturating_sub(SignedDuration::from_hours(hours?)).unwrap_or(Timestamp::MIN);
    Some(format!("{:020}", begin.as_microsecond().max(0)))
}

/// The last ids after a place. Keys are in the order of time, so that those before are passed, up to a bound.
async fn newest_ids(console: &Console, mut after: Option<String>) -> Result<VecDeque<String>, Wrong> {
    let mut last = VecDeque::with_capacity(SHOWN + BATCH);
    for _ in 0..MOST_BATCHES {
        let from = after.clone();
        let read = console.look(move |world| {
            let keys = world.keys::<Message>(&Prefix::empty(), from.as_deref(), BATCH)?;
            keys.iter().map(|key| key.id().map(|id| id.0.to_owned())).collect::<Result<Vec<_>, _>>()
        });
        let ids = read.await?;
        let is_last = ids.len() < BATCH;
        after = ids.last().cloned();
        last.extend(ids);
        last.drain(..last.len().saturating_sub(SHOWN));
        if is_last {
            break;
        }
    }
    Ok(last)
}

/// The list.
pub fn shown(visit: &Visit, messages: &[Message]) -> Markup {
    html! {
        h2 id="outbox" { "Outbox" }
        @if messages.is_empty() {
            p { "No message was sent yet. A change of a primary e-mail address or the verification of a phone number sends one, with a code." }
        } @else {
            table {
                thead { tr { th scope="col" { "Sent" } th scope="col" { "Account" } th scope="col" { "To" } th scope="col" { "About" } th scope="col" { "Code" } } }
                tbody { @for message in messages { tr {
                    td { (marks::time(message.sent_at)) }
                    td { (marks::account_link(message.account)) }
                    td { bdi { (message.to) } }
                    td { details { summary { @if message.subject.is_empty() { "text message" } @else { (message.subject) } } pre tabindex="0" { (message.body) } } }
                    td { @if !message.code.is_empty() { (marks::id(&message.code)) } }
                } } }
            }
            form method="post" action="/control/outbox" { (visit.hidden_token()) button type="submit" { "Empty the outbox" } }
        }
    }
}

/// Empties it.
pub async fn clear(console: &Console) -> Note {
    match console.admin.engine.clear_messages().await {
        Ok(deleted) => Note::good(&format!("{deleted} messages were deleted")),
        Err(reason) => failed(&reason),
    }
}
