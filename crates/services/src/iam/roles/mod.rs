//! Roles, service-linked ones included.

pub(crate) mod acquired_role;
pub(crate) mod role;
pub(crate) mod role_template;
pub(crate) mod service_linked_catalogue;
pub(crate) mod service_linked_role;
pub(crate) mod trust_policy;
