//! Users, their groups and their access keys.

pub mod access_key;
pub mod group;
pub mod user;
