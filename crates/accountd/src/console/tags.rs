//! Tags of whatever has some, and the forms that change them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::form::Form;
use super::visit::Visit;

/// Something that has tags.
pub struct Tagged<'a> {
    /// The operation that sets some, and the one that takes some away.
    pub operations: (&'static str, &'static str),
    /// The member of both that says whose they are.
    pub member: &'static str,
    /// Its value.
    pub id: &'a str,
}

impl<'a> Tagged<'a> {
    /// A root, unit, account or policy of an organization.
    pub fn of_organization(id: &'a str) -> Self {
        let operations = ("organizations:TagResource", "organizations:UntagResource");
        Self { operations, member: "ResourceId", id }
    }

    /// The tags, each with what changes it, and the form for one more.
    pub fn shown(&self, visit: &Visit, tags: &BTreeMap<String, String>) -> Markup {
        let add = Form::new(visit, self.operations.0, "tag");
        html! {
            h2 { "Tags" }
            @if tags.is_empty() { p { "None yet." } }
            ul class="plain" { @for (place, (key, value)) in tags.iter().enumerate() {
                li { (self.one(visit, place, key, value)) }
            } }
            (add.folded("Add a tag", html! {
                (add.fixed(self.member, self.id))
                (add.text("Tags.member.1.Key", "Key", ""))
                (add.text("Tags.member.1.Value", "Value", ""))
            }, "Tag"))
        }
    }

    fn one(&self, visit: &Visit, place: usize, key: &str, value: &str) -> Markup {
        let change = Form::new(visit, self.operations.0, format!("tag-{place}"));
        let remove = Form::new(visit, self.operations.1, format!("untag-{place}"));
        html! {
            bdi { (key) } "=" bdi { (value) } " "
            (remove.only_button(&[(self.member, self.id), ("TagKeys.member.1", key)], &format!("Remove {key}")))
            (change.folded(&format!("Change {key}"), html! {
                (change.fixed(self.member, self.id))
                (change.fixed("Tags.member.1.Key", key))
                (change.text("Tags.member.1.Value", "Value", value))
            }, "Tag"))
        }
    }
}
