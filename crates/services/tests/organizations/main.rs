//! The rules of AWS Organizations over a store that is a map of texts.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod access;
mod accounts;
mod cost;
mod delegation;
mod effective;
mod policies;
mod support;
mod tree;
