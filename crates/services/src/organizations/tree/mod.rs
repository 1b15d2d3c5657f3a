//! The organization, its root and units, the accounts in them, and the tags of all of these.

pub(crate) mod account;
pub(crate) mod organization;
pub mod root_and_units;
pub(crate) mod tag;
