//! The targets of accountd's tests with what they stand on, for cargo-fuzz.
#![allow(dead_code, missing_docs, unused_imports, reason = "the tests use all of it")]

#[path = "../../crates/accountd/tests/it/answer.rs"]
mod answer;
#[path = "../../crates/accountd/tests/it/requests.rs"]
mod requests;
#[path = "../../crates/accountd/tests/it/fuzz/targets.rs"]
pub mod targets;
#[path = "../../crates/accountd/tests/it/world.rs"]
mod world;

use testing::{company as cast, wire};
