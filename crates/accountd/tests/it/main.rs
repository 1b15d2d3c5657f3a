//! The whole service in one process: signed requests in, bytes out, over the in-memory store and a clock that only
//! the test moves.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod answer;
mod audit;
mod audit_services;
mod authorization;
mod authorization_services;
mod cases;
mod conformance;
mod conformance_services;
mod cost;
mod delivery;
mod earlier_versions;
mod edges;
mod explain;
mod faults;
mod fuzz;
mod imports;
mod last_access;
mod lookup;
mod lookup_costs;
mod newcomers;
mod notices;
mod observed;
mod over_a_socket;
mod perimeter;
mod policy_changes;
mod precedence;
mod precedence_services;
mod query_api;
mod requests;
mod resources;
mod secure_transport;
mod seeded_people;
mod set_operators;
mod sts;
mod table;
mod trails;
mod unanswered;
mod verdict;
mod web_identity;
mod world;

use testing::{company as cast, wire};
