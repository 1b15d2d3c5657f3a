//! A refusal: what a service or its front door answers instead of a result.
//!
//! It is free of any protocol. How code, message and members travel (header, body, XML) is decided
//! where answers are written.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// One refusal, ready to be written in any protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The error code clients branch on, for example `ValidationException`.
    pub code: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// The text a person reads. It may echo input, so it is never logged.
    pub message: Option<String>,
    /// Further members of the error's shape, under their wire names.
    pub members: Map<String, Value>,
    /// Whether the code is shown at all. AWS was observed to send one refusal without it
    /// (O-envelope-4).
    pub code_shown: bool,
}

impl Refusal {
    /// A refusal with a code, a status and a text.
    pub fn new(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            status,
            message: Some(message.into()),
            members: Map::new(),
            code_shown: true,
        }
    }

    /// The same refusal with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Whether the fault lies with the service rather than with the caller.
    pub fn is_server_fault(&self) -> bool {
        self.status >= 500
    }
}
