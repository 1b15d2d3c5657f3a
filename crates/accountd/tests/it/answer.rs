//! An answer, and what is expected of it to the byte.

use aws::protocol::Protocol;
use bytes::Bytes;
use http::Response;
use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn new(response: Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The error code, in the protocol's own place; `None` for a result and for the one refusal without.
    pub fn code(&self, protocol: Protocol) -> Option<String> {
        match protocol {
            Protocol::RestJson => self.header("x-amzn-errortype").map(str::to_owned),
            Protocol::AwsJson11 => self.json()["__type"].as_str().map(str::to_owned),
            Protocol::Query | Protocol::Ec2Query => element(self.text(), "Code").map(str::to_owned),
        }
    }

    /// The refusal's text, whichever protocol it came in.
    pub fn message(&self) -> String {
        if self.header("content-type").is_some_and(|kind| kind.starts_with("text/xml")) {
            let escaped = element(self.text(), "Message").unwrap_or_default();
            let unescaped = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&#xD;", "\r"), ("&amp;", "&")];
            return unescaped.iter().fold(escaped.to_owned(), |text, (from, to)| text.replace(from, to));
        }
        let body = self.json();
        body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default().to_owned()
    }

    /// A result without output: 200 and an empty body.
    #[track_caller]
    pub fn is_empty_result(&self) {
        assert_eq!((self.status, self.text()), (200, ""));
    }

    /// A result, to the byte.
    #[track_caller]
    pub fn is(&self, body: &str) {
        assert_eq!((self.status, self.text()), (200, body));
    }

    /// A refusal over restJson1: status, header and body to the byte.
    #[track_caller]
    pub fn is_refused(&self, status: u16, code: &str, body: &str) {
        assert_eq!((self.status, self.header("x-amzn-errortype"), self.text()), (status, Some(code), body));
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    /// A refusal over restJson1 that says nothing but a text.
    #[track_caller]
    pub fn says(&self, status: u16, code: &str, text: &str) {
        self.is_refused(status, code, &serde_json::json!({ "message": text }).to_string());
    }

    /// `AccessDeniedException`, 403.
    #[track_caller]
    pub fn is_denied(&self, text: &str) {
        self.says(403, "AccessDeniedException", text);
    }

    /// A `ValidationException` with a reason and one field.
    #[track_caller]
    pub fn is_invalid_field(&self, text: &str, reason: &str, field: &str) {
        let body = format!(
            "{{\"message\":\"{text}\",\"reason\":\"{reason}\",\"fieldList\":[{{\"name\":\"{field}\",\"message\":\"{text}\"}}]}}"
        );
        self.is_refused(400, "ValidationException", &body);
    }
}

/// The text of the first element with this name.
pub fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let begin = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let length = xml[begin..].find(&format!("</{name}>"))?;
    Some(&xml[begin..begin + length])
}
