//! Views of a request's members before they are held to the model: authorization reads them while they may still be
//! absent, of another type or beyond their bounds (F-ORDER-1). A view has one accessor a member, under the model's
//! name, and costs nothing: it is a reference to the canonical value.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use jiff::Timestamp;

use super::{Base64, Boxed, Value};

/// How the values of a shape are seen before anybody checked them.
pub trait Seen {
    /// What is seen of a value.
    type As<'v>;

    /// The value; `None` where it is of another JSON type.
    fn seen(value: &Value) -> Option<Self::As<'_>>;
}

/// A structure whose members a view shows.
pub trait Viewed {
    /// The view.
    type View<'v>;

    /// The view of a value; of what is no structure it shows no member.
    fn view(value: &Value) -> Self::View<'_>;
}

/// The member `name`; `None` where it is absent or of another JSON type.
#[inline]
pub fn seen_member<'v, S: Seen>(members: &'v Value, name: &str) -> Option<S::As<'v>> {
    S::seen(members.get(name)?)
}

/// A list, of which each item is seen that has the JSON type of `S`.
pub struct Items<'v, S> {
    items: &'v [Value],
    shape: PhantomData<S>,
}

impl<S> Clone for Items<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Items<'_, S> {}

impl<S> Items<'_, S> {
    /// Whether nothing was given, not even something of another type.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<'v, S: Seen> Items<'v, S> {
    /// The items.
    pub fn iter(self) -> impl Iterator<Item = S::As<'v>> {
        self.items.iter().filter_map(S::seen)
    }
}

impl<S: Seen> Seen for Vec<S> {
    type As<'v> = Items<'v, S>;

    fn seen(value: &Value) -> Option<Items<'_, S>> {
        Some(Items { items: value.as_array()?, shape: PhantomData })
    }
}

impl<S: Seen> Seen for Boxed<S> {
    type As<'v> = S::As<'v>;

    fn seen(value: &Value) -> Option<S::As<'_>> {
        S::seen(value)
    }
}

/// Maps are seen as they are: no key of a map is a member of the model.
impl<S> Seen for BTreeMap<String, S> {
    type As<'v> = &'v Value;

    fn seen(value: &Value) -> Option<&Value> {
        value.is_object().then_some(value)
    }
}

/// How a shape is seen: as `text`, as a `number`, as the `value` it is, or `like` another shape.
#[doc(hidden)]
#[macro_export]
macro_rules! __seen {
    ($name:ty, text) => {
        $crate::__seen! { $name, &'v str, value => value.as_str() }
    };
    ($name:ty, number) => {
        $crate::__seen! { $name, i64, value => value.as_i64() }
    };
    ($name:ty, value) => {
        $crate::__seen! { $name, &'v $crate::smithy::Value, value => Some(value) }
    };
    ($name:ty, like $other:ty) => {
        $crate::__seen! {
            $name,
            <$other as $crate::smithy::Seen>::As<'v>,
            value => <$other as $crate::smithy::Seen>::seen(value)
        }
    };
    ($name:ty, $seen:ty, $value:ident => $read:expr) => {
        impl $crate::smithy::Seen for $name {
            type As<'v> = $seen;

            #[inline]
            fn seen<'v>($value: &'v $crate::smithy::Value) -> Option<Self::As<'v>> {
                $read
            }
        }
    };
}

/// The view of a structure, where it has one.
#[doc(hidden)]
#[macro_export]
macro_rules! __view {
    ($name:ident [] $($members:tt)*) => {
        $crate::__seen! { $name, value }
    };
    ($name:ident [$view:ident]
        $($field:ident: $presence:ident $shape:ty = $member:literal $(as $location_name:literal)?,)*
    ) => {
        #[doc = concat!("The members of `", stringify!($name), "`, whatever was given for them.")]
        #[derive(Clone, Copy)]
        pub struct $view<'v>(&'v $crate::smithy::Value);

        impl<'v> $view<'v> {
            $(
                #[doc = concat!("`", $member, "`, if it has the JSON type of the model.")]
                #[inline]
                pub fn $field(self) -> Option<<$shape as $crate::smithy::Seen>::As<'v>> {
                    $crate::smithy::seen_member::<$shape>(self.0, $member)
                }
            )*
        }

        impl $crate::smithy::Viewed for $name {
            type View<'v> = $view<'v>;

            #[inline]
            fn view(value: &$crate::smithy::Value) -> $view<'_> {
                $view(value)
            }
        }

        impl $crate::smithy::Seen for $name {
            type As<'v> = $view<'v>;

            #[inline]
            fn seen(value: &$crate::smithy::Value) -> Option<$view<'_>> {
                value.is_object().then_some($view(value))
            }
        }
    };
}

__seen! { String, text }
__seen! { i32, number }
__seen! { i64, number }
__seen! { bool, bool, value => value.as_bool() }
__seen! { f64, f64, value => value.as_f64() }
__seen! { Timestamp, value }
__seen! { Base64, text }

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::smithy::{list_shape, structure};

    structure! { Tag as TagMembers {
        key: required String = "Key",
        r#type: optional i32 = "Type",
    } }
    list_shape! { Tags { member: Tag, } }
    structure! { #[derive(Default)] PutRequest as PutMembers {
        tags: optional Tags = "Tags",
        inner: optional Tag = "Inner",
        is_new: optional bool = "IsNew",
    } }

    #[test]
    fn members_are_seen_whatever_was_given_f_order_1() {
        let value = json!({
            "Tags": [{"Key": "too long", "Type": 7}, "no tag", {"Key": 1}],
            "Inner": {"Key": "x"},
            "IsNew": "true",
        });
        let members = PutRequest::view(&value);
        let tags = members.tags().expect("a list");
        assert_eq!(tags.iter().map(|tag| tag.key()).collect::<Vec<_>>(), [Some("too long"), None]);
        assert_eq!(tags.iter().next().and_then(TagMembers::r#type), Some(7));
        assert_eq!(members.inner().and_then(TagMembers::key), Some("x"));
        assert_eq!(members.is_new(), None);
    }

    #[test]
    fn of_what_is_no_structure_no_member_is_seen() {
        for value in [json!(null), json!("Tags"), json!([]), json!({"Tags": null})] {
            assert!(PutRequest::view(&value).tags().is_none(), "{value}");
        }
        let odd = json!({"Tags": ["of another type"]});
        let tags = PutRequest::view(&odd).tags().expect("a list");
        assert!(!tags.is_empty() && tags.iter().next().is_none());
    }
}
