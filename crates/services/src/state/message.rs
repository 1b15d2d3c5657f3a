//! A message to a person: an e-mail or a text message, most with a one-time code.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::World;
use crate::world::key::id;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By text message.
    Sms,
}

/// A message that was sent. Key: `message/<20-digit microseconds>-<request id>`, so that keys are in order of time.
///
/// It commits with the change that caused it; delivering it over SMTP is a later, repeatable step.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// How it travels.
    pub channel: Channel,
    /// The account it is about.
    pub account: aws::arn::AccountId,
    /// The address or number.
    pub to: String,
    /// The subject; empty for a text message.
    pub subject: String,
    /// The text.
    pub body: String,
    /// The one-time code in the text; empty where there is none.
    pub code: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When an SMTP server took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Which process is delivering it, where several could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// A process that took a message to deliver it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Lease {
    /// What it calls itself.
    pub process: String,
    /// Until when nobody else may take it, by real time.
    pub until: Timestamp,
}

impl Message {
    /// Puts the message into the outbox, in the commit of the change that caused it.
    pub fn send(self, request_id: &str, world: &mut World<'_>) {
        let id = format!("{:020}-{request_id}", self.sent_at.as_microsecond());
        world.put(MessageId(&id), self);
    }
}

id! {
    /// The id of a message: when it was sent, and by which request.
    MessageId(&'k str)
}
