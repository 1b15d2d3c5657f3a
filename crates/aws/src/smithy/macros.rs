//! The macros that generated models are written in.
//!
//! Each declares one thing of a model: a shape, an error, the operations. Optional parts may be left out
//! but keep their order.

/// `None` of nothing, `Some` of something.
#[doc(hidden)]
#[macro_export]
macro_rules! __option {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// The first of its arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __first {
    ($first:ident, $($rest:tt)*) => {
        $first
    };
}

/// `false` of nothing, else the literal.
#[doc(hidden)]
#[macro_export]
macro_rules! __flag {
    () => {
        false
    };
    ($value:literal) => {
        $value
    };
}

/// A string with constraints, or a sensitive one: a newtype whose `Debug` shows no secret.
#[macro_export]
macro_rules! string_shape {
    ($name:ident {
        $(min: $min:literal,)?
        $(max: $max:literal,)?
        $(pattern: $pattern:literal,)?
        $(sensitive: $sensitive:literal,)?
    }) => {
        #[doc = concat!("`", stringify!($name), "`.")]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, by value.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                if <Self as $crate::smithy::Shape>::schema().sensitive {
                    formatter.write_str($crate::smithy::REDACTED)
                } else {
                    std::fmt::Debug::fmt(&self.0, formatter)
                }
            }
        }

        impl $crate::smithy::Shape for $name {
            type Native = Self;

            fn schema() -> &'static $crate::smithy::Schema {
                $(static PATTERN: $crate::smithy::Pattern = $crate::smithy::Pattern::new($pattern);)?
                static SCHEMA: $crate::smithy::Schema = $crate::smithy::Schema {
                    name: stringify!($name),
                    kind: $crate::smithy::Kind::String {
                        length: $crate::smithy::Bounds {
                            min: $crate::__option!($($min)?),
                            max: $crate::__option!($($max)?),
                        },
                        pattern: $crate::__option!($({ let _: &str = $pattern; &PATTERN })?),
                    },
                    sensitive: $crate::__flag!($($sensitive)?),
                };
                &SCHEMA
            }

            fn from_value(value: &$crate::smithy::Value) -> Result<Self, $crate::smithy::Mismatch> {
                <String as $crate::smithy::Shape>::from_value(value).map(Self)
            }

            fn to_value(native: &Self) -> $crate::smithy::Value {
                $crate::smithy::Value::String(native.0.clone())
            }
        }

        $crate::__seen! { $name, text }
    };
}

/// A string that is one of a few: an enum. Serde reads and writes it as the model does and refuses any other text.
#[macro_export]
macro_rules! enum_shape {
    ($name:ident { $($variant:ident = $text:literal,)+ }) => {
        #[doc = concat!("`", stringify!($name), "`.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the model.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The value as it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::smithy::Mismatch;

            fn from_str(text: &str) -> Result<Self, $crate::smithy::Mismatch> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::smithy::Mismatch { shape: stringify!($name) }),
                }
            }
        }

        impl $crate::smithy::Serialize for $name {
            fn serialize<S: $crate::smithy::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::smithy::Deserialize<'de> for $name {
            fn deserialize<D: $crate::smithy::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::smithy::deserialize_text(deserializer)
            }
        }

        impl $crate::smithy::Shape for $name {
            type Native = Self;

            fn schema() -> &'static $crate::smithy::Schema {
                static SCHEMA: $crate::smithy::Schema = $crate::smithy::Schema::plain(
                    stringify!($name),
                    $crate::smithy::Kind::Enum(&[$($text,)+]),
                );
                &SCHEMA
            }

            fn from_value(value: &$crate::smithy::Value) -> Result<Self, $crate::smithy::Mismatch> {
                value.as_str().unwrap_or_default().parse()
            }

            fn to_value(native: &Self) -> $crate::smithy::Value {
                $crate::smithy::Value::from(native.as_str())
            }
        }

        $crate::__seen! { $name, text }
    };
}

/// A name without values that stands for another Rust type and adds a description to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($name:ident as $native:ty, $schema:expr) => {
        #[doc = concat!("`", stringify!($name), "`: a name for values of another type.")]
        #[derive(Debug)]
        pub enum $name {}

        impl $crate::smithy::Shape for $name {
            type Native = <$native as $crate::smithy::Shape>::Native;

            fn schema() -> &'static $crate::smithy::Schema {
                static SCHEMA: $crate::smithy::Schema = $schema;
                &SCHEMA
            }

            fn from_value(value: &$crate::smithy::Value) -> Result<Self::Native, $crate::smithy::Mismatch> {
                <$native as $crate::smithy::Shape>::from_value(value)
            }

            fn to_value(native: &Self::Native) -> $crate::smithy::Value {
                <$native as $crate::smithy::Shape>::to_value(native)
            }
        }

        $crate::__seen! { $name, like $native }
    };
}

/// A whole number with bounds: `i32` for `Integer`, `i64` for `Long`.
#[macro_export]
macro_rules! integer_shape {
    ($name:ident: $kind:ident { $(min: $min:literal,)? $(max: $max:literal,)? }) => {
        $crate::__described!(
            $name as $crate::smithy::$kind,
            $crate::smithy::Schema::plain(
                stringify!($name),
                $crate::smithy::Kind::$kind($crate::smithy::Bounds {
                    min: $crate::__option!($($min)?),
                    max: $crate::__option!($($max)?),
                }),
            )
        );
    };
}

/// A list.
#[macro_export]
macro_rules! list_shape {
    ($name:ident {
        member: $member:ty,
        $(location_name: $location_name:literal,)?
        $(flattened: $flattened:literal,)?
        $(members_not_null: $members_not_null:literal,)?
        $(min: $min:literal,)?
        $(max: $max:literal,)?
    }) => {
        $crate::__described!(
            $name as Vec<$member>,
            $crate::smithy::Schema::plain(
                stringify!($name),
                $crate::smithy::Kind::List {
                    member: <$member as $crate::smithy::Shape>::schema,
                    member_location_name: $crate::__option!($($location_name)?),
                    flattened: $crate::__flag!($($flattened)?),
                    members_not_null: $crate::__flag!($($members_not_null)?),
                    length: $crate::smithy::Bounds {
                        min: $crate::__option!($($min)?),
                        max: $crate::__option!($($max)?),
                    },
                },
            )
        );
    };
}

/// A map from text.
#[macro_export]
macro_rules! map_shape {
    ($name:ident {
        key: $key:ty,
        value: $value:ty,
        $(flattened: $flattened:literal,)?
        $(min: $min:literal,)?
        $(max: $max:literal,)?
    }) => {
        $crate::__described!(
            $name as std::collections::BTreeMap<String, $value>,
            $crate::smithy::Schema::plain(
                stringify!($name),
                $crate::smithy::Kind::Map {
                    key: <$key as $crate::smithy::Shape>::schema,
                    value: <$value as $crate::smithy::Shape>::schema,
                    flattened: $crate::__flag!($($flattened)?),
                    length: $crate::smithy::Bounds {
                        min: $crate::__option!($($min)?),
                        max: $crate::__option!($($max)?),
                    },
                },
            )
        );
    };
}

/// A timestamp whose form the model fixes.
#[macro_export]
macro_rules! timestamp_shape {
    ($name:ident { format: $format:ident, }) => {
        #[doc = concat!("`", stringify!($name), "`: a timestamp in a fixed form.")]
        #[derive(Debug)]
        pub enum $name {}

        impl $crate::smithy::Shape for $name {
            type Native = <$crate::smithy::Timestamp as $crate::smithy::Shape>::Native;

            fn schema() -> &'static $crate::smithy::Schema {
                static SCHEMA: $crate::smithy::Schema = $crate::smithy::Schema::plain(
                    stringify!($name),
                    $crate::smithy::Kind::Timestamp($crate::smithy::TimestampFormat::$format),
                );
                &SCHEMA
            }

            fn from_value(value: &$crate::smithy::Value) -> Result<Self::Native, $crate::smithy::Mismatch> {
                <$crate::smithy::Timestamp as $crate::smithy::Shape>::from_value(value)
            }

            fn to_value(native: &Self::Native) -> $crate::smithy::Value {
                match $crate::smithy::TimestampFormat::$format {
                    $crate::smithy::TimestampFormat::Iso8601 => {
                        $crate::smithy::Value::String($crate::smithy::iso8601(*native))
                    }
                    _ => $crate::smithy::epoch_seconds(*native),
                }
            }
        }

        $crate::__seen! { $name, value }
    };
}

/// Sensitive bytes: a newtype whose `Debug` shows nothing.
#[macro_export]
macro_rules! blob_shape {
    ($name:ident { sensitive: true, }) => {
        #[doc = concat!("`", stringify!($name), "`.")]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl From<Vec<u8>> for $name {
            fn from(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str($crate::smithy::REDACTED)
            }
        }

        impl $crate::smithy::Shape for $name {
            type Native = Self;

            fn schema() -> &'static $crate::smithy::Schema {
                static SCHEMA: $crate::smithy::Schema = $crate::smithy::Schema {
                    name: stringify!($name),
                    kind: $crate::smithy::Kind::Blob,
                    sensitive: true,
                };
                &SCHEMA
            }

            fn from_value(value: &$crate::smithy::Value) -> Result<Self, $crate::smithy::Mismatch> {
                <$crate::smithy::Base64 as $crate::smithy::Shape>::from_value(value).map(Self)
            }

            fn to_value(native: &Self) -> $crate::smithy::Value {
                <$crate::smithy::Base64 as $crate::smithy::Shape>::to_value(&native.0)
            }
        }

        $crate::__seen! { $name, text }
    };
}
