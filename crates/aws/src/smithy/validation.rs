//! The constraints of a model, and the words of the validator that stands in front of Account Management.
//!
//! Every violation is collected, never the first alone, in one fixed order: at each value its type, then
//! the members that are missing, then each member in the order of the model. F-WIRE-3

use std::borrow::Cow;

use super::{Bounds, Kind, Member, Pattern, Schema, Value};

/// Whether patterns are applied. `--validation masked` ignores them and nothing else. F-WIRE-8
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patterns {
    /// As the model says.
    Applied,
    /// Left out.
    Ignored,
}

/// One broken constraint of one value. It may hold what the caller sent, so it does not print itself.
pub struct Violation<'a> {
    /// Where the value stands: members by name, list members by position from 1.
    pub path: Vec<Cow<'static, str>>,
    /// The value.
    pub value: &'a Value,
    /// The list that the value is a member of.
    pub list: Option<Listed<'a>>,
    /// Whether the value's shape is sensitive.
    pub sensitive: bool,
    /// What was broken.
    pub constraint: Constraint,
}

/// A list, as one of its members sees it.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    /// The list's members.
    pub members: &'a [Value],
    /// What each of them must be.
    pub schema: &'static Schema,
    /// Whether AWS says of them that they must not be null.
    pub members_not_null: bool,
}

/// A constraint that was broken.
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// The value is of another JSON type than these.
    Type(&'static [&'static str]),
    /// These members must be there; in alphabetical order.
    Required(Vec<&'static str>),
    /// A text, a list or a map is shorter than this.
    MinLength(i64),
    /// A text, a list or a map is longer than this.
    MaxLength(i64),
    /// A number is lower than this.
    Min(i64),
    /// A number is greater than this.
    Max(i64),
    /// A text does not match this pattern.
    Pattern(&'static Pattern),
    /// A text is none of these.
    Enum(&'static [&'static str]),
}

/// Every constraint of the schema that the value breaks, each in the validator's words.
pub fn violations(schema: &Schema, value: &Value, patterns: Patterns) -> Vec<String> {
    check(schema, value, patterns).iter().map(Violation::text).collect()
}

/// Every constraint of the schema that the value breaks. Members that the model does not know are passed
/// over, and JSON's null counts as absent.
pub fn check<'a>(schema: &Schema, value: &'a Value, patterns: Patterns) -> Vec<Violation<'a>> {
    let mut walk = Walk { patterns, path: Vec::new(), list: None, found: Vec::new() };
    walk.value(schema, value);
    walk.found
}

/// The message of a refusal for these violations: `[a, b]`.
pub fn validation_message(violations: &[String]) -> String {
    format!("[{}]", violations.join(", "))
}

struct Walk<'a> {
    patterns: Patterns,
    path: Vec<Cow<'static, str>>,
    list: Option<Listed<'a>>,
    found: Vec<Violation<'a>>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, schema: &Schema, value: &'a Value) {
        let allowed = allowed_types(&schema.kind);
        if !is_type(&schema.kind, value) {
            return self.broken(schema, value, Constraint::Type(allowed));
        }
        match (&schema.kind, value) {
            (Kind::Integer(bounds) | Kind::Long(bounds), Value::Number(number)) => {
                // A number beyond 64 bits is beyond every bound on its side.
                let found = number.as_i64().unwrap_or(i64::MAX);
                self.bounds(schema, value, *bounds, found, Constraint::Min, Constraint::Max);
            }
            (Kind::String { length, pattern }, Value::String(text)) => {
                self.length(schema, value, *length, text.chars().count());
                if let Some(pattern) = pattern
                    && self.patterns == Patterns::Applied
                    && !pattern.matches(text)
                {
                    self.broken(schema, value, Constraint::Pattern(pattern));
                }
            }
            (Kind::Enum(values), Value::String(text)) if !values.contains(&text.as_str()) => {
                self.broken(schema, value, Constraint::Enum(values));
            }
            (Kind::List { member, members_not_null, length, .. }, Value::Array(members)) => {
                self.length(schema, value, *length, members.len());
                self.list(Listed { members, schema: member(), members_not_null: *members_not_null });
            }
            // Keys are not checked: no model that is spoken to in JSON has a map in an input.
            (Kind::Map { value: of, length, .. }, Value::Object(entries)) => {
                self.length(schema, value, *length, entries.len());
                for (name, entry) in entries {
                    self.nested(Cow::Owned(name.clone()), of(), entry);
                }
            }
            (Kind::Structure(members), Value::Object(given)) => self.structure(schema, members, value, given),
            _ => {}
        }
    }

    fn structure(
        &mut self,
        schema: &Schema,
        members: &'static [Member],
        value: &'a Value,
        given: &'a super::Map<String, Value>,
    ) {
        let given = |member: &Member| given.get(member.name).filter(|value| !value.is_null());
        let mut missing: Vec<_> =
            members.iter().filter(|member| member.required && given(member).is_none()).collect();
        if !missing.is_empty() {
            missing.sort_by_key(|member| member.name);
            let names = missing.iter().map(|member| member.name).collect();
            self.broken(schema, value, Constraint::Required(names));
        }
        for member in members {
            if let Some(value) = given(member) {
                self.nested(Cow::Borrowed(member.name), (member.schema)(), value);
            }
        }
    }

    /// Of the values that are not in an enum, only the first is named (observed).
    /// F-WIRE-4
    fn list(&mut self, list: Listed<'a>) {
        let mut bad_value_named = false;
        for (index, value) in list.members.iter().enumerate() {
            let found_before = self.found.len();
            if bad_value_named {
                continue;
            }
            self.path.push(Cow::Owned((index + 1).to_string()));
            self.list = Some(list);
            self.value(list.schema, value);
            self.list = None;
            self.path.pop();
            bad_value_named = matches!(list.schema.kind, Kind::Enum(_)) && self.found.len() > found_before;
        }
    }

    fn nested(&mut self, name: Cow<'static, str>, schema: &Schema, value: &'a Value) {
        self.path.push(name);
        self.list = None;
        self.value(schema, value);
        self.path.pop();
    }

    fn length(&mut self, schema: &Schema, value: &'a Value, bounds: Bounds, length: usize) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        self.bounds(schema, value, bounds, length, Constraint::MinLength, Constraint::MaxLength);
    }

    fn bounds(
        &mut self,
        schema: &Schema,
        value: &'a Value,
        bounds: Bounds,
        found: i64,
        below: fn(i64) -> Constraint,
        above: fn(i64) -> Constraint,
    ) {
        if let Some(min) = bounds.min
            && found < min
        {
            self.broken(schema, value, below(min));
        }
        if let Some(max) = bounds.max
            && found > max
        {
            self.broken(schema, value, above(max));
        }
    }

    fn broken(&mut self, schema: &Schema, value: &'a Value, constraint: Constraint) {
        self.found.push(Violation {
            path: self.path.clone(),
            value,
            list: self.list,
            sensitive: schema.sensitive,
            constraint,
        });
    }
}

/// The JSON types that values of a kind may have, as JSON Schema names them.
fn allowed_types(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Boolean => &["boolean"],
        Kind::Integer(_) | Kind::Long(_) => &["integer"],
        Kind::Double => &["integer", "number"],
        Kind::String { .. } | Kind::Enum(_) | Kind::Blob => &["string"],
        Kind::Timestamp(super::TimestampFormat::Iso8601) => &["string"],
        Kind::Timestamp(_) => &["integer", "number"],
        Kind::List { .. } => &["array"],
        Kind::Map { .. } | Kind::Structure(_) => &["object"],
    }
}

/// Whether the value can be of that kind at all.
pub(super) fn is_type(kind: &Kind, value: &Value) -> bool {
    match kind {
        // Both forms of a timestamp are read, as long as they name an instant.
        Kind::Timestamp(_) => super::native::timestamp(value).is_some(),
        _ => allowed_types(kind).contains(&type_name(value)),
    }
}

/// The value's type as the validator names it. `1.0` is a `number`, not an `integer`: the validator is
/// *assumed* to go by how the number is written, as its library does.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl Violation<'_> {
    /// The violation in the observed validator's words. F-WIRE-5
    pub fn text(&self) -> String {
        let text = self.value.as_str().unwrap_or_default();
        match &self.constraint {
            Constraint::Type(allowed) => format!(
                "instance type ({}) does not match any allowed primitive type (allowed: {})",
                type_name(self.value),
                json(allowed)
            ),
            Constraint::Required(names) => {
                format!("object has missing required properties ({})", json(names))
            }
            Constraint::MinLength(min) => match self.value {
                Value::Array(members) => format!(
                    "array is too short: must have at least {min} elements but instance has {} elements",
                    members.len()
                ),
                _ => format!(
                    "string \"{text}\" is too short (length: {}, required minimum: {min})",
                    text.chars().count()
                ),
            },
            Constraint::MaxLength(max) => match self.value {
                Value::Array(members) => format!(
                    "array is too long: must have at most {max} elements but instance has {} elements",
                    members.len()
                ),
                _ => format!(
                    "string \"{text}\" is too long (length: {}, maximum allowed: {max})",
                    text.chars().count()
                ),
            },
            Constraint::Min(min) => format!(
                "numeric instance is lower than the required minimum (minimum: {min}, found: {})",
                self.value
            ),
            Constraint::Max(max) => format!(
                "numeric instance is greater than the required maximum (maximum: {max}, found: {})",
                self.value
            ),
            Constraint::Pattern(pattern) => {
                format!("ECMA 262 regex \"{}\" does not match input string \"{text}\"", pattern.anchored())
            }
            Constraint::Enum(values) => format!(
                "instance value ({}) not found in enum (possible values: {})",
                self.value,
                json(values)
            ),
        }
    }
}

/// A list of names as JSON without white space.
fn json(names: &[&str]) -> String {
    Value::from(names.to_vec()).to_string()
}
