//! Who else may act for the management account: delegated administrators, trusted AWS services, and the
//! delegation policy.

pub(crate) mod delegated_administrator;
pub(crate) mod resource_policy;
pub(crate) mod trusted_access;
