//! An IAM group and who is in it.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::Identified;
use crate::world::key::{CaseInsensitive, Named, id};

/// An IAM group. Key: `group/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Group {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AGPA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, Policy>,
    /// ARNs of attached managed policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attached_policies: BTreeSet<String>,
    /// How many users are in it; their names are [`GroupMember`] documents.
    #[serde(default)]
    pub members: u32,
}

/// That a user is in a group. Key: `group-member/<account id>/<group>/<user>`, names in lower case.
#[derive(Clone, Serialize, Deserialize)]
pub struct GroupMember {}

/// The id of a group: its account and its name.
pub type GroupId<'k> = Named<'k, Group>;

id! {
    /// The id of a membership in a group.
    GroupMemberId of GroupMember {
        /// The account.
        account: AccountId,
        /// The group.
        group: CaseInsensitive<'k>;
        /// The user.
        user: CaseInsensitive<'k>,
    }
}

impl Identified for Group {
    fn document_id(&self) -> GroupId<'_> {
        Named::new(self.account, &self.name)
    }
}
