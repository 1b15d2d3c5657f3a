//! An instance profile: the role that an EC2 instance has.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::Identified;
use crate::world::key::Named;

/// An instance profile. Key: `instance-profile/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AIPA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The name of its role, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The id of an instance profile: its account and its name.
pub type InstanceProfileId<'k> = Named<'k, InstanceProfile>;

impl Identified for InstanceProfile {
    fn document_id(&self) -> InstanceProfileId<'_> {
        Named::new(self.account, &self.name)
    }
}
