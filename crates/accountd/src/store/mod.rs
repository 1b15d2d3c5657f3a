//! The store: state as documents, changed by optimistic commits, and the event log beside it.
//!
//! A request is a pure function over a snapshot ([`Store::transact`]). Whoever uses the store knows this module
//! and `seam.rs`, and neither that there is a writer thread or a cache, nor SQLite: all of that is in `local/`.
//!
//! # One process or many
//! In a data directory or in memory one process alone changes anything. In a database ([`Store::connect`], `postgres/`)
//! any number of processes do, and each sees what all the others committed. Everything that a database behind a network
//! must wait for is `async` here. The function may run any number of times and is `Fn`; a decision carries its events
//! as values; no version is ever given twice, and an absent document always has version 0.

mod local;
mod postgres;
mod seam;

pub use local::{OpenError, Store, StoreOptions, Verified};
pub use postgres::Database;
pub use seam::{
    Decided, EventRecord, Exported, Followed, FollowedRecord, LogSize, StoreError, StoreStatistics,
};
