//! How management policies are inherited: `@@assign`, `@@append`, `@@remove`, and what a parent lets its children do.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

const ASSIGN: &str = "@@assign";
const APPEND: &str = "@@append";
const REMOVE: &str = "@@remove";
const ALLOWED: &str = "@@operators_allowed_for_child_policies";
const OPERATORS: [&str; 3] = [ASSIGN, APPEND, REMOVE];

/// What has been inherited so far.
#[derive(Default)]
pub(super) struct Inherited {
    root: Node,
}

#[derive(Default)]
struct Node {
    value: Option<Value>,
    /// The operators that policies of the levels below may use from here on; `None` where nothing was said here.
    allowed: Option<BTreeSet<&'static str>>,
    members: BTreeMap<String, Node>,
}

impl Inherited {
    /// Adds the policies of one level. What they allow their children binds the levels that are added later.
    pub(super) fn add_level<'p>(&mut self, policies: impl IntoIterator<Item = &'p Value>) {
        let mut said = Vec::new();
        for policy in policies {
            self.root.apply(policy, &BTreeSet::from(OPERATORS), &mut Vec::new(), &mut said);
        }
        for (path, allowed) in said {
            self.root.restrict(&path, allowed);
        }
    }

    /// The effective policy; `None` where nothing has a value.
    pub(super) fn effective(&self) -> Option<Value> {
        self.root.effective()
    }
}

type Said = Vec<(Vec<String>, BTreeSet<&'static str>)>;

impl Node {
    fn apply(
        &mut self,
        policy: &Value,
        allowed: &BTreeSet<&'static str>,
        path: &mut Vec<String>,
        said: &mut Said,
    ) {
        let allowed = self.allowed.as_ref().unwrap_or(allowed).clone();
        let Value::Object(members) = policy else {
            // A plain value, where operators may be left out, assigns.
            if allowed.contains(ASSIGN) {
                self.value = Some(policy.clone());
            }
            return;
        };
        for operator in OPERATORS {
            if let Some(operand) = members.get(operator)
                && allowed.contains(operator)
            {
                self.operate(operator, operand);
            }
        }
        if let Some(children) = members.get(ALLOWED) {
            said.push((path.clone(), operators(children, &allowed)));
        }
        for (name, member) in members.iter().filter(|(name, _)| !name.starts_with("@@")) {
            path.push(name.clone());
            self.members.entry(name.clone()).or_default().apply(member, &allowed, path, said);
            path.pop();
        }
    }

    fn operate(&mut self, operator: &str, operand: &Value) {
        match operator {
            ASSIGN => self.value = Some(operand.clone()),
            APPEND => {
                let mut values = listed(self.value.take());
                for value in listed(Some(operand.clone())) {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                self.value = Some(Value::Array(values));
            }
            _ => {
                if let Some(value) = self.value.take() {
                    let removed = listed(Some(operand.clone()));
                    let left: Vec<Value> =
                        listed(Some(value)).into_iter().filter(|value| !removed.contains(value)).collect();
                    self.value = (!left.is_empty()).then_some(Value::Array(left));
                }
            }
        }
    }

    /// Restricts what the levels below may do at `path`. What was forbidden stays so.
    fn restrict(&mut self, path: &[String], allowed: BTreeSet<&'static str>) {
        match path.split_first() {
            None => {
                self.allowed = Some(match self.allowed.take() {
                    Some(before) => before.intersection(&allowed).copied().collect(),
                    None => allowed,
                });
            }
            Some((name, rest)) => self.members.entry(name.clone()).or_default().restrict(rest, allowed),
        }
    }

    fn effective(&self) -> Option<Value> {
        let members: Map<String, Value> = self
            .members
            .iter()
            .filter_map(|(name, node)| node.effective().map(|value| (name.clone(), value)))
            .collect();
        if members.is_empty() { self.value.clone() } else { Some(Value::Object(members)) }
    }
}

/// The operators that `["@@assign", …]`, `["@@all"]` or `["@@none"]` names, of those that may be passed on.
fn operators(named: &Value, passed_on: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    let named = listed(Some(named.clone()));
    let named: Vec<&str> = named.iter().filter_map(Value::as_str).collect();
    passed_on
        .iter()
        .copied()
        .filter(|operator| named.contains(&"@@all") || named.contains(operator))
        .collect()
}

fn listed(value: Option<Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values,
        Some(value) => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn effective(levels: &[Value]) -> Option<Value> {
        let mut inherited = Inherited::default();
        for level in levels {
            inherited.add_level([level]);
        }
        inherited.effective()
    }

    /// F-ORGS-EFF-1.
    #[test]
    fn operators_assign_append_and_remove_down_the_tree() {
        let root = json!({"tags": {"cost": {"tag_key": {"@@assign": "Cost"}, "tag_value": {"@@assign": ["A", "B"]}}}});
        let unit = json!({"tags": {"cost": {"tag_value": {"@@append": ["C"], "@@remove": ["A"]}}}});
        assert_eq!(
            effective(&[root.clone(), unit]),
            Some(json!({"tags": {"cost": {"tag_key": "Cost", "tag_value": ["B", "C"]}}}))
        );
        let other = json!({"tags": {"cost": {"tag_value": {"@@assign": ["Z"]}}}});
        assert_eq!(
            effective(&[root, other]),
            Some(json!({"tags": {"cost": {"tag_key": "Cost", "tag_value": ["Z"]}}}))
        );
        assert_eq!(effective(&[json!({"tags": {}})]), None);
    }

    /// F-ORGS-EFF-2.
    #[test]
    fn a_parent_says_which_operators_its_children_may_use() {
        let root = json!({"services": {"default": {"opt_out_policy": {
            "@@operators_allowed_for_child_policies": ["@@none"], "@@assign": "optOut"}}}});
        let child = json!({"services": {"default": {"opt_out_policy": {"@@assign": "optIn"}}}});
        assert_eq!(
            effective(&[root, child.clone()]),
            Some(json!({"services": {"default": {"opt_out_policy": "optOut"}}}))
        );
        let above = json!({"services": {"@@operators_allowed_for_child_policies": ["@@append"]}});
        assert_eq!(effective(&[above, child]), None, "what binds a member binds all below it");
    }
}
