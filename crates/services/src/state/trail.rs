//! Trails of CloudTrail, how far each of them is delivered, and the keys that its digest files are signed with.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::{AccountId, PARTITION};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::Identified;
use crate::world::key::id;

/// A trail. Key: `trail/<account>/<Region>/<name>`; the account of an organization's trail is the management account.
#[derive(Clone, Serialize, Deserialize)]
pub struct Trail {
    /// The account that owns it.
    pub account: AccountId,
    /// Its home: the Region where it was created, and where alone it is changed.
    pub region: String,
    /// Its name.
    pub name: String,
    /// The bucket that files go to.
    pub bucket: String,
    /// What their keys begin with, without a slash at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The ARN of the topic that hears of each file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sns_topic_arn: Option<String>,
    /// Whether calls of global services are delivered.
    pub includes_global_services: bool,
    /// Whether calls of all Regions are.
    pub is_multi_region: bool,
    /// Whether there are digest files.
    pub validates_files: bool,
    /// Where in CloudWatch Logs records go as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogGroup>,
    /// The ARN of the KMS key that files are encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// The organization whose accounts it is for, where it is for more than its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Which records are delivered; `None` until somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selectors: Option<Selectors>,
    /// What it was told of Insights, member for member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insights: Vec<Value>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// When it was created. A trail that is deleted and created again begins anew.
    pub created_at: Timestamp,
    /// When it was logging: the oldest first, the last one open while it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logging: Vec<LoggingPeriod>,
}

/// A log group of CloudWatch Logs, and the role that may write to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// The ARN of the group.
    pub group_arn: String,
    /// The ARN of the role.
    pub role_arn: String,
    /// Since when it is this group that gets the records, where it was not from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Event selectors, member for member as they were given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Selectors {
    /// Of the older form.
    Basic(Vec<Value>),
    /// Advanced ones.
    Advanced(Vec<Value>),
}

/// From when to when a trail was logging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingPeriod {
    /// StartLogging.
    pub from: Timestamp,
    /// StopLogging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// The most periods that are remembered: what was recorded in older ones has been delivered long ago.
const MOST_PERIODS: usize = 32;

impl Trail {
    /// Its ARN.
    pub fn arn(&self) -> String {
        arn(self.account, &self.region, &self.name)
    }

    /// The name under which [`Delivery`] is kept of it.
    pub fn delivery_name(&self) -> String {
        format!("trail/{}/{}/{}", self.account, self.region, self.name)
    }

    /// The same of what goes to its log group, which is delivered apart: neither waits for the other.
    pub fn log_delivery_name(&self) -> String {
        format!("{}/logs", self.delivery_name())
    }

    /// Whether it is logging.
    pub fn is_logging(&self) -> bool {
        self.logging.last().is_some_and(|period| period.until.is_none())
    }

    /// When StartLogging was last called.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.logging.last().map(|period| period.from)
    }

    /// When StopLogging was last called; a new start does not change that.
    pub fn stopped_at(&self) -> Option<Timestamp> {
        self.logging.iter().rev().find_map(|period| period.until)
    }

    /// Begins a period, unless one is open.
    pub fn start(&mut self, now: Timestamp) {
        if !self.is_logging() {
            self.logging.push(LoggingPeriod { from: now, until: None });
            if self.logging.len() > MOST_PERIODS {
                self.logging.remove(0);
            }
        }
    }

    /// Ends the period that is open.
    pub fn stop(&mut self, now: Timestamp) {
        if let Some(open) = self.logging.last_mut() {
            open.until.get_or_insert(now);
        }
    }

    /// Whether it was logging at this time.
    pub fn was_logging_at(&self, time: Timestamp) -> bool {
        self.logging.iter().any(|period| period.from <= time && period.until.is_none_or(|until| time < until))
    }
}

/// The ARN of a trail.
pub fn arn(account: AccountId, region: &str, name: &str) -> String {
    format!("arn:{PARTITION}:cloudtrail:{region}:{account}:trail/{name}")
}

impl Identified for Trail {
    fn document_id(&self) -> TrailId<'_> {
        TrailId { account: self.account, region: &self.region, name: &self.name }
    }
}

/// How far the log is delivered to one place. Key: `delivery/<name of the place>`. It belongs to an installation: the
/// places in the log that it names are those of this store.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Delivery {
    /// Of which trail: when that was created. A trail that was created anew begins anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_trail_created_at: Option<Timestamp>,
    /// All records before this place are delivered, but for those that are `ahead`.
    pub reached: Place,
    /// Records before that place whose time was still to come.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ahead: BTreeSet<Ahead>,
    /// When a file was last delivered, by service time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// How the last attempt of each kind went.
    #[serde(default)]
    pub files: Attempts,
    /// The same of notifications.
    #[serde(default)]
    pub notifications: Attempts,
    /// The same of digest files.
    #[serde(default)]
    pub digests: Attempts,
    /// The keys of files that a topic has not heard of yet, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<String>,
}

/// Which of several processes on one store delivers. Key: `delivery-lease/current`.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeliveryLease {
    /// The process.
    pub holder: String,
    /// Until when, by real time.
    pub until: Timestamp,
}

/// How attempts of one kind went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// When the last one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// When one last succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// The error of the last one, by its code, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Attempts {
    /// Notes an attempt.
    pub fn note(&mut self, now: Timestamp, outcome: Result<(), String>) {
        self.at = Some(now);
        self.error = outcome.err();
        if self.error.is_none() {
            self.succeeded_at = Some(now);
        }
    }
}

/// A place in the event log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The commit.
    pub commit: u64,
    /// The place within the commit.
    pub index: u32,
}

/// A record whose time is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ahead {
    /// When it happens.
    pub at: Timestamp,
    /// Where it is.
    pub place: Place,
}

/// The digest files of one trail for one account and Region. Key: `digest/<trail>/<account>/<Region>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct DigestChain {
    /// When the trail was created.
    pub of_trail_created_at: Timestamp,
    /// The end of the last digest, or the beginning of the first hour.
    pub until: Timestamp,
    /// The last digest file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousDigest>,
    /// Files that were delivered since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<DeliveredFile>,
}

/// What a digest file says of the one before it.
#[derive(Clone, Serialize, Deserialize)]
pub struct PreviousDigest {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// SHA-256 of its content before compression, in hexadecimal digits.
    pub hash: String,
    /// Its signature, in hexadecimal digits.
    pub signature: String,
}

/// A file that a digest vouches for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// SHA-256 of its content before compression, in hexadecimal digits.
    pub hash: String,
    /// The time of its newest record.
    pub newest: Timestamp,
    /// The time of its oldest record.
    pub oldest: Timestamp,
}

/// A key that digest files are signed with. Key: `digest-key/<fingerprint>`. It belongs to an installation.
#[derive(Clone, Serialize, Deserialize)]
pub struct DigestKey {
    /// The public key: PKCS #1 DER, in base64.
    pub public: String,
    /// The private key: PKCS #8 DER, in base64.
    pub private: String,
    /// From when it signs.
    pub from: Timestamp,
    /// Until when it is good.
    pub until: Timestamp,
}

id! {
    /// The id of a trail.
    TrailId of Trail {
        /// The account that owns it.
        account: AccountId;
        /// Its home.
        region: &'k str,
        /// Its name.
        name: &'k str,
    }
}

id! {
    /// The name of a place that is delivered to: `directory`, `events`, or `trail/<account>/<Region>/<name>`.
    DeliveryId(&'k str)
}

id! {
    /// The id of a chain of digest files: `<account>/<Region>/<name>` of the trail, then the account and the Region.
    DigestChainId(&'k str)
}

id! {
    /// The fingerprint of a key: MD5 of the public key in hexadecimal digits.
    DigestKeyId(&'k str)
}
