//! The policies of an organization: documents, types, attachments, and what is inherited of them.

pub(crate) mod attachment;
mod backup;
pub(crate) mod effective_policy;
mod grammar;
pub(crate) mod inheritance;
pub(crate) mod kept;
mod management_document;
pub mod policy;
pub mod policy_type;
pub(crate) mod policy_validation;
mod resource_control;
pub(crate) mod rewritten;
mod tag_policy;
