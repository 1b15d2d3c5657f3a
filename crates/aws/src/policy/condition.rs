//! The `Condition` element: operators, and what they say of a request context.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! and, for `ForAnyValue` and `ForAllValues`,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;

use super::context::{RequestContext, Value};
use super::operand::{self, Network};
use super::variable::TextPattern;
use super::wildcard::Dialect;
use crate::arn::Arn;

/// How a condition looks at a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// No set operator.
    Plain,
    /// `ForAllValues:`
    ForAllValues,
    /// `ForAnyValue:`
    ForAnyValue,
}

/// What is compared, without a leading `Not` and without prefix and suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Ordered),
    Date(Ordered),
    Bool,
    BinaryEquals,
    IpAddress,
    ArnLike,
    Null,
}

/// Which order the request's value must have to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ordered {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Ordered {
    /// Whether `ordering` is one of those meant.
    fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Self::Equal => ordering == Some(Ordering::Equal),
            Self::Less => ordering == Some(Ordering::Less),
            Self::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => ordering == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// An operator with everything that its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    quantifier: Quantifier,
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
}

impl Operator {
    /// Reads an operator's name: `StringEquals`, `ForAnyValue:StringNotLikeIfExists`, … Names are exact in
    /// case (F-IAM-21). `Null` takes no `IfExists`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (quantifier, name) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::Plain, name)
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let (comparison, negated) = comparison(name)?;
        if comparison == Comparison::Null && if_exists {
            return None;
        }
        Some(Self { quantifier, comparison, negated, if_exists })
    }
}

/// What the bare name of an operator compares, and whether it says "not" (F-IAM-20).
fn comparison(name: &str) -> Option<(Comparison, bool)> {
    use Comparison::{
        ArnLike, BinaryEquals, Bool, Date, IpAddress, Null, Numeric, StringEquals, StringEqualsIgnoreCase,
        StringLike,
    };
    if let Some(order) = name.strip_prefix("Numeric") {
        return ordered(order).map(|(order, negated)| (Numeric(order), negated));
    }
    if let Some(order) = name.strip_prefix("Date") {
        return ordered(order).map(|(order, negated)| (Date(order), negated));
    }
    Some(match name {
        "StringEquals" => (StringEquals, false),
        "StringNotEquals" => (StringEquals, true),
        "StringEqualsIgnoreCase" => (StringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (StringEqualsIgnoreCase, true),
        "StringLike" => (StringLike, false),
        "StringNotLike" => (StringLike, true),
        "Bool" => (Bool, false),
        "BinaryEquals" => (BinaryEquals, false),
        "IpAddress" => (IpAddress, false),
        "NotIpAddress" => (IpAddress, true),
        // The two behave alike: wildcards work in ArnEquals too (F-IAM-30).
        "ArnEquals" | "ArnLike" => (ArnLike, false),
        "ArnNotEquals" | "ArnNotLike" => (ArnLike, true),
        "Null" => (Null, false),
        _ => return None,
    })
}

/// The order that the second half of a numeric or date operator's name names.
fn ordered(name: &str) -> Option<(Ordered, bool)> {
    Some(match name {
        "Equals" => (Ordered::Equal, false),
        "NotEquals" => (Ordered::Equal, true),
        "LessThan" => (Ordered::Less, false),
        "LessThanEquals" => (Ordered::LessOrEqual, false),
        "GreaterThan" => (Ordered::Greater, false),
        "GreaterThanEquals" => (Ordered::GreaterOrEqual, false),
        _ => return None,
    })
}

/// The policy's values, compiled for their comparison.
#[derive(Clone, Debug)]
enum Operands {
    Equal(Box<[TextPattern]>),
    EqualInAnyCase(Box<[TextPattern]>),
    Like(Box<[TextPattern]>),
    Arn(Box<[TextPattern]>),
    Number(Ordered, Box<[f64]>),
    Time(Ordered, Box<[Timestamp]>),
    Truth(Box<[bool]>),
    Bytes(Box<[Vec<u8>]>),
    Network(Box<[Network]>),
    Absence(Box<[bool]>),
}

/// One operator applied to one key.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    key: Box<str>,
    operator: Operator,
    operands: Operands,
}

/// Says that a value of a condition is no value of its operator's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnreadableOperand;

impl Condition {
    /// Compiles the condition `operator: { key: values }`.
    ///
    /// # Errors
    /// Where a number, time or network cannot be read. Texts that are no truth value or no base64 are kept
    /// and equal nothing (F-IAM-23, assumed).
    pub(super) fn new(
        operator: Operator,
        key: &str,
        values: &[&str],
        variables: bool,
    ) -> Result<Self, UnreadableOperand> {
        let texts = |dialect| values.iter().map(|text| TextPattern::new(text, dialect, variables)).collect();
        let operands = match operator.comparison {
            Comparison::StringEquals => Operands::Equal(texts(Dialect::Literal)),
            Comparison::StringEqualsIgnoreCase => Operands::EqualInAnyCase(texts(Dialect::Literal)),
            Comparison::StringLike => Operands::Like(texts(Dialect::Everywhere)),
            Comparison::ArnLike => Operands::Arn(texts(Dialect::Arn)),
            Comparison::Numeric(order) => Operands::Number(order, read_all(values, operand::number)?),
            Comparison::Date(order) => Operands::Time(order, read_all(values, operand::time)?),
            Comparison::IpAddress => Operands::Network(read_all(values, Network::parse)?),
            Comparison::Bool => {
                Operands::Truth(values.iter().filter_map(|text| operand::truth(text)).collect())
            }
            Comparison::Null => {
                Operands::Absence(values.iter().filter_map(|text| operand::truth(text)).collect())
            }
            Comparison::BinaryEquals => {
                Operands::Bytes(values.iter().filter_map(|text| BASE64.decode(text).ok()).collect())
            }
        };
        Ok(Self { key: key.into(), operator, operands })
    }

    /// The context key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the condition holds.
    pub(super) fn holds(&self, context: &RequestContext<'_>) -> bool {
        let values = context.values(&self.key);
        if let Operands::Absence(wanted) = &self.operands {
            // `true` asks for the key to be absent (F-IAM-28).
            return wanted.contains(&values.is_empty());
        }
        if values.is_empty() {
            return self.holds_without_values();
        }
        let negated = self.operator.negated;
        let equals_one = |value| self.operands.match_value(value, context);
        match self.operator.quantifier {
            Quantifier::ForAllValues => values.iter().all(|value| equals_one(value) != negated),
            Quantifier::ForAnyValue => values.iter().any(|value| equals_one(value) != negated),
            // Without a set operator a negated condition refuses all of its values: it is the opposite of
            // the positive one (F-IAM-27; for several request values, assumed).
            Quantifier::Plain => values.iter().any(equals_one) != negated,
        }
    }

    /// Whether the condition holds where the key is absent: a positive one does not, a negated one does
    /// (F-IAM-24), and `IfExists` always does (F-IAM-25).
    fn holds_without_values(&self) -> bool {
        if self.operator.if_exists {
            // Also with ForAnyValue (F-IAM-26, assumed from the wording of "IfExists").
            return true;
        }
        match self.operator.quantifier {
            Quantifier::ForAllValues => true,
            Quantifier::ForAnyValue => false,
            Quantifier::Plain => self.operator.negated,
        }
    }
}

/// Reads all values, or says that one cannot be read.
fn read_all<T>(values: &[&str], read: fn(&str) -> Option<T>) -> Result<Box<[T]>, UnreadableOperand> {
    values.iter().map(|text| read(text).ok_or(UnreadableOperand)).collect()
}

impl Operands {
    /// Whether the request's value matches one of the policy's values.
    fn match_value(&self, value: &Value<'_>, context: &RequestContext<'_>) -> bool {
        match self {
            Self::Equal(patterns) | Self::Like(patterns) => {
                let text = value.text();
                patterns.iter().any(|pattern| pattern.matches(&text, context))
            }
            Self::EqualInAnyCase(patterns) => {
                let text = value.text();
                patterns.iter().any(|pattern| pattern.equals_in_any_case(&text, context))
            }
            Self::Arn(patterns) => {
                let text = value.text();
                Arn::parse(&text).is_some() && patterns.iter().any(|pattern| pattern.matches(&text, context))
            }
            Self::Number(order, wanted) => operand::number_of(value)
                .is_some_and(|number| wanted.iter().any(|wanted| order.holds(number.partial_cmp(wanted)))),
            Self::Time(order, wanted) => operand::time_of(value)
                .is_some_and(|time| wanted.iter().any(|wanted| order.holds(time.partial_cmp(wanted)))),
            Self::Truth(wanted) => operand::truth_of(value).is_some_and(|truth| wanted.contains(&truth)),
            Self::Bytes(wanted) => {
                BASE64.decode(value.text().as_bytes()).is_ok_and(|bytes| wanted.contains(&bytes))
            }
            Self::Network(wanted) => operand::address_of(value)
                .is_some_and(|address| wanted.iter().any(|network| network.contains(address))),
            // Answered by `Condition::holds`, which needs no value.
            Self::Absence(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_names_are_read_whole() {
        for name in [
            "StringEquals",
            "ForAllValues:ArnNotLike",
            "ForAnyValue:StringNotEqualsIgnoreCaseIfExists",
            "DateGreaterThanEqualsIfExists",
            "NotIpAddress",
            "Null",
        ] {
            assert!(Operator::parse(name).is_some(), "{name}");
        }
        for name in [
            "",
            "stringequals",
            "ForAnyValue::StringEquals",
            "NullIfExists",
            "IfExists",
            "NumericLike",
            "Date",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
