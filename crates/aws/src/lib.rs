//! What is true of every AWS service: names, principals, signatures, policies, shapes,
//! protocols and the CloudTrail record.
//!
//! This crate is pure. It reads no clock, no file, no environment and no randomness, and it
//! knows no service: nothing here can name an alternate contact.

pub mod arn;
pub mod authorization;
mod json_line;
pub mod policy;
pub mod principal;
pub mod protocol;
pub mod refusal;
pub mod secret;
pub mod session;
pub mod sigv2;
pub mod sigv4;
pub mod smithy;
pub mod throttle;
pub mod trail;
