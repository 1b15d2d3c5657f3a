//! How management policies are inherited: `@@assign`, `@@append`, `@@remove`, and what a parent lets its children do.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::grammar::text;

pub(crate) const ASSIGN: &str = "@@assign";
pub(crate) const APPEND: &str = "@@append";
pub(crate) const REMOVE: &str = "@@remove";
pub(crate) const ALLOWED: &str = "@@operators_allowed_for_child_policies";
pub(crate) const OPERATORS: [&str; 3] = [ASSIGN, APPEND, REMOVE];

/// What has been inherited so far.
#[derive(Default)]
pub(crate) struct Inherited {
    root: Node,
    levels: usize,
}

#[derive(Default)]
struct Node {
    /// The level whose policies named it first.
    since: usize,
    value: Option<Value>,
    /// The level whose policy set the value last with `@@assign`.
    assigned_in: Option<usize>,
    /// The operators that policies of the levels below may use here; `None` where nothing was said.
    allowed: Option<Operators>,
    members: BTreeMap<String, Node>,
}

/// Some of the three operators.
type Operators = BTreeSet<&'static str>;

impl Inherited {
    /// Adds the policies of one level, in the order in which they were attached. What they allow their children binds
    /// the levels that are added later.
    ///
    /// F-ORGS-EFF-4: first all values of the level are assigned, then appended, then removed.
    pub(crate) fn add_level<'p>(&mut self, policies: impl IntoIterator<Item = &'p Value>) {
        self.levels += 1;
        let policies: Vec<Value> = policies.into_iter().map(without_root_operators).collect();
        let allowed = self.root.allowed.clone().unwrap_or_else(|| Operators::from(OPERATORS));
        let mut said = Vec::new();
        for operator in OPERATORS {
            let mut step = Step { level: self.levels, operator, path: Vec::new(), said: Vec::new() };
            for policy in &policies {
                self.root.apply(policy, &allowed, &mut step);
            }
            said = step.said;
        }
        for (path, allowed) in said {
            self.root.restrict(&path, allowed);
        }
    }

    /// The effective policy; `None` where nothing has a value.
    pub(crate) fn effective(&self) -> Option<Value> {
        self.root.effective()
    }

    /// The blocks within a member of the root, with a value or without.
    pub(crate) fn blocks_of(&self, name: &str) -> impl Iterator<Item = &str> {
        self.root.members.get(name).into_iter().flat_map(|node| node.members.keys().map(String::as_str))
    }
}

/// A policy in lower case. At its root nothing is set (F-ORGS-POL-11).
fn without_root_operators(policy: &Value) -> Value {
    let mut policy = in_lower_case(policy);
    if let Some(members) = policy.as_object_mut() {
        members.retain(|name, _| !OPERATORS.contains(&name.as_str()));
    }
    policy
}

/// One operator of the policies of a level, while it is applied.
struct Step {
    /// 1 for the root, and so on downwards.
    level: usize,
    operator: &'static str,
    /// Where in a policy we are.
    path: Vec<String>,
    /// What the policies allow their children, and where.
    said: Vec<(Vec<String>, Operators)>,
}

impl Node {
    /// Applies a policy here, where the level may use `allowed`, and below.
    fn apply(&mut self, policy: &Value, allowed: &Operators, step: &mut Step) {
        if let Some(operand) = policy.get(step.operator)
            && allowed.contains(step.operator)
        {
            match step.operator {
                ASSIGN => self.assign(operand, step.level),
                APPEND => self.append(operand),
                _ => self.remove(operand),
            }
        }
        if let Some(children) = policy.get(ALLOWED) {
            step.said.push((step.path.clone(), operators(children, allowed)));
        }
        self.apply_to_members(policy, allowed, step);
    }

    /// Applies the members of a policy to the members that are here. `allowed` is what the level may use here.
    ///
    /// F-ORGS-EFF-2: what is said of a block is said of members that are added to it; those that were there before are
    /// bound by what is said of themselves. `@@append` in a block means that members may be added, whatever they use.
    fn apply_to_members(&mut self, policy: &Value, allowed: &Operators, step: &mut Step) {
        let all = Operators::from(OPERATORS);
        let for_new = if allowed.contains(APPEND) { &all } else { allowed };
        // A document is made of objects and operators (F-ORGS-POL-10).
        let members = policy.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with("@@"));
        for (name, member) in members {
            let is_new = self.members.get(name).is_none_or(|node| node.since == step.level);
            if is_new && for_new.is_empty() {
                continue;
            }
            let node = self.members.entry(name.clone()).or_insert_with(|| Self::since(step.level));
            let allowed =
                if is_new { for_new.clone() } else { node.allowed.clone().unwrap_or_else(|| all.clone()) };
            step.path.push(name.clone());
            node.apply(member, &allowed, step);
            step.path.pop();
        }
    }

    fn since(level: usize) -> Self {
        Self { since: level, ..Self::default() }
    }

    /// F-ORGS-EFF-4: of two policies of one level the one that was attached first sets the value.
    fn assign(&mut self, operand: &Value, level: usize) {
        if self.assigned_in != Some(level) {
            self.value = Some(operand.clone());
            self.assigned_in = Some(level);
        }
    }

    fn append(&mut self, operand: &Value) {
        let mut values = listed(self.value.take());
        for value in listed(Some(operand.clone())) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        self.value = Some(Value::Array(values));
    }

    /// What is removed from leaves a list, though it be empty; nothing leaves nothing.
    fn remove(&mut self, operand: &Value) {
        if let Some(value) = self.value.take() {
            let removed = listed(Some(operand.clone()));
            let left = listed(Some(value)).into_iter().filter(|value| !removed.contains(value)).collect();
            self.value = Some(Value::Array(left));
        }
    }

    /// Restricts what the levels below may do at `path`. What was forbidden stays so.
    fn restrict(&mut self, path: &[String], allowed: Operators) {
        match path.split_first() {
            None => {
                self.allowed = Some(match self.allowed.take() {
                    Some(before) => before.intersection(&allowed).copied().collect(),
                    None => allowed,
                });
            }
            Some((name, rest)) => {
                if let Some(member) = self.members.get_mut(name) {
                    member.restrict(rest, allowed);
                }
            }
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

/// A document with its names, those of operators among them, in lower case, and its values as texts (F-ORGS-EFF-6).
fn in_lower_case(document: &Value) -> Value {
    match document {
        Value::Object(members) => {
            let lowered = members.iter().map(|(name, member)| {
                let name = name.to_ascii_lowercase();
                let is_control = name == ALLOWED;
                let member = in_lower_case(member);
                (name, if is_control { in_lower_case_values(member) } else { member })
            });
            Value::Object(lowered.collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(in_lower_case).collect()),
        value => text(value).map_or(Value::Null, Value::String),
    }
}

fn in_lower_case_values(named: Value) -> Value {
    let lower = |value: Value| value.as_str().map(str::to_ascii_lowercase).map_or(value, Value::String);
    Value::Array(listed(Some(named)).into_iter().map(lower).collect())
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
    //! The worked examples of the Organizations guide:
    //! <https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html> and
    //! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out_syntax.html>.

    use super::*;
    use serde_json::json;

    fn effective(levels: &[&[&Value]]) -> Option<Value> {
        let mut inherited = Inherited::default();
        for level in levels {
            inherited.add_level(level.iter().copied());
        }
        inherited.effective()
    }

    fn cost_center(tag_value: Value, enforced_for: Value) -> Value {
        let members = json!({
            "tag_key": {"@@assign": "CostCenter"}, "tag_value": tag_value, "enforced_for": enforced_for,
        });
        json!({"tags": {"costcenter": members}})
    }

    /// F-ORGS-EFF-1: examples 1 to 3, where policy A is attached to the root, B to one unit, C to another and D to an
    /// account in that one.
    #[test]
    fn operators_assign_append_and_remove_down_the_tree() {
        let targets = json!(["redshift:*", "dynamodb:table"]);
        let a = json!({"tags": {"costcenter": {
            "tag_key": {"@@assign": "CostCenter"}, "tag_value": {"@@assign": ["Development", "Support"]}}}});
        let b = cost_center(json!({"@@assign": ["Sandbox"]}), json!({"@@assign": targets}));
        let c = cost_center(json!({"@@append": ["Marketing"]}), json!({"@@append": targets}));
        // The page misplaces `enforced_for` of policy D; what it says of the outcome needs it here.
        let d = cost_center(json!({"@@remove": ["Development", "Marketing"]}), json!({"@@remove": targets}));
        let shown = |members: Value| Some(json!({"tags": {"costcenter": members}}));
        assert_eq!(
            effective(&[&[&a], &[&b]]),
            shown(json!({"tag_key": "CostCenter", "tag_value": ["Sandbox"], "enforced_for": targets}))
        );
        assert_eq!(
            effective(&[&[&a], &[&c]]),
            shown(json!({
                "tag_key": "CostCenter", "tag_value": ["Development", "Support", "Marketing"],
                "enforced_for": targets}))
        );
        assert_eq!(
            effective(&[&[&a], &[&c], &[&d]]),
            shown(json!({"tag_key": "CostCenter", "tag_value": ["Support"], "enforced_for": []})),
            "an effective tag policy does not show the list that is empty: F-ORGS-EFF-8"
        );
        assert_eq!(effective(&[&[&json!({"tags": {}})]]), None);
    }

    /// F-ORGS-EFF-2: examples 4 and 5.
    #[test]
    fn a_parent_says_which_operators_its_children_may_use() {
        let project = |members: Value| json!({"tags": {"project": members}});
        let e = project(json!({
            "tag_key": {"@@operators_allowed_for_child_policies": ["@@none"], "@@assign": "Project"},
            "tag_value": {
                "@@operators_allowed_for_child_policies": ["@@append"],
                "@@assign": ["Maintenance", "Escalations"]}}));
        let f = project(json!({
            "tag_key": {"@@assign": "PROJECT"}, "tag_value": {"@@append": ["Escalations - research"]}}));
        assert_eq!(
            effective(&[&[&e], &[&f]]),
            Some(project(json!({
                "tag_key": "Project", "tag_value": ["Maintenance", "Escalations", "Escalations - research"]})))
        );
        let g = project(json!({"tag_value": {
            "@@operators_allowed_for_child_policies": ["@@append"], "@@assign": ["Maintenance"]}}));
        let h = project(json!({"tag_value": {
            "@@operators_allowed_for_child_policies": ["@@append", "@@remove"]}}));
        let child = project(json!({"tag_value": {"@@append": ["Extra"], "@@remove": ["Maintenance"]}}));
        assert_eq!(
            effective(&[&[&g, &h], &[&child]]),
            Some(project(json!({"tag_value": ["Maintenance", "Extra"]}))),
            "the intersection of what the policies of one level allow"
        );
    }

    /// F-ORGS-EFF-2: examples 1 and 2 of the AI services opt-out policies.
    #[test]
    fn what_binds_a_member_binds_all_that_is_added_below_it() {
        let none = json!(["@@none"]);
        let default = json!({
            "@@operators_allowed_for_child_policies": none,
            "opt_out_policy": {"@@operators_allowed_for_child_policies": none, "@@assign": "optOut"}});
        let child = json!({"services": {
            "default": {"opt_out_policy": {"@@assign": "optIn"}},
            "lex": {"opt_out_policy": {"@@assign": "optIn"}}}});
        let closed =
            json!({"services": {"@@operators_allowed_for_child_policies": none, "default": default}});
        assert_eq!(
            effective(&[&[&closed], &[&child]]),
            Some(json!({"services": {"default": {"opt_out_policy": "optOut"}}}))
        );
        let open = json!({"services": {"default": default}});
        assert_eq!(
            effective(&[&[&open], &[&child]]),
            Some(json!({"services": {
                "default": {"opt_out_policy": "optOut"}, "lex": {"opt_out_policy": "optIn"}}}))
        );
    }

    /// F-ORGS-EFF-6.
    #[test]
    fn what_is_inherited_has_names_in_lower_case_and_texts_as_values() {
        let parent = json!({"TAGS": {"Team": {
            "Tag_Value": {"@@Assign": [12, true, null], "@@Operators_Allowed_For_Child_Policies": ["@@Append"]}}}});
        let child = json!({
            "tags": {"team": {"tag_value": {"@@append": ["red"], "@@remove": ["12"]}}}, "@@assign": "no effect"});
        assert_eq!(
            effective(&[&[&parent], &[&child]]),
            Some(json!({"tags": {"team": {"tag_value": ["12", "true", "null", "red"]}}}))
        );
        assert_eq!(effective(&[&[&json!({"tags": {}, "@@assign": "no effect"})]]), None);
    }

    /// F-ORGS-EFF-2: what is said of a block is said of what is added to it (guide, examples 3 and 4 of backup policies); a
    /// setting that was there before is bound by what is said of itself (recorded).
    #[test]
    fn what_is_said_of_a_block_binds_what_is_added_to_it() {
        let parent = |allowed: Value| json!({"tags": {ALLOWED: allowed, "project": {ALLOWED: allowed, "tag_value": {"@@assign": ["red"]}}}});
        let child = json!({"tags": {
            "project": {"tag_value": {"@@assign": ["blue"]}, "tag_key": {"@@assign": "P"}},
            "team": {"tag_key": {"@@assign": "T"}}}});
        let found = |allowed: Value| effective(&[&[&parent(allowed)], &[&child]]).expect("tags");
        let locked = json!({"tags": {"project": {"tag_value": ["blue"]}}});
        assert_eq!(found(json!(["@@none"])), locked);
        assert_eq!(found(json!(["@@remove"])), locked);
        let added = json!({"tags": {
            "project": {"tag_value": ["blue"], "tag_key": "P"}, "team": {"tag_key": "T"}}});
        assert_eq!(found(json!(["@@append"])), added);
        assert_eq!(found(json!(["@@all"])), added);
    }

    /// F-ORGS-EFF-4: recorded.
    #[test]
    fn a_level_assigns_before_it_appends_and_appends_before_it_removes() {
        let tag = |operator: &str, value: &str| json!({"tags": {"k": {"tag_value": {operator: [value]}}}});
        let found = |one: Value, other: Value| {
            let both = effective(&[&[&one, &other]]);
            both.map(|found| found["tags"]["k"]["tag_value"].clone())
        };
        assert_eq!(found(tag("@@append", "red"), tag("@@assign", "blue")), Some(json!(["blue", "red"])));
        assert_eq!(found(tag("@@remove", "red"), tag("@@append", "red")), Some(json!([])));
        assert_eq!(found(tag("@@remove", "red"), tag("@@remove", "blue")), None);
        let all = json!({"tags": {"k": {"tag_value": {
            "@@remove": ["red"], "@@append": ["blue"], "@@assign": ["red"]}}}});
        assert_eq!(effective(&[&[&all]]), Some(json!({"tags": {"k": {"tag_value": ["blue"]}}})));
    }

    /// F-ORGS-EFF-4: example 6.
    #[test]
    fn of_two_policies_of_one_level_the_first_sets_the_value() {
        let j = json!({"tags": {"project": {
            "tag_key": {"@@assign": "PROJECT"}, "tag_value": {"@@append": ["Maintenance"]}}}});
        let k = json!({"tags": {"project": {"tag_key": {"@@assign": "project"}}}});
        assert_eq!(
            effective(&[&[&j, &k]]),
            Some(json!({"tags": {"project": {"tag_key": "PROJECT", "tag_value": ["Maintenance"]}}}))
        );
    }
}
