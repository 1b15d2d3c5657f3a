//! Users, their groups and their access keys.

pub(crate) mod access_key;
pub mod group;
pub(crate) mod user;
