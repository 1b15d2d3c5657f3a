//! AWS Organizations: the tree of accounts, who may act for whom, and the policies on the way.

pub mod ancestry;
pub mod model;
