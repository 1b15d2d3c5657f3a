//! An explanation as text for a terminal.

use std::fmt::Write as _;

use services::authority::explained::{
    AskedExplained, ConditionSaid, Layer, LayerName, Level, Part, PolicySaid, StatementSaid,
};
use services::explain::Answer;
use services::explain::answer::{Decision, Explained, Principals};

/// The width of the names of layers.
const LAYER_WIDTH: usize = 26;

/// The whole answer. Writing to a text cannot fail, so no result of it is looked at.
pub fn told(answer: &Answer) -> String {
    let mut text = String::new();
    match answer {
        Answer::Call(explained) => call(explained, &mut text),
        Answer::Principals(page) => principals(page, &mut text),
    }
    text
}

fn call(explained: &Explained, text: &mut String) {
    let Explained { principal, action, decision, .. } = explained;
    let _ = writeln!(text, "{principal} → {action}   {}", verdict(*decision));
    if let Some(event) = &explained.event {
        let recorded = event.error_code.as_deref().unwrap_or("answered");
        let _ = writeln!(text, "recorded {} as {recorded}", event.time);
    }
    if !explained.drafts.is_empty() {
        let _ = writeln!(text, "as drafted: {}", explained.drafts.join(", "));
    }
    for one in &explained.asked {
        asked(one, explained.asked.len() > 1, text);
    }
    if let Some(refusal) = &explained.refusal {
        let _ = writeln!(text, "\n{} ({}): {}", refusal.code, refusal.status, refusal.message);
    }
    for note in &explained.notes {
        let _ = writeln!(text, "\n{note}");
    }
}

fn verdict(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "ALLOWED",
        Decision::Denied => "REFUSED",
        Decision::RefusedEarlier => "REFUSED before policies are asked",
        Decision::TooLong => "NOT FOUND OUT",
    }
}

fn asked(one: &AskedExplained, is_one_of_several: bool, text: &mut String) {
    let verdict = match (is_one_of_several, one.allowed) {
        (false, _) => "",
        (true, true) => "   allowed",
        (true, false) => "   REFUSED",
    };
    let _ = writeln!(text, "\n{} on {}{verdict}", one.action, one.resource);
    for (number, layer) in one.layers.iter().enumerate() {
        write_layer(number + 1, layer, text);
    }
}

fn write_layer(number: usize, layer: &Layer, text: &mut String) {
    let outcome = match (layer.outcome, layer.says) {
        (Part::NotReached, Some(says)) => format!("not reached; by itself {}", part(says)),
        (outcome, _) => part(outcome).to_owned(),
    };
    let decides = if layer.decides { "   ← decides" } else { "" };
    let _ = writeln!(text, "{number:>2} {:<LAYER_WIDTH$}{outcome}{decides}", name(layer.layer));
    for level in &layer.levels {
        write_level(level, text);
    }
    write_policies(&layer.policies, 6, text);
}

fn write_level(level: &Level, text: &mut String) {
    let kind = if level.kind == "organizational_unit" { "unit" } else { &level.kind };
    let called = format!("{kind} {} ({})", level.name, level.id);
    let _ = writeln!(text, "      {called:<46}{}", part(level.says));
    write_policies(&level.policies, 10, text);
}

/// Policies with something to say are told by their statements, the others by their names on one line.
fn write_policies(policies: &[PolicySaid], indent: usize, text: &mut String) {
    for policy in policies.iter().filter(|policy| !policy.statements.is_empty()) {
        for statement in &policy.statements {
            write_statement(policy, statement, indent, text);
        }
    }
    let silent: Vec<_> = policies.iter().filter(|policy| policy.statements.is_empty()).map(called).collect();
    if !silent.is_empty() {
        let _ = writeln!(text, "{:indent$}nothing to this: {}", "", silent.join(", "));
    }
}

fn called(policy: &PolicySaid) -> String {
    let held_by = policy.held_by.as_ref().map(|holder| format!(" of {holder}")).unwrap_or_default();
    let draft = if policy.draft { " (draft)" } else { "" };
    format!("{}{held_by}{draft}", policy.name)
}

fn write_statement(policy: &PolicySaid, statement: &StatementSaid, indent: usize, text: &mut String) {
    let does = match (statement.effect.as_str(), statement.applies) {
        ("Deny", true) => "DENY",
        ("Deny", false) => "would deny",
        (_, true) => "allow",
        (_, false) => "would allow",
    };
    let sid = statement.sid.as_ref().map(|sid| format!(" {sid}")).unwrap_or_default();
    let lines = match statement.lines {
        Some((first, last)) if first == last => format!(", line {first}"),
        Some((first, last)) => format!(", lines {first} to {last}"),
        None => String::new(),
    };
    let condition = if statement.applies { "" } else { ", but for a condition" };
    let _ = writeln!(
        text,
        "{:indent$}{does}: {}, statement {}{sid}{lines}{condition}",
        "",
        called(policy),
        statement.number
    );
    for condition in &statement.conditions {
        write_condition(condition, indent + 4, text);
    }
}

fn write_condition(condition: &ConditionSaid, indent: usize, text: &mut String) {
    let holds = match condition.holds {
        Some(true) => "holds",
        Some(false) => "does not hold",
        None => "cannot be evaluated",
    };
    let seen = match &condition.seen {
        Some(values) => values.join(", "),
        None => "no such key".to_owned(),
    };
    let _ = writeln!(text, "{:indent$}{} {}: {holds}", "", condition.operator, condition.key);
    let _ = writeln!(text, "{:indent$}    saw {seen}   wanted {}", "", condition.wanted.join(", "));
}

/// The name of a layer.
pub fn name(layer: LayerName) -> &'static str {
    match layer {
        LayerName::ResourceControlPolicies => "resource control policies",
        LayerName::ServiceControlPolicies => "service control policies",
        LayerName::ResourcePolicy => "resource policy",
        LayerName::TrustPolicy => "trust policy",
        LayerName::IdentityPolicies => "identity policies",
        LayerName::PermissionsBoundary => "permissions boundary",
        LayerName::SessionPolicies => "session policies",
        LayerName::DelegationPolicy => "delegation policy",
    }
}

/// The word for what a part says, here and on the console's page.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Allow => "allow",
        Part::Deny => "DENY",
        Part::Nothing => "nothing",
        Part::NotReached => "not reached",
        Part::DoesNotApply => "does not apply",
    }
}

fn principals(page: &Principals, text: &mut String) {
    let _ = writeln!(text, "who may {}", page.action);
    for one in &page.principals {
        let verdict = match one.decision {
            Decision::Allowed => "may    ",
            Decision::Denied | Decision::RefusedEarlier => "may not",
            Decision::TooLong => "?      ",
        };
        let because = match (one.layer, &one.message) {
            (Some(layer), _) => format!("   {}", name(layer)),
            (None, Some(message)) => format!("   {message}"),
            (None, None) => String::new(),
        };
        let _ = writeln!(text, "{verdict}  {}{because}", one.principal);
    }
    if let Some(token) = &page.next_token {
        let _ = writeln!(text, "more: --next-token {token}");
    }
}
