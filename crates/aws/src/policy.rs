//! IAM policy documents: read once, compiled once, asked often.
//!
//! The language is documented at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>. How the policies of
//! several sets together decide is [`crate::authorization`]'s business.

mod action_element;
mod condition;
mod context;
mod effort;
mod grammar;
mod instant;
mod json;
mod malformed;
mod operand;
mod principal_element;
mod seen;
mod statement;
mod trust_form;
mod variable;
mod wildcard;

use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use context::{RequestContext, Value};
pub use malformed::MalformedPolicy;
pub use operand::is_address;
pub use seen::{SeenCondition, WrittenConditions};
pub use statement::{Effect, Statement};

pub(crate) use principal_element::Capacity;
pub(crate) use statement::{Attachment, Question};

use effort::Effort;
use grammar::Document;
use json::Node;

/// What a document is to be used for; the grammars differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A managed policy, also one that serves as a permissions boundary: version 2012-10-17 is required.
    Managed,
    /// A policy embedded in a user, group or role.
    Inline,
    /// A session policy.
    Session,
    /// A role's trust policy: names principals, and no resource, which is the role.
    RoleTrust,
    /// A policy attached to a resource of another kind: names principals and resources.
    Resource,
    /// A service control policy of an organization.
    ServiceControl,
    /// A resource control policy of an organization: its principal is `*`.
    ResourceControl,
}

/// A policy document with its source text. Cloning is cheap: clones share one document.
#[derive(Clone)]
pub struct Policy {
    document: Arc<Document>,
}

impl Policy {
    /// Reads a document of any kind: checks what all kinds have in common. A document that comes from a
    /// client or a seed file is read with [`Policy::parse_as`], so that it also fits its place.
    ///
    /// # Errors
    /// Says what is wrong, in IAM's words.
    pub fn parse(source: &str) -> Result<Self, MalformedPolicy> {
        grammar::parse(source, None).map(Self::of)
    }

    /// Reads a document of the given kind.
    ///
    /// # Errors
    /// Says what is wrong, in IAM's words, or for the kinds of AWS Organizations in its words.
    pub fn parse_as(source: &str, kind: PolicyKind) -> Result<Self, MalformedPolicy> {
        grammar::parse(source, Some(kind)).map(Self::of)
    }

    /// Whether the document may be used as `kind`.
    ///
    /// # Errors
    /// As [`Policy::parse_as`].
    pub fn check(&self, kind: PolicyKind) -> Result<(), MalformedPolicy> {
        Self::parse_as(self.source(), kind).map(drop)
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.document.source
    }

    /// The statements, in the document's order.
    pub fn statements(&self) -> &[Statement] {
        &self.document.statements
    }

    fn of(document: Document) -> Self {
        Self { document: Arc::new(document) }
    }
}

/// Whether an action as a policy writes it, with wildcards and in any case, means `action` (F-IAM-10).
pub fn means_action(written: &str, action: &str) -> bool {
    action_element::action_pattern(written).matches_in_any_ascii_case(action, &Effort::default())
}

impl fmt::Debug for Policy {
    /// Says the size only: a document may be long, and its text is nobody's business in a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Policy({} statements)", self.statements().len())
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Policy {}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.source())
    }
}

impl<'de> Deserialize<'de> for Policy {
    /// Takes the document as text, or as nested members, which a seed file prefers.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PolicyVisitor)
    }
}

/// Reads a policy from text or from members.
struct PolicyVisitor;

impl<'de> Visitor<'de> for PolicyVisitor {
    type Value = Policy;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a policy document, as JSON text or as its members")
    }

    fn visit_str<E: serde::de::Error>(self, source: &str) -> Result<Policy, E> {
        Policy::parse(source).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Policy, A::Error> {
        use serde::de::Error as _;
        let node = Node::deserialize(MapAccessDeserializer::new(members))?;
        let source = serde_json::to_string(&node).map_err(A::Error::custom)?;
        Policy::parse(&source).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:B","Resource":"*"}}"#;

    #[test]
    fn a_policy_is_stored_as_its_text_and_read_from_text_or_members() {
        let policy = Policy::parse(SOURCE).expect("a policy");
        let stored = serde_json::to_string(&policy).expect("text");
        assert_eq!(stored, serde_json::to_string(SOURCE).expect("text"));
        let from_text: Policy = serde_json::from_str(&stored).expect("from text");
        let from_members: Policy = serde_json::from_str(SOURCE).expect("from members");
        assert_eq!((from_text.source(), from_members.source()), (SOURCE, SOURCE));
    }

    #[test]
    fn an_action_means_others_by_its_wildcards() {
        for written in ["*", "s3:*", "S3:get?bject", "s3:GetObject"] {
            assert!(means_action(written, "s3:GetObject"), "{written}");
        }
        for written in ["", "s3:Get", "s3:GetObject?", "iam:*"] {
            assert!(!means_action(written, "s3:GetObject"), "{written}");
        }
    }

    #[test]
    fn a_refused_document_does_not_appear_in_the_error() {
        let secret = SOURCE.replace("\"*\"", "\"hunter2\"");
        let refusal = Policy::parse_as(&secret, PolicyKind::Inline).expect_err("no ARN");
        assert_eq!(refusal.message(), "Resource hunter2 must be in ARN format or \"*\".");
        assert!(!format!("{refusal} {refusal:?}").contains("hunter2"));
        assert_eq!(refusal.place(), Some("Statement[0].Resource"));
        let refusal = Policy::parse("{\n  \"Version\": 1,,").expect_err("no JSON");
        assert_eq!(refusal.line_and_column(), Some((2, 16)));
        assert_eq!(refusal.to_string(), "Syntax errors in policy at line 2 column 16");
    }
}
