//! A tree of values as YAML: blocks of two blanks, and a text in quotes wherever it could be taken for something else.

use serde_json::{Map, Value};

/// Words that YAML, of whatever version, takes for something other than a text.
const TAKEN_WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// The whole file.
pub(super) fn write(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) => write_members(members, 0, &mut text),
        other => {
            text.push_str(&inline(other));
            text.push('\n');
        }
    }
    text
}

fn write_members(members: &Map<String, Value>, indent: usize, text: &mut String) {
    for (key, value) in members {
        text.extend(std::iter::repeat_n(' ', indent));
        text.push_str(&scalar(key));
        text.push(':');
        match value {
            Value::Object(members) if !members.is_empty() => {
                text.push('\n');
                write_members(members, indent + 2, text);
            }
            Value::Array(list) if !list.is_empty() => {
                text.push('\n');
                write_list(list, indent + 2, text);
            }
            value => {
                text.push(' ');
                text.push_str(&inline(value));
                text.push('\n');
            }
        }
    }
}

fn write_list(list: &[Value], indent: usize, text: &mut String) {
    for value in list {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let begin = text.len() + indent;
                write_members(members, indent + 2, text);
                // The mapping's first line begins with blanks, one of which becomes the list's sign.
                text.replace_range(begin..=begin, "-");
            }
            value => {
                text.extend(std::iter::repeat_n(' ', indent));
                text.push_str("- ");
                text.push_str(&inline(value));
                text.push('\n');
            }
        }
    }
}

/// What stands on one line. A list within a list is JSON, which YAML reads.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => printable(&other.to_string()),
    }
}

fn scalar(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || " _-./@+:=".contains(letter);
    let is_plain = begins
        && text.chars().all(is_kept)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !TAKEN_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_plain { text.to_owned() } else { printable(&Value::from(text).to_string()) }
}

/// JSON as YAML allows it: what is not printable is written by its number.
fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_could_be_something_else_is_quoted() {
        let tree = json!({
            "a": {"id": "111122223333", "on": "no", "empty": [], "none": {}},
            "list": [{"x": 1, "y": [true, "a: b"]}, "arn:aws:iam::aws:policy/x", [1, "z"], {}],
            "text": " a\n\u{85}\"#",
        });
        let text = "a:\n  id: \"111122223333\"\n  \"on\": \"no\"\n  empty: []\n  none: {}\n\
            list:\n  - x: 1\n    \"y\":\n      - true\n      - \"a: b\"\n  - arn:aws:iam::aws:policy/x\n  - [1,\"z\"]\n  - {}\n\
            text: \" a\\n\\u0085\\\"#\"\n";
        assert_eq!(write(&tree), text);
    }
}
