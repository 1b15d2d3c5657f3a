//! From canonical values to Rust types and back.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{Bounds, Kind, Map, Schema, TimestampFormat, Value};
use crate::refusal::Refusal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A shape of a model: its description, and the Rust type that holds its values.
///
/// Structures, enums and constrained strings are their own native type. A list, a map or a constrained
/// number is a name without values, and stands for a `Vec`, a `BTreeMap` or an integer.
pub trait Shape {
    /// The Rust type of the shape's values.
    type Native;

    /// The shape's description.
    fn schema() -> &'static Schema;

    /// The Rust value of a canonical value.
    ///
    /// # Errors
    /// Where the value's type is not the shape's. Constraints are not looked at, save that an enum can hold
    /// nothing but its values.
    fn from_value(value: &Value) -> Result<Self::Native, Mismatch>;

    /// The canonical value of a Rust value.
    fn to_value(native: &Self::Native) -> Value;
}

/// Says that a value cannot be an instance of a shape at all. It names the shape and never holds the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The shape.
    pub shape: &'static str,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the value is not a {}", self.shape)
    }
}

impl std::error::Error for Mismatch {}

impl From<Mismatch> for Refusal {
    /// A value of the wrong type cannot be deserialized: `SerializationException`, as malformed JSON.
    fn from(_: Mismatch) -> Self {
        crate::protocol::not_deserializable()
    }
}

/// The member `name`, or the mismatch of a member that must be there.
///
/// # Errors
/// Where the member is absent, null or of another type.
pub fn required<S: Shape>(members: &Map<String, Value>, name: &str) -> Result<S::Native, Mismatch> {
    S::from_value(present(members, name).ok_or_else(|| Mismatch { shape: S::schema().name })?)
}

/// The member `name`; JSON's null counts as absent.
///
/// # Errors
/// Where the member is of another type.
pub fn optional<S: Shape>(members: &Map<String, Value>, name: &str) -> Result<Option<S::Native>, Mismatch> {
    present(members, name).map(S::from_value).transpose()
}

// There are some thousand members. What is the same for all of them is there once.
#[inline(never)]
fn present<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    members.get(name).filter(|value| !value.is_null())
}

/// Adds a member to those of a structure.
#[inline(never)]
pub fn put(members: &mut Map<String, Value>, name: &'static str, value: Value) {
    members.insert(name.to_owned(), value);
}

macro_rules! plain_shape {
    ($type:ty, $name:literal, $kind:expr, $value:ident => $read:expr) => {
        impl Shape for $type {
            type Native = Self;

            fn schema() -> &'static Schema {
                static SCHEMA: Schema = Schema::plain($name, $kind);
                &SCHEMA
            }

            fn from_value($value: &Value) -> Result<Self, Mismatch> {
                $read.ok_or(Mismatch { shape: $name })
            }

            fn to_value(native: &Self) -> Value {
                Value::from(native.clone())
            }
        }
    };
}
plain_shape!(String, "String", Kind::String { length: Bounds::NONE, pattern: None },
    value => value.as_str().map(str::to_owned));
plain_shape!(bool, "Boolean", Kind::Boolean, value => value.as_bool());
plain_shape!(i32, "Integer", Kind::Integer(Bounds::NONE),
    value => value.as_i64().and_then(|number| Self::try_from(number).ok()));
plain_shape!(i64, "Long", Kind::Long(Bounds::NONE), value => value.as_i64());
plain_shape!(f64, "Double", Kind::Double, value => value.as_f64());

/// The Rust type of an `Integer`, 32 bits.
pub type Integer = i32;

/// The Rust type of a `Long`, 64 bits.
pub type Long = i64;

impl Shape for Timestamp {
    type Native = Self;

    fn schema() -> &'static Schema {
        static SCHEMA: Schema = Schema::plain("Timestamp", Kind::Timestamp(TimestampFormat::Protocol));
        &SCHEMA
    }

    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        timestamp(value).ok_or(Mismatch { shape: "Timestamp" })
    }

    fn to_value(native: &Self) -> Value {
        epoch_seconds(*native)
    }
}

/// The instant that a canonical value names; both forms are read, whichever the model asks for.
pub(super) fn timestamp(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            // AWS writes milliseconds after the point, so nothing finer is kept.
            None => Timestamp::from_millisecond((number.as_f64()? * 1000.0).round() as i64).ok(),
        },
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Seconds since 1970 as a JSON number, with milliseconds after the point where there are any.
pub fn epoch_seconds(timestamp: Timestamp) -> Value {
    let milliseconds = timestamp.as_millisecond();
    if milliseconds % 1000 == 0 {
        Value::from(milliseconds / 1000)
    } else {
        Value::from(milliseconds as f64 / 1000.0)
    }
}

/// ISO 8601 in whole seconds, `2020-11-30T17:44:37Z`. F-WIRE-10
pub fn iso8601(timestamp: Timestamp) -> String {
    let seconds = timestamp.as_millisecond().div_euclid(1000);
    Timestamp::from_second(seconds).map_or_else(|_| timestamp.to_string(), |whole| whole.to_string())
}

/// Bytes without constraints; base64 text in a canonical value.
#[derive(Debug)]
pub enum Base64 {}

impl Shape for Base64 {
    type Native = Vec<u8>;

    fn schema() -> &'static Schema {
        static SCHEMA: Schema = Schema::plain("Blob", Kind::Blob);
        &SCHEMA
    }

    fn from_value(value: &Value) -> Result<Vec<u8>, Mismatch> {
        value.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or(Mismatch { shape: "Blob" })
    }

    fn to_value(native: &Vec<u8>) -> Value {
        Value::String(STANDARD.encode(native))
    }
}

/// A structure that contains itself, behind a pointer.
#[derive(Debug)]
pub struct Boxed<S>(PhantomData<S>);

impl<S: Shape> Shape for Boxed<S> {
    type Native = Box<S::Native>;

    fn schema() -> &'static Schema {
        S::schema()
    }

    fn from_value(value: &Value) -> Result<Box<S::Native>, Mismatch> {
        S::from_value(value).map(Box::new)
    }

    fn to_value(native: &Box<S::Native>) -> Value {
        S::to_value(native)
    }
}

/// Lists of `S`; a named list shape adds its constraints.
impl<S: Shape> Shape for Vec<S> {
    type Native = Vec<S::Native>;

    fn schema() -> &'static Schema {
        const {
            &Schema::plain(
                "List",
                Kind::List {
                    member: S::schema,
                    member_location_name: None,
                    flattened: false,
                    members_not_null: false,
                    length: Bounds::NONE,
                },
            )
        }
    }

    fn from_value(value: &Value) -> Result<Vec<S::Native>, Mismatch> {
        let members = value.as_array().ok_or(Mismatch { shape: "List" })?;
        members.iter().map(S::from_value).collect()
    }

    fn to_value(native: &Vec<S::Native>) -> Value {
        Value::Array(native.iter().map(S::to_value).collect())
    }
}

/// Maps from text to `S`; a named map shape adds its constraints.
impl<S: Shape> Shape for BTreeMap<String, S> {
    type Native = BTreeMap<String, S::Native>;

    fn schema() -> &'static Schema {
        const {
            &Schema::plain(
                "Map",
                Kind::Map {
                    key: <String as Shape>::schema,
                    value: S::schema,
                    flattened: false,
                    length: Bounds::NONE,
                },
            )
        }
    }

    fn from_value(value: &Value) -> Result<BTreeMap<String, S::Native>, Mismatch> {
        let entries = value.as_object().ok_or(Mismatch { shape: "Map" })?;
        entries.iter().map(|(key, value)| Ok((key.clone(), S::from_value(value)?))).collect()
    }

    fn to_value(native: &BTreeMap<String, S::Native>) -> Value {
        Value::Object(native.iter().map(|(key, value)| (key.clone(), S::to_value(value))).collect())
    }
}

/// Reads a text of one of a few. Its errors do not repeat the text.
///
/// # Errors
/// Where it is no text, or none of them.
pub fn deserialize_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err = Mismatch>,
{
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    text.parse().map_err(|mismatch: Mismatch| D::Error::custom(format_args!("it is no {}", mismatch.shape)))
}
