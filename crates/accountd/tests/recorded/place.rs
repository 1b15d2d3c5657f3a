//! Places in an answer: `Policies[0].PolicySummary.Id`, `"a.b"` for a name with dots, `!` to read a text as JSON.

use serde_json::Value;

/// What stands at `place`; the empty place is the whole answer.
pub fn reach(value: &Value, place: &str) -> Option<Value> {
    let mut value = value.clone();
    let mut rest = place;
    while !rest.is_empty() {
        let (part, after) = first_part(rest);
        value = match part {
            Part::Json => serde_json::from_str(value.as_str()?).ok()?,
            Part::Item(at) => item(&value, at)?.clone(),
            Part::Member(name) => value.as_object()?.get(name)?.clone(),
            Part::Nothing => value,
        };
        rest = after;
    }
    Some(value)
}

enum Part<'p> {
    Json,
    Item(i64),
    Member(&'p str),
    Nothing,
}

fn first_part(place: &str) -> (Part<'_>, &str) {
    if let Some(rest) = place.strip_prefix('!') {
        return (Part::Json, rest);
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
    let end = place.find(['.', '[', '!', '"']).unwrap_or(place.len());
    (Part::Member(&place[..end]), &place[end..])
}

/// Numbers below zero count from the end.
fn item(value: &Value, at: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let length = i64::try_from(items.len()).ok()?;
    let at = if at < 0 { at + length } else { at };
    items.get(usize::try_from(at).ok()?)
}
