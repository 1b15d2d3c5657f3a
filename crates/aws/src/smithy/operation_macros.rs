//! The macros for structures, errors and operations.

/// The type of a member's field.
#[doc(hidden)]
#[macro_export]
macro_rules! __field {
    (required $shape:ty) => {
        <$shape as $crate::smithy::Shape>::Native
    };
    (optional $shape:ty) => {
        Option<<$shape as $crate::smithy::Shape>::Native>
    };
}

/// Whether a member must be there.
#[doc(hidden)]
#[macro_export]
macro_rules! __is_required {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}

/// Puts a member into a map of members.
#[doc(hidden)]
#[macro_export]
macro_rules! __put_member {
    (required $shape:ty, $members:ident, $name:literal, $field:expr) => {
        $crate::smithy::put(&mut $members, $name, <$shape as $crate::smithy::Shape>::to_value($field));
    };
    (optional $shape:ty, $members:ident, $name:literal, $field:expr) => {
        if let Some(native) = $field {
            $crate::smithy::put(&mut $members, $name, <$shape as $crate::smithy::Shape>::to_value(native));
        }
    };
}

/// A structure: each field is `required` or `optional`, of a shape, under the model's name, and where it
/// differs under another name in XML and forms. The `Debug` of a `sensitive` one shows nothing. What stands after
/// `as` is the name of its [view](crate::smithy::Viewed).
#[macro_export]
macro_rules! structure {
    (sensitive $(#[$meta:meta])* $name:ident { $($members:tt)* }) => {
        $crate::__structure! { sensitive true, $(#[$meta])* $name { $($members)* } }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str($crate::smithy::REDACTED)
            }
        }

        $crate::__seen! { $name, value }
    };
    ($(#[$meta:meta])* $name:ident $(as $view:ident)? { $($members:tt)* }) => {
        $crate::__structure! { sensitive false, #[derive(Debug)] $(#[$meta])* $name { $($members)* } }
        $crate::__view! { $name [$($view)?] $($members)* }
    };
}

/// A structure, but for its `Debug`.
#[doc(hidden)]
#[macro_export]
macro_rules! __structure {
    (sensitive $sensitive:literal, $(#[$meta:meta])* $name:ident {
        $($field:ident: $presence:ident $shape:ty = $member:literal $(as $location_name:literal)?,)*
    }) => {
        #[doc = concat!("`", stringify!($name), "`.")]
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        pub struct $name {
            $(#[doc = concat!("`", $member, "`")] pub $field: $crate::__field!($presence $shape),)*
        }

        impl $crate::smithy::Shape for $name {
            type Native = Self;

            fn schema() -> &'static $crate::smithy::Schema {
                static SCHEMA: $crate::smithy::Schema = $crate::smithy::Schema {
                    name: stringify!($name),
                    kind: $crate::smithy::Kind::Structure(&[$($crate::smithy::Member {
                        name: $member,
                        location_name: $crate::__option!($($location_name)?),
                        required: $crate::__is_required!($presence),
                        schema: <$shape as $crate::smithy::Shape>::schema,
                    },)*]),
                    sensitive: $sensitive,
                };
                &SCHEMA
            }

            fn from_value(value: &$crate::smithy::Value) -> Result<Self, $crate::smithy::Mismatch> {
                let members =
                    value.as_object().ok_or($crate::smithy::Mismatch { shape: stringify!($name) })?;
                Ok(Self {
                    $($field: $crate::smithy::$presence::<$shape>(members, $member)?,)*
                })
            }

            fn to_value(native: &Self) -> $crate::smithy::Value {
                let most = <[&str]>::len(&[$($member),*]);
                let mut members = $crate::smithy::Map::with_capacity(most);
                $($crate::__put_member!($presence $shape, members, $member, &native.$field);)*
                $crate::smithy::Value::Object(members)
            }
        }
    };
}

/// An error: a structure with a code, an HTTP status and the name of the member that holds its text.
#[macro_export]
macro_rules! exception {
    ($name:ident($code:literal, $status:literal, $message:literal) { $($members:tt)* }) => {
        $crate::structure! { $name { $($members)* } }

        impl $crate::smithy::ErrorShape for $name {
            const CODE: &'static str = $code;
            const STATUS: u16 = $status;
            const MESSAGE_MEMBER: &'static str = $message;
        }

        impl From<$name> for Error {
            fn from(error: $name) -> Self {
                Self::$name(error)
            }
        }

        impl From<$name> for $crate::refusal::Refusal {
            fn from(error: $name) -> Self {
                $crate::smithy::ErrorShape::refusal(&error)
            }
        }
    };
}

/// The errors of a service, as one enum.
#[macro_export]
macro_rules! errors {
    ($($name:ident,)*) => {
        /// What an operation of this service may refuse with.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Error {
            $(#[doc = concat!("`", stringify!($name), "`")] $name($name),)*
        }

        impl Error {
            /// The code that clients branch on.
            pub fn code(&self) -> &'static str {
                match *self {
                    $(Self::$name(_) => <$name as $crate::smithy::ErrorShape>::CODE,)*
                }
            }

            /// The model's name of the error that has this code; the two may differ.
            pub fn name_of(code: &str) -> Option<&'static str> {
                let errors: &[(&str, &'static str)] =
                    &[$((<$name as $crate::smithy::ErrorShape>::CODE, stringify!($name)),)*];
                errors.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
            }
        }

        impl From<Error> for $crate::refusal::Refusal {
            fn from(error: Error) -> Self {
                match error {
                    $(Error::$name(error) => error.into(),)*
                }
            }
        }
    };
}

/// The operations of a service that accountd answers, their inputs and their outputs.
#[macro_export]
macro_rules! operations {
    ($service:ident {
        $($name:ident {
            $(path: $path:literal,)?
            $(read_only: $read_only:literal,)?
            $(idempotent: $idempotent:literal,)?
            $(input: $input:ident,)?
            $(output: $output:ident,)?
            errors: [$($error:ident),* $(,)?],
        })*
    }) => {
        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operation {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
        }

        impl Operation {
            /// Every operation, in the order of the model.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The operation's name.
            pub fn name(self) -> &'static str {
                self.shape().name
            }

            /// What the model says of it.
            pub fn shape(self) -> &'static $crate::smithy::OperationShape {
                match self {
                    $(Self::$name => {
                        static SHAPE: $crate::smithy::OperationShape = $crate::smithy::OperationShape {
                            service: &$service,
                            name: stringify!($name),
                            path: concat!($($path)?),
                            read_only: $crate::__flag!($($read_only)?),
                            idempotent: $crate::__flag!($($idempotent)?),
                            input: $crate::__option!($(<$input as $crate::smithy::Shape>::schema)?),
                            output: $crate::__option!($(<$output as $crate::smithy::Shape>::schema)?),
                            errors: &[$(<$error as $crate::smithy::ErrorShape>::CODE,)*],
                        };
                        &SHAPE
                    })*
                }
            }

            /// The operation of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The operation at that path; none where the protocol has one path for all.
            pub fn from_path(path: &str) -> Option<Self> {
                match path {
                    $($($path => Some(Self::$name),)?)*
                    _ => None,
                }
            }
        }

        impl $crate::smithy::ModeledOperation for Operation {
            fn shape(self) -> &'static $crate::smithy::OperationShape {
                self.shape()
            }
        }

        /// The input of an operation.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Input {
            $(#[doc = concat!("Of `", stringify!($name), "`")] $name $(($input))?,)*
        }

        impl Input {
            /// The input of `operation` that a canonical value holds.
            ///
            /// # Errors
            /// Where a member's type is not the model's. Constraints are checked before, by
            /// [`violations`](aws::smithy::violations).
            pub fn parse(
                operation: Operation,
                value: &$crate::smithy::Value,
            ) -> Result<Self, $crate::smithy::Mismatch> {
                match operation {
                    $(Operation::$name => {
                        Ok(Self::$name $((<$input as $crate::smithy::Shape>::from_value(value)?))?)
                    })*
                }
            }

            /// The input as a canonical value; an empty object where the operation has none.
            pub fn to_value(&self) -> $crate::smithy::Value {
                match self {
                    $(Self::$name $(($crate::__first!(input, $input)))? => {
                        $crate::__native_value!($($input, input)?)
                    })*
                }
            }

            /// The operation it is the input of.
            pub fn operation(&self) -> Operation {
                match self {
                    $(Self::$name { .. } => Operation::$name,)*
                }
            }
        }

        /// The members of a request before they are held to the model, by its operation.
        #[derive(Clone, Copy)]
        pub enum Unchecked<'v> {
            $(
                #[doc = concat!("Of `", stringify!($name), "`")]
                $name $((<$input as $crate::smithy::Viewed>::View<'v>))?,
            )*
        }

        impl<'v> Unchecked<'v> {
            /// What was given for the members of `operation`.
            pub fn of(operation: Operation, members: &'v $crate::smithy::Value) -> Self {
                match operation {
                    $(Operation::$name => {
                        Self::$name $((<$input as $crate::smithy::Viewed>::view(members)))?
                    })*
                }
            }
        }

        /// The output of an operation; `()` where it has none.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Output {
            $(#[doc = concat!("Of `", stringify!($name), "`")] $name($crate::__output!($($output)?)),)*
        }

        impl Output {
            /// The output as a canonical value; an empty object where the operation has none.
            pub fn to_value(&self) -> $crate::smithy::Value {
                match self {
                    $(Self::$name($crate::__output_name!(output $(, $output)?)) => {
                        $crate::__native_value!($($output, output)?)
                    })*
                }
            }

            /// The operation it is the output of.
            pub fn operation(&self) -> Operation {
                match self {
                    $(Self::$name { .. } => Operation::$name,)*
                }
            }
        }
    };
}

/// The type of an output.
#[doc(hidden)]
#[macro_export]
macro_rules! __output {
    () => {
        ()
    };
    ($shape:ident) => {
        $shape
    };
}

/// The pattern of an output.
#[doc(hidden)]
#[macro_export]
macro_rules! __output_name {
    ($native:ident) => {
        ()
    };
    ($native:ident, $shape:ident) => {
        $native
    };
}

/// The canonical value of an input or an output, or of none.
#[doc(hidden)]
#[macro_export]
macro_rules! __native_value {
    () => {
        $crate::smithy::Value::Object($crate::smithy::Map::new())
    };
    ($shape:ident, $native:ident) => {
        <$shape as $crate::smithy::Shape>::to_value($native)
    };
}
