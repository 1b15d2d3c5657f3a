//! AWS Account Management.

pub mod model;
