//! AWS CloudTrail.

pub mod model;
