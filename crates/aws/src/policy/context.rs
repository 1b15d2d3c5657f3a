//! The request context: what a request says about itself, as conditions and policy variables see it.
//!
//! Keys are compared without regard to case
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>).

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;

use super::effort::Effort;
use crate::arn::AccountId;
use crate::principal::Principal;

/// A value of a context key. It is kept in its own type and becomes text only when a policy asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// An account id.
    Account(AccountId),
    /// A network address.
    Address(IpAddr),
    /// A point in time, in text as ISO 8601 in whole seconds.
    Time(Timestamp),
    /// A point in time, in text as seconds since 1970.
    EpochTime(Timestamp),
    /// The principal's ARN as `aws:PrincipalArn` shows it.
    PrincipalArn(&'a Principal),
    /// The principal's unique id as `aws:userid` shows it.
    PrincipalId(&'a Principal),
}

impl Value<'_> {
    /// The value as text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Account(account) => Cow::Borrowed(account.as_str()),
            Self::Address(address) => Cow::Owned(address.to_string()),
            Self::Time(time) => Cow::Owned(format!("{time:.0}")),
            Self::EpochTime(time) => Cow::Owned(time.as_second().to_string()),
            Self::PrincipalArn(principal) => Cow::Owned(principal.policy_arn()),
            Self::PrincipalId(principal) => Cow::Owned(principal.unique_id()),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<AccountId> for Value<'_> {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

impl From<IpAddr> for Value<'_> {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

/// The values of one key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values<'a> {
    /// A single-valued key.
    One(Value<'a>),
    /// A multivalued key. Its condition needs a set operator, and it cannot stand in a policy variable
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>).
    Several(Vec<Value<'a>>),
}

/// Keys and values of one request.
#[derive(Debug, Clone, Default)]
pub struct RequestContext<'a> {
    entries: Vec<(Cow<'a, str>, Values<'a>)>,
    effort: Effort,
    is_simulated: bool,
}

impl<'a> RequestContext<'a> {
    /// A context without keys.
    pub fn new() -> Self {
        // The global keys of an ordinary request fit without growing.
        Self { entries: Vec::with_capacity(24), effort: Effort::default(), is_simulated: false }
    }

    /// The same, of which policies may be asked for so many steps. A step is about the comparison of one character.
    #[must_use]
    pub fn limited_to(mut self, steps: u64) -> Self {
        self.effort = Effort::of(steps);
        self
    }

    /// How many steps of those that it was [limited to](Self::limited_to) are left. Where none is, no decision that
    /// was made with this context may be used.
    pub fn steps_left(&self) -> u64 {
        self.effort.left()
    }

    /// What asking policies may still cost.
    pub(super) fn effort(&self) -> &Effort {
        &self.effort
    }

    /// A context without keys of a request that is only simulated: what is no number, and ranges in two notations, are
    /// compared to nothing there (F-IAMAPI-SIM-7).
    pub fn of_simulation() -> Self {
        Self { is_simulated: true, ..Self::new() }
    }

    /// See [`Self::of_simulation`].
    pub(super) fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// Gives `key` one value. A value given earlier under the same key no longer counts.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        self.entries.push((key.into(), Values::One(value.into())));
    }

    /// Gives the multivalued `key` its values. Values given earlier under the same key no longer count.
    pub fn insert_all<V: Into<Value<'a>>>(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = V>,
    ) {
        let values = values.into_iter().map(Into::into).collect();
        self.entries.push((key.into(), Values::Several(values)));
    }

    /// The values of `key`; an absent key has none.
    pub fn values(&self, key: &str) -> &[Value<'a>] {
        match self.find(key) {
            Some(Values::One(value)) => std::slice::from_ref(value),
            Some(Values::Several(values)) => values,
            None => &[],
        }
    }

    /// Whether `key` is there with several values, or with one of which there might be several.
    pub fn is_multivalued(&self, key: &str) -> bool {
        matches!(self.find(key), Some(Values::Several(_)))
    }

    /// The names of the keys, in the order they were given.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| &**key)
    }

    /// What was last given under `key`. A multivalued key without a value counts as absent (F-IAM-29).
    pub(super) fn find(&self, key: &str) -> Option<&Values<'a>> {
        self.effort.spend(self.entries.len() as u64);
        let (_, values) = self.entries.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        if matches!(values, Values::Several(values) if values.is_empty()) { None } else { Some(values) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case_and_the_last_value_counts() {
        let mut context = RequestContext::new();
        context.insert("aws:PrincipalTag/team", "red");
        context.insert("AWS:PrincipalTag/Team", "blue");
        context.insert_all("aws:TagKeys", ["a", "b"]);
        assert_eq!(context.values("aws:principaltag/team"), [Value::from("blue")]);
        assert_eq!(context.values("AWS:TAGKEYS").len(), 2);
        assert_eq!(context.values("aws:missing"), []);
    }

    #[test]
    fn a_value_becomes_text_as_aws_writes_it() {
        let time: Timestamp = "2026-11-21T10:00:00.75Z".parse().expect("a time");
        assert_eq!(Value::Time(time).text(), "2026-11-21T10:00:00Z");
        assert_eq!(Value::EpochTime(time).text(), "1795255200");
        assert_eq!(Value::from(true).text(), "true");
        assert_eq!(Value::Number(-3).text(), "-3");
    }
}
