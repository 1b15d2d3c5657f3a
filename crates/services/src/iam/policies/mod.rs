//! Policies of IAM: managed ones and their versions, inline ones, attachments and permissions boundaries.

pub mod attachment;
pub mod boundary;
pub mod entities_for_policy;
pub(crate) mod entity_policies;
pub mod inline_policy;
pub mod managed_policy;
pub mod policy_version;
