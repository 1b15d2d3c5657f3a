//! An answer, whichever protocol it came in: its status, code, message and members.

use http::Response;
use serde_json::{Map, Value};

/// What came back.
pub struct Answer {
    pub status: u16,
    pub code: Option<String>,
    pub message: Option<String>,
    /// The members of the result, or of the error.
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn read(operation: &str, response: &Response<bytes::Bytes>) -> Self {
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        let status = response.status().as_u16();
        if text.trim_start().starts_with('<') {
            return Self::of_xml(operation, status, text);
        }
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| Value::Object(Map::new()));
        let header = response.headers().get("x-amzn-errortype").map(|code| code.to_str().unwrap());
        let code = header.or_else(|| body["__type"].as_str()).filter(|_| status >= 300);
        let code = code.and_then(|code| code.split('#').next_back()?.split(':').next()).map(str::to_owned);
        let message = body["message"].as_str().or_else(|| body["Message"].as_str());
        let message = message.filter(|_| status >= 300).map(str::to_owned);
        Self { status, code, message, body, text }
    }

    fn of_xml(operation: &str, status: u16, text: String) -> Self {
        let document = roxmltree::Document::parse(&text).unwrap();
        let tree = members(document.root_element());
        let error = [&tree["Error"], &tree["Errors"]["Error"]].into_iter().find(|error| error.is_object());
        let said = |name: &str| error.and_then(|error| error[name].as_str()).map(str::to_owned);
        let (code, message) = (said("Code"), said("Message"));
        let result = tree.get(format!("{operation}Result")).unwrap_or(&tree);
        let body = error.unwrap_or(result).clone();
        Self { status, code, message, body, text }
    }
}

/// An element as a value: lists of `member`, maps of `entry`, structures of names, or text.
fn members(element: roxmltree::Node<'_, '_>) -> Value {
    let children: Vec<_> = element.children().filter(roxmltree::Node::is_element).collect();
    let are_all = |name| children.iter().all(|child| child.tag_name().name() == name);
    if children.is_empty() {
        return Value::String(element.text().unwrap_or_default().to_owned());
    }
    if are_all("member") {
        return Value::Array(children.into_iter().map(members).collect());
    }
    if are_all("entry") {
        let entry = |child| {
            let entry = members(child);
            (entry["key"].as_str().unwrap_or_default().to_owned(), entry["value"].clone())
        };
        return Value::Object(children.into_iter().map(entry).collect());
    }
    Value::Object(
        children.into_iter().map(|child| (child.tag_name().name().to_owned(), members(child))).collect(),
    )
}
