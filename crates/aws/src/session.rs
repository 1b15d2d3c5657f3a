//! What temporary credentials add to a caller: a session, and the terms it was opened on.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::policy::Policy;

/// The part of a caller that temporary credentials add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// When the credentials were issued.
    pub issued_at: Timestamp,
    /// When they stop working.
    pub expires_at: Timestamp,
    /// When a second factor was shown, in service time; `None` for a session without one.
    pub mfa_authenticated_at: Option<Timestamp>,
    /// The ARN of the identity provider that vouched for who opened the session, if one did.
    pub federated_provider: Option<String>,
    /// The source identity, kept over role chaining.
    pub source_identity: Option<String>,
    /// Session tags, as `aws:PrincipalTag/…` sees them; they override tags of the role.
    pub tags: Vec<(String, String)>,
    /// What the session was opened with besides.
    pub terms: SessionTerms,
}

/// What the one who opens a session takes from it, and passes on to further ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionTerms {
    /// The inline session policy.
    pub policy: Option<Policy>,
    /// ARNs of managed session policies.
    pub policy_arns: BTreeSet<String>,
    /// Keys of the session tags that go on to the sessions this one opens.
    pub transitive_tag_keys: BTreeSet<String>,
    /// The name of the user who vouches for a federated user; `None` for the root user, and for other sessions.
    pub vouching_user: Option<String>,
}
