//! IAM's rules, operation by operation, over a store that is a map. No port, no clock, no disk.

mod account;
mod authorization;
mod certificates;
mod groups;
mod last_access;
mod mfa;
mod passwords;
mod policies;
mod providers;
mod role_templates;
mod roles;
mod root_access;
mod simulation;
mod support;
mod users;
