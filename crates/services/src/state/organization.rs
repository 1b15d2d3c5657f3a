//! Organizations: the organization, its tree, who is where, and the policies on the way.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::{MalformedPolicy, Policy};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json_document;

pub(crate) mod arn;

/// Which features an organization has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeatureSet {
    /// All features.
    All,
    /// Consolidated billing only: no policies, no trusted access.
    ConsolidatedBilling,
}

/// An organization. Key: `organization/<organization id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Organization {
    /// `o-` and 10 to 32 lower-case letters or digits.
    pub id: String,
    /// The management account.
    pub management_account: AccountId,
    /// Its features.
    pub feature_set: FeatureSet,
    /// `r-…`
    pub root_id: String,
    /// Services with trusted access, by service principal, and since when.
    #[serde(default)]
    pub trusted_services: BTreeMap<String, Timestamp>,
    /// Delegated administrators: account, then service principal, and since when.
    #[serde(default)]
    pub delegated_administrators: BTreeMap<AccountId, BTreeMap<String, Timestamp>>,
    /// The policy types that are enabled in the root, for example `SERVICE_CONTROL_POLICY`.
    #[serde(default)]
    pub enabled_policy_types: BTreeSet<String>,
    /// When it was created.
    pub created_at: Timestamp,
}
json_document!(Organization, "organization");

impl Organization {
    /// Whether this service principal has trusted access.
    pub fn trusts(&self, service_principal: &str) -> bool {
        self.trusted_services.contains_key(service_principal)
    }

    /// Whether `account` is a delegated administrator for this service principal.
    pub fn delegates(&self, service_principal: &str, account: AccountId) -> bool {
        self.delegated_administrators
            .get(&account)
            .is_some_and(|services| services.contains_key(service_principal))
    }
}

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

/// A root or an organizational unit. Key: `ou/<r-… or ou-…>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `r-…` or `ou-…`
    pub id: String,
    /// The organization it belongs to.
    pub organization_id: String,
    /// `None` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// The policies attached here.
    #[serde(default, skip_serializing_if = "AttachedPolicies::is_empty")]
    pub policies: AttachedPolicies,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}
json_document!(OrganizationalUnit, "ou");

/// An account's place in an organization. Key: `member/<account id>`. The management account has one too.
#[derive(Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization_id: String,
    /// The root or organizational unit the account is in.
    pub parent_id: String,
    /// When it joined.
    pub joined_at: Timestamp,
    /// `CREATED` or `INVITED`.
    pub joined_method: String,
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
json_document!(Membership, "member");

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

/// Says that a root, unit or account belongs to an organization. Key: `org-entity/<organization id>/<id>`. Account ids
/// are digits, so that they come before units (`ou-…`) and the root (`r-…`) in the order of keys.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct OrganizationEntity {}
json_document!(OrganizationEntity, "org-entity");

/// Says that an account or a unit is directly below a parent. Key: `child/<parent id>/<kind>/<id>`, where kind is
/// `ACCOUNT` or `ORGANIZATIONAL_UNIT`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Child {}
json_document!(Child, "child");

/// Which unit has a name below a parent. Key: `ou-name/<parent id>/<name>`, so that two units of one name cannot both
/// be committed.
#[derive(Clone, Serialize, Deserialize)]
pub struct UnitName {
    /// The unit.
    pub unit_id: String,
}
json_document!(UnitName, "ou-name");

/// Which policy has a name. Key: `policy-name/<organization id>/<type>/<name>`; also the index of a type's policies.
#[derive(Clone, Serialize, Deserialize)]
pub struct PolicyName {
    /// The policy.
    pub policy_id: String,
}
json_document!(PolicyName, "policy-name");

/// Says that a policy of the organization's own is attached to a target. Key:
/// `attachment/<organization id>/<policy id>/<target id>`. AWS-managed policies are found in the targets alone.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Attachment {}
json_document!(Attachment, "attachment");

/// How many things an organization has, for its quotas. Key: `organization-counts/<organization id>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct OrganizationCounts {
    /// Organizational units, without the root.
    #[serde(default)]
    pub units: u32,
    /// Policies by type, without those of AWS.
    #[serde(default)]
    pub policies: BTreeMap<String, u32>,
}
json_document!(OrganizationCounts, "organization-counts");

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
json_document!(MembershipChanges, "membership-changes");

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
json_document!(AccountCreation, "account-creation");

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
    /// Nothing, for a reason of the model's `CreateAccountFailureReason`.
    Failed(String),
}

/// A handshake. Key: `handshake/<h-…>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Handshake {
    /// `h-…`
    pub id: String,
    /// `INVITE`, `ENABLE_ALL_FEATURES` or `APPROVE_ALL_FEATURES`.
    pub action: String,
    /// The organization it comes from.
    pub organization_id: String,
    /// Its management account when it was sent.
    pub management_account: AccountId,
    /// The management account's address when it was sent.
    pub management_email: String,
    /// The management account's name when it was sent.
    pub management_name: String,
    /// The organization's features when it was sent.
    pub feature_set: FeatureSet,
    /// Whom it is sent to.
    pub recipient: Recipient,
    /// `REQUESTED`, `OPEN`, `CANCELED`, `ACCEPTED` or `DECLINED`, as it was left. Expiry is a matter of time.
    pub state: String,
    /// When it was sent.
    pub requested_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was accepted, declined or canceled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
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
json_document!(Handshake, "handshake");

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

/// Whose list a handshake is in. Key: `handshake-of/<owner>/<h-…>`, where the owner is an organization id, an account
/// id, or an address in lower case.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct HandshakeOf {}
json_document!(HandshakeOf, "handshake-of");

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
json_document!(OrganizationResourcePolicy, "organization-resource-policy");

/// A policy of an organization. Key: `policy/<p-…>`. The AWS-managed policies are not stored: they are the same
/// everywhere.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "StoredPolicy", into = "StoredPolicy")]
pub struct OrganizationPolicy {
    /// `p-…`
    pub id: String,
    /// The organization.
    pub organization_id: String,
    /// `SERVICE_CONTROL_POLICY`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its document.
    pub document: PolicyDocument,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was created or updated last.
    pub updated_at: Option<Timestamp>,
}
json_document!(OrganizationPolicy, "policy");

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

impl OrganizationPolicy {
    /// Whether policies of this type take part in deciding requests.
    pub fn is_authorization(kind: &str) -> bool {
        matches!(kind, "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY")
    }
}

/// A policy as it is stored: the type says how its document is to be read.
#[derive(Serialize, Deserialize)]
struct StoredPolicy {
    id: String,
    organization_id: String,
    kind: String,
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
        let document = if Self::is_authorization(&stored.kind) {
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
