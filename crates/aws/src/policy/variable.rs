//! Policy variables: `${aws:username}` in resources and in the values of string and ARN conditions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::borrow::Cow;

use super::context::RequestContext;
use super::wildcard::{Dialect, Pattern, Symbol};

/// A piece of text that may contain variables.
#[derive(Clone, Debug)]
enum Piece {
    /// A character, and whether it may act as a wildcard.
    Symbol(Symbol),
    /// A variable: the context key, and the text to take when the key has no single value.
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
    /// (F-IAM-40).
    pub(super) fn new(text: &str, dialect: Dialect, variables: bool) -> Self {
        let pieces = if variables { pieces(text) } else { plain_pieces(text) };
        let symbols: Option<Vec<Symbol>> = pieces
            .iter()
            .map(|piece| if let Piece::Symbol(symbol) = piece { Some(*symbol) } else { None })
            .collect();
        match symbols {
            Some(symbols) => Self::Fixed(Pattern::new(&symbols, dialect)),
            None => Self::Variable(Box::new(VariablePattern { pieces: pieces.into(), dialect })),
        }
    }

    /// Whether `text` matches. Text with a variable that has no value matches nothing (F-IAM-42).
    pub(super) fn matches(&self, text: &str, context: &RequestContext<'_>) -> bool {
        self.resolve(context).is_some_and(|pattern| pattern.matches(text))
    }

    /// Whether `text` equals this one when upper and lower case letters count as the same.
    pub(super) fn equals_in_any_case(&self, text: &str, context: &RequestContext<'_>) -> bool {
        match self.resolve(context).as_deref() {
            Some(Pattern::Exact(wanted)) => {
                wanted.chars().flat_map(char::to_lowercase).eq(text.chars().flat_map(char::to_lowercase))
            }
            Some(pattern) => pattern.matches(text),
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
    /// Fills in the values (F-IAM-41), or defaults where there is none (F-IAM-45). Both are text: a `*` in
    /// them is no wildcard (F-IAM-43).
    fn resolve(&self, context: &RequestContext<'_>) -> Option<Pattern> {
        let mut symbols: Vec<Symbol> = Vec::with_capacity(self.pieces.len() + 32);
        let literal = |character| (character, false);
        for piece in &self.pieces {
            match piece {
                Piece::Symbol(symbol) => symbols.push(*symbol),
                Piece::Variable { key, default } => match (context.single(key), default) {
                    (Some(value), _) => symbols.extend(value.text().chars().map(literal)),
                    (None, Some(default)) => symbols.extend(default.chars().map(literal)),
                    (None, None) => return None,
                },
            }
        }
        Some(Pattern::new(&symbols, self.dialect))
    }
}

/// The characters of `text`, none of them part of a variable.
fn plain_pieces(text: &str) -> Vec<Piece> {
    text.chars().map(|character| Piece::Symbol((character, true))).collect()
}

/// Splits `text` into characters and variables. What begins like a variable and is none stays text
/// (F-IAM-44, assumed).
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some((piece, after)) = rest.strip_prefix("${").and_then(variable) {
            pieces.push(piece);
            rest = after;
        } else {
            pieces.push(Piece::Symbol((character, true)));
            rest = &rest[character.len_utf8()..];
        }
    }
    pieces
}

/// Reads what follows `${`, up to and with the closing brace; returns it and the text behind it.
fn variable(text: &str) -> Option<(Piece, &str)> {
    for special in ['*', '?', '$'] {
        if let Some(after) = text.strip_prefix(special).and_then(|after| after.strip_prefix('}')) {
            return Some((Piece::Symbol((special, false)), after));
        }
    }
    let end = text.find([',', '}'])?;
    let key = text[..end].trim();
    if key.is_empty() || key.contains(['$', '{', '\'']) {
        return None;
    }
    let (default, after) = match text[end..].strip_prefix(',') {
        Some(after) => {
            let (default, after) = quoted(after.trim_start())?;
            (Some(default), after.trim_start().strip_prefix('}')?)
        }
        None => (None, &text[end + 1..]),
    };
    Some((Piece::Variable { key: key.into(), default }, after))
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
            // A key with several values cannot be a variable.
            ("${aws:TagKeys}", "one", false),
            ("${aws:TagKeys, 'none'}", "none", true),
            // No variable at all.
            ("${aws:username", "${aws:username", true),
            ("${}", "${}", true),
            ("$", "$", true),
        ];
        for &(pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} against {text}");
        }
    }

    #[test]
    fn before_version_2012_a_variable_is_text() {
        let context = RequestContext::new();
        let pattern = TextPattern::new("${aws:username}*", Dialect::Everywhere, false);
        assert!(pattern.matches("${aws:username}/x", &context));
    }
}
