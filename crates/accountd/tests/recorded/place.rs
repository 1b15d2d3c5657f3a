//! Places in an answer: `Policies[0].PolicySummary.Id`, `"a.b"` for a name with dots, `!` to read a text as JSON, `^` to
//! read it as a JSON Web Token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What stands at `place`; the empty place is the whole answer.
pub fn reach(value: &Value, place: &str) -> Option<Value> {
    let mut value = value.clone();
    let mut rest = place;
    while !rest.is_empty() {
        let (part, after) = first_part(rest);
        value = match part {
            Part::Json => serde_json::from_str(value.as_str()?).ok()?,
            Part::Token => token(value.as_str()?)?,
            Part::Item(at) => item(&value, at)?.clone(),
            Part::Member(name) => value.as_object()?.get(name)?.clone(),
            Part::Nothing => value,
        };
        rest = after;
    }
    Some(value)
}

/// The parts of a JSON Web Token, and how long its signature and the whole of it are.
fn token(text: &str) -> Option<Value> {
    let parts: Vec<Vec<u8>> =
        text.split('.').map(|part| URL_SAFE_NO_PAD.decode(part)).collect::<Result<_, _>>().ok()?;
    let [header, claims, signature] = parts.as_slice() else { return None };
    let (header, claims): (Value, Value) =
        (serde_json::from_slice(header).ok()?, serde_json::from_slice(claims).ok()?);
    Some(json!({"header": header, "claims": claims, "signature": signature.len(), "size": text.len()}))
}

enum Part<'p> {
    Json,
    Token,
    Item(i64),
    Member(&'p str),
    Nothing,
}

fn first_part(place: &str) -> (Part<'_>, &str) {
    if let Some(rest) = place.strip_prefix('!') {
        return (Part::Json, rest);
    }
    if let Some(rest) = place.strip_prefix('^') {
        return (Part::Token, rest);
    }
    if let Some(rest) = place.strip_prefix('.') {
        return (Part::Nothing, rest);
    }
    if let Some((name, rest)) = place.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        return (Part::Member(name), rest);
    }
    if let Some((number, rest)) = place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (Part::Item(number.parse().expect("a place's item is a number")), rest);
    }
    let end = place.find(['.', '[', '!', '^', '"']).unwrap_or(place.len());
    (Part::Member(&place[..end]), &place[end..])
}

/// Numbers below zero count from the end.
fn item(value: &Value, at: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let length = i64::try_from(items.len()).ok()?;
    let at = if at < 0 { at + length } else { at };
    items.get(usize::try_from(at).ok()?)
}
