//! Patterns of a model: ECMA-262 regular expressions, run by the `regex` crate.
//!
//! The two dialects differ, so a pattern is translated character by character. In ECMA-262 `\d` and `\w`
//! are ASCII, `\s` holds the byte order mark and every Unicode space, `$` is the very end of the text, `.`
//! stops at four line terminators, and inside a class only `]`, `\`, `^` and `-` are special.
//! <https://262.ecma-international.org/5.1/#sec-15.10> F-WIRE-2

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// One pattern. It is compiled when it is first needed, and once.
///
/// A text matches only as a whole: the observed validator puts the pattern between `^` and `$`.
/// F-WIRE-1
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Regex>,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "/{}/", self.source)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// The pattern as the model writes it.
    pub const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// The pattern as the model writes it.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The pattern as the observed validator shows it. A pattern that is anchored already is *assumed* to
    /// be shown as it is.
    pub fn anchored(&self) -> String {
        let start = if self.source.starts_with('^') { "" } else { "^" };
        let end = if self.source.ends_with('$') { "" } else { "$" };
        format!("{start}{}{end}", self.source)
    }

    /// Whether the whole text matches.
    ///
    /// # Panics
    /// Where the model holds a pattern that cannot be translated. A test compiles every pattern of every
    /// model, so that none gets here.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| {
                compile(self.source).expect("INVARIANT: tests compile every pattern of the models")
            })
            .is_match(text)
    }
}

/// The pattern of IAM's account aliases looks ahead, which the `regex` crate cannot. Beside it stands one
/// that matches the same texts among those of 3 to 63 characters, which is the shape's own length.
const WITHOUT_LOOKAHEAD: (&str, &str) =
    ("^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "[a-z0-9](-?[a-z0-9])*");

/// The members of ECMA-262's `\s`, inside a class.
const SPACES: &str =
    r"\t\n\x0B\x0C\r\x20\u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";

/// Compiles a pattern so that it matches whole texts.
fn compile(source: &str) -> Result<Regex, regex::Error> {
    let source = if source == WITHOUT_LOOKAHEAD.0 { WITHOUT_LOOKAHEAD.1 } else { source };
    RegexBuilder::new(&format!(r"\A(?:{})\z", translate(source))).build()
}

/// The same pattern in the `regex` crate's dialect.
fn translate(source: &str) -> String {
    let mut output = String::with_capacity(source.len() * 2);
    let mut rest = source.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '[' => class(&mut rest, &mut output),
            '\\' => match escape(&mut rest) {
                Atom::One(literal) => push_literal(literal, &mut output),
                Atom::Set(members) => output.push_str(&format!("[{members}]")),
                Atom::Raw(raw) => output.push_str(&raw),
            },
            '.' => output.push_str(r"[^\n\r\u{2028}\u{2029}]"),
            '^' => output.push_str(r"\A"),
            '$' => output.push_str(r"\z"),
            // A brace that opens no repetition would be a literal; the models have none outside a class.
            _ => output.push(character),
        }
    }
    output
}

/// What one character or escape stands for.
enum Atom {
    /// A single character.
    One(char),
    /// Members of a class.
    Set(String),
    /// Something that both dialects write alike, such as `\p{L}` or `\b`.
    Raw(String),
}

/// Reads what follows a backslash.
fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Atom {
    match rest.next() {
        Some('d') => Atom::Set("0-9".to_owned()),
        Some('D') => Atom::Set("^0-9".to_owned()),
        Some('w') => Atom::Set("0-9A-Za-z_".to_owned()),
        Some('W') => Atom::Set("^0-9A-Za-z_".to_owned()),
        Some('s') => Atom::Set(SPACES.to_owned()),
        Some('S') => Atom::Set(format!("^{SPACES}")),
        Some('n') => Atom::One('\n'),
        Some('r') => Atom::One('\r'),
        Some('t') => Atom::One('\t'),
        Some('v') => Atom::One('\u{B}'),
        Some('f') => Atom::One('\u{C}'),
        Some('0') => Atom::One('\0'),
        Some('u') => Atom::One(code_point(rest, 4)),
        Some('x') => Atom::One(code_point(rest, 2)),
        // `\p{…}` is not in ECMA-262 of old; the models use it as Java does.
        Some(property @ ('p' | 'P')) => {
            let mut raw = format!("\\{property}");
            for character in rest.by_ref() {
                raw.push(character);
                if character == '}' {
                    break;
                }
            }
            Atom::Raw(raw)
        }
        Some(assertion @ ('b' | 'B')) => Atom::Raw(format!("(?-u:\\{assertion})")),
        Some(other) => Atom::One(other),
        None => Atom::One('\\'),
    }
}

/// Reads exactly `digits` hexadecimal digits. Surrogates have no character; the models name none.
fn code_point(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, digits: usize) -> char {
    let text: String = rest.by_ref().take(digits).collect();
    u32::from_str_radix(&text, 16).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Reads a class after its opening bracket.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, output: &mut String) {
    output.push('[');
    if rest.next_if_eq(&'^').is_some() {
        output.push('^');
    }
    while let Some(character) = rest.next() {
        let start = match character {
            ']' => break,
            '\\' => escape(rest),
            literal => Atom::One(literal),
        };
        let Atom::One(start) = start else {
            push_members(start, output);
            continue;
        };
        push_literal(start, output);
        if rest.peek() != Some(&'-') {
            continue;
        }
        // `a-z` is a range; in `a-]` and `a-\d` the hyphen stands for itself.
        let mut ahead = rest.clone();
        ahead.next();
        let end = match ahead.next() {
            None | Some(']') => continue,
            Some('\\') => escape(&mut ahead),
            Some(literal) => Atom::One(literal),
        };
        if let Atom::One(end) = end {
            output.push('-');
            push_literal(end, output);
            *rest = ahead;
        }
    }
    output.push(']');
}

fn push_members(atom: Atom, output: &mut String) {
    match atom {
        Atom::One(literal) => push_literal(literal, output),
        Atom::Set(members) => output.push_str(&format!("[{members}]")),
        Atom::Raw(raw) => output.push_str(&raw),
    }
}

/// Writes a character so that it has no special meaning anywhere.
fn push_literal(literal: char, output: &mut String) {
    if literal.is_ascii_alphanumeric() {
        output.push(literal);
    } else {
        output.push_str(&format!("\\x{{{:X}}}", u32::from(literal)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(source: &'static str, text: &str) -> bool {
        Pattern::new(source).matches(text)
    }

    #[test]
    fn the_whole_text_must_match_f_wire_1() {
        assert!(matches(r"[a-zA-Z0-9]{6}", "abc123"));
        assert!(!matches(r"[a-zA-Z0-9]{6}", "abc1234"));
        assert!(!matches(r"[a-zA-Z0-9]{6}", "abc123\n"), "a line feed at the end is text too");
        assert!(!matches(r"a|b", "ab"), "an alternation is anchored as a whole");
    }

    #[test]
    fn classes_are_those_of_ecma_262_f_wire_2() {
        for space in ['\t', '\u{B}', '\u{A0}', '\u{1680}', '\u{2003}', '\u{2028}', '\u{3000}', '\u{FEFF}'] {
            assert!(matches(r"\s", &space.to_string()), "{space:?}");
            assert!(!matches(r"\S", &space.to_string()), "{space:?}");
        }
        assert!(!matches(r"\s", "\u{85}"), "NEL is a space to Unicode, not to ECMA-262");
        assert!(!matches(r"\s", "\u{180E}"));
        assert!(!matches(r"\d", "٣"), "digits are ASCII");
        assert!(!matches(r"\w", "é"), "words are ASCII");
        assert!(matches(r"[^\s@]+", "é"));
        assert!(!matches(r"[^\s@]+", "a b"));
        assert!(!matches(r".", "\u{2028}"));
        assert!(matches(r".", "\u{85}"));
    }

    #[test]
    fn a_hyphen_and_the_crates_own_operators_are_literals() {
        assert!(matches(r"[\w-.]+", "a-.b"));
        assert!(matches(r"[a-z0-9-.]+", "a-9."));
        assert!(!matches(r"[\w-.]+", "a+"));
        assert!(matches(r"[[&&~~a-]+", "[&~-a"));
        assert!(matches(r"[+][\s0-9()-]+", "+1 (206) 555-0100"));
        assert!(matches(r"[ -;=?-~]+", "Acme; Name"));
        assert!(!matches(r"[ -;=?-~]+", "Acme <Name>"));
        assert!(matches(r"\u002F[\u0021-\u007F]*", "/path/"));
        assert!(matches(r"^o-[a-z0-9]{10,32}\/r$", "o-0123456789/r"));
        assert!(matches(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "Ä ²-@"));
    }

    #[test]
    fn an_account_alias_has_no_two_hyphens_together() {
        let pattern = Pattern::new(WITHOUT_LOOKAHEAD.0);
        assert!(pattern.matches("my-company-1"));
        assert!(!pattern.matches("my--company"));
        assert!(!pattern.matches("-company") && !pattern.matches("company-"));
    }
}
