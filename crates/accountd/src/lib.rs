//! The effects around the rules: where state is kept, how requests come in, what goes out.

pub mod store;
