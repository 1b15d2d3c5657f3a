//! What is answered, as the own endpoint writes it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::authority::explained::{AskedExplained, LayerName};

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// About one call.
    Call(Box<Explained>),
    /// About everybody.
    Principals(Principals),
}

/// Why one call is allowed or refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The recorded call that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<RecordedCall>,
    /// Service time of the answer: policies are as they are then.
    pub now: Timestamp,
    /// The ARN of the caller.
    pub principal: String,
    /// The operation's action.
    pub action: String,
    /// Whether the call may pass.
    pub decision: Decision,
    /// The service's answer where it may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalTold>,
    /// What decided, where the call is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<DecidedBy>,
    /// Every action and resource that the call asks for.
    pub asked: Vec<AskedExplained>,
    /// The policies that were taken as drafts say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<String>,
    /// What else is to be known, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Whether a call may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Policies allow it.
    Allowed,
    /// Policies deny it.
    Denied,
    /// The service refuses it before it asks policies.
    RefusedEarlier,
    /// It was not found out: to ask the policies takes longer than a page of principals may.
    TooLong,
}

/// The service's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalTold {
    /// The code.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The message.
    pub message: String,
}

/// What the event log says of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCall {
    /// The id of the record.
    pub id: String,
    /// When it was made, by service time.
    pub time: Timestamp,
    /// The operation.
    pub operation: String,
    /// The error's code; absent where the call was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// The place of a decision in the explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedBy {
    /// The place in `asked`, counted from 0.
    pub asked: usize,
    /// The type of policies.
    pub layer: LayerName,
    /// The root, unit or account whose policies decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The policy that denies; absent where none allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its statement, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
}

/// A page of principals with their verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principals {
    /// The action that was asked for.
    pub action: String,
    /// The principals, by account and name.
    pub principals: Vec<PrincipalVerdict>,
    /// Continues the list; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Whether one principal may do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalVerdict {
    /// The account.
    pub account: String,
    /// The ARN: of a role, not of a session of it.
    pub principal: String,
    /// Whether the call may pass.
    pub decision: Decision,
    /// The type of policies that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerName>,
    /// The message where it may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
