//! The whole service in one process: signed requests in, bytes out, over the in-memory store and a clock that only
//! the test moves.

mod answer;
mod cast;
mod observed;
mod signer;
mod world;
