//! Users, their groups and their access keys.

pub(crate) mod access_key;
pub(crate) mod administrator;
pub mod group;
pub(crate) mod user;
