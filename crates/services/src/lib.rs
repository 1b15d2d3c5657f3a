//! What each AWS service decides: pure rules over stored documents.
//!
//! Nothing here reads a clock, a file, a socket or randomness. A rule gets the documents it may
//! change, the time and a seed as values, and answers with a value.

pub mod context;
pub mod state;
pub mod world;
