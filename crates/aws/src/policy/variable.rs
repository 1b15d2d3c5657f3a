//! Policy variables: `${aws:username}` in resources and in the values of string and ARN conditions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::borrow::Cow;

use super::context::{RequestContext, Values};
use super::wildcard::{Dialect, Pattern, Symbol};

/// A piece of text that may contain variables.
#[derive(Clone, Debug)]
enum Piece {
    /// Characters, each with whether it may act as a wildcard.
    Text(Box<[Symbol]>),
    /// A variable: the context key, and the text to take when the key is absent.
    Variable { key: Box<str>, default: Option<Box<str>> },
}

/// Text of a policy that is compared with text of a request.
#[derive(Clone, Debug)]
pub(super) enum TextPattern {
    /// Without variables: compiled once.
    Fixed(Pattern),
    /// With variables: compiled for each request, as their values come from it.
    Variable(Box<VariablePattern>),
}

/// Text with at least one variable.
#[derive(Clone, Debug)]
pub(super) struct VariablePattern {
    pieces: Box<[Piece]>,
    dialect: Dialect,
}

impl TextPattern {
    /// Reads `text`. Variables are known since policy version 2012-10-17; before, `${…}` is plain text
    /// (F-IAM-40), and so it is in the first five parts of a resource (F-IAM-46).
    pub(super) fn new(text: &str, dialect: Dialect, variables: bool) -> Self {
        let plain = match dialect {
            _ if !variables => text.len(),
            Dialect::Resource => text.match_indices(':').nth(4).map_or(text.len(), |(fifth, _)| fifth),
            _ => 0,
        };
        let (before, behind) = text.split_at(plain);
        let mut pieces = Vec::new();
        let mut run: Vec<Symbol> = Vec::with_capacity(text.len());
        run.extend(before.chars().map(|character| (character, true)));
        let mut rest = behind;
        while let Some(character) = rest.chars().next() {
            match rest.strip_prefix("${").and_then(variable) {
                Some((Found::Character(special), after)) => {
                    run.push((special, false));
                    rest = after;
                }
                Some((Found::Variable { key, default }, after)) => {
                    pieces.push(Piece::Text(std::mem::take(&mut run).into()));
                    pieces.push(Piece::Variable { key: key.into(), default });
                    rest = after;
                }
                // What begins like a variable and is none stays text (F-IAM-44, assumed).
                None => {
                    run.push((character, true));
                    rest = &rest[character.len_utf8()..];
                }
            }
        }
        if pieces.is_empty() {
            return Self::Fixed(Pattern::new(&run, dialect));
        }
        pieces.push(Piece::Text(run.into()));
        Self::Variable(Box::new(VariablePattern { pieces: pieces.into(), dialect }))
    }

    /// Whether `text` matches. Text with a variable that has no value matches nothing (F-IAM-42).
    pub(super) fn matches(&self, text: &str, context: &RequestContext<'_>) -> bool {
        self.resolve(context).is_some_and(|pattern| pattern.matches(text, context.effort()))
    }

    /// Whether the ARN `arn` matches; `None` where this one is no ARN, so that the two cannot be compared.
    pub(super) fn matches_arn(&self, arn: &str, context: &RequestContext<'_>) -> Option<bool> {
        match self.resolve(context).as_deref() {
            Some(Pattern::NoArn) => None,
            Some(pattern) => Some(pattern.matches(arn, context.effort())),
            None => Some(false),
        }
    }

    /// Whether `text` equals this one when upper and lower case letters count as the same.
    pub(super) fn equals_in_any_case(&self, text: &str, context: &RequestContext<'_>) -> bool {
        match self.resolve(context).as_deref() {
            Some(Pattern::Exact(wanted)) => {
                context.effort().spend((wanted.len() + text.len()) as u64);
                folded(wanted) == folded(text)
            }
            Some(pattern) => pattern.matches(text, context.effort()),
            None => false,
        }
    }

    /// The pattern with the request's values filled in; `None` where one is missing.
    fn resolve(&self, context: &RequestContext<'_>) -> Option<Cow<'_, Pattern>> {
        match self {
            Self::Fixed(pattern) => Some(Cow::Borrowed(pattern)),
            Self::Variable(variable) => variable.resolve(context).map(Cow::Owned),
        }
    }
}

impl VariablePattern {
    /// Fills in the values (F-IAM-41), or defaults where the key is absent (F-IAM-45). Both are text: a `*` in
    /// them is no wildcard (F-IAM-43). A multivalued key that is present has no value to fill in and takes no
    /// default either (F-IAM-47).
    fn resolve(&self, context: &RequestContext<'_>) -> Option<Pattern> {
        let mut symbols: Vec<Symbol> = Vec::new();
        let literal = |character| (character, false);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => symbols.extend(text),
                Piece::Variable { key, default } => match (context.find(key), default) {
                    (Some(Values::One(value)), _) => symbols.extend(value.text().chars().map(literal)),
                    (None, Some(default)) => symbols.extend(default.chars().map(literal)),
                    (Some(Values::Several(_)), _) | (None, None) => return None,
                },
            }
        }
        context.effort().spend(symbols.len() as u64);
        Some(Pattern::new(&symbols, self.dialect))
    }
}

/// `text` in lower case as AWS was recorded to compare it (F-IAM-34): the text as a whole, in which a sigma at
/// the end of a word has a form of its own, and without the characters beyond U+FFFF.
fn folded(text: &str) -> String {
    let lowered = text.to_lowercase();
    if text.bytes().all(|byte| byte < 0xf0) {
        return lowered;
    }
    let mut rest = lowered.chars();
    let mut folded = String::with_capacity(lowered.len());
    for character in text.chars() {
        let lower = rest.by_ref().take(character.to_lowercase().count());
        if character > '\u{ffff}' {
            lower.for_each(drop);
            folded.push(character);
        } else {
            folded.extend(lower);
        }
    }
    folded
}

/// What stands behind `${`.
enum Found<'t> {
    /// A character that is no wildcard here: `${*}`.
    Character(char),
    /// A variable.
    Variable { key: &'t str, default: Option<Box<str>> },
}

/// Reads what follows `${`, up to and with the closing brace; returns it and the text behind it.
///
/// It looks no further than to the next character that no key has, so that text in which `${` is repeated costs no
/// more than its length.
fn variable(text: &str) -> Option<(Found<'_>, &str)> {
    for special in ['*', '?', '$'] {
        if let Some(after) = text.strip_prefix(special).and_then(|after| after.strip_prefix('}')) {
            return Some((Found::Character(special), after));
        }
    }
    let end = text.find([',', '}', '$', '{', '\''])?;
    let key = text[..end].trim();
    if key.is_empty() {
        return None;
    }
    let rest = &text[end..];
    let (default, after) = if let Some(after) = rest.strip_prefix(',') {
        let (default, after) = quoted(after.trim_start())?;
        (Some(default), after.trim_start().strip_prefix('}')?)
    } else {
        (None, rest.strip_prefix('}')?)
    };
    Some((Found::Variable { key, default }, after))
}

/// Reads text in single quotes, in which two quotes stand for one; returns it and what follows.
fn quoted(text: &str) -> Option<(Box<str>, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value.into(), rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let mut context = RequestContext::new();
        context.insert("aws:username", "a*");
        context.insert("aws:PrincipalArn", "arn:aws:iam::111122223333:role/x");
        context.insert_all("aws:TagKeys", ["one", "two"]);
        context.insert_all("test:empty", [""; 0]);
        TextPattern::new(pattern, Dialect::Everywhere, true).matches(text, &context)
    }

    #[test]
    fn variables_are_filled_in_as_text() {
        let cases: &[(&str, &str, bool)] = &[
            ("${aws:username}/*", "a*/b", true),
            ("${aws:username}", "ab", false),
            ("${ AWS:UserName }", "a*", true),
            ("${${*}${?}${$}", "${*?$", true),
            ("a${*}", "ab", false),
            ("${aws:missing}", "", false),
            ("${aws:missing, 'd*'}", "d*", true),
            ("${aws:missing, 'd*'}", "de", false),
            ("${aws:missing, 'it''s'}!", "it's!", true),
            ("${aws:missing, ''}", "", true),
            // F-IAM-47: a multivalued key cannot be a variable.
            ("${aws:TagKeys}", "one", false),
            ("${aws:TagKeys, 'none'}", "none", false),
            ("${test:empty, 'none'}", "none", true),
            // No variable at all.
            ("${aws:username", "${aws:username", true),
            ("${}", "${}", true),
            ("$", "$", true),
        ];
        for &(pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} against {text}");
        }
    }

    /// Counts nothing but time: were each `${` to look to the end of the text, this would take days.
    #[test]
    fn what_looks_like_the_beginning_of_variables_is_read_once() {
        for repeated in ["${", "${a", "${a,", "${a,'", "${a,''", "${a,'b'", "${*", "$"] {
            let text = repeated.repeat(1_000_000);
            assert!(matches(&text, &text), "{repeated}");
        }
    }

    #[test]
    fn in_the_first_five_parts_of_a_resource_a_variable_is_text() {
        // F-IAM-46
        let mut context = RequestContext::new();
        context.insert("aws:PrincipalAccount", "111122223333");
        context.insert("aws:username", "ann");
        let matches = |pattern: &str, text: &str, dialect| {
            TextPattern::new(pattern, dialect, true).matches(text, &context)
        };
        let by_account = "arn:aws:account::${aws:PrincipalAccount}:account";
        let resource = "arn:aws:account::111122223333:account";
        assert!(!matches(by_account, resource, Dialect::Resource));
        assert!(matches(by_account, resource, Dialect::Arn), "in a condition it is filled in");
        assert!(matches("arn:aws:s3:::${aws:username}", "arn:aws:s3:::ann", Dialect::Resource));
        assert!(!matches("arn:aws:s3*${aws:username}", "arn:aws:s3:::ann", Dialect::Resource));
    }

    #[test]
    fn case_is_folded_over_the_whole_text() {
        // F-IAM-34
        for (one, other, expected) in [
            ("ΟΣ", "ος", true),
            ("ΟΣ", "οσ", false),
            ("Σ", "σ", true),
            ("Σ", "ς", false),
            ("ẞ", "ß", true),
            ("s", "ſ", false),
            ("𐐀", "𐐨", false),
            ("AΣ𐐀", "aσ𐐀", true),
            ("𐐀Σ", "𐐀ς", true),
            ("İ𐐀X", "i̇𐐀x", true),
        ] {
            assert_eq!(folded(one) == folded(other), expected, "{one} {other}");
        }
    }

    #[test]
    fn before_version_2012_a_variable_is_text() {
        let context = RequestContext::new();
        let pattern = TextPattern::new("${aws:username}*", Dialect::Everywhere, false);
        assert!(pattern.matches("${aws:username}/x", &context));
    }
}
