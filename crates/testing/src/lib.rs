//! What the tests of all crates share: a world in memory, a signer, and the one path that requests take.
//!
//! What needs the whole service is behind the feature `server`, and what needs the SDKs of Rust behind `sdk`, so that the
//! tests of `services` build neither. It is a dependency of tests only. A world that cannot be built is a failed test, so everything here panics where a
//! test would.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

pub mod builders;
pub mod certificates;
pub mod company;
pub mod documents;
pub mod issuer;
pub mod phone;
#[cfg(feature = "server")]
pub mod postgres;
#[cfg(feature = "sdk")]
pub use accountd_testing as sdk;
#[cfg(feature = "server")]
pub mod server;
pub mod signer;
pub mod wire;
pub mod world;

/// Whether tests may take long, as `cargo xtask test everything` says; where not, says which part was left out. A test that takes
/// seconds begins with `if !testing::is_everything("…") { return; }`.
pub fn is_everything(left_out: &str) -> bool {
    let is_everything = std::env::var_os("ACCOUNTD_TEST_EVERYTHING").is_some();
    if !is_everything {
        eprintln!("left out, since it takes long (`cargo xtask test everything`): {left_out}");
    }
    is_everything
}
