//! Forms whose button is an operation. What was refused stands in them still, with the API's message beside each field.

use maud::{Markup, PreEscaped, html};

use super::outcome::{MEMBER, OPTIONAL, Outcome};
use super::visit::Visit;

/// One form.
pub struct Form<'v> {
    visit: &'v Visit,
    operation: &'static str,
    /// Tells it from others on its page, and makes the ids of its fields.
    name: String,
}

impl<'v> Form<'v> {
    /// A form for an operation such as `organizations:CreateAccount`.
    pub fn new(visit: &'v Visit, operation: &'static str, name: impl Into<String>) -> Self {
        Self { visit, operation, name: name.into() }
    }

    /// What was answered to this very form.
    fn outcome(&self) -> Option<&'v Outcome> {
        self.visit.outcome.as_ref().filter(|outcome| outcome.is_of(&self.name))
    }

    /// Whether it was refused, so that it stands open.
    pub fn is_refused(&self) -> bool {
        self.outcome().is_some_and(|outcome| outcome.result.is_err())
    }

    /// The id of the form's element.
    pub fn id(&self) -> String {
        format!("form-{}", self.name)
    }

    /// The whole form around its fields.
    pub fn around(&self, fields: Markup, button: &str) -> Markup {
        html! {
            form method="post" action="/act" id=(self.id()) {
                (self.hidden())
                (fields)
                p class="buttons" { button type="submit" { (button) } }
            }
        }
    }

    /// The same in a fold that is open after a refusal.
    pub fn folded(&self, summary: &str, fields: Markup, button: &str) -> Markup {
        html! {
            details open[self.is_refused()] {
                summary { (summary) }
                (self.around(fields, button))
            }
        }
    }

    /// A form of fixed members that is nothing but a button.
    pub fn only_button(&self, members: &[(&str, &str)], label: &str) -> Markup {
        html! {
            form class="inline" method="post" action="/act" id=(self.id()) {
                (self.hidden())
                @for (name, value) in members { (self.fixed(name, value)) }
                button type="submit" { (label) }
            }
        }
    }

    /// What cannot be undone asks first.
    pub fn confirmed(&self, members: &[(&str, &str)], label: &str, warning: &str, then: &str) -> Markup {
        html! {
            details class="danger" open[self.is_refused()] {
                summary { (label) }
                form method="post" action="/act" id=(self.id()) {
                    (self.hidden())
                    @if !then.is_empty() { input type="hidden" name="then" value=(then); }
                    @for (name, value) in members { (self.fixed(name, value)) }
                    p { (warning) }
                    p class="buttons" { button type="submit" { "Yes: " (label) } }
                }
            }
        }
    }

    /// The token, the operation and the way back.
    pub fn hidden(&self) -> Markup {
        html! {
            (self.visit.hidden_token())
            input type="hidden" name="operation" value=(self.operation);
            input type="hidden" name="form" value=(self.name);
            input type="hidden" name="back" value=(self.visit.address);
        }
    }

    /// A member that is not asked for.
    pub fn fixed(&self, member: &str, value: &str) -> Markup {
        html! { input type="hidden" name={ (MEMBER) (member) } value=(value); }
    }

    /// A member of one line that must be there, and says so itself.
    pub fn text(&self, member: &str, label: &str, current: &str) -> Markup {
        self.line(MEMBER, member, label, current)
    }

    /// A member of one line that may be left out.
    pub fn optional(&self, member: &str, label: &str, current: &str) -> Markup {
        self.line(OPTIONAL, member, label, current)
    }

    fn line(&self, prefix: &str, member: &str, label: &str, current: &str) -> Markup {
        let (field, value) = self.field(prefix, member, current);
        let control = html! {
            input id=(field.id) name=(field.name) value=(value) autocomplete="off"
                aria-describedby=[field.described_by()] aria-invalid=[field.is_wrong()];
        };
        field.labelled(label, prefix == OPTIONAL, control)
    }

    /// A member that nobody is to read over a shoulder. What was typed is not repeated.
    pub fn secret(&self, member: &str, label: &str) -> Markup {
        let (field, _) = self.field(MEMBER, member, "");
        let control = html! {
            input type="password" id=(field.id) name=(field.name) autocomplete="new-password"
                aria-describedby=[field.described_by()] aria-invalid=[field.is_wrong()];
        };
        field.labelled(label, false, control)
    }

    /// A member of several lines; a document that is checked while one types where `checked_as` says how.
    pub fn area(&self, member: &str, label: &str, current: &str, checked_as: Option<&str>) -> Markup {
        let (field, value) = self.field(MEMBER, member, current);
        // A browser drops a line break right after the tag, so that one is given.
        let control = html! {
            textarea id=(field.id) name=(field.name) rows="14" spellcheck="false" data-check=[checked_as]
                aria-describedby=[field.described_by()] aria-invalid=[field.is_wrong()]
                { (PreEscaped("\n")) (value) }
            @if checked_as.is_some() { p class="checked" role="status" aria-live="polite" {} }
        };
        field.labelled(label, false, control)
    }

    /// A member that is one of a few values, each with its label.
    pub fn choice<'a>(
        &self,
        member: &str,
        label: &str,
        current: &str,
        choices: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Markup {
        let (field, value) = self.field(MEMBER, member, current);
        let control = html! {
            select id=(field.id) name=(field.name) aria-describedby=[field.described_by()] {
                @for (choice, shown) in choices {
                    option value=(choice) selected[choice == value] { (shown) }
                }
            }
        };
        field.labelled(label, false, control)
    }

    fn field<'a>(&self, prefix: &str, member: &str, current: &'a str) -> (Field, String)
    where
        'v: 'a,
    {
        let name = format!("{prefix}{member}");
        let refused = self.outcome().filter(|outcome| outcome.result.is_err());
        let given = refused.and_then(|outcome| outcome.given.get(&name));
        let said = refused.map(|outcome| outcome.said_of(member)).unwrap_or_default();
        let id = format!("{}-{}", self.name, member.replace('.', "-"));
        (Field { id, name, said }, given.unwrap_or(current).to_owned())
    }
}

/// A field with what the API said of its value.
struct Field {
    id: String,
    name: String,
    said: Vec<String>,
}

impl Field {
    fn described_by(&self) -> Option<String> {
        (!self.said.is_empty()).then(|| format!("{}-said", self.id))
    }

    fn is_wrong(&self) -> Option<&'static str> {
        (!self.said.is_empty()).then_some("true")
    }

    fn labelled(&self, label: &str, is_optional: bool, control: Markup) -> Markup {
        html! {
            div class="field" {
                label for=(self.id) { (label) @if is_optional { span class="quiet" { " optional" } } }
                (control)
                @if !self.said.is_empty() {
                    ul class="said" id={ (self.id) "-said" } { @for text in &self.said { li { (text) } } }
                }
            }
        }
    }
}
