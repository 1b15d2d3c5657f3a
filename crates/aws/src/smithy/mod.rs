//! What a service's model says, as data and as types: shapes, constraints, operations.
//!
//! Every generated shape describes itself with a [`Schema`]. Decoding, validation, redaction and XML are
//! written once, against that description. The shapes themselves are declared with the macros of this
//! module, so that a generated file reads like the model it came from.
//!
//! A request or an answer travels between protocol and rule as a JSON [`Value`] in one *canonical form*,
//! whatever the protocol: members under the model's names; a blob as base64 text; a timestamp as ISO 8601
//! text where the model says `iso8601`, else as a number of seconds since 1970. F-WIRE-11

mod coral;
mod ecma;
mod macros;
mod native;
mod operation;
mod operation_macros;
mod redact;
mod times;
mod validation;
mod views;

pub use coral::coral_message;
pub use ecma::Pattern;
pub use jiff::Timestamp;
pub use native::{
    Base64, Boxed, Integer, Long, Mismatch, Shape, deserialize_text, epoch_seconds, iso8601, optional, put,
    required,
};
pub use operation::{ErrorShape, ModeledOperation, OperationShape, ServiceShape};
pub use redact::{HIDDEN, redact, redact_as};
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use serde_json::{Map, Value};
pub use times::with_times_as_text;
pub use validation::{Constraint, Listed, Patterns, Violation, check, validation_message, violations};
pub use views::{Items, Seen, Viewed, seen_member};

pub use crate::{
    blob_shape, enum_shape, errors, exception, integer_shape, list_shape, map_shape, operations,
    string_shape, structure, timestamp_shape,
};

/// What `Debug` prints in place of a sensitive value. F-WIRE-9
pub const REDACTED: &str = "[redacted]";

/// The description of one shape.
#[derive(Debug)]
pub struct Schema {
    /// The shape's name in the model.
    pub name: &'static str,
    /// What kind of value it is, with the constraints of that kind.
    pub kind: Kind,
    /// Whether its values may never be shown (`@sensitive`).
    pub sensitive: bool,
}

/// Inclusive bounds, of a length or of a number. `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The least value allowed.
    pub min: Option<i64>,
    /// The greatest value allowed.
    pub max: Option<i64>,
}

impl Bounds {
    /// No bounds.
    pub const NONE: Self = Self { min: None, max: None };
}

/// How a timestamp is written where the protocol leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// The protocol's own: a number of seconds in JSON, ISO 8601 in XML.
    Protocol,
    /// ISO 8601 text.
    Iso8601,
    /// A number of seconds since 1970.
    UnixTimestamp,
}

/// The kind of a shape. Nested shapes are functions, because shapes may contain themselves.
#[derive(Debug)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// 32 bits.
    Integer(Bounds),
    /// 64 bits.
    Long(Bounds),
    /// A floating-point number.
    Double,
    /// Text. Its length is counted in code points.
    String {
        /// Bounds of the length.
        length: Bounds,
        /// The pattern that the whole text must match.
        pattern: Option<&'static Pattern>,
    },
    /// One of a few texts.
    Enum(&'static [&'static str]),
    /// Bytes.
    Blob,
    /// An instant.
    Timestamp(TimestampFormat),
    /// A list.
    List {
        /// Its members' shape.
        member: fn() -> &'static Schema,
        /// The members' element name in XML and in forms, where it is not `member`.
        member_location_name: Option<&'static str>,
        /// Whether members stand without an element around them.
        flattened: bool,
        /// Whether AWS names "Member must not be null" among the constraints of its members (F-WIRE-6).
        members_not_null: bool,
        /// Bounds of the number of members.
        length: Bounds,
    },
    /// A map from text.
    Map {
        /// The keys' shape.
        key: fn() -> &'static Schema,
        /// The values' shape.
        value: fn() -> &'static Schema,
        /// Whether entries stand without an element around them.
        flattened: bool,
        /// Bounds of the number of entries.
        length: Bounds,
    },
    /// A structure, its members in the order of the model.
    Structure(&'static [Member]),
}

/// One member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name in the model.
    pub name: &'static str,
    /// Its name in XML and in forms, where that differs.
    pub location_name: Option<&'static str>,
    /// Whether it must be there.
    pub required: bool,
    /// Its shape.
    pub schema: fn() -> &'static Schema,
}

impl Member {
    /// The member's name in XML and in forms.
    pub fn wire_name(&self) -> &'static str {
        self.location_name.unwrap_or(self.name)
    }
}

impl Schema {
    /// A shape without constraints.
    pub const fn plain(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, sensitive: false }
    }

    /// The members, where the shape is a structure; else none.
    pub fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure(members) => members,
            _ => &[],
        }
    }
}
