//! The store from outside: what a caller sees, whichever engine is behind it.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod away;
mod commits;
mod crash;
mod dear;
mod derived;
mod far;
mod history;
mod in_step;
mod index;
mod log;
mod many;
mod opening;
mod processes;
mod ratio;
mod secured;
mod support;
mod takeover;
mod walks;
