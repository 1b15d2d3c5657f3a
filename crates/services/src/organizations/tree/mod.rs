//! The organization, its root and units, the accounts in them, and the tags of all of these.

pub mod account;
pub mod organization;
pub mod root_and_units;
pub mod tag;
