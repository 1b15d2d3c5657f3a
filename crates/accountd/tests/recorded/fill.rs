//! Parameters and expectations with what earlier answers brought: `{{ou}}` stands for a captured value.

use std::collections::BTreeMap;
use std::io;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use serde_json::{Map, Value};

/// What earlier answers brought, by name.
pub type Captured = BTreeMap<String, Value>;

/// `value` with everything filled in.
pub fn fill(value: &Value, captured: &Captured) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match whole_name(text) {
            Some(name) => named(name, captured)?.clone(),
            None => Value::String(fill_text(text, captured, str::to_owned)?),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill(item, captured)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => return fill_object(members, captured),
        other => other.clone(),
    })
}

/// `{"json": …}` is sent as JSON text, `{"repeat": text, "times": n}` as a long text.
fn fill_object(members: &Map<String, Value>, captured: &Captured) -> Result<Value, String> {
    if let (1, Some(document)) = (members.len(), members.get("json")) {
        return Ok(Value::String(json_text(&fill(document, captured)?)));
    }
    if let (2, Some(Value::String(text)), Some(times)) =
        (members.len(), members.get("repeat"), members.get("times"))
    {
        let times = times.as_u64().and_then(|times| usize::try_from(times).ok()).unwrap_or_default();
        return Ok(Value::String(text.repeat(times)));
    }
    let mut filled = Map::new();
    for (name, value) in members {
        filled.insert(fill_text(name, captured, str::to_owned)?, fill(value, captured)?);
    }
    Ok(Value::Object(filled))
}

/// `value` with every `{"strftime": format}`, and `{"strftime": format, "add": seconds}`, replaced by that time after `now`,
/// in UTC.
pub fn fill_times(value: &Value, now: Timestamp) -> Value {
    match value {
        Value::Object(members) => match members.get("strftime").and_then(Value::as_str) {
            Some(format) => {
                let seconds = members.get("add").and_then(Value::as_i64).unwrap_or_default();
                let time = now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
                Value::String(time.strftime(format).to_string())
            }
            None => members.iter().map(|(name, value)| (name.clone(), fill_times(value, now))).collect(),
        },
        Value::Array(items) => items.iter().map(|item| fill_times(item, now)).collect(),
        other => other.clone(),
    }
}

/// `text` with every `{{name}}` replaced, each value passed through `escape`.
pub fn fill_text(text: &str, captured: &Captured, escape: impl Fn(&str) -> String) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        filled.push_str(before);
        let value = named(name, captured)?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        filled.push_str(&escape(&value));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn whole_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("{{")?.strip_suffix("}}")?;
    name.chars().all(|letter| letter.is_alphanumeric() || letter == '_').then_some(name)
}

fn named<'c>(name: &str, captured: &'c Captured) -> Result<&'c Value, String> {
    captured.get(name).ok_or_else(|| format!("nothing was captured as {name}"))
}

/// JSON text as the recordings' client wrote it, since sizes of documents count: a blank after commas and colons, ASCII
/// only.
fn json_text(value: &Value) -> String {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Blanks)).unwrap();
    String::from_utf8(text).unwrap()
}

struct Blanks;

impl Formatter for Blanks {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for letter in fragment.chars() {
            if letter.is_ascii() && letter != '\x7f' {
                writer.write_all(&[letter as u8])?;
            } else {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(writer, escape)
    }
}
