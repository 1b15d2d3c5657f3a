//! The console in process: who is shown it, what protects it, what its pages hold. The stories in a real browser are in
//! `tests/clients/console`.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod account;
mod browser;
mod calls;
mod control;
mod identities;
mod organization;
mod protection;
mod size;
mod why;
