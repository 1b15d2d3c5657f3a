//! What a browser sends: names and values in the order of the page, from an address or a form.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The most fields that are read; no form has as many.
const MOST_FIELDS: usize = 500;

/// What is written otherwise in an address: all but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Names and values. A name may come more than once.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text. What is not UTF-8 is replaced, so that it is shown and refused
    /// like any other wrong value.
    pub fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(MOST_FIELDS);
        let read = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self(pairs.map(read).collect())
    }

    /// Reads `multipart/form-data` with the boundary that its media type names (RFC 7578).
    pub fn read_multipart(body: &str, boundary: &str) -> Self {
        let separator = format!("--{boundary}");
        let parts = body.split(separator.as_str()).skip(1).take(MOST_FIELDS);
        let read = |part: &str| {
            let (head, value) = part.strip_prefix("\r\n")?.split_once("\r\n\r\n")?;
            let (_, name) = head.split_once("; name=\"")?;
            let name = name.split('"').next()?;
            Some((name.to_owned(), value.strip_suffix("\r\n")?.to_owned()))
        };
        Self(parts.filter_map(read).collect())
    }

    /// The last value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last value of this name, if there is anything in it.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
    // A browser ends the lines of a text area with two characters.
    decoded.replace("\r\n", "\n")
}

/// A text as a part of an address.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// An address with a query of the pairs that have a value.
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let pairs = query.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let fields = Fields::read("name=a+b%26c&empty=&lines=1%0D%0A2&name=last&=x");
        assert_eq!(fields.get("name"), Some("last"));
        assert_eq!(fields.iter().next(), Some(("name", "a b&c")));
        assert_eq!((fields.get("empty"), fields.filled("empty")), (Some(""), None));
        assert_eq!(fields.get("lines"), Some("1\n2"));
        assert_eq!(fields.get("absent"), None);
        let many = "a=1&".repeat(MOST_FIELDS * 2);
        assert_eq!(Fields::read(&many).iter().count(), MOST_FIELDS);
    }

    #[test]
    fn a_file_is_read_from_a_form_of_parts() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nt\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"x.json\"\r\n\
                    Content-Type: application/json\r\n\r\n{\"a\":\r\n1}\r\n--b--\r\n";
        let fields = Fields::read_multipart(body, "b");
        assert_eq!(fields.get("token"), Some("t"));
        assert_eq!(fields.get("document"), Some("{\"a\":\r\n1}"));
        assert_eq!(Fields::read_multipart("--b\r\n", "b").iter().count(), 0);
        assert_eq!(Fields::read_multipart("", "").iter().count(), 0);
    }

    #[test]
    fn an_address_can_be_read_back() {
        let hostile = "<a href=\"&?#%\">\u{202e}";
        let written = address("/search", &[("q", hostile), ("after", "")]);
        assert!(written.starts_with("/search?q=") && !written.contains('<'), "{written}");
        assert_eq!(Fields::read(written.split_once('?').unwrap().1).get("q"), Some(hostile));
    }
}
