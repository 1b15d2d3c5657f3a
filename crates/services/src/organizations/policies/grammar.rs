//! The grammar of management policies as data, and the one reader that holds a document to it.
//!
//! A document is made of blocks, which have members, and of settings, which have inheritance operators. What all types
//! have in common stands in [`check`]; what a type's blocks and settings may hold stands in its table.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::inheritance::{ALLOWED, APPEND, ASSIGN, OPERATORS, REMOVE};

/// What may stand at a place of a document.
pub(super) enum Place {
    /// A block whose members are named by the type, in any case.
    Block(&'static [(&'static str, Place)]),
    /// A block whose members are named by the policy's author, as the rule allows.
    Named(fn(&str) -> bool, &'static Place),
    /// A setting of one value: it is assigned, and neither appended nor removed.
    One(fn(&str) -> bool),
    /// A setting of a list of values.
    List(fn(&str) -> bool),
    /// A setting of a list of values that is given some, whatever is done with them.
    Filled(fn(&str) -> bool),
    /// A block whose name and members must go together, besides being what the place says.
    Where(fn(&str, &Map<String, Value>) -> bool, &'static Place),
    /// Blocks and settings of any names and values, as of the types whose grammar is not known.
    Open,
}

/// The member of a block with this name, in any case.
pub(super) fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    members.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, member)| member)
}

/// Reads a document in which no object has two members of one name.
///
/// # Errors
/// F-ORGS-POL-10: what is wrong with it, as the end of a sentence.
pub(super) fn parse(content: &str) -> Result<Value, String> {
    serde_json::from_str::<Unique>(content)
        .map(|document| document.0)
        .map_err(|_| "it is not JSON".to_owned())
}

/// Checks a whole document. Nothing is set at its root, so that operators which stand there have no effect.
///
/// # Errors
/// F-ORGS-POL-10: what is wrong with it, as the end of a sentence.
pub(super) fn check(document: &Value, grammar: &Place) -> Result<(), String> {
    let members = document.as_object().ok_or("it is not a JSON object")?;
    check_block(members, grammar, is_plain)
}

/// How a value is read, be it a text, a number, a boolean or null; `None` for what has members of its own.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

fn is_plain(operand: &Value) -> bool {
    match operand {
        Value::Array(values) => values.iter().all(|value| text(value).is_some()),
        value => text(value).is_some(),
    }
}

fn check_place(name: &str, member: &Value, place: &Place) -> Result<(), String> {
    let members = member.as_object().ok_or_else(|| format!("`{name}` has no operator"))?;
    match place {
        Place::One(fits) => {
            check_setting(members, &[ASSIGN], |operand| text(operand).is_some_and(|it| fits(&it)))
        }
        Place::List(fits) => check_setting(members, &OPERATORS, |operand| fits_all(operand, *fits)),
        Place::Filled(fits) => check_setting(members, &OPERATORS, |operand| {
            fits_all(operand, *fits) && operand.as_array().is_some_and(|values| !values.is_empty())
        }),
        Place::Where(holds, place) => {
            check_place(name, member, place)?;
            if holds(name, members) {
                Ok(())
            } else {
                Err(format!("the members of `{name}` do not go together"))
            }
        }
        Place::Open => check_block(members, place, |operand| !operand.is_object() && !operand.is_null()),
        Place::Block(_) | Place::Named(..) => check_block(members, place, |_| false),
    }
}

fn fits_all(operand: &Value, fits: fn(&str) -> bool) -> bool {
    let fits = |value: &Value| text(value).is_some_and(|it| fits(&it));
    operand.as_array().is_some_and(|values| values.iter().all(fits))
}

/// A block has members of different names, whatever their case, the operator that binds its children, and others only
/// where their operands may stand.
fn check_block(members: &Map<String, Value>, place: &Place, takes: fn(&Value) -> bool) -> Result<(), String> {
    check_names(members)?;
    for (name, member) in members {
        if name.eq_ignore_ascii_case(ALLOWED) {
            check_allowed(member)?;
        } else if name.starts_with("@@") {
            check_operator(name, member, &OPERATORS, takes)?;
        } else {
            let below = below(place, name).ok_or_else(|| format!("there is no `{name}` where it stands"))?;
            check_place(name, member, below)?;
        }
    }
    Ok(())
}

/// The place of a member of a block.
fn below(place: &Place, name: &str) -> Option<&'static Place> {
    match place {
        Place::Block(known) => known.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, it)| it),
        Place::Named(fits, below) => fits(name).then_some(*below),
        _ => Some(&Place::Open),
    }
}

fn check_operator(
    name: &str,
    operand: &Value,
    known: &[&str],
    takes: impl Fn(&Value) -> bool,
) -> Result<(), String> {
    if !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
        return Err(format!("`{name}` is no operator"));
    }
    if takes(operand) { Ok(()) } else { Err(format!("`{name}` is given something else than it takes")) }
}

fn check_setting(
    members: &Map<String, Value>,
    operators: &[&str],
    fits: impl Fn(&Value) -> bool,
) -> Result<(), String> {
    check_names(members)?;
    for (name, operand) in members {
        if name.eq_ignore_ascii_case(ALLOWED) {
            check_allowed(operand)?;
        } else {
            check_operator(name, operand, operators, &fits)?;
        }
    }
    Ok(())
}

fn check_names(members: &Map<String, Value>) -> Result<(), String> {
    let mut names = BTreeSet::new();
    match members.keys().find(|name| !names.insert(name.to_ascii_lowercase())) {
        Some(name) => Err(format!("`{name}` stands there twice")),
        None => Ok(()),
    }
}

/// Some operators, each named once; `@@none` alone. That one is named twice in different cases is fine (recorded).
fn check_allowed(operand: &Value) -> Result<(), String> {
    let named: Vec<&str> = operand.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is = |it: &str, name: &str| it.eq_ignore_ascii_case(name);
    let known = [ASSIGN, APPEND, REMOVE, "@@all", "@@none"];
    let is_known = |name: &&str| known.iter().any(|it| is(it, name));
    let is_whole = operand.as_array().is_some_and(|values| values.len() == named.len() && !values.is_empty());
    let is_unique = named.iter().collect::<BTreeSet<_>>().len() == named.len();
    let has_none = named.iter().any(|name| is("@@none", name));
    if is_whole && is_unique && named.iter().all(is_known) && (!has_none || named.len() == 1) {
        Ok(())
    } else {
        Err(format!("`{ALLOWED}` names no operators"))
    }
}

/// A JSON value whose objects name each member once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = input.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = input.next_entry::<String, _>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands there twice"));
            }
        }
        Ok(Value::Object(members))
    }
}
