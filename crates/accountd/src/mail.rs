//! E-mail: delivers what the outbox holds to an SMTP server.
//!
//! A message commits with the change that caused it, so nothing is lost when the process or the
//! server is down: this task looks for messages nobody has taken yet, hands them over, and notes
//! when. A crash between the two delivers a message twice, never not at all. Text messages stay in
//! the outbox (F-EDGE-30). A message the server refuses for good does not hold up the rest, and any
//! other failure is tried again (F-EDGE-31). Addresses, texts and codes never reach the log.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use services::state::message::{Channel, Message};

/// What delivery needs from the store.
pub trait Outbox: Send + Sync + 'static {
    /// Up to `limit` keys and messages after the key `after`, in order of their keys, that no SMTP
    /// server has taken. Text messages may be among them.
    fn undelivered(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(String, Message)>, String>> + Send;

    /// Takes the message under `key`, so that no other process delivers it meanwhile; `false` if another has it.
    fn claim(&self, _key: &str, _now: Timestamp) -> impl Future<Output = Result<bool, String>> + Send {
        std::future::ready(Ok(true))
    }

    /// Notes that an SMTP server took the message under `key`. A message that is gone is no error.
    fn mark_delivered(&self, key: &str, at: Timestamp) -> impl Future<Output = Result<(), String>> + Send;

    /// Completes when a message was added after the previous call completed (or may have been).
    fn changed(&self) -> impl Future<Output = ()> + Send;
}

/// The sender. The domain cannot exist (RFC 2606), so no answer can reach a stranger.
const SENDER: &str = "Account Management <no-reply@accountd.invalid>";

/// Messages looked at together.
const BATCH: usize = 64;

/// How long to wait after the server could not take a message: twice as long each time.
#[derive(Clone, Copy)]
struct Pauses {
    first: Duration,
    longest: Duration,
}

const PAUSES: Pauses = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(300) };

/// Checks the URL of an SMTP server without connecting.
///
/// # Errors
/// Says what a URL looks like; the given one may hold a password and is not repeated.
pub fn check_url(url: &str) -> Result<(), String> {
    let wrong = || {
        "expected a URL such as smtp://host:25, smtps://user:password@host or smtp://host?tls=required"
            .to_owned()
    };
    let uri: http::Uri = url.parse().map_err(|_| wrong())?;
    let scheme = uri.scheme_str().unwrap_or_default();
    let tls = match uri.query() {
        None => "",
        Some(query) => query.strip_prefix("tls=").ok_or_else(wrong)?,
    };
    let is_known = matches!((scheme, tls), ("smtp", "" | "required" | "opportunistic") | ("smtps", ""));
    if is_known && uri.host().is_some_and(|host| !host.is_empty()) { Ok(()) } else { Err(wrong()) }
}

/// Delivers messages to the server at `url` (see [`check_url`]) until dropped.
pub async fn deliver<O: Outbox>(outbox: &O, url: &str) {
    deliver_with(outbox, url, PAUSES).await;
}

async fn deliver_with<O: Outbox>(outbox: &O, url: &str, pauses: Pauses) {
    // Built only now, because it loads certificates.
    let transport = match AsyncSmtpTransport::<Tokio1Executor>::from_url(url) {
        Ok(builder) => builder.timeout(Some(Duration::from_secs(20))).build(),
        Err(_) => {
            tracing::error!("e-mail cannot be delivered: the URL of the SMTP server is not usable");
            return;
        }
    };
    let mut refused = BTreeSet::new();
    let mut pause = pauses.first;
    loop {
        match deliver_waiting(outbox, &transport, &mut refused).await {
            Ok(()) => {
                pause = pauses.first;
                outbox.changed().await;
            }
            Err(reason) => {
                tracing::warn!(reason, retry_seconds = pause.as_secs(), "e-mail waits in the outbox");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(pauses.longest);
            }
        }
    }
}

/// Hands over every e-mail that waits. `refused` are those the server will never take.
async fn deliver_waiting<O: Outbox>(
    outbox: &O,
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    refused: &mut BTreeSet<String>,
) -> Result<(), &'static str> {
    let mut after: Option<String> = None;
    loop {
        let waiting = outbox.undelivered(after.as_deref(), BATCH).await;
        let waiting = waiting.map_err(|_| "the outbox could not be read")?;
        let Some((last, _)) = waiting.last() else { return Ok(()) };
        after = Some(last.clone());
        for (key, message) in waiting {
            if message.channel != Channel::Email || refused.contains(&key) {
                continue;
            }
            let claimed = outbox.claim(&key, Timestamp::now()).await;
            if !claimed.map_err(|_| "a message could not be taken")? {
                continue;
            }
            match hand_over(transport, &key, &message).await {
                Ok(()) => {
                    let noted = outbox.mark_delivered(&key, Timestamp::now()).await;
                    noted.map_err(|_| "a delivery could not be noted")?;
                    tracing::debug!(message = key, "an e-mail was delivered");
                }
                Err(Undeliverable::ForNow(reason)) => return Err(reason),
                Err(Undeliverable::Ever(reason)) => {
                    tracing::warn!(message = key, reason, "an e-mail stays in the outbox");
                    refused.insert(key);
                }
            }
        }
    }
}

enum Undeliverable {
    /// Worth trying again.
    ForNow(&'static str),
    /// The server said no for good. It is asked again after a restart.
    Ever(&'static str),
}

async fn hand_over(
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    key: &str,
    message: &Message,
) -> Result<(), Undeliverable> {
    let email = compose(key, message).ok_or(Undeliverable::Ever("its address cannot be used"))?;
    // The error's own text may repeat the address, so only its kind is told.
    match transport.send(email).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(Undeliverable::Ever("the SMTP server refused it")),
        Err(error) if error.is_transient() => {
            Err(Undeliverable::ForNow("the SMTP server asked to try again later"))
        }
        Err(error) if error.is_timeout() => {
            Err(Undeliverable::ForNow("the SMTP server did not answer in time"))
        }
        Err(_) => Err(Undeliverable::ForNow("the SMTP server could not be reached or understood")),
    }
}

/// The mail (F-CLIENT-12). Its id comes from the message's key, so that a mail that is delivered twice is known as one.
fn compose(key: &str, message: &Message) -> Option<lettre::Message> {
    let id = key.rsplit('/').next().unwrap_or(key);
    let to = Mailbox::new(None, message.to.parse().ok()?);
    let sender: Mailbox = SENDER.parse().ok()?;
    lettre::Message::builder()
        .from(sender)
        .to(to)
        .subject(message.subject.as_str())
        .date(message.sent_at.into())
        .message_id(Some(format!("<{id}@accountd.invalid>")))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(message.body.clone()))
        .ok()
}

#[cfg(test)]
mod tests;
