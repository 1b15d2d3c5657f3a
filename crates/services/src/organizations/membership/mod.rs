//! How an account joins an organization and leaves it: creation, invitations and other handshakes, closing.

pub(crate) mod create_account;
pub(crate) mod handshake;
pub(crate) mod invitation;
pub(crate) mod leaving;
pub mod roles;
