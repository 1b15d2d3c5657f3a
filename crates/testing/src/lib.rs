//! What the tests of all crates share: a world in memory, a signer, and the one path that requests take.
//!
//! It is a dependency of tests only. A world that cannot be built is a failed test, so everything here panics where a
//! test would.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

pub mod builders;
pub mod documents;
pub mod signer;
pub mod world;
