//! How an account joins an organization and leaves it: creation, invitations and other handshakes, closing.

pub mod create_account;
pub mod handshake;
pub(crate) mod invitation;
pub mod leaving;
pub mod roles;
