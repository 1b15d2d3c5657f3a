//! Handshakes: invitations and changes to all features.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::organizations::{ActionType, HandshakeState, OrganizationFeatureSet};
use crate::world::Identified;
use crate::world::key::id;

/// A handshake. Key: `handshake/<h-…>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Handshake {
    /// `h-…`
    pub id: String,
    /// What it is for.
    pub action: ActionType,
    /// The organization it comes from.
    pub organization_id: String,
    /// Its management account when it was sent.
    pub management_account: AccountId,
    /// The management account's address when it was sent.
    pub management_email: String,
    /// The management account's name when it was sent.
    pub management_name: String,
    /// The organization's features when it was sent.
    pub feature_set: OrganizationFeatureSet,
    /// Whom it is sent to.
    pub recipient: Recipient,
    /// `REQUESTED`, `OPEN`, `CANCELED`, `ACCEPTED` or `DECLINED`, as it was left. Expiry is a matter of time.
    pub state: HandshakeState,
    /// When it was sent.
    pub requested_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was accepted, declined or canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// The account that accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_by: Option<AccountId>,
    /// What the sender wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Tags for the account once it has joined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The handshake that this one is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Parts that are not answered yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unanswered: BTreeSet<String>,
}

/// Whom a handshake is sent to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// An account.
    Account(AccountId),
    /// Whoever has this address.
    Email(String),
    /// The organization's own management account.
    Organization,
}

id! {
    /// The id of a handshake.
    HandshakeId(&'k str)
}

impl Identified for Handshake {
    fn document_id(&self) -> HandshakeId<'_> {
        HandshakeId(&self.id)
    }
}
