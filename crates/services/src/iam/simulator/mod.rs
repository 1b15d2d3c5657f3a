//! The policy simulator: what would be decided, and by which statements.

pub(crate) mod simulate;
pub(crate) mod simulation;
pub(crate) mod statement_position;
