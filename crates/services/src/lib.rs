//! What each AWS service decides: pure rules over stored documents.
//!
//! Nothing here reads a clock, a file, a socket or randomness. A rule gets the documents it may
//! change, the time and a seed as values, and answers with a value.

pub mod account;
pub mod authority;
pub mod bucket;
pub mod cloudtrail;
pub mod context;
pub mod decided;
pub mod ec2;
pub mod event_id;
pub mod explain;
pub mod failure;
pub mod front;
pub mod iam;
pub mod model;
pub mod organizations;
pub mod page_token;
pub mod quotas;
pub mod regions;
pub mod sealed;
pub mod seed;
pub mod service;
pub mod service_quotas;
pub mod state;
pub mod sts;
mod table;
pub mod tagging;
pub mod world;
