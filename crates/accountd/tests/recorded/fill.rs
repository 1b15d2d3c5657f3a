//! Parameters and expectations with what earlier answers brought, `{{ou}}` being a captured value, and with what follows
//! from the time.

use std::collections::BTreeMap;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use serde_json::{Map, Value};

/// What a case has brought so far.
pub struct Captured {
    /// Parts of earlier answers, by name.
    pub values: BTreeMap<String, Value>,
    /// Service time.
    pub now: Timestamp,
}

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

/// `{"json": …}` is sent as JSON text, `{"base64": text}` as a blob, `{"repeat": text, "times": n}` as a long text;
/// `{"totp": seed}` and `{"strftime": format}` are made of the time, the latter so many seconds later as `add` says.
fn fill_object(members: &Map<String, Value>, captured: &Captured) -> Result<Value, String> {
    if let (1, Some(document)) = (members.len(), members.get("json")) {
        return Ok(Value::String(json_text(&fill(document, captured)?)));
    }
    if let (1, Some(Value::String(text))) = (members.len(), members.get("base64")) {
        return Ok(Value::String(STANDARD.encode(fill_text(text, captured, str::to_owned)?)));
    }
    if let Some(Value::String(seed)) = members.get("totp") {
        let seed = fill_text(seed, captured, str::to_owned)?;
        let step = members.get("step").and_then(Value::as_i64).unwrap_or_default();
        let is_wrong = members.get("wrong") == Some(&Value::Bool(true));
        return one_time_code(&seed, captured.now.as_second() / 30 + step, is_wrong).map(Value::String);
    }
    if let Some(Value::String(format)) = members.get("strftime") {
        let seconds = members.get("add").and_then(Value::as_i64).unwrap_or_default();
        let time = captured.now.saturating_add(SignedDuration::from_secs(seconds));
        return Ok(Value::String(time.map_err(|error| error.to_string())?.strftime(format).to_string()));
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

/// The six digits that a device with this seed shows at a step of 30 seconds (RFC 6238), or six others. The seed is
/// base32 text, or its base64 as the Query API gives it.
fn one_time_code(seed: &str, step: i64, is_wrong: bool) -> Result<String, String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let is_base32 = |text: &str| text.bytes().all(|byte| LETTERS.contains(&byte) || byte == b'=');
    let decoded = || String::from_utf8(STANDARD.decode(seed).ok()?).ok().filter(|text| is_base32(text));
    let text = if is_base32(seed) { Some(seed.to_owned()) } else { decoded() };
    let text = text.ok_or_else(|| format!("{seed} is no seed"))?;
    let (mut secret, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for value in text.bytes().filter_map(|byte| LETTERS.iter().position(|letter| *letter == byte)) {
        (bits, held) = (bits << 5 | value as u32, held + 5);
        if held >= 8 {
            held -= 8;
            secret.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&secret).map_err(|error| error.to_string())?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes([digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]]);
    let code = (number % 1_000_000 + if is_wrong { 500_000 } else { 0 }) % 1_000_000;
    Ok(format!("{code:06}"))
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
    captured.values.get(name).ok_or_else(|| format!("nothing was captured as {name}"))
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
