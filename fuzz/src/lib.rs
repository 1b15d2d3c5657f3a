//! The targets of accountd's tests with what they stand on, for cargo-fuzz.
#![allow(dead_code, missing_docs, reason = "the tests use all of it")]

#[path = "../../crates/accountd/tests/it/answer.rs"]
pub mod answer;
#[path = "../../crates/accountd/tests/it/cast.rs"]
pub mod cast;
#[path = "../../crates/accountd/tests/it/requests.rs"]
pub mod requests;
#[path = "../../crates/accountd/tests/it/fuzz/targets.rs"]
pub mod targets;
#[path = "../../crates/accountd/tests/it/wire.rs"]
pub mod wire;
#[path = "../../crates/accountd/tests/it/world.rs"]
pub mod world;
