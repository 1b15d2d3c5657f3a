//! The rules of AWS Organizations over a store that is a map of texts.

mod access;
mod accounts;
mod cost;
mod policies;
mod support;
