//! AWS Organizations.

pub mod model;
