//! accountd for tests in Rust.
//!
//! [`World`] is the whole service in this process: an HTTP client of the AWS SDK hands it the requests that were signed, and nothing
//! is sent anywhere. [`Server`] starts the program `accountd` on a free port, for everybody else.

mod connector;
mod server;
mod world;

use std::fmt;

pub use connector::Connector;
pub use server::Server;
pub use world::{Keys, Message, World};

/// Why a world or a server does not do what it was asked; one line, or the problems of a seed file a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(text: String) -> Self {
        Self(text)
    }
}
