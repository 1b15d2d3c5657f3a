//! Policies of IAM: managed ones and their versions, inline ones, attachments and permissions boundaries.

pub(crate) mod attachment;
pub(crate) mod boundary;
pub(crate) mod context_keys;
pub(crate) mod entities_for_policy;
pub(crate) mod entity_policies;
pub(crate) mod inline_policy;
pub(crate) mod managed_policy;
pub(crate) mod policy_version;
