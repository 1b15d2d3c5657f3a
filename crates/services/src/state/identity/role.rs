//! An IAM role, whom its trust policy names, and the deletion of a service-linked one.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::Policy;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world::Identified;
use crate::world::key::{Named, Part, Prefix, id};

/// An IAM role. Key: `role/<account id>/<name in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Role {
    /// The account.
    pub account: AccountId,
    /// The friendly name.
    pub name: String,
    /// `AROA…`
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who may assume it.
    pub trust_policy: Policy,
    /// What it is for; empty where nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The longest session it allows.
    pub max_session_duration_seconds: u32,
    /// The longest session of a sign-in to the console with it; `None` where none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_signin_session_duration_seconds: Option<u32>,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, Policy>,
    /// ARNs of attached managed policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attached_policies: BTreeSet<String>,
    /// ARN of the managed policy that is the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Tags, as `aws:PrincipalTag/…` sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Names of the instance profiles that it is in, in lower case.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub instance_profiles: BTreeSet<String>,
    /// The template that it was acquired from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_template: Option<SourceTemplate>,
    /// Its last use before the log begins, as a seed file tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<RoleUse>,
}

/// A use of a role.
#[derive(Clone, Serialize, Deserialize)]
pub struct RoleUse {
    /// When.
    pub at: Timestamp,
    /// In which Region.
    pub region: String,
}

/// What a role was made of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTemplate {
    /// The template's ARN.
    pub arn: String,
    /// Its minor version.
    pub minor_version: i32,
    /// The values of its parameters.
    pub values: BTreeMap<String, String>,
}

/// That a role's trust policy names a user or role. Key: `trusted-principal/<ARN of the user or role> <account
/// id>/<name of the trusting role in lower case>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct TrustedPrincipal {}

/// A deletion of a service-linked role. Key: `role-deletion/<account id>/<task id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RoleDeletion {
    /// The role's ARN.
    pub role: String,
    /// Why it failed; absent where the role is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// F-IAMAPI-ROLE-1: the longest session where a role names none.
pub const DEFAULT_SESSION_SECONDS: u32 = 3600;

impl Role {
    /// A role as it begins: with the path `/` and sessions of an hour, without policies.
    pub fn new(
        account: AccountId,
        name: String,
        id: String,
        created_at: Timestamp,
        trust_policy: Policy,
    ) -> Self {
        Self {
            account,
            name,
            id,
            path: "/".to_owned(),
            created_at,
            trust_policy,
            description: String::new(),
            max_session_duration_seconds: DEFAULT_SESSION_SECONDS,
            max_signin_session_duration_seconds: None,
            inline_policies: BTreeMap::new(),
            attached_policies: BTreeSet::new(),
            permissions_boundary: None,
            tags: BTreeMap::new(),
            instance_profiles: BTreeSet::new(),
            source_template: None,
            last_used: None,
        }
    }
}

/// The id of a role: its account and its name.
pub type RoleId<'k> = Named<'k, Role>;

/// The id of the entry that a role's trust policy names a user or role.
#[derive(Clone, Copy)]
pub struct TrustedPrincipalId<'k> {
    /// The ARN of the user or role.
    pub arn: &'k str,
    /// The role that trusts it.
    pub role: RoleId<'k>,
}

impl<'k> TrustedPrincipalId<'k> {
    /// The entries of all roles whose trust policy names this ARN.
    pub fn within(arn: &str) -> Prefix<TrustedPrincipal> {
        Prefix::empty().followed_by(arn, ' ')
    }
}

impl<'k> Part<'k> for TrustedPrincipalId<'k> {
    fn size(self) -> usize {
        self.arn.size() + 1 + self.role.size()
    }

    fn write(self, key: &mut String) {
        self.arn.write(key);
        key.push(' ');
        self.role.write(key);
    }

    fn read(text: &'k str) -> Option<Self> {
        // No account id and no name of a role has a blank in it.
        let (arn, role) = text.rsplit_once(' ')?;
        Some(Self { arn, role: Part::read(role)? })
    }
}

id! {
    /// The id of a deletion.
    RoleDeletionId of RoleDeletion {
        /// The account.
        account: AccountId;
        /// The task, as DeleteServiceLinkedRole names it.
        task: &'k str,
    }
}

impl Identified for Role {
    fn document_id(&self) -> RoleId<'_> {
        Named::new(self.account, &self.name)
    }
}
