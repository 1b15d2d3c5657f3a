//! What one run of a pure function decided: a value, the changes that it wants, and the records that commit with them.

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::world::ReadsAndWrites;

/// The value of a run, and what is to be committed before anybody hears it.
pub struct Decided<T> {
    /// For the caller.
    pub value: T,
    /// What it read, at which versions, and what it wants to change.
    pub changes: ReadsAndWrites,
    /// Records of the call, one for each account whose history shows it. They commit with the changes.
    pub events: Vec<EventRecord>,
}

/// The record of one call, as it goes into the event log.
#[derive(Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The account whose event history shows it, if any.
    pub account: Option<AccountId>,
    /// When the call was made, by service time. Kept to the microsecond.
    pub time: Timestamp,
    json: String,
}

impl EventRecord {
    /// A record; `json` is the CloudTrail record, a JSON object.
    pub fn new(account: Option<AccountId>, time: Timestamp, mut json: String) -> Self {
        if memchr::memchr(b'\n', json.as_bytes()).is_some() {
            // Inside JSON text a raw line break can only stand between tokens, where a space means the same.
            json = json.replace('\n', " ");
        }
        Self { account, time, json }
    }

    /// The CloudTrail record, in one line.
    pub fn json(&self) -> &str {
        &self.json
    }
}
