//! Policies of an organization: documents, attachments, and the delegation policy.

use std::collections::BTreeMap;

use aws::policy::{MalformedPolicy, Policy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::organizations::PolicyType;
use crate::world::Identified;
use crate::world::key::id;

/// Ids of the policies attached to a root, a unit or an account, in the order in which they were attached: the first
/// to set a value wins (Organizations guide, "Inheritance examples").
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttachedPolicies(Vec<String>);

impl AttachedPolicies {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this policy is among them.
    pub fn contains(&self, id: &str) -> bool {
        self.0.iter().any(|it| it == id)
    }

    /// Attaches a policy after all others, if it is not there.
    pub fn attach(&mut self, id: &str) {
        if !self.contains(id) {
            self.0.push(id.to_owned());
        }
    }

    /// Detaches a policy, if it is there.
    pub fn detach(&mut self, id: &str) {
        self.0.retain(|it| it != id);
    }

    /// Their ids.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        self.0.iter()
    }
}

impl<'p> IntoIterator for &'p AttachedPolicies {
    type Item = &'p String;
    type IntoIter = std::slice::Iter<'p, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A policy of an organization. Key: `policy/<p-…>`. The AWS-managed policies are not stored: they are the same
/// everywhere.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "StoredPolicy", into = "StoredPolicy")]
pub struct OrganizationPolicy {
    /// `p-…`
    pub id: String,
    /// The organization.
    pub organization_id: String,
    /// Its type.
    pub kind: PolicyType,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its document.
    pub document: PolicyDocument,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was created, or its document was updated last.
    pub updated_at: Option<Timestamp>,
}

impl OrganizationPolicy {
    /// Whether policies of this type take part in deciding requests.
    fn is_authorization(kind: PolicyType) -> bool {
        matches!(kind, PolicyType::ServiceControlPolicy | PolicyType::ResourceControlPolicy)
    }
}

/// The document of a policy. AWS calls the two groups authorization policies and management policies.
#[derive(Clone)]
pub enum PolicyDocument {
    /// Of a service or resource control policy.
    Authorization(Policy),
    /// Of any other type: JSON with inheritance operators.
    Management(String),
}

impl PolicyDocument {
    /// The text.
    pub fn source(&self) -> &str {
        match self {
            Self::Authorization(policy) => policy.source(),
            Self::Management(text) => text,
        }
    }

    /// The document, if it takes part in deciding requests.
    pub fn authorization(&self) -> Option<&Policy> {
        match self {
            Self::Authorization(policy) => Some(policy),
            Self::Management(_) => None,
        }
    }
}

/// A policy as it is stored: the type says how its document is to be read.
#[derive(Serialize, Deserialize)]
struct StoredPolicy {
    id: String,
    organization_id: String,
    kind: PolicyType,
    name: String,
    #[serde(default)]
    description: String,
    document: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

impl TryFrom<StoredPolicy> for OrganizationPolicy {
    type Error = MalformedPolicy;

    fn try_from(stored: StoredPolicy) -> Result<Self, MalformedPolicy> {
        let document = if Self::is_authorization(stored.kind) {
            PolicyDocument::Authorization(Policy::parse(&stored.document)?)
        } else {
            PolicyDocument::Management(stored.document)
        };
        let StoredPolicy { id, organization_id, kind, name, description, tags, updated_at, .. } = stored;
        Ok(Self { id, organization_id, kind, name, description, document, tags, updated_at })
    }
}

impl From<OrganizationPolicy> for StoredPolicy {
    fn from(policy: OrganizationPolicy) -> Self {
        let document = policy.document.source().to_owned();
        let OrganizationPolicy { id, organization_id, kind, name, description, tags, updated_at, .. } =
            policy;
        Self { id, organization_id, kind, name, description, document, tags, updated_at }
    }
}

/// The resource-based delegation policy of an organization. Key: `organization-resource-policy/<organization id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrganizationResourcePolicy {
    /// `rp-…`
    pub id: String,
    /// The document.
    pub document: Policy,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The effective backup policy that stays in force for an account while what its policies make together is not valid
/// (F-ORGS-EFF-7). Key: `kept-backup-policy/<account id>`. It means nothing while they make a valid one.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeptBackupPolicy {
    /// Its text: the second part of the key of an [`EffectivePolicyText`].
    pub text: String,
    /// Since when it is so.
    pub updated_at: Timestamp,
}

/// The text of an effective policy that accounts keep. Key: `effective-policy-text/<organization id>/<digest>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct EffectivePolicyText {
    /// The text.
    pub content: String,
    /// How many accounts keep it; when it is none, the text goes.
    pub accounts: u64,
}

id! {
    /// The id of the text of an effective policy.
    EffectivePolicyTextId of EffectivePolicyText {
        /// The organization.
        organization: &'k str;
        /// The first half of the text's SHA-256, in hexadecimal digits.
        text: &'k str,
    }
}

id! {
    /// The id of a policy of an organization.
    PolicyId(&'k str)
}

impl Identified for OrganizationPolicy {
    fn document_id(&self) -> PolicyId<'_> {
        PolicyId(&self.id)
    }
}
