//! The effects around the rules: sockets, time, randomness, storage, mail, and the process itself.

pub mod admin;
pub mod clock;
pub mod configuration;
pub mod entropy;
pub mod listener;
pub mod log;
pub mod mail;
pub mod startup;
