//! The store: state as documents, changed by optimistic commits, and the event log beside it.
//!
//! A request is a pure function over a snapshot ([`Store::transact`]). Whoever uses the store knows this module
//! and `seam.rs`, and neither that there is a writer thread or a cache, nor SQLite: all of that is in `local/`.
//!
//! # What a shared store will need
//! Everything that a database behind a network must wait for is `async` here already. A shared store becomes a
//! second kind of [`Store`] beside the local one: `transact` runs the function over what it has fetched so far,
//! fetches what [`Fault::Wanted`](services::world::Fault::Wanted) names and runs it again, then sends one
//! conditional statement with [`ReadsAndWrites`](services::world::ReadsAndWrites) as it stands and runs the
//! function again if the statement finds other versions. Hence the function may run any number of times and is
//! `Fn`; hence a decision carries its events as values; hence no version is ever given twice, and an absent
//! document always has version 0.

mod local;
mod seam;

pub use local::{OpenError, Store, StoreOptions, Verified};
pub use seam::{Decided, EventRecord, Exported, Followed, FollowedRecord, StoreError, StoreStatistics};
