//! An account's place in an organization, and the changes of membership that quotas count.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::policy::AttachedPolicies;
use crate::model::organizations::{AccountJoinedMethod, CreateAccountFailureReason};
use crate::world::key::id;

/// An account's place in an organization. Key: `member/<account id>`. The management account has one too.
#[derive(Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization_id: String,
    /// The root or organizational unit the account is in.
    pub parent_id: String,
    /// When it joined.
    pub joined_at: Timestamp,
    /// How it joined.
    pub joined_method: AccountJoinedMethod,
    /// The policies attached to the account itself.
    #[serde(default, skip_serializing_if = "AttachedPolicies::is_empty")]
    pub policies: AttachedPolicies,
    /// The account's tags in Organizations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Set once CloseAccount was called for the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closure: Option<Closure>,
}

impl Membership {
    /// Whether the account is seen in its organization at an instant: it is there from the moment its creation is
    /// complete until it is closed for good.
    pub fn is_visible_at(&self, now: Timestamp) -> bool {
        self.joined_at <= now && self.closure.is_none_or(|closure| now < closure.final_at)
    }
}

/// A closure under way, or done. The status is a function of this and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// When it was asked for; `PENDING_CLOSURE` from here on.
    pub requested_at: Timestamp,
    /// When the account is `SUSPENDED`.
    pub completes_at: Timestamp,
    /// When it is gone from the organization.
    pub final_at: Timestamp,
}

/// Changes of an organization's membership that its quotas still count. Key: `membership-changes/<organization id>`.
/// Whatever adds or removes a member writes it, so that two such changes never commit side by side.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct MembershipChanges {
    /// Account creations that may still be in progress.
    #[serde(default)]
    pub creations: Vec<PendingCreation>,
    /// When closures of the last 30 days were asked for and complete.
    #[serde(default)]
    pub closures: Vec<Closure>,
    /// Invitations that may still be open, with when they expire.
    #[serde(default)]
    pub invitations: BTreeMap<String, Timestamp>,
    /// Invitations of the last 24 hours that were not accepted, with when they were sent.
    #[serde(default)]
    pub invitations_sent: BTreeMap<String, Timestamp>,
    /// The handshake of a change to all features that may be under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_features: Option<String>,
}

/// An account creation that may still be in progress.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingCreation {
    /// The address in lower case.
    pub email: String,
    /// When it is complete.
    pub completes_at: Timestamp,
    /// Whether an account comes of it.
    pub succeeds: bool,
}

/// A call of CreateAccount. Key: `account-creation/<organization id>/<car-…>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountCreation {
    /// `car-…`
    pub id: String,
    /// The name that was asked for.
    pub account_name: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it is complete.
    pub completes_at: Timestamp,
    /// What will have come of it.
    pub outcome: CreationOutcome,
}

/// What comes of a call of CreateAccount.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreationOutcome {
    /// An account.
    Created {
        /// Its id.
        account: AccountId,
        /// The id of the one in AWS GovCloud (US), if one was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gov_cloud_account: Option<AccountId>,
    },
    /// Nothing, for this reason.
    Failed(CreateAccountFailureReason),
}

id! {
    /// The id of a call of CreateAccount.
    AccountCreationId of AccountCreation {
        /// The organization.
        organization: &'k str;
        /// `car-…`
        request: &'k str,
    }
}
