//! The policy simulator: what would be decided, and by which statements.

pub mod simulate;
pub mod simulation;
pub mod statement_position;
