//! accountd: effects around the rules: files, clock, entropy, sockets.

pub mod seed;
