//! What an explanation of a decision holds: each type of policies, level by level, policy by policy, statement by
//! statement. [`super::explain`] makes it.

use std::collections::BTreeMap;

use aws::authorization::{Denial, Outcome, Says};
use serde::{Deserialize, Serialize};

/// One action on one resource, and why it is allowed or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskedExplained {
    /// The IAM action.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// Whether all policies together allow it.
    pub allowed: bool,
    /// IAM's message where they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What each type of policies says, in the order of evaluation.
    pub layers: Vec<Layer>,
    /// What the request says about itself, by condition key; a question may give it back.
    pub context: BTreeMap<String, KeyValue>,
    /// The same denial as data, for the service's own words.
    #[serde(skip)]
    pub denial: Option<Box<Denial>>,
}

/// The value of a condition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeyValue {
    /// Of a single-valued key.
    One(String),
    /// Of a multivalued key.
    Several(Vec<String>),
}

/// What the policies of one type contribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The type.
    pub layer: LayerName,
    /// Its part in the decision.
    pub outcome: Part,
    /// What its policies say by themselves; `None` where there are none to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Part>,
    /// Whether it decided.
    pub decides: bool,
    /// The levels of service and resource control policies, from the root down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// The policies of the other types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicySaid>,
}

/// The types of policies, and at the end the delegation policy, which only Organizations asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerName {
    /// Resource control policies.
    ResourceControlPolicies,
    /// Service control policies.
    ServiceControlPolicies,
    /// The policy of the resource.
    ResourcePolicy,
    /// The trust policy of a role.
    TrustPolicy,
    /// Policies of the user, its groups, or the role.
    IdentityPolicies,
    /// The permissions boundary.
    PermissionsBoundary,
    /// Session policies.
    SessionPolicies,
    /// The delegation policy of an organization.
    DelegationPolicy,
}

/// A part in a decision, or what policies say by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
    /// Neither.
    Nothing,
    /// The decision was made before.
    NotReached,
    /// There are no such policies.
    DoesNotApply,
}

/// The policies attached to a root, a unit or an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// `root`, `organizational_unit` or `account`.
    pub kind: String,
    /// The id of the root, unit or account.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its policies say.
    pub says: Part,
    /// The policies.
    pub policies: Vec<PolicySaid>,
}

/// One policy that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicySaid {
    /// An ARN, the id of an organization's policy, or `inline:user/ann/name`; a draft may name it so.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The user, group or role that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// Whether it was asked as a draft says, not as it is stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// Its statements that mean the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementSaid>,
    /// The document as it is stored, where a statement of it means the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// One statement that means the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementSaid {
    /// Its place in the document, counted from 1.
    pub number: usize,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// Its first and last line in the document, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(usize, usize)>,
    /// Whether its conditions let it apply.
    pub applies: bool,
    /// Its conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionSaid>,
}

/// One condition, and what it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConditionSaid {
    /// The operator.
    pub operator: String,
    /// The key.
    pub key: String,
    /// The values in the document.
    pub wanted: Vec<String>,
    /// The request's values; `null` where the key is absent.
    pub seen: Option<Vec<String>>,
    /// Whether it holds; `null` where it cannot be evaluated.
    pub holds: Option<bool>,
}

impl From<Says> for Part {
    fn from(says: Says) -> Self {
        Outcome::from(says).into()
    }
}

impl From<Outcome> for Part {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allows => Self::Allow,
            Outcome::Denies => Self::Deny,
            Outcome::Nothing => Self::Nothing,
            Outcome::NotReached => Self::NotReached,
            Outcome::DoesNotApply => Self::DoesNotApply,
        }
    }
}
