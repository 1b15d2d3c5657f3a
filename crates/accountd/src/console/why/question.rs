//! What is asked: read from an address or a form, and the forms that ask.

use maud::{Markup, html};
use serde_json::Value;
use services::explain::Question;
use services::front::acting::Actor;

use crate::console::fields::address;
use crate::console::visit::Visit;
use crate::explain::Parts;

/// What begins the name of a field that holds the draft of a policy.
const DRAFT: &str = "d.";

/// The fields of a question but for its drafts, in the order of the form.
const FIELDS: [&str; 8] =
    ["event", "principal", "action", "resource", "members", "context", "who", "next_token"];

/// A question as its fields hold it.
pub struct Asked {
    values: [String; FIELDS.len()],
    /// Policies, each with the document in its place.
    pub drafts: Vec<(String, String)>,
}

impl Asked {
    /// Reads the form where one was sent, else the address.
    pub fn read(visit: &Visit) -> Self {
        let sent = visit.form.iter().next().is_some();
        let fields = if sent { &visit.form } else { &visit.query };
        let values = FIELDS.map(|name| fields.filled(name).unwrap_or_default().to_owned());
        let drafts = fields.iter().filter_map(|(name, value)| {
            let policy = name.strip_prefix(DRAFT).filter(|policy| !policy.is_empty())?;
            Some((policy.to_owned(), value.to_owned()))
        });
        Self { values, drafts: drafts.collect() }
    }

    /// The value of a field; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let place = FIELDS.iter().position(|known| *known == name);
        place.map_or("", |place| &self.values[place])
    }

    /// Whether nothing is asked.
    pub fn is_nothing(&self) -> bool {
        ["event", "principal", "who"].iter().all(|name| self.get(name).is_empty())
    }

    /// The question.
    ///
    /// # Errors
    /// One line that says which field is wrong.
    pub fn question(&self) -> Result<Question, String> {
        let text = |name: &str| Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned);
        let members: Option<Value> = text("members")
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| format!("The input is no JSON: {error}."))?;
        let lines = self.get("context").lines().map(str::trim).filter(|line| !line.is_empty());
        let pair = |line: &str| {
            let (key, value) = line.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        };
        let context = lines.map(|line| {
            pair(line).ok_or_else(|| format!("Condition keys are lines of KEY=VALUE, not \"{line}\"."))
        });
        let parts = Parts {
            event: text("event"),
            principal: text("principal"),
            action: text("action"),
            resource: text("resource"),
            context: context.collect::<Result<_, _>>()?,
            members,
            drafts: self.drafts.clone(),
            who: text("who"),
            next_token: text("next_token"),
        };
        serde_json::from_value(parts.into_question()).map_err(|error| error.to_string())
    }

    /// The address of the same question without its drafts, and with other values of some fields.
    pub fn address(&self, others: &[(&str, &str)]) -> String {
        let value = |name: &'static str| {
            let other = others.iter().find(|(known, _)| *known == name);
            (name, other.map_or_else(|| self.get(name), |(_, value)| value))
        };
        address("/why", &FIELDS.map(value))
    }

    /// The whole question in fields that are not seen, but for the draft of `policy`.
    fn hidden(&self, visit: &Visit, policy: &str) -> Markup {
        html! {
            (visit.hidden_token())
            @for (name, value) in FIELDS.iter().zip(&self.values).filter(|(_, value)| !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
            @for (other, document) in self.drafts.iter().filter(|(other, _)| other != policy) {
                input type="hidden" name={ (DRAFT) (other) } value=(document);
            }
        }
    }
}

/// A policy's document to be edited, and the same call asked with it.
pub fn draft(
    visit: &Visit,
    asked: &Asked,
    policy: &str,
    name: &str,
    document: &str,
    is_open: bool,
) -> Markup {
    html! {
        details open[is_open] {
            summary { "Edit " bdi { (name) } " as a draft" }
            form method="post" action="/why" {
                (asked.hidden(visit, policy))
                div class="field" {
                    label {
                        "Document of " code { (policy) } span class="quiet" { ", for this answer only" }
                        textarea name={ (DRAFT) (policy) } rows="14" spellcheck="false" { "\n" (document) }
                    }
                }
                p class="buttons" { button type="submit" { "Ask again with this draft" } }
            }
        }
    }
}

/// The same forms, folded, below an answer.
pub fn another(visit: &Visit, asked: &Asked) -> Markup {
    html! { details { summary { "Ask something else" } (first_forms(visit, asked)) } }
}

/// The forms of a page without an answer.
pub fn first_forms(visit: &Visit, asked: &Asked) -> Markup {
    let principal = match &visit.actor {
        _ if !asked.get("principal").is_empty() => asked.get("principal").to_owned(),
        Some(Actor::Root(account)) => account.to_string(),
        Some(Actor::User(account, name)) => format!("arn:aws:iam::{account}:user/{name}"),
        Some(Actor::Role(account, name)) => format!("arn:aws:sts::{account}:assumed-role/{name}/session"),
        None => String::new(),
    };
    html! {
        p { "Of a call that was made: open a refused one in " a href="/calls?refused=on" { "Calls" } " and follow its " i { "why" } "." }
        h2 { "May somebody do something?" }
        form method="get" action="/why" {
            (text_field("principal", "Who: an ARN, or an account's id for its root user", &principal, true))
            (text_field("action", "Action, for example account:EnableRegion", asked.get("action"), true))
            (text_field("resource", "Resource, an ARN; what the operation asks for where left out", asked.get("resource"), false))
            (area(asked, "members", "Input of the operation, JSON", 3))
            (area(asked, "context", "Condition keys, KEY=VALUE a line", 2))
            p class="buttons" { button type="submit" { "Ask" } }
        }
        h2 { "Who may do something?" }
        form method="get" action="/why" {
            div class="field" {
                label for="who" { "Everybody of an account, by its id, or of the organization" }
                input id="who" name="who" required value=(if asked.get("who").is_empty() { "organization" } else { asked.get("who") });
            }
            div class="field" {
                label for="who-action" { "Action" }
                input id="who-action" name="action" required value=(asked.get("action"));
            }
            div class="field" {
                label for="who-members" { "Input of the operation, JSON" span class="quiet" { " optional" } }
                textarea id="who-members" name="members" rows="2" spellcheck="false" { "\n" (asked.get("members")) }
            }
            p class="buttons" { button type="submit" { "List" } }
        }
    }
}

fn text_field(name: &str, label: &str, value: &str, is_required: bool) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) @if !is_required { span class="quiet" { " optional" } } }
            input id=(name) name=(name) required[is_required] value=(value);
        }
    }
}

fn area(asked: &Asked, name: &str, label: &str, rows: u8) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) span class="quiet" { " optional" } }
            textarea id=(name) name=(name) rows=(rows) spellcheck="false" { "\n" (asked.get(name)) }
        }
    }
}
