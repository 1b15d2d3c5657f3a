//! Passwords for the console: what an account asks of them, and those of its users.

pub(crate) mod login_profile;
pub(crate) mod password_policy;
pub mod root;
