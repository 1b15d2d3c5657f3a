//! Answers and refusals of the Query protocols: XML.

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::Protocol;
use crate::refusal::Refusal;
use crate::smithy::{Kind, OperationShape, Schema, ServiceShape, Shape, Timestamp, iso8601};

const CONTENT_TYPE: &str = "text/xml";
const EC2_CONTENT_TYPE: &str = "text/xml;charset=UTF-8";
/// What elements of awsQuery are moved in by.
const INDENT: &str = "  ";
const EC2_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// An answer. F-WIRE-28
///
/// awsQuery: `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…`, without the result where the
/// operation has no output. EC2: the members stand beside `<requestId>`; where there is no output,
/// `<return>true</return>`. F-WIRE-30
pub fn answer(
    protocol: Protocol,
    operation: &OperationShape,
    output: &Value,
    request_id: &str,
) -> Response<Bytes> {
    let mut xml = Xml::new(protocol);
    let response = format!("{}Response", operation.name);
    xml.open_in(&response, Some(operation.service.xml_namespace));
    let schema = operation.output.map(|schema| schema());
    if xml.ec2 {
        xml.leaf("requestId", request_id);
        match schema {
            Some(schema) => xml.members(schema, output),
            None => xml.leaf("return", "true"),
        }
    } else {
        if let Some(schema) = schema {
            let result = format!("{}Result", operation.name);
            xml.open(&result);
            xml.members(schema, output);
            xml.close(&result);
        }
        xml.open("ResponseMetadata");
        xml.leaf("RequestId", request_id);
        xml.close("ResponseMetadata");
    }
    xml.close(&response);
    xml.response(200, request_id)
}

/// A refusal. F-WIRE-29
pub fn refuse(
    protocol: Protocol,
    service: Option<&ServiceShape>,
    refusal: &Refusal,
    request_id: &str,
) -> Response<Bytes> {
    let mut xml = Xml::new(protocol);
    if xml.ec2 {
        ["Response", "Errors", "Error"].iter().for_each(|name| xml.open(name));
    } else {
        xml.open_in("ErrorResponse", service.map(|service| service.xml_namespace));
        xml.open("Error");
        xml.leaf("Type", if refusal.is_server_fault() { "Receiver" } else { "Sender" });
    }
    if refusal.code_shown {
        xml.leaf("Code", &refusal.code);
    }
    if let Some(message) = &refusal.message {
        xml.leaf("Message", message);
    }
    for (name, value) in &refusal.members {
        xml.undescribed(name, value);
    }
    xml.close("Error");
    if xml.ec2 {
        xml.close("Errors");
        xml.leaf("RequestID", request_id);
        xml.close("Response");
    } else {
        xml.leaf("RequestId", request_id);
        xml.close("ErrorResponse");
    }
    xml.response(refusal.status, request_id)
}

/// A refusal as Amazon S3 writes it, for its clients: no spaces, as EC2.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
pub(super) fn refuse_in_s3(refusal: &Refusal, request_id: &str) -> Response<Bytes> {
    let mut xml = Xml::new(Protocol::Ec2Query);
    xml.open("Error");
    xml.leaf("Code", &refusal.code);
    if let Some(message) = &refusal.message {
        xml.leaf("Message", message);
    }
    xml.leaf("RequestId", request_id);
    xml.close("Error");
    super::response(refusal.status, "application/xml", xml.text.into_bytes(), request_id)
}

/// XML being written. F-WIRE-35: awsQuery's elements stand on lines of their own, each two blanks further in than the
/// one around it; EC2's follow one another.
struct Xml {
    text: String,
    ec2: bool,
    /// How many elements are open.
    depth: usize,
    /// Where the text of the element ends that was opened last.
    opened: usize,
}

impl Xml {
    fn new(protocol: Protocol) -> Self {
        let ec2 = protocol == Protocol::Ec2Query;
        let mut text = String::with_capacity(512);
        if ec2 {
            text.push_str(EC2_DECLARATION);
        }
        Self { text, ec2, depth: 0, opened: 0 }
    }

    fn response(mut self, status: u16, request_id: &str) -> Response<Bytes> {
        let content_type = if self.ec2 { EC2_CONTENT_TYPE } else { CONTENT_TYPE };
        if !self.ec2 {
            self.text.push('\n');
        }
        super::response(status, content_type, self.text.into_bytes(), request_id)
    }

    /// Begins the line of an element.
    fn line(&mut self) {
        if self.ec2 {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.extend(std::iter::repeat_n(INDENT, self.depth));
    }

    /// An element that holds text.
    fn leaf(&mut self, name: &str, text: &str) {
        self.line();
        for part in ["<", name, ">"] {
            self.text.push_str(part);
        }
        escape(text, &mut self.text);
        self.end(name);
    }

    /// Begins an element that holds elements.
    fn open(&mut self, name: &str) {
        self.open_in(name, None);
    }

    fn open_in(&mut self, name: &str, namespace: Option<&str>) {
        self.line();
        self.text.push('<');
        self.text.push_str(name);
        if let Some(namespace) = namespace {
            for part in [" xmlns=\"", namespace, "\""] {
                self.text.push_str(part);
            }
        }
        self.text.push('>');
        self.depth += 1;
        self.opened = self.text.len();
    }

    /// Ends it; one that holds nothing becomes `<name/>`.
    fn close(&mut self, name: &str) {
        self.depth -= 1;
        if self.opened == self.text.len() {
            self.text.pop();
            self.text.push_str("/>");
        } else {
            self.line();
            self.end(name);
        }
    }

    fn end(&mut self, name: &str) {
        for part in ["</", name, ">"] {
            self.text.push_str(part);
        }
    }

    /// The members of a structure, in the order of the model.
    fn members(&mut self, schema: &Schema, value: &Value) {
        for member in schema.members() {
            if let Some(value) = value.get(member.name).filter(|value| !value.is_null()) {
                self.element(member.wire_name(), (member.schema)(), value);
            }
        }
    }

    fn element(&mut self, name: &str, schema: &Schema, value: &Value) {
        match (&schema.kind, value) {
            (Kind::List { member, member_location_name, flattened, .. }, Value::Array(members)) => {
                if *flattened {
                    let name = member_location_name.unwrap_or(name);
                    members.iter().for_each(|value| self.element(name, member(), value));
                } else {
                    self.open(name);
                    let item = member_location_name.unwrap_or("member");
                    members.iter().for_each(|value| self.element(item, member(), value));
                    self.close(name);
                }
            }
            (Kind::Map { value: of, flattened, .. }, Value::Object(entries)) => {
                if !flattened {
                    self.open(name);
                }
                let entry = if *flattened { name } else { "entry" };
                for (key, value) in entries {
                    self.open(entry);
                    self.leaf("key", key);
                    self.element("value", of(), value);
                    self.close(entry);
                }
                if !flattened {
                    self.close(name);
                }
            }
            (Kind::Structure(_), _) => {
                self.open(name);
                self.members(schema, value);
                self.close(name);
            }
            (Kind::Timestamp(_), Value::Number(_)) => match Timestamp::from_value(value) {
                Ok(timestamp) => self.leaf(name, &self.instant(timestamp)),
                Err(_) => self.leaf(name, &value.to_string()),
            },
            (_, Value::String(text)) => self.leaf(name, text),
            _ => self.leaf(name, &value.to_string()),
        }
    }

    /// ISO 8601: whole seconds, in EC2's answers with milliseconds.
    fn instant(&self, timestamp: Timestamp) -> String {
        let text = iso8601(timestamp);
        if self.ec2 {
            let milliseconds = timestamp.as_millisecond().rem_euclid(1000);
            return format!("{}.{milliseconds:03}Z", text.trim_end_matches('Z'));
        }
        text
    }

    /// A value without a description: a further member of an error.
    fn undescribed(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Array(members) => {
                self.open(name);
                members.iter().for_each(|value| self.undescribed("member", value));
                self.close(name);
            }
            Value::Object(members) => {
                self.open(name);
                members.iter().for_each(|(name, value)| self.undescribed(name, value));
                self.close(name);
            }
            Value::String(text) => self.leaf(name, text),
            Value::Bool(_) | Value::Number(_) => self.leaf(name, &value.to_string()),
        }
    }
}

/// Writes text so that an XML parser reads it back. A carriage return would be read as a line feed unless it
/// is a reference; what XML 1.0 cannot hold at all becomes the replacement character (*assumed*).
/// <https://www.w3.org/TR/xml/#charsets>
fn escape(text: &str, output: &mut String) {
    for character in text.chars() {
        match character {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' => output.push_str("&quot;"),
            '\r' => output.push_str("&#xD;"),
            '\t' | '\n' => output.push(character),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => output.push(char::REPLACEMENT_CHARACTER),
            _ => output.push(character),
        }
    }
}
