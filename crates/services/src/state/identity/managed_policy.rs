//! A customer-managed policy, its versions, and who uses which policy.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::Identified;
use crate::world::key::{CaseInsensitive, Named, Part, id};

/// A customer-managed policy. Key: `managed-policy/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `ANPA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The document of the default version, which is the one in force.
    pub document: Policy,
    /// What it is for; empty where nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The number of the default version.
    #[serde(default = "first_version")]
    pub default_version: u32,
    /// When the default version was created; absent for one as old as the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_created_at: Option<Timestamp>,
    /// The highest number that was ever given; numbers are not used twice.
    #[serde(default = "first_version")]
    pub latest_version: u32,
    /// The versions that are not the default one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_versions: BTreeMap<u32, PolicyVersion>,
    /// When the policy was changed last; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

fn first_version() -> u32 {
    1
}

/// A version of a customer-managed policy that is not in force.
#[derive(Clone, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// Its document.
    pub document: Policy,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How often a managed policy is used in an account. Key: `policy-use/<account id>/<policy key>`, the policy
/// key being `aws:<name>` or `own:<name in lower case>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct PolicyUse {
    /// Users, groups and roles it is attached to.
    #[serde(default)]
    pub attachments: u32,
    /// Users and roles whose permissions boundary it is.
    #[serde(default)]
    pub boundaries: u32,
}

/// How one identity uses one managed policy. Key: `policy-entity/<account id>/<policy key>/<kind>/<name in
/// lower case>`, the kind being `group`, `role` or `user`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyEntity {
    /// It is attached.
    #[serde(default)]
    pub attached: bool,
    /// It is the permissions boundary.
    #[serde(default)]
    pub boundary: bool,
}

impl ManagedPolicy {
    /// A policy as it begins: with the path `/` and its first version.
    pub fn new(
        account: AccountId,
        name: String,
        id: String,
        created_at: Timestamp,
        document: Policy,
    ) -> Self {
        Self {
            account,
            name,
            id,
            path: "/".to_owned(),
            created_at,
            document,
            description: String::new(),
            default_version: first_version(),
            default_created_at: None,
            latest_version: first_version(),
            other_versions: BTreeMap::new(),
            updated_at: None,
            tags: BTreeMap::new(),
        }
    }
}

/// The id of a customer-managed policy: its account and its name.
pub type ManagedPolicyId<'k> = Named<'k, ManagedPolicy>;

id! {
    /// The id of the count of a policy's uses in an account.
    PolicyUseId of PolicyUse {
        /// The account.
        account: AccountId;
        /// The policy: `aws:<name>` or `own:<name in lower case>`.
        policy: &'k str,
    }
}

id! {
    /// The id of the entry that an identity uses a policy.
    PolicyEntityId of PolicyEntity {
        /// The account.
        account: AccountId,
        /// The policy: `aws:<name>` or `own:<name in lower case>`.
        policy: &'k str;
        /// What the identity is.
        kind: EntityKind,
        /// Its name.
        name: CaseInsensitive<'k>,
    }
}

/// The kinds of identities that policies are attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntityKind {
    /// A group.
    Group,
    /// A role.
    Role,
    /// A user.
    User,
}

impl EntityKind {
    /// All of them, in the order of their names, which is that of index keys.
    pub const ALL: [Self; 3] = [Self::Group, Self::Role, Self::User];

    /// The name in ARNs, messages and index keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Role => "role",
            Self::User => "user",
        }
    }
}

impl<'k> Part<'k> for EntityKind {
    fn size(self) -> usize {
        self.name().len()
    }

    fn write(self, key: &mut String) {
        key.push_str(self.name());
    }

    fn read(text: &'k str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

impl Identified for ManagedPolicy {
    fn document_id(&self) -> ManagedPolicyId<'_> {
        Named::new(self.account, &self.name)
    }
}
