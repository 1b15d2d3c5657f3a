//! What may be asked, as the own endpoint reads it.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use serde::Deserialize;
use serde_json::Value;

/// One question: about a recorded call, about an imagined one, or about who may do something.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Question {
    /// The id of a call in the event log.
    pub event: Option<String>,
    /// Who would call: an ARN, or an account's id for its root user.
    pub principal: Option<String>,
    /// The IAM action, for example `account:EnableRegion`.
    pub action: Option<String>,
    /// The ARN of the resource; what the operation asks for where none is given, else `*`.
    pub resource: Option<String>,
    /// Condition keys with a value each, or with a list for a multivalued key. They win over what is known otherwise.
    pub context: BTreeMap<String, Value>,
    /// The operation's input, so that everything it asks for is explained.
    pub members: Option<Value>,
    /// Documents that are to be taken in place of the stored ones.
    pub drafts: Vec<Draft>,
    /// Policies that are to be taken as attached, or as not attached.
    pub attachments: Vec<AttachmentDraft>,
    /// Asks of everybody instead of one principal.
    pub who: Option<Who>,
    /// Continues a list of principals.
    pub next_token: Option<String>,
}

/// A document in place of a stored one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Which policy: as explanations name it.
    pub policy: String,
    /// The document, as text or as its members.
    pub document: Value,
}

/// A policy of an organization that is to be taken as attached somewhere, or as not attached there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentDraft {
    /// The policy's id.
    pub policy: String,
    /// The id of the root, the unit or the account.
    pub target: String,
    /// Whether it is attached there.
    pub attached: bool,
}

/// Whose principals are asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Who {
    /// Those of an account.
    pub account: Option<AccountId>,
    /// Those of every account of the organization: `true`, or its id where there are several.
    pub organization: Option<Value>,
    /// At most so many principals in one answer.
    pub limit: Option<usize>,
}
