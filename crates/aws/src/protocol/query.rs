//! Inputs of the Query protocols: parameters `A=1&B.member.1=x`, from a form or a query string.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html> and
//! <https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::Protocol;
use crate::refusal::Refusal;
use crate::smithy::{Kind, Member, Schema, TimestampFormat, epoch_seconds};

/// How deep parameters may nest. The models stay under ten; a shape that contains itself could otherwise be
/// nested until the stack ends.
const DEPTH_LIMIT: usize = 32;

/// F-COST-3 (*assumed*): the most parameters of a request.
const MOST_PARAMETERS: usize = 20_000;

/// Decoded parameters, in the order of their names. They hold what the caller sent, so they do not print.
#[derive(Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text: a body or a query string. Of a name that comes twice
    /// the last counts (*assumed*).
    ///
    /// # Errors
    /// Where a name or a value is not UTF-8, or there are too many: `MalformedInput`.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let mut parameters = BTreeMap::new();
        if text.iter().filter(|&&byte| byte == b'&').count() >= MOST_PARAMETERS {
            return Err(malformed("The request has too many parameters"));
        }
        for pair in text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let split = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = match split {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            parameters.insert(unescaped(name)?, unescaped(value)?);
        }
        Ok(Self(parameters))
    }

    /// Adds further parameters, for a request that has some in its body and some in its query string.
    /// Those that are there already stay.
    pub fn extend(&mut self, others: Self) {
        for (name, value) in others.0 {
            self.0.entry(name).or_insert(value);
        }
    }

    /// The value of one parameter, `Action` for example.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether `name` or something below it is there.
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name) || self.below(name).next().is_some()
    }

    /// What follows `name.` in the names of the parameters below it.
    fn below<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let prefix = format!("{name}.");
        self.0
            .range(prefix.clone()..)
            .map(|(name, _)| name.as_str())
            .map_while(move |name| name.strip_prefix(prefix.as_str()))
    }

    /// The positions under `name` in their order as numbers, each as it is written there.
    ///
    /// # Errors
    /// F-WIRE-33: what is no position is refused in AWS's words, and so is one far beyond those before it.
    fn positions<'a>(&'a self, name: &str) -> Result<BTreeMap<u64, &'a str>, Refusal> {
        let mut positions = BTreeMap::new();
        for rest in self.below(name) {
            let written = rest.split('.').next().unwrap_or_default();
            positions.insert(position(written)?, written);
        }
        let mut before = 1;
        for &position in positions.keys() {
            if position - before > MOST_SKIPPED {
                let skipped = position - before;
                return Err(malformed(format!(
                    "Excessively sparse input would skip {skipped} list elements"
                )));
            }
            before = position;
        }
        Ok(positions)
    }

    /// The positions of a list of EC2, whose front door is another one: gaps and what is no position are passed over
    /// (*assumed*).
    fn loose_positions(&self, name: &str) -> BTreeSet<u32> {
        self.below(name).filter_map(|rest| rest.split('.').next()?.parse().ok()).collect()
    }
}

/// How far a position of a list may be from the one before it.
const MOST_SKIPPED: u64 = 10;

/// The number that a position of a list is written as. F-WIRE-33
fn position(written: &str) -> Result<u64, Refusal> {
    if written.starts_with('-') {
        return Err(malformed(format!("Key {written} may not have a leading '-'")));
    }
    if written.is_empty() || !written.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed("Start of list found where not expected"));
    }
    // More digits than a number has are as far away as can be.
    match written.parse().unwrap_or(u64::MAX) {
        0 => Err(malformed(format!("{written} is not a valid index"))),
        position => Ok(position),
    }
}

/// `+` is a space, `%XX` a byte.
fn unescaped(text: &[u8]) -> Result<String, Refusal> {
    let spaced: Cow<'_, [u8]> = if text.contains(&b'+') {
        text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect::<Vec<u8>>().into()
    } else {
        text.into()
    };
    percent_decode(&spaced)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| malformed("The parameters are not UTF-8"))
}

/// The refusal of parameters that cannot be read. The code is the one that the Query services are known for;
/// the texts are *assumed*. F-WIRE-26
fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new("MalformedInput", 400, message)
}

/// The input that the parameters hold. Parameters that the model does not know are passed over. F-WIRE-27
///
/// # Errors
/// Where a parameter is no value of its shape, or they nest too deep: `MalformedInput`.
pub fn decode(parameters: &Parameters, schema: &Schema, protocol: Protocol) -> Result<Value, Refusal> {
    let reader = Reader { parameters, ec2: protocol == Protocol::Ec2Query };
    reader.structure(schema.members(), "", 0)
}

struct Reader<'a> {
    parameters: &'a Parameters,
    ec2: bool,
}

impl Reader<'_> {
    fn structure(&self, members: &[Member], prefix: &str, depth: usize) -> Result<Value, Refusal> {
        let mut found = Map::new();
        for member in members {
            let name = self.parameter_name(member);
            let name = if prefix.is_empty() { name.into_owned() } else { format!("{prefix}.{name}") };
            if self.parameters.has(&name) {
                found.insert(member.name.to_owned(), self.value((member.schema)(), &name, depth)?);
            }
        }
        Ok(Value::Object(found))
    }

    /// A member's name among parameters. EC2 writes the first letter of its location names large there,
    /// and all its lists flat. F-WIRE-31
    fn parameter_name(&self, member: &Member) -> Cow<'static, str> {
        match member.location_name {
            Some(name) if self.ec2 => {
                let mut characters = name.chars();
                let first = characters.next().into_iter().flat_map(char::to_uppercase);
                Cow::Owned(first.chain(characters).collect())
            }
            _ => Cow::Borrowed(member.wire_name()),
        }
    }

    fn value(&self, schema: &Schema, name: &str, depth: usize) -> Result<Value, Refusal> {
        if depth > DEPTH_LIMIT {
            return Err(malformed("The parameters nest too deep"));
        }
        match &schema.kind {
            Kind::Structure(members) => self.structure(members, name, depth + 1),
            Kind::List { member, member_location_name, flattened, .. } => {
                let name = if *flattened || self.ec2 {
                    name.to_owned()
                } else {
                    format!("{name}.{}", member_location_name.unwrap_or("member"))
                };
                self.list(member(), &name, depth + 1)
            }
            Kind::Map { value, flattened, .. } => self.map(value(), *flattened, name, depth + 1),
            _ => match self.parameters.get(name) {
                Some(text) => scalar(&schema.kind, text)
                    .ok_or_else(|| malformed(format!("The value of {name} could not be read"))),
                None => Err(malformed(format!("Start of structure or map found where not expected: {name}"))),
            },
        }
    }

    /// F-WIRE-33: places that were left out of a list are null there.
    fn list(&self, member: &Schema, name: &str, depth: usize) -> Result<Value, Refusal> {
        let item =
            |position: &dyn std::fmt::Display| self.value(member, &format!("{name}.{position}"), depth);
        if self.ec2 {
            let positions = self.parameters.loose_positions(name);
            return positions.iter().map(|position| item(position)).collect();
        }
        let mut items = Vec::new();
        for (position, written) in self.parameters.positions(name)? {
            while (items.len() as u64) + 1 < position {
                items.push(Value::Null);
            }
            items.push(item(&written)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&self, schema: &Schema, flattened: bool, name: &str, depth: usize) -> Result<Value, Refusal> {
        let name = if flattened { name.to_owned() } else { format!("{name}.entry") };
        let mut entries = Map::new();
        for position in self.parameters.loose_positions(&name) {
            let key = self.parameters.get(&format!("{name}.{position}.key")).unwrap_or_default();
            let value = format!("{name}.{position}.value");
            if self.parameters.has(&value) {
                entries.insert(key.to_owned(), self.value(schema, &value, depth)?);
            }
        }
        Ok(Value::Object(entries))
    }
}

/// The canonical value that a text stands for.
fn scalar(kind: &Kind, text: &str) -> Option<Value> {
    match kind {
        // F-WIRE-34: these four and no others.
        Kind::Boolean if matches!(text, "true" | "1") => Some(Value::Bool(true)),
        Kind::Boolean if matches!(text, "false" | "0") => Some(Value::Bool(false)),
        Kind::Boolean => None,
        Kind::Integer(_) => text.parse::<i32>().ok().map(Value::from),
        Kind::Long(_) => text.parse::<i64>().ok().map(Value::from),
        Kind::Double => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        Kind::Blob => STANDARD.decode(text).is_ok().then(|| Value::from(text)),
        Kind::Timestamp(format) => {
            let timestamp: Timestamp = text.parse().ok()?;
            Some(match format {
                TimestampFormat::Iso8601 => Value::from(text),
                TimestampFormat::Protocol | TimestampFormat::UnixTimestamp => epoch_seconds(timestamp),
            })
        }
        _ => Some(Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-COST-3
    #[test]
    fn a_request_has_so_many_parameters_and_no_more() {
        let form = |pairs: usize| vec!["a"; pairs].join("&");
        assert!(Parameters::parse(form(MOST_PARAMETERS).as_bytes()).is_ok());
        assert!(Parameters::parse(form(MOST_PARAMETERS + 1).as_bytes()).is_err());
    }
}
