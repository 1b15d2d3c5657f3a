//! A user's access keys. The secret is shown once: in the answer that makes the key.

use aws::arn::AccountId;
use maud::{Markup, html};
use services::state::identity::Credential;

use crate::console::form::Form;
use crate::console::marks::{self, Sign, sign};
use crate::console::visit::Visit;

/// The list, and the button for one more.
pub fn shown(visit: &Visit, account: AccountId, user: &str, keys: &[Credential]) -> Markup {
    let create = Form::new(visit, "iam:CreateAccessKey", "create-key");
    html! {
        h2 { "Access keys" }
        @if keys.is_empty() { p { "None yet." } }
        ul class="plain" { @for key in keys { li { (one(visit, account, user, key)) } } }
        (create.only_button(&[("UserName", user)], "Create access key"))
        p class="quiet" { "The secret is shown once, in the answer." }
    }
}

fn one(visit: &Visit, account: AccountId, user: &str, key: &Credential) -> Markup {
    let id = key.access_key_id.as_str();
    let (state, to, label) = match key.active {
        true => (sign(Sign::Good, "Active"), "Inactive", "Switch off"),
        false => (sign(Sign::Bad, "Inactive"), "Active", "Switch on"),
    };
    let update = Form::new(visit, "iam:UpdateAccessKey", format!("switch-{id}"));
    let delete = Form::new(visit, "iam:DeleteAccessKey", format!("delete-{id}"));
    html! {
        (marks::id(id)) " " (state) " since " (marks::time(key.created_at)) " "
        a href={ "/calls?account=" (account) "&key=" (id) } { "last used" } " "
        (update.only_button(&[("UserName", user), ("AccessKeyId", id), ("Status", to)], &format!("{label} {id}"))) " "
        (delete.only_button(&[("UserName", user), ("AccessKeyId", id)], &format!("Delete {id}")))
    }
}
