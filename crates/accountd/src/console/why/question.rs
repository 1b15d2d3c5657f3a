//! What is asked: read from an address or a form, and the forms that ask.

use maud::{Markup, html};
use serde_json::Value;
use services::explain::Question;

use crate::console::fields::address;
use crate::console::somebody::{self, Suggested};
use crate::console::visit::Visit;
use crate::explain::Parts;

/// What begins the name of a field that holds the draft of a policy.
const DRAFT: &str = "d.";

/// The fields of a question but for its drafts, in the order of the form.
const FIELDS: [&str; 10] =
    ["event", "principal", "action", "resource", "members", "context", "who", "next_token", ATTACH, DETACH];

/// Policies that are to be taken as attached, or as not: a line each of `POLICY=TARGET`.
const ATTACH: &str = "attach";
const DETACH: &str = "detach";

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
        let mut attachments = self.placed(ATTACH, true)?;
        attachments.extend(self.placed(DETACH, false)?);
        let parts = Parts {
            event: text("event"),
            principal: text("principal").map(as_principal),
            action: text("action"),
            resource: text("resource"),
            context: context.collect::<Result<_, _>>()?,
            members,
            drafts: self.drafts.clone(),
            attachments,
            who: text("who"),
            next_token: text("next_token"),
        };
        serde_json::from_value(parts.into_question()).map_err(|error| error.to_string())
    }

    fn placed(&self, field: &str, attached: bool) -> Result<Vec<(String, String, bool)>, String> {
        let lines = self.get(field).lines().map(str::trim).filter(|line| !line.is_empty());
        let pair = |line: &str| {
            let (policy, target) = line.split_once('=')?;
            Some((policy.to_owned(), target.to_owned(), attached))
        };
        lines
            .map(|line| pair(line).ok_or_else(|| format!("\"{line}\" is not of the form POLICY=TARGET.")))
            .collect()
    }

    /// The address of the same question with nothing drafted.
    pub fn address_as_stored(&self) -> String {
        self.address(&[(ATTACH, ""), (DETACH, "")])
    }

    /// The address of the same question as if a policy were detached as well.
    pub fn address_without(&self, policy: &str, target: &str) -> String {
        let detached = format!("{}\n{policy}={target}", self.get(DETACH));
        self.address(&[(DETACH, detached.trim())])
    }

    /// What is asked as if it were attached or detached: told, and carried on by a form.
    fn placements(&self) -> Markup {
        html! {
            @for field in [ATTACH, DETACH] {
                @let lines = self.get(field);
                @if !lines.is_empty() {
                    input type="hidden" name=(field) value=(lines);
                    @for line in lines.lines() { p { "As if " code { (line) } " were " (field) "ed." } }
                }
            }
        }
    }

    /// The address of the same question without drafts of documents, and with other values of some fields.
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

/// A principal as explanations name it. Those of a session, or that are wrong, are left as they are.
fn as_principal(text: String) -> String {
    let actor = if text.starts_with("arn:") { None } else { somebody::read(&text) };
    actor.map_or(text, |actor| somebody::principal(&actor))
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
pub fn another(visit: &Visit, asked: &Asked, suggested: &Suggested) -> Markup {
    html! { details { summary { "Ask something else" } (first_forms(visit, asked, suggested)) } }
}

/// The forms of a page without an answer.
pub fn first_forms(visit: &Visit, asked: &Asked, suggested: &Suggested) -> Markup {
    let principal = match (asked.get("principal"), &visit.actor) {
        ("", Some(actor)) => somebody::write(actor),
        (asked, _) => asked.to_owned(),
    };
    html! {
        p { "Of a call that was made: open a refused one in " a href="/calls?refused=on" { "Calls" } " and follow its " i { "why" } "." }
        h2 { "May somebody do something?" }
        form method="get" action="/why" {
            (asked.placements())
            (somebody::field("principal", "Who", &principal, suggested))
            (text_field("action", "Action, for example account:EnableRegion", asked.get("action"), true))
            (text_field("resource", "Resource, an ARN; what the operation asks for where left out", asked.get("resource"), false))
            (area(asked, "members", "Input of the operation, JSON", 3))
            (area(asked, "context", "Condition keys, KEY=VALUE a line", 2))
            p class="buttons" { button type="submit" { "Ask" } }
        }
        h2 { "Who may do something?" }
        form method="get" action="/why" {
            (asked.placements())
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
