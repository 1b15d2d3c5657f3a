//! Who may do what: from a credential to its caller, and from a call to the policies that decide it.
//!
//! The services are above this folder. Each says what a call asks to do ([`access::Access`]); whether it may is
//! decided here, once and with the whole context ([`policies::authorize`]).

pub mod access;
pub mod ancestry;
pub mod caller;
pub(crate) mod delegation;
pub mod explain;
pub mod explained;
pub(crate) mod groups;
pub mod guarded;
pub mod issuers;
pub mod managed;
pub mod policies;
pub mod second_factor;
pub(crate) mod trust;
