//! The file as a tree in which every value knows its line and column.
//!
//! The YAML reader's own typed errors stop at the first fault and quote values. Reading into this
//! tree first lets every fault be reported, under its path, without a word of what the file holds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, Location, Spanned};

use super::problem::{Place, Problem};

/// One value of the file. It has no `Debug`: it may be a secret.
pub(super) struct Node {
    /// Where it is written.
    pub place: Place,
    /// What is written there.
    pub value: Value,
}

/// The content of a [`Node`].
pub(super) enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// A single value.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file; the reader has refused duplicate keys.
    Map(Vec<(Key, Node)>),
}

/// A single value: what YAML takes it for, and its own characters.
pub(super) struct Scalar {
    /// A text, a number or a truth value, as YAML's core schema reads it.
    pub json: serde_json::Value,
    /// The characters of the file, without quotes. They keep what a number loses: a `+`, leading zeros.
    pub text: String,
    /// Whether it stands in the file without quotes.
    pub plain: bool,
}

/// A key of a mapping.
pub(super) struct Key {
    /// Where it is written.
    pub place: Place,
    /// Its characters.
    pub text: String,
}

/// The deepest nesting that is read; AWS needs less than thirty levels. In a build without optimization 63 of them are
/// more than a stack of 2 MiB holds.
const MAX_DEPTH: usize = 32;

/// The most values that are read; 10,000 accounts with everything in them stay below.
const MAX_NODES: usize = 10_000_000;

/// Reads YAML or JSON text (JSON is YAML).
///
/// # Errors
/// The one place where the text stops being well-formed.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        // `NO` is a country and `on` a word; only `true` and `false` are truth values.
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 3 * MAX_NODES,
            max_total_scalar_bytes: 1 << 30,
        },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(convert(raw, text)),
        Err(error) => {
            let place = error.location().map_or(Place::START, place);
            Err(Problem { place, path: String::new(), message: explain(&error), further: 0 })
        }
    }
}

/// One sentence about what the reader objects to. It names no value of the file.
fn explain(error: &Error) -> String {
    let sentence = match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => return explain(error),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            return format!("the key `{key}` is written twice in one mapping");
        }
        Error::DuplicateMappingKey { .. } => "a key is written twice in one mapping",
        Error::ExternalMessage { msg, .. } => return format!("this is not well-formed YAML: {msg}"),
        Error::MultipleDocuments { .. } => "a second YAML document begins here; a seed file holds one",
        Error::UnknownAnchor { .. } => "this alias refers to an anchor that is not defined before it",
        Error::RecursiveReferencesRequireWeakTypes { .. } => "this alias refers to a value that contains it",
        Error::MergeValueNotMapOrSeqOfMaps { .. } => "`<<` takes a mapping or a sequence of mappings",
        Error::UnsupportedTag { .. } => "this YAML tag has no meaning in a seed file",
        Error::Eof { .. } => "the text ends too early",
        Error::Budget { .. } => "the file is nested too deeply or holds too many values",
        _ => "this cannot be read as YAML",
    };
    sentence.to_owned()
}

fn place(location: Location) -> Place {
    Place { line: location.line().max(1), column: location.column().max(1) }
}

/// What the YAML reader delivers, before the characters of the file are looked up.
enum Raw {
    Null,
    Scalar(serde_json::Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn convert(raw: Spanned<Raw>, source: &str) -> Node {
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Scalar(json) => Value::Scalar(scalar(json, written(source, raw.defined))),
        Raw::List(items) => Value::List(items.into_iter().map(|item| convert(item, source)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let key = Key { place: place(key.referenced), text: key.value };
                    (key, convert(value, source))
                })
                .collect(),
        ),
    };
    Node { place: place(raw.referenced), value }
}

/// The characters of the file behind `location`, quotes included.
fn written(source: &str, location: Location) -> &str {
    let span = location.span();
    let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) else { return "" };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
    source.get(start..end).unwrap_or_default().trim()
}

fn scalar(json: serde_json::Value, written: &str) -> Scalar {
    match json {
        serde_json::Value::String(text) => {
            let plain = text == written;
            Scalar { json: serde_json::Value::String(text.clone()), text, plain }
        }
        // Only unquoted values are read as numbers or truth values.
        other => {
            let text = if written.is_empty() { other.to_string() } else { written.to_owned() };
            Scalar { json: other, text, plain: true }
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = mapping.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
