//! Who else may act for the management account: delegated administrators, trusted AWS services, and the
//! delegation policy.

pub mod delegated_administrator;
pub mod resource_policy;
pub mod trusted_access;
