//! Users, their groups, and what they sign in with.

pub(crate) mod access_key;
pub(crate) mod administrator;
pub mod group;
pub(crate) mod rsa_public_key;
pub(crate) mod service_specific_credential;
pub(crate) mod ssh_public_key;
pub(crate) mod user;
