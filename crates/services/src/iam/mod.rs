//! AWS Identity and Access Management.

pub mod model;
