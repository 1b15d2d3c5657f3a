//! Roles, service-linked ones included.

pub mod role;
pub mod service_linked_role;
pub mod trust_policy;
