//! One explanation: the verdict, and every layer with its policies, statements, conditions and documents.

use maud::{Markup, html};
use services::authority::explained::{
    AskedExplained, ConditionSaid, KeyValue, Layer, Part, PolicySaid, StatementSaid,
};
use services::explain::Explained;
use services::explain::answer::Decision;

use super::question::{self, Asked};
use crate::console::fields::escaped;
use crate::console::marks::{self, Sign, sign};
use crate::console::visit::Visit;
use crate::explain::text::{name, part as said};

/// Policies that are AWS's own, which cannot be drafted.
fn is_of_aws(policy: &PolicySaid) -> bool {
    policy.id.starts_with("arn:aws:iam::aws:policy/")
        || matches!(
            policy.id.as_str(),
            "p-FullAWSAccess" | "p-RCPFullAWSAccess" | "root user" | "account:root"
        )
}

/// Policies that an organization attaches and detaches.
fn can_be_detached(policy: &PolicySaid) -> bool {
    policy.id.starts_with("p-") && policy.id != "p-RCPFullAWSAccess"
}

/// The whole explanation.
pub fn call(visit: &Visit, asked: &Asked, explained: &Explained) -> Markup {
    html! {
        h1 { bdi { (explained.principal) } " → " (explained.action) }
        p role="status" {
            (verdict(explained.decision))
            @if !explained.drafts.is_empty() {
                " as drafted. " a href=(asked.address_as_stored()) { "As stored" }
            }
        }
        @if let Some(refusal) = &explained.refusal { p { b { (refusal.code) } } blockquote { (refusal.message) } }
        @if let Some(event) = &explained.event {
            p {
                "Recorded " (marks::time(event.time)) " as "
                @match &event.error_code { Some(code) => { b { (code) } } None => { "answered" } }
                ": " a href={ "/calls/" (escaped(&event.id)) } { "the call" }
            }
        }
        @for note in &explained.notes { p class="quiet" { (note) } }
        @for one in &explained.asked { (asked_for(visit, asked, one)) }
    }
}

fn verdict(decision: Decision) -> Markup {
    match decision {
        Decision::Allowed => sign(Sign::Good, "ALLOWED"),
        Decision::Denied => sign(Sign::Bad, "REFUSED"),
        Decision::RefusedEarlier => sign(Sign::Bad, "REFUSED before policies are asked"),
        Decision::TooLong => sign(Sign::Bad, "NOT FOUND OUT"),
    }
}

fn asked_for(visit: &Visit, asked: &Asked, one: &AskedExplained) -> Markup {
    html! {
        h2 {
            (one.action) " on " bdi { (one.resource) } " "
            @if one.allowed { (sign(Sign::Good, "allowed")) } @else { (sign(Sign::Bad, "refused")) }
        }
        ol class="layers" { @for one in &one.layers { li { (layer(visit, asked, one)) } } }
        details {
            summary { "What the request says about itself" }
            dl { @for (key, value) in &one.context { dt { (key) } dd { bdi { (text_of(value)) } } } }
        }
    }
}

fn text_of(value: &KeyValue) -> String {
    match value {
        KeyValue::One(text) => text.clone(),
        KeyValue::Several(texts) => texts.join(", "),
    }
}

fn layer(visit: &Visit, asked: &Asked, layer: &Layer) -> Markup {
    html! {
        h3 {
            (name(layer.layer)) " "
            (part(layer.outcome, layer.decides))
            @if layer.decides { " " span class="mark" { "◆ decides" } }
            @if layer.outcome == Part::NotReached && let Some(says) = layer.says {
                span class="quiet" { ", by itself " (said(says)) }
            }
        }
        @for level in &layer.levels {
            p {
                (level.kind.replace('_', " ")) " " b { bdi { (level.name) } } " " code { (level.id) } " "
                (part(level.says, layer.decides))
            }
            (policies(visit, asked, &level.policies, layer.decides))
            @for policy in level.policies.iter().filter(|policy| can_be_detached(policy)) {
                p { a href=(asked.address_without(&policy.id, &level.id)) {
                    "As if " bdi { (policy.name) } " were detached from " bdi { (level.name) } } }
            }
        }
        (policies(visit, asked, &layer.policies, layer.decides))
    }
}

/// What a part says. Having nothing to say is bad only where it decides.
fn part(part: Part, decides: bool) -> Markup {
    match part {
        Part::Allow => sign(Sign::Good, said(part)),
        Part::Deny => sign(Sign::Bad, said(part)),
        Part::Nothing if decides => sign(Sign::Bad, said(part)),
        other => html! { span class="quiet" { (said(other)) } },
    }
}

fn policies(visit: &Visit, asked: &Asked, policies: &[PolicySaid], decides: bool) -> Markup {
    html! {
        @if !policies.is_empty() {
            ul class="plain" { @for one in policies { li { (policy(visit, asked, one, decides)) } } }
        }
    }
}

fn policy(visit: &Visit, asked: &Asked, policy: &PolicySaid, decides: bool) -> Markup {
    let denies = policy.statements.iter().any(|statement| statement.applies && statement.effect == "Deny");
    html! {
        (called(policy))
        @if policy.statements.is_empty() { span class="quiet" { " nothing to this" } }
        @if !policy.statements.is_empty() {
            ul { @for one in &policy.statements { li { (statement(one)) } } }
        }
        @if let Some(document) = &policy.document {
            details open[decides && denies] {
                summary { "Document of " bdi { (policy.name) } }
                (marked(document, &policy.statements))
            }
            @if !is_of_aws(policy) {
                (question::draft(visit, asked, &policy.id, &policy.name, document, policy.draft))
            }
        }
    }
}

fn called(policy: &PolicySaid) -> Markup {
    html! {
        @if policy.id.starts_with("p-") && !is_of_aws(policy) { (marks::policy_link(&policy.id, &policy.name)) }
        @else { bdi { (policy.name) } }
        @if let Some(holder) = &policy.held_by { " of " bdi { (holder) } }
        @if policy.draft { " " span class="mark" { "◆ draft" } }
    }
}

fn statement(statement: &StatementSaid) -> Markup {
    let does = match (statement.effect.as_str(), statement.applies) {
        ("Deny", true) => sign(Sign::Bad, "DENY"),
        (_, true) => sign(Sign::Good, "allow"),
        ("Deny", false) => html! { span class="quiet" { "would deny, but for a condition" } },
        (_, false) => html! { span class="quiet" { "would allow, but for a condition" } },
    };
    html! {
        (does) " statement " (statement.number)
        @if let Some(sid) = &statement.sid { " " bdi { (sid) } }
        @if let Some((first, last)) = statement.lines {
            @if first == last { ", line " (first) } @else { ", lines " (first) " to " (last) }
        }
        @for one in &statement.conditions { (condition(one)) }
    }
}

fn condition(condition: &ConditionSaid) -> Markup {
    let holds = match condition.holds {
        Some(true) => "holds",
        Some(false) => "does not hold",
        None => "cannot be evaluated",
    };
    html! {
        dl {
            dt { "Condition" } dd { code { (condition.operator) " " (condition.key) } " " b { (holds) } }
            dt { "saw" } dd { @match &condition.seen {
                Some(values) => { bdi { (values.join(", ")) } }
                None => { span class="quiet" { "no such key" } }
            } }
            dt { "wanted" } dd { bdi { (condition.wanted.join(", ")) } }
        }
    }
}

/// A document with line numbers, in which the lines of its statements that mean the request are marked.
fn marked(document: &str, statements: &[StatementSaid]) -> Markup {
    let is_marked = |line: usize| {
        let mut lines = statements.iter().filter(|statement| statement.applies).filter_map(|it| it.lines);
        lines.any(|(first, last)| first <= line && line <= last)
    };
    html! {
        ol class="numbered" tabindex="0" {
            @for (at, line) in document.lines().enumerate() {
                li { code { @if is_marked(at + 1) { mark { (line) } } @else { (line) } } }
            }
        }
    }
}
