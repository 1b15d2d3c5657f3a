//! What a model says of a service, its operations and its errors.

use super::{Schema, Shape, Value};
use crate::protocol::Protocol;
use crate::refusal::Refusal;

/// One service of one model.
#[derive(Debug)]
pub struct ServiceShape {
    /// The service's name in the scope of a signature. Services may share one: `sso-admin` signs as `sso`.
    pub signing_name: &'static str,
    /// What the host names of its endpoints begin with, for example `account`.
    pub endpoint_prefix: &'static str,
    /// The model's version, for example `2021-02-01`.
    pub version: &'static str,
    /// The protocol of its clients.
    pub protocol: Protocol,
    /// What stands before the dot in `X-Amz-Target`; empty where the protocol does not use it.
    pub target_prefix: &'static str,
    /// The namespace of its XML.
    pub xml_namespace: &'static str,
    /// The name under which its errors carry their text in JSON: `message` or `Message`.
    pub message_member: &'static str,
}

/// One operation of one service.
#[derive(Debug)]
pub struct OperationShape {
    /// The service.
    pub service: &'static ServiceShape,
    /// The operation's name.
    pub name: &'static str,
    /// The request's path; `/` for every protocol but restJson.
    pub path: &'static str,
    /// Whether it only reads (`@readonly`).
    pub read_only: bool,
    /// Whether it may be repeated (`@idempotent`).
    pub idempotent: bool,
    /// The input's description.
    pub input: Option<fn() -> &'static Schema>,
    /// The output's description.
    pub output: Option<fn() -> &'static Schema>,
    /// The codes of the errors that it declares.
    pub errors: &'static [&'static str],
}

/// An operation that a model names; the `operations!` macro makes one of each service.
pub trait ModeledOperation: Copy {
    /// What the model says of it.
    fn shape(self) -> &'static OperationShape;
}

impl OperationShape {
    /// The description of the operation's input; an operation without one takes no members.
    pub fn input_schema(&self) -> &'static Schema {
        static NOTHING: Schema = Schema::plain("Unit", super::Kind::Structure(&[]));
        self.input.map_or(&NOTHING, |schema| schema())
    }
}

/// A structure that a service refuses with.
pub trait ErrorShape: Shape<Native = Self> {
    /// The code that clients branch on.
    const CODE: &'static str;
    /// The HTTP status.
    const STATUS: u16;
    /// The name of the member that holds the text.
    const MESSAGE_MEMBER: &'static str;

    /// The refusal that says this error.
    fn refusal(&self) -> Refusal {
        let Value::Object(mut members) = Self::to_value(self) else {
            unreachable!("INVARIANT: an error is a structure")
        };
        let message = match members.shift_remove(Self::MESSAGE_MEMBER) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        Refusal { code: Self::CODE.into(), status: Self::STATUS, message, members, code_shown: true }
    }
}
