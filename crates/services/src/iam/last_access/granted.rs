//! Which services policies grant, and which of their actions.

use std::collections::{BTreeMap, BTreeSet};

use aws::policy::Policy;
use serde_json::Value;

use super::namespaces;
use crate::service::Service;

/// F-IAMAPI-LASTACC-4: services whose actions are tracked: of the others no action was recorded to be.
const TRACKED: [&str; 5] = ["account", "iam", "kms", "lambda", "organizations"];

/// What some policies say, in lower case. F-IAMAPI-LASTACC-3: neither resources nor conditions of what is allowed are looked
/// at; what is denied counts where it is denied of everything.
#[derive(Default)]
pub(super) struct Granted {
    allowed: Vec<String>,
    /// What is allowed but for these.
    allowed_but: Vec<Vec<String>>,
    denied: Vec<String>,
    denied_but: Vec<Vec<String>>,
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let lower = |value: &Value| value.as_str().map(str::to_lowercase);
    match value? {
        Value::Array(items) => Some(items.iter().filter_map(lower).collect()),
        one => Some(lower(one).into_iter().collect()),
    }
}

impl Granted {
    /// What these policies say together.
    pub(super) fn by<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> Self {
        let mut granted = Self::default();
        policies.into_iter().for_each(|policy| granted.add(policy));
        granted
    }

    fn add(&mut self, policy: &Policy) {
        let Ok(document) = serde_json::from_str::<Value>(policy.source()) else { return };
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements.as_slice(),
            one => std::slice::from_ref(one),
        };
        for statement in statements {
            let (actions, all_but) = (texts(statement.get("Action")), texts(statement.get("NotAction")));
            if statement["Effect"] == "Allow" {
                self.allowed.extend(actions.into_iter().flatten());
                self.allowed_but.extend(all_but);
            } else if is_of_everything(statement) {
                self.denied.extend(actions.into_iter().flatten());
                self.denied_but.extend(all_but);
            }
        }
    }

    /// The patterns of actions of a service that are allowed.
    fn patterns(&self, namespace: &str) -> BTreeSet<&str> {
        let of_service = |pattern: &str| {
            pattern == "*" || pattern.split_once(':').is_some_and(|(vendor, _)| vendor == namespace)
        };
        let mut patterns: BTreeSet<&str> = self.allowed.iter().map(String::as_str).collect();
        patterns.retain(|pattern| of_service(pattern));
        let whole = format!("{namespace}:*");
        let allows_some = |but: &Vec<String>| !but.iter().any(|pattern| pattern == "*" || *pattern == whole);
        if self.allowed_but.iter().any(allows_some) {
            patterns.insert("*");
        }
        patterns
    }

    /// Whether an action, or all that a pattern stands for, is denied.
    fn is_denied(&self, action: &str) -> bool {
        self.denied.iter().any(|pattern| matches(pattern, action))
            || self.denied_but.iter().any(|but| !but.iter().any(|pattern| matches(pattern, action)))
    }

    /// Whether anything of a service is granted.
    pub(super) fn grants(&self, namespace: &str) -> bool {
        let whole = format!("{namespace}:*");
        self.patterns(namespace).into_iter().any(|pattern| {
            let pattern = if pattern == "*" { &whole } else { pattern };
            !self.is_denied(pattern) && is_known(namespace, pattern)
        })
    }

    /// The services that are granted, with their names, in the order of namespaces.
    pub(super) fn services(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        namespaces::all().filter(|(namespace, _)| self.grants(namespace))
    }

    /// The tracked actions of a service that are granted, by name. Of a service that is not here only those that policies
    /// spell out.
    pub(super) fn tracked_actions(&self, namespace: &str) -> BTreeSet<String> {
        if !TRACKED.contains(&namespace) {
            return BTreeSet::new();
        }
        let patterns = self.patterns(namespace);
        let is_granted = |name: &str| {
            let action = format!("{namespace}:{}", name.to_lowercase());
            patterns.iter().any(|pattern| matches(pattern, &action)) && !self.is_denied(&action)
        };
        match operations(namespace) {
            Some(names) => names.into_iter().filter(|name| is_granted(name)).map(str::to_owned).collect(),
            None => self.spelled_out(namespace),
        }
    }

    fn spelled_out(&self, namespace: &str) -> BTreeSet<String> {
        let patterns = self.patterns(namespace).into_iter().filter(|pattern| !pattern.contains(['*', '?']));
        let granted = patterns.filter(|pattern| !self.is_denied(pattern));
        granted.filter_map(|pattern| Some(named(pattern.split_once(':')?.1))).collect()
    }
}

/// Whether a statement is about everything, whatever the circumstances.
fn is_of_everything(statement: &Value) -> bool {
    let resources = texts(statement.get("Resource")).unwrap_or_default();
    statement.get("Condition").is_none() && resources.iter().any(|resource| resource == "*")
}

/// The operations of a service that is here.
fn operations(namespace: &str) -> Option<Vec<&'static str>> {
    let service = Service::ALL.into_iter().find(|service| service.profile().action_prefix == namespace)?;
    Some(service.operation_names())
}

/// Actions of IAM that are no operations.
const PERMISSIONS_ONLY: [&str; 1] = ["passrole"];

/// F-IAMAPI-LASTACC-3: an action that its service does not have grants nothing. Of services that are not here every action
/// is taken for one that there is (own).
fn is_known(namespace: &str, pattern: &str) -> bool {
    let Some(names) = operations(namespace).filter(|_| TRACKED.contains(&namespace)) else { return true };
    let Some((_, action)) = pattern.split_once(':') else { return true };
    PERMISSIONS_ONLY.contains(&action) || names.iter().any(|name| matches(action, &name.to_lowercase()))
}

/// An action as it is written, of which policies keep no case here: the words that actions of KMS and Lambda are made of.
fn named(action: &str) -> String {
    const WORDS: [&str; 46] = [
        "list",
        "get",
        "create",
        "delete",
        "update",
        "put",
        "describe",
        "add",
        "remove",
        "invoke",
        "tag",
        "untag",
        "enable",
        "disable",
        "schedule",
        "cancel",
        "generate",
        "publish",
        "functions",
        "function",
        "keys",
        "key",
        "aliases",
        "alias",
        "versions",
        "version",
        "layers",
        "layer",
        "resources",
        "resource",
        "tags",
        "policies",
        "policy",
        "permission",
        "configuration",
        "config",
        "code",
        "concurrency",
        "rotation",
        "deletion",
        "grants",
        "grant",
        "event",
        "source",
        "mappings",
        "mapping",
    ];
    let mut rest = action;
    let mut name = String::with_capacity(action.len());
    while !rest.is_empty() {
        let word = WORDS.iter().find(|word| rest.starts_with(**word)).copied();
        let length = word.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), str::len);
        let (part, after) = rest.split_at(length);
        match word {
            Some(word) => {
                let (first, others) = word.split_at(1);
                name.push_str(&first.to_uppercase());
                name.push_str(others);
            }
            None => name.push_str(part),
        }
        rest = after;
    }
    name
}

/// Whether a pattern with `*` and `?` matches an action. Both are in lower case.
fn matches(pattern: &str, action: &str) -> bool {
    // A failed match goes back to the last `*` only, so the work is bounded by the product of the lengths.
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut at, mut place, mut retry) = (0, 0, None);
    while place < action.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, place));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == action[place] => (at, place) = (at + 1, place + 1),
            _ => {
                let Some((after_star, from)) = retry else { return false };
                retry = Some((after_star, from + 1));
                (at, place) = (after_star, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// What levels of policies leave to an account: a service that every level grants and none denies.
pub(super) fn left_by(levels: &[Vec<Policy>]) -> BTreeMap<&'static str, &'static str> {
    let levels: Vec<Granted> = levels.iter().map(Granted::by).collect();
    namespaces::all().filter(|(namespace, _)| levels.iter().all(|level| level.grants(namespace))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(statements: &str) -> Granted {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        Granted::by([&Policy::parse(&text).expect("a policy")])
    }

    #[test]
    fn what_is_denied_or_unknown_grants_nothing_f_iamapi_lastacc_3() {
        let services =
            |statements: &str| granted(statements).services().map(|(it, _)| it).collect::<Vec<_>>();
        let allow =
            r#"{"Effect":"Allow","Action":["s3:GetObject","iam:PassRole","iam:Bogus"],"Resource":"x"}"#;
        assert_eq!(services(allow), ["iam", "s3"]);
        let deny = |more: &str| format!(r#"{allow},{{"Effect":"Deny","Action":"s3:*",{more}}}"#);
        assert_eq!(services(&deny(r#""Resource":"*""#)), ["iam"]);
        assert_eq!(services(&deny(r#""Resource":"one""#)), ["iam", "s3"]);
        assert_eq!(services(r#"{"Effect":"Allow","Action":"iam:Bogus","Resource":"*"}"#), [""; 0]);
        let all_but = r#"{"Effect":"Allow","NotAction":["iam:*","sts:GetCallerIdentity"],"Resource":"*"}"#;
        let found = services(all_but);
        assert!(!found.contains(&"iam") && found.contains(&"sts") && found.len() > 250);
    }

    #[test]
    fn tracked_actions_are_told_by_name_f_iamapi_lastacc_4() {
        let of = |statements: &str, namespace: &str| {
            granted(statements).tracked_actions(namespace).into_iter().collect::<Vec<_>>()
        };
        let allow = r#"{"Effect":"Allow","Action":["iam:GetUser*","iam:PassRole","kms:ListKeys","s3:GetObject"],"Resource":"*"}"#;
        assert_eq!(of(allow, "iam"), ["GetUser", "GetUserPolicy"]);
        assert_eq!(of(allow, "kms"), ["ListKeys"]);
        assert!(of(allow, "s3").is_empty() && of(allow, "lambda").is_empty());
    }
}
