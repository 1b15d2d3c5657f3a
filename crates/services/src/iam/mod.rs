//! AWS Identity and Access Management: who a credential stands for, and which policies bind that caller.

pub mod caller;
pub mod managed;
pub mod model;
pub mod policies;
pub mod trust;
