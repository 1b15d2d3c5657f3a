//! Wildcard patterns: text in which `*` stands for any characters and `?` for exactly one.
//!
//! To AWS a character is a UTF-16 unit: a character beyond U+FFFF is two of them and takes two `?` (recorded,
//! F-IAM-13).
//!
//! A pattern is split into tokens once, when its policy is read. Matching allocates nothing and cannot
//! blow up: a failed match returns to the last `*` only, never to an earlier one, so the work is bounded
//! by the length of the text times the length of the pattern.

use std::borrow::Cow;

use super::effort::Effort;

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Exactly this text.
    Text(String),
    /// Any one character.
    One,
    /// Any characters, also none.
    Many,
    /// Any one character but the colon that ends a part of an ARN.
    OneInPart,
    /// Any characters up to the colon that ends a part of an ARN, also none.
    ManyInPart,
}

/// How far a wildcard reaches, which depends on where in a policy the pattern stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `*` and `?` are ordinary characters (`StringEquals`).
    Literal,
    /// `*` and `?` reach over everything (actions, `StringLike`).
    Everywhere,
    /// The `Resource` element: in the first five parts of an ARN a wildcard stays within its part, but a
    /// `*` that ends a part may run past the colon.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
    /// (F-IAM-12)
    Resource,
    /// The ARN operators: the six parts are compared one by one, so no `*` in the first five parts reaches
    /// over a colon. A `*` that ends the whole pattern covers the parts that are not written (F-IAM-31,
    /// assumed, so that the pattern `*` matches every ARN).
    Arn,
}

/// One character of a pattern's text, and whether it may act as a wildcard: the value of a policy
/// variable and `${*}` may not.
pub(super) type Symbol = (char, bool);

/// A pattern that is ready to be matched.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// `*`
    Everything,
    /// No wildcard in it.
    Exact(Box<str>),
    /// Literal text and one `*` at the end that reaches over everything.
    Prefix(Box<str>),
    /// Everything else. Texts are in UTF-16 units, as [`units`] writes them.
    Tokens(Box<[Token]>),
    /// Of an ARN operator: text that is no ARN, which cannot be compared with one (F-IAM-33).
    NoArn,
}

impl Pattern {
    /// The pattern that `symbols` spell in `dialect`.
    pub(super) fn new(symbols: &[Symbol], dialect: Dialect) -> Self {
        if dialect == Dialect::Arn && !spells_arn(symbols) {
            return Self::NoArn;
        }
        let mut tokens = tokenize(symbols, dialect);
        match tokens.as_mut_slice() {
            [] => Self::Exact("".into()),
            [Token::Many] => Self::Everything,
            [Token::Text(text)] => Self::Exact(std::mem::take(text).into()),
            [Token::Text(text), Token::Many] => Self::Prefix(std::mem::take(text).into()),
            _ => {
                for token in &mut tokens {
                    if let Token::Text(text) = token
                        && let Cow::Owned(in_units) = units(text)
                    {
                        *text = in_units;
                    }
                }
                Self::Tokens(tokens.into())
            }
        }
    }

    /// Whether the whole of `text` matches. Where `effort` is exhausted it does not.
    pub(super) fn matches(&self, text: &str, effort: &Effort) -> bool {
        effort.spend_on_bytes(text.len());
        match self {
            Self::Everything => true,
            Self::Exact(exact) => text == &**exact,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Tokens(tokens) => tokens_match::<false>(tokens, &units(text), effort),
            Self::NoArn => false,
        }
    }

    /// Whether the whole of `text` matches when `A` and `a` count as the same character. The pattern must
    /// have been made of lower-case text. Where `effort` is exhausted it does not match.
    pub(super) fn matches_in_any_ascii_case(&self, text: &str, effort: &Effort) -> bool {
        effort.spend_on_bytes(text.len());
        match self {
            Self::Everything => true,
            Self::Exact(exact) => text.eq_ignore_ascii_case(exact),
            Self::Prefix(prefix) => text
                .as_bytes()
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes())),
            Self::Tokens(tokens) => tokens_match::<true>(tokens, &units(text), effort),
            Self::NoArn => false,
        }
    }
}

impl Pattern {
    /// Whether the pattern, made of lower-case text, matches any text at all that begins so, `A` and `a` being the same.
    pub(super) fn matches_some_that_begins(&self, beginning: &str) -> bool {
        let beginning = beginning.to_ascii_lowercase();
        match self {
            Self::Everything => true,
            Self::Exact(exact) => exact.starts_with(&beginning),
            Self::Prefix(prefix) => prefix.starts_with(&beginning) || beginning.starts_with(&**prefix),
            Self::Tokens(tokens) => {
                let mut rest = beginning.as_str();
                for token in tokens {
                    let after = match token {
                        // It takes in whatever is left of the beginning.
                        Token::Many | Token::ManyInPart => return true,
                        Token::One | Token::OneInPart => {
                            let mut letters = rest.chars();
                            letters.next();
                            Some(letters.as_str())
                        }
                        Token::Text(text) if text.starts_with(rest) => return true,
                        Token::Text(text) => rest.strip_prefix(text.as_str()),
                    };
                    match after {
                        Some("") => return true,
                        Some(after) => rest = after,
                        None => return false,
                    }
                }
                false
            }
            Self::NoArn => false,
        }
    }
}

/// Whether a pattern is of the form of an ARN: `arn`, and six parts or a `*` at the end that covers those that
/// are not written.
fn spells_arn(symbols: &[Symbol]) -> bool {
    let first = symbols.split(|(character, _)| *character == ':').next().unwrap_or_default();
    let begins = first.iter().any(|(character, wild)| *wild && matches!(character, '*' | '?'))
        || first.iter().map(|(character, _)| *character).eq("arn".chars());
    let parts = 1 + symbols.iter().filter(|(character, _)| *character == ':').count();
    begins && (parts >= 6 || symbols.last() == Some(&('*', true)))
}

/// `text` with one character for each of its UTF-16 units: a character beyond U+FFFF becomes two of the private
/// characters from U+100000 on, which, being beyond U+FFFF themselves, cannot otherwise stand in the result.
fn units(text: &str) -> Cow<'_, str> {
    const FIRST_SURROGATE: u16 = 0xd800;
    if text.bytes().all(|byte| byte < 0xf0) {
        return Cow::Borrowed(text);
    }
    let unit = |unit: u16| match unit.checked_sub(FIRST_SURROGATE).filter(|_| unit < 0xe000) {
        Some(place) => char::from_u32(0x10_0000 + u32::from(place)),
        None => char::from_u32(unit.into()),
    };
    Cow::Owned(text.encode_utf16().filter_map(unit).collect())
}

/// Decides for each wildcard how far it reaches.
fn tokenize(symbols: &[Symbol], dialect: Dialect) -> Vec<Token> {
    let mut colons = 0;
    let mut tokens = Vec::new();
    for (at, &symbol) in symbols.iter().enumerate() {
        let in_first_five_parts = matches!(dialect, Dialect::Resource | Dialect::Arn) && colons < 5;
        let next = symbols.get(at + 1);
        let ends_part = match dialect {
            Dialect::Resource => matches!(next, None | Some((':', _))),
            _ => next.is_none(),
        };
        match symbol {
            ('*', true) if dialect != Dialect::Literal => {
                let within = in_first_five_parts && !ends_part;
                tokens.push(if within { Token::ManyInPart } else { Token::Many });
            }
            ('?', true) if dialect != Dialect::Literal => {
                tokens.push(if in_first_five_parts { Token::OneInPart } else { Token::One });
            }
            (character, _) => {
                colons += usize::from(character == ':');
                match tokens.last_mut() {
                    Some(Token::Text(text)) => text.push(character),
                    _ => tokens.push(Token::Text(character.to_string())),
                }
            }
        }
    }
    tokens
}

/// Where to go on after a mismatch: behind a `*`, which then takes one character more.
#[derive(Clone, Copy)]
struct Retry {
    token: usize,
    byte: usize,
}

/// Matches `tokens` against the whole of `text`.
///
/// Returning to the last `*` alone is enough: whatever an earlier `*` could take differently, the last one
/// can make up for. A `*` that may not pass a colon cannot make up for one that may, hence two places to
/// return to; reaching a [`Token::Many`] settles everything before it.
fn tokens_match<const ANY_CASE: bool>(tokens: &[Token], text: &str, effort: &Effort) -> bool {
    let mut steps = 0;
    let matched = walk::<ANY_CASE>(tokens, text, effort.left(), &mut steps);
    effort.spend(steps);
    matched
}

/// The same in at most about `most` steps; how many it took is added to `steps`.
fn walk<const ANY_CASE: bool>(tokens: &[Token], text: &str, most: u64, steps: &mut u64) -> bool {
    let (mut token, mut byte) = (0, 0);
    let (mut anywhere, mut within): (Option<Retry>, Option<Retry>) = (None, None);
    while *steps < most {
        *steps += 1;
        match tokens.get(token) {
            None if byte == text.len() => return true,
            Some(Token::Many) => {
                token += 1;
                if token == tokens.len() {
                    return true;
                }
                (anywhere, within) = (Some(Retry { token, byte }), None);
                continue;
            }
            Some(Token::ManyInPart) => {
                token += 1;
                within = Some(Retry { token, byte });
                continue;
            }
            Some(step) => {
                if let Token::Text(wanted) = step {
                    *steps += wanted.len() as u64 / 32;
                }
                if let Some(length) = taken_by::<ANY_CASE>(step, &text[byte..]) {
                    token += 1;
                    byte += length;
                    continue;
                }
            }
            None => {}
        }
        let taken = |retry: Retry| text[retry.byte..].chars().next();
        if let Some((retry, character)) = within.and_then(|retry| Some((retry, taken(retry)?)))
            && character != ':'
        {
            (token, byte) = (retry.token, retry.byte + character.len_utf8());
            within = Some(Retry { token, byte });
        } else if let Some((retry, character)) = anywhere.and_then(|retry| Some((retry, taken(retry)?))) {
            (token, byte) = (retry.token, retry.byte + character.len_utf8());
            (anywhere, within) = (Some(Retry { token, byte }), None);
        } else {
            return false;
        }
    }
    false
}

/// How many bytes at the start of `text` the step takes; `None` where it does not match. The steps that take
/// any number are the caller's business.
fn taken_by<const ANY_CASE: bool>(step: &Token, text: &str) -> Option<usize> {
    match step {
        Token::Text(wanted) if ANY_CASE => {
            let start = text.as_bytes().get(..wanted.len())?;
            start.eq_ignore_ascii_case(wanted.as_bytes()).then_some(wanted.len())
        }
        Token::Text(wanted) => text.starts_with(wanted.as_str()).then_some(wanted.len()),
        Token::One => text.chars().next().map(char::len_utf8),
        Token::OneInPart => text.chars().next().filter(|next| *next != ':').map(char::len_utf8),
        Token::Many | Token::ManyInPart => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, dialect: Dialect) -> Pattern {
        let symbols: Vec<Symbol> = text.chars().map(|character| (character, true)).collect();
        Pattern::new(&symbols, dialect)
    }

    #[test]
    fn a_wildcard_matches_as_its_dialect_says() {
        use Dialect::{Arn, Everywhere, Literal, Resource};
        let cases: &[(&str, Dialect, &str, bool)] = &[
            ("a*c", Literal, "a*c", true),
            ("a*c", Literal, "abc", false),
            ("", Everywhere, "", true),
            ("", Everywhere, "a", false),
            ("*", Everywhere, "", true),
            ("?", Everywhere, "", false),
            ("?", Everywhere, "é", true),
            ("??", Everywhere, "é", false),
            ("a*b*c", Everywhere, "a-b-b-c", true),
            ("a*b*c", Everywhere, "a-b-b-", false),
            ("*ab", Everywhere, "aab", true),
            ("*a?", Everywhere, "aaa", true),
            // A `*` at the end of a part may pass the colon in Resource, not in an ARN operator.
            ("arn:aws:s3:*:x", Resource, "arn:aws:s3:::x", true),
            ("arn:aws:s3:*:x", Arn, "arn:aws:s3:::x", false),
            ("arn:aws:s3*", Resource, "arn:aws:s3:::x", true),
            ("arn:aws:s3*", Arn, "arn:aws:s3:::x", true),
            // A `*` inside a part stays there; one in the sixth part does not.
            ("arn:aws:s*3:::x", Resource, "arn:aws:sns:3:::x", false),
            ("arn:aws:s*3:::x", Resource, "arn:aws:sns3:::x", true),
            ("arn:aws:iam::*1:role/a", Resource, "arn:aws:iam::2:1:role/a", false),
            ("arn:aws:a::1:*x", Resource, "arn:aws:a::1:b:c/x", true),
            ("arn:aws:a::1:*x", Arn, "arn:aws:a::1:b:c/x", true),
            ("arn:aws:?:::x", Resource, "arn:aws::::x", false),
            ("*:x*y:z", Resource, "a:b:x-y:z", true),
            ("*:x*y:z", Resource, "a:x:x-y:z", true),
            ("*", Arn, "arn:aws:iam::1:role/a", true),
            // F-IAM-13: a character beyond U+FFFF is two.
            ("?", Everywhere, "𐐀", false),
            ("??", Everywhere, "𐐀", true),
            ("a*?b", Everywhere, "a𐐀b", true),
            ("𐐀?", Everywhere, "𐐀x", true),
            ("𐐀?", Everywhere, "𐐀𐐨", false),
            ("arn:aws:s3:::?", Arn, "arn:aws:s3:::𐐀", false),
            ("arn:aws:s3:::?*", Resource, "arn:aws:s3:::𐐀", true),
        ];
        for &(text, dialect, against, expected) in cases {
            assert_eq!(
                pattern(text, dialect).matches(against, &Effort::default()),
                expected,
                "{text} {dialect:?} {against}"
            );
        }
    }

    #[test]
    fn a_pattern_is_an_arn_or_is_not() {
        // F-IAM-33
        for text in ["*", "arn:*", "a?n:aws:iam::1:role/x", "arn:aws:iam*", "arn:aws:iam::1:role/x"] {
            assert!(!matches!(pattern(text, Dialect::Arn), Pattern::NoArn), "{text}");
        }
        for text in ["", "not-an-arn", "arn:aws:iam::1", "urn:aws:iam::1:role/x", "arn:*:role/x"] {
            assert!(matches!(pattern(text, Dialect::Arn), Pattern::NoArn), "{text}");
        }
    }

    #[test]
    fn case_is_ignored_only_where_asked() {
        assert!(
            pattern("account:get*t", Dialect::Everywhere)
                .matches_in_any_ascii_case("Account:GetContact", &Effort::default())
        );
        assert!(
            !pattern("account:get*t", Dialect::Everywhere).matches("Account:GetContact", &Effort::default())
        );
        assert!(
            !pattern("account:*", Dialect::Everywhere).matches_in_any_ascii_case("acc", &Effort::default())
        );
    }

    /// Counts nothing but time: with exponential backtracking the first pattern would not end in a lifetime.
    #[test]
    fn pathological_patterns_end() {
        let text = "a".repeat(3000);
        let stars = format!("{}b", "*a".repeat(400));
        assert!(!pattern(&stars, Dialect::Everywhere).matches(&text, &Effort::default()));
        assert!(
            !pattern(&format!("{}b", "a*?".repeat(300)), Dialect::Everywhere)
                .matches(&text, &Effort::default())
        );
        let colons = ":".repeat(1500);
        assert!(
            !pattern(&format!("*:*:*:*:*:{}b", "*a".repeat(200)), Dialect::Resource)
                .matches(&colons, &Effort::default())
        );
        let parts = format!("{}:", "ab".repeat(700)).repeat(4);
        assert!(!pattern("*a*b*c:*a*b*c:*", Dialect::Resource).matches(&parts, &Effort::default()));
        assert!(pattern(&"*".repeat(2000), Dialect::Everywhere).matches(&text, &Effort::default()));
    }

    #[test]
    fn a_match_ends_when_its_effort_is_exhausted() {
        let (text, marks) = ("a".repeat(100_000), format!("*{}b", "?".repeat(2_000)));
        let effort = Effort::of(1_000_000);
        assert!(!pattern(&marks, Dialect::Everywhere).matches(&text, &effort));
        assert!(effort.is_exhausted());
        let effort = Effort::of(1_000_000);
        assert!(pattern("arn:aws:s3:::*/a*", Dialect::Everywhere).matches("arn:aws:s3:::b/abc", &effort));
        assert!(effort.left() > 999_900, "what is usual costs next to nothing");
    }
}
