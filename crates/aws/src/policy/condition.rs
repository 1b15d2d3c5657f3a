//! The `Condition` element: operators, and what they say of a request context.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! and, for `ForAnyValue` and `ForAllValues`,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::context::{RequestContext, Value, Values};
use super::instant::Instant;
use super::operand::{self, Network, Number};
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
    Number(Ordered, Box<[Number]>),
    Time(Ordered, Box<[Instant]>),
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
    has_unreadable: bool,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    /// It cannot be evaluated: an ARN is compared with what is none (F-IAM-33).
    Undecidable,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What a request's value is to the policy's values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Alike,
    Unlike,
    /// It is not of the operator's type, so that neither the operator nor its negation holds.
    Foreign,
    /// One of the policy's values is not of the operator's type.
    Undecidable,
}

impl From<bool> for Likeness {
    fn from(alike: bool) -> Self {
        if alike { Self::Alike } else { Self::Unlike }
    }
}

impl Condition {
    /// Compiles the condition `operator: { key: values }`. Values that are not of the operator's type equal
    /// nothing; whether a document may hold them depends on its kind (F-IAM-23).
    pub(super) fn new(operator: Operator, key: &str, values: &[&str], variables: bool) -> Self {
        let texts = |dialect| values.iter().map(|text| TextPattern::new(text, dialect, variables)).collect();
        let truths = || values.iter().map(|text| operand::truth(text)).collect();
        let operands = match operator.comparison {
            Comparison::StringEquals => Operands::Equal(texts(Dialect::Literal)),
            Comparison::StringEqualsIgnoreCase => Operands::EqualInAnyCase(texts(Dialect::Literal)),
            Comparison::StringLike => Operands::Like(texts(Dialect::Everywhere)),
            Comparison::ArnLike => Operands::Arn(texts(Dialect::Arn)),
            Comparison::Numeric(order) => Operands::Number(order, read_all(values, Number::parse)),
            Comparison::Date(order) => Operands::Time(order, read_all(values, Instant::parse)),
            Comparison::IpAddress => Operands::Network(read_all(values, Network::parse)),
            Comparison::BinaryEquals => Operands::Bytes(read_all(values, |text| BASE64.decode(text).ok())),
            Comparison::Bool => Operands::Truth(truths()),
            Comparison::Null => Operands::Absence(truths()),
        };
        let has_unreadable = operands.len() < values.len();
        Self { key: key.into(), operator, operands, has_unreadable }
    }

    /// The context key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether one of the values is no number, time, network or base64, as the operator wants it.
    pub(super) fn has_unreadable_value(&self) -> bool {
        self.has_unreadable
    }

    /// Whether the operator compares bytes.
    pub(super) fn is_binary(&self) -> bool {
        self.operator.comparison == Comparison::BinaryEquals
    }

    /// Whether the condition holds.
    pub(super) fn holds(&self, context: &RequestContext<'_>) -> Holds {
        let values = context.find(&self.key);
        if context.is_simulated() && values.is_some() && self.is_beyond_the_simulator() {
            return Holds::No;
        }
        if let Operands::Absence(wanted) = &self.operands {
            // `true` asks for the key to be absent (F-IAM-28).
            return wanted.contains(&values.is_none()).into();
        }
        match (values, self.operator.quantifier) {
            (None, _) => self.holds_without_values().into(),
            // Without a set operator nothing is said of a multivalued key that is present, negated or not, with
            // IfExists or without (recorded, F-IAM-35).
            (Some(Values::Several(_)), Quantifier::Plain) => Holds::No,
            (Some(Values::Several(values)), quantifier) => self.holds_of(values, quantifier, context),
            (Some(Values::One(value)), quantifier) => {
                self.holds_of(std::slice::from_ref(value), quantifier, context)
            }
        }
    }

    /// Whether the simulator was seen to compare the condition to nothing, negated or not (F-IAMAPI-SIM-7).
    fn is_beyond_the_simulator(&self) -> bool {
        match &self.operands {
            Operands::Network(networks) => {
                self.has_unreadable || networks.iter().any(|network| network.is_mixed)
            }
            _ => false,
        }
    }

    /// Whether the condition holds of values, of which there is at least one.
    fn holds_of(&self, values: &[Value<'_>], quantifier: Quantifier, context: &RequestContext<'_>) -> Holds {
        let settling = match quantifier {
            Quantifier::ForAllValues => Holds::No,
            // Plain means a single value here, of which "any" and "all" say the same.
            Quantifier::ForAnyValue | Quantifier::Plain => Holds::Yes,
        };
        for value in values {
            if context.effort().is_exhausted() {
                return Holds::No;
            }
            let holds = match self.operands.likeness(value, context) {
                Likeness::Alike => Holds::from(!self.operator.negated),
                Likeness::Unlike => Holds::from(self.operator.negated),
                Likeness::Foreign => Holds::No,
                Likeness::Undecidable => return Holds::Undecidable,
            };
            if holds == settling {
                return holds;
            }
        }
        Holds::from(settling == Holds::No)
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

/// The values that can be read.
fn read_all<T>(values: &[&str], read: impl Fn(&str) -> Option<T>) -> Box<[T]> {
    values.iter().filter_map(|text| read(text)).collect()
}

impl Operands {
    /// How many there are.
    fn len(&self) -> usize {
        match self {
            Self::Equal(texts) | Self::EqualInAnyCase(texts) | Self::Like(texts) | Self::Arn(texts) => {
                texts.len()
            }
            Self::Number(_, numbers) => numbers.len(),
            Self::Time(_, times) => times.len(),
            Self::Truth(truths) | Self::Absence(truths) => truths.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Network(networks) => networks.len(),
        }
    }

    /// What the request's value is to the policy's values.
    fn likeness(&self, value: &Value<'_>, context: &RequestContext<'_>) -> Likeness {
        context.effort().spend(self.len() as u64);
        match self {
            Self::Equal(patterns) | Self::Like(patterns) => {
                let text = value.text();
                patterns.iter().any(|pattern| pattern.matches(&text, context)).into()
            }
            Self::EqualInAnyCase(patterns) => {
                let text = value.text();
                patterns.iter().any(|pattern| pattern.equals_in_any_case(&text, context)).into()
            }
            Self::Arn(patterns) => arn_likeness(patterns, &value.text(), context),
            // What is no number or time is unequal to every one, but for numbers in the simulator (F-IAMAPI-SIM-7).
            Self::Number(..) if context.is_simulated() && Number::of(value).is_none() => Likeness::Foreign,
            Self::Number(order, wanted) => Number::of(value)
                .is_some_and(|number| wanted.iter().any(|wanted| order.holds(number.order(*wanted))))
                .into(),
            Self::Time(order, wanted) => Instant::of(value)
                .is_some_and(|time| wanted.iter().any(|wanted| order.holds(time.partial_cmp(wanted))))
                .into(),
            Self::Truth(wanted) => wanted.contains(&operand::truth(&value.text())).into(),
            Self::Bytes(wanted) => {
                BASE64.decode(value.text().as_bytes()).is_ok_and(|bytes| wanted.contains(&bytes)).into()
            }
            Self::Network(wanted) => operand::address_of(value).map_or(Likeness::Foreign, |address| {
                wanted.iter().any(|network| network.contains(address)).into()
            }),
            // Answered by `Condition::holds`, which needs no value.
            Self::Absence(_) => Likeness::Foreign,
        }
    }
}

/// Compares with ARNs one after the other, up to the first that matches or is none (F-IAM-33).
fn arn_likeness(patterns: &[TextPattern], text: &str, context: &RequestContext<'_>) -> Likeness {
    if Arn::parse(text).is_none() {
        return Likeness::Foreign;
    }
    for pattern in patterns {
        match pattern.matches_arn(text, context) {
            Some(true) => return Likeness::Alike,
            Some(false) => {}
            None => return Likeness::Undecidable,
        }
    }
    Likeness::Unlike
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
