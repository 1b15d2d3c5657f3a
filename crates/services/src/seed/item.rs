//! Reading values out of the tree: each takes what it expects or reports a problem under its path.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use aws::policy::{Policy, PolicyKind};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::constraints::{Shape, violation};
use super::node::{Key, Node, Scalar, Value};
use super::problem::Problems;
use crate::iam::tag::Keys;
use crate::model::organizations::PolicyType;
use crate::organizations;
use crate::organizations::policies::policy::Misfit;
use crate::quotas::Quotas;
use crate::state::organization::PolicyDocument;

/// A value of the file together with its path.
#[derive(Clone)]
pub(super) struct Item<'n> {
    node: &'n Node,
    /// For example `accounts[3].email`.
    pub path: String,
    problems: &'n Problems,
}

/// A value of the file that was understood, and where it came from, for the checks that need more than it.
pub(super) struct Given<'n, T> {
    /// What it says.
    pub value: T,
    /// Where it says so.
    pub item: Item<'n>,
}

/// One entry of a mapping whose keys are free.
pub(super) struct Entry<'n> {
    key: &'n Key,
    /// The value under that key.
    pub item: Item<'n>,
}

impl<'n> Entry<'n> {
    /// The key's characters, checked as the shape demands.
    pub fn name(&self, shape: Shape) -> Option<String> {
        match violation(shape, &self.key.text) {
            None => Some(self.key.text.clone()),
            Some(violation) => {
                self.report_key(format!("this name {violation}"));
                None
            }
        }
    }

    /// The key's characters.
    pub fn key(&self) -> &'n str {
        &self.key.text
    }

    /// Reports a problem with the key.
    pub fn report_key(&self, message: impl Into<String>) {
        self.item.problems.report(self.key.place, &self.item.path, message);
    }
}

/// A mapping whose keys are fixed.
pub(super) struct Fields<'n> {
    item: Item<'n>,
    entries: BTreeMap<&'n str, Item<'n>>,
}

impl<'n> Fields<'n> {
    /// The value under `key`; a key without a value counts as absent.
    pub fn get(&self, key: &str) -> Option<Item<'n>> {
        self.entries.get(key).cloned()
    }

    /// The value under `key`, whose absence is a problem.
    pub fn required(&self, key: &str) -> Option<Item<'n>> {
        let item = self.get(key);
        if item.is_none() {
            self.item.report(format!("`{key}` is missing"));
        }
        item
    }

    /// The required value under `key`, checked as the shape demands.
    pub fn required_text(&self, key: &str, shape: Shape) -> Option<String> {
        self.required(key)?.checked(shape)
    }

    /// The value under `key`, checked as the shape demands; the outer `None` stands for a problem.
    pub fn optional_text(&self, key: &str, shape: Shape) -> Option<Option<String>> {
        self.optional(key, |item| item.checked(shape))
    }

    /// What `read` makes of the value under `key`; the outer `None` stands for a problem.
    pub fn optional<T>(&self, key: &str, read: impl FnOnce(Item<'n>) -> Option<T>) -> Option<Option<T>> {
        match self.get(key) {
            None => Some(None),
            Some(item) => read(item).map(Some),
        }
    }

    /// What `read` makes of each element of the list under `key`; an absent list is an empty one.
    pub fn each<T>(&self, key: &str, mut read: impl FnMut(Item<'n>) -> Option<T>) -> Option<Vec<T>> {
        let Some(item) = self.get(key) else { return Some(Vec::new()) };
        // All elements are read after the first failure, too, so that every one is reported; what they say is not kept.
        let mut all = Some(Vec::new());
        for element in item.list()? {
            let read = read(element);
            all = all.zip(read).map(|(mut all, read)| {
                all.push(read);
                all
            });
        }
        all
    }

    /// The mapping itself.
    pub fn item(&self) -> &Item<'n> {
        &self.item
    }
}

impl<'n> Item<'n> {
    /// The whole file.
    pub fn root(node: &'n Node, problems: &'n Problems) -> Self {
        Self { node, path: String::new(), problems }
    }

    /// Reports a problem with this value.
    pub fn report(&self, message: impl Into<String>) {
        self.problems.report(self.node.place, &self.path, message);
    }

    fn refuse<T>(&self, message: impl Into<String>) -> Option<T> {
        self.report(message);
        None
    }

    fn child(&self, node: &'n Node, path: String) -> Self {
        Self { node, path, problems: self.problems }
    }

    fn key_path(&self, key: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if key.is_empty() || !key.chars().all(plain) {
            return format!("{}[\"{}\"]", self.path, key.escape_debug());
        }
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value together with where it is written.
    pub fn given<T>(self, read: impl FnOnce(&Self) -> Option<T>) -> Option<Given<'n, T>> {
        let value = read(&self)?;
        Some(Given { value, item: self })
    }

    /// A mapping with no keys other than `known`. Any other is reported, and hides nothing of what is wrong with those.
    pub fn fields(&self, known: &[&str]) -> Option<Fields<'n>> {
        let mut entries = BTreeMap::new();
        for entry in self.entries()? {
            if !known.contains(&entry.key()) {
                entry.report_key(format!("this key is unknown here; known are {}", known.join(", ")));
            } else if !matches!(entry.item.node.value, Value::Null) {
                entries.insert(entry.key(), entry.item);
            }
        }
        Some(Fields { item: self.clone(), entries })
    }

    /// A mapping whose keys are free.
    pub fn entries(&self) -> Option<Vec<Entry<'n>>> {
        let Value::Map(entries) = &self.node.value else {
            return self.refuse("must be a mapping");
        };
        let entry =
            |(key, node): &'n (Key, Node)| Entry { key, item: self.child(node, self.key_path(&key.text)) };
        Some(entries.iter().map(entry).collect())
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self.node.value, Value::Null)
    }

    /// Whether the value is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// A list.
    pub fn list(&self) -> Option<impl Iterator<Item = Self>> {
        let Value::List(nodes) = &self.node.value else {
            return self.refuse("must be a list");
        };
        let item = |(index, node)| self.child(node, format!("{}[{index}]", self.path));
        Some(nodes.iter().enumerate().map(item))
    }

    fn scalar(&self, expected: &str) -> Option<&'n Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Null => self.refuse(format!("has no value; {expected} is expected")),
            _ => self.refuse(format!("must be {expected}")),
        }
    }

    /// A text. A number is taken as it is written, so that postal codes and phone numbers need no quotes.
    pub fn text(&self) -> Option<&'n str> {
        let scalar = self.scalar("a text")?;
        if scalar.json.is_boolean() {
            return self.refuse("is a truth value where a text is expected; write it in quotes");
        }
        Some(&scalar.text)
    }

    /// A text that the shape allows.
    pub fn checked(&self, shape: Shape) -> Option<String> {
        self.check(self.text()?.to_owned(), shape)
    }

    /// `text`, which came from this value, if the shape allows it.
    pub fn check(&self, text: String, shape: Shape) -> Option<String> {
        match violation(shape, &text) {
            None => Some(text),
            Some(violation) => self.refuse(violation),
        }
    }

    /// An account id, in quotes.
    pub fn account_id(&self) -> Option<AccountId> {
        let scalar = self.scalar("an account id")?;
        if scalar.plain && scalar.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.refuse(
                "must be written in quotes: without them YAML takes an account id for a number and may \
                 drop its zeros",
            );
        }
        scalar.text.parse().ok().or_else(|| self.refuse("is not an account id, which has exactly 12 digits"))
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Option<bool> {
        let flag = self.scalar("true or false")?.json.as_bool();
        flag.or_else(|| self.refuse("must be true or false"))
    }

    /// A whole number from `least` to `most`.
    pub fn whole_number(&self, least: u32, most: u32) -> Option<u32> {
        let number = self.scalar("a number")?.json.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        number.or_else(|| self.refuse(format!("must be a whole number from {least} to {most}")))
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        found.or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.refuse(format!("must be one of {}", words.join(", ")))
        })
    }

    /// An instant (`2024-01-15T09:30:00Z`), or a date, which stands for its first instant in UTC.
    pub fn timestamp(&self) -> Option<Timestamp> {
        let text = self.text()?;
        let instant = text.parse::<Timestamp>().ok().or_else(|| {
            let midnight =
                text.parse::<jiff::civil::Date>().ok().filter(|_| !text.contains([':', 'T', ' ']))?;
            midnight.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        });
        instant.or_else(|| {
            self.refuse("must be a date such as 2024-01-15 or an instant such as 2024-01-15T09:30:00Z")
        })
    }

    /// The text of a policy document: a mapping, or JSON text.
    fn document(&self) -> Option<String> {
        match &self.node.value {
            Value::Map(_) => Some(json(self.node).to_string()),
            Value::Scalar(Scalar { json: Json::String(text), .. }) => Some(text.clone()),
            _ => self.refuse("must be a policy document: a mapping, or JSON text"),
        }
    }

    /// Whether it is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// A JSON Web Key Set: a mapping, or JSON text.
    pub fn key_set(&self) -> Option<Json> {
        let text = match &self.node.value {
            Value::Map(_) => Some(json(self.node).to_string()),
            Value::Scalar(Scalar { json: Json::String(text), .. }) => Some(text.clone()),
            _ => None,
        };
        let keys = text.and_then(|text| serde_json::from_str::<Json>(&text).ok());
        keys.filter(|keys| keys["keys"].is_array())
            .or_else(|| self.refuse("must be a JSON Web Key Set: a mapping with `keys`, or JSON text"))
    }

    /// A policy document of IAM.
    pub fn policy(&self, kind: PolicyKind) -> Option<Policy> {
        match Policy::parse_as(&self.document()?, kind) {
            Ok(policy) => Some(policy),
            Err(error) => self.refuse(format!("is not a policy document: {error}")),
        }
    }

    /// A policy document of Organizations, as CreatePolicy would take it at some time.
    pub fn organization_policy(&self, kind: PolicyType) -> Option<PolicyDocument> {
        match organizations::policies::policy::read(
            &self.document()?,
            kind,
            None,
            Quotas::AWS.policy_size(kind),
        ) {
            Ok(document) => Some(document),
            Err(Misfit::TooLong { max }) => {
                self.refuse(format!("is longer than the {max} characters of a {}", kind.as_str()))
            }
            Err(Misfit::Malformed(error)) => self.refuse(format!("is not a policy document: {error}")),
        }
    }

    /// Tags: at most 50, as AWS allows, with keys that are told apart as `keys` says.
    pub fn tags(&self, keys: Keys) -> Option<BTreeMap<String, String>> {
        let entries = self.entries()?;
        if entries.len() > 50 {
            self.report("has more than 50 tags");
        }
        let mut tags = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut complete = entries.len() <= 50;
        for entry in entries {
            if !seen.insert(keys.canonical(entry.key())) {
                entry.report_key("this tag is there already; case does not count");
                complete = false;
            }
            match (entry.name(Shape::TagKey), entry.item.checked(Shape::TagValue)) {
                (Some(key), Some(value)) => {
                    tags.insert(key, value);
                }
                _ => complete = false,
            }
        }
        complete.then_some(tags)
    }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(scalar) => scalar.json.clone(),
        Value::List(nodes) => nodes.iter().map(json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, node)| (key.text.clone(), json(node)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
