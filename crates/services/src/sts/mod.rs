//! AWS Security Token Service.

pub mod model;
