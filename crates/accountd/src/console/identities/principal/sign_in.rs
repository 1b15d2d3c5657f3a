//! How a user signs in besides its access keys: a password for the console, and MFA devices.

use aws::arn::AccountId;
use maud::{Markup, html};
use services::state::identity::LoginProfile;

use crate::console::fields::{address, escaped};
use crate::console::form::Form;
use crate::console::marks;
use crate::console::visit::Visit;

/// The two of them, with what changes them.
pub fn shown(
    visit: &Visit,
    account: AccountId,
    user: &str,
    profile: Option<&LoginProfile>,
    devices: &[String],
) -> Markup {
    html! {
        (password(visit, user, profile))
        h2 { "MFA devices" }
        @if devices.is_empty() { p { "None." } }
        ul class="plain" { @for place in devices {
            li { a href={ "/accounts/" (account) "/iam/mfa-devices/" (escaped(place)) } { bdi { (place) } } }
        } }
        p { a href=(address(&format!("/accounts/{account}/iam"), &[("tab", "mfa")])) { "All MFA devices" } }
    }
}

fn password(visit: &Visit, user: &str, profile: Option<&LoginProfile>) -> Markup {
    let delete = Form::new(visit, "iam:DeleteLoginProfile", "no-password");
    let (operation, label) = match profile {
        Some(_) => ("iam:UpdateLoginProfile", "Change the password"),
        None => ("iam:CreateLoginProfile", "Give it a password"),
    };
    let set = Form::new(visit, operation, "password");
    let must_change = profile.is_some_and(|profile| profile.reset_required);
    html! {
        h2 { "Password" }
        @match profile {
            Some(profile) => {
                p { "Set " (marks::time(profile.changed_at))
                    @if must_change { ", to be changed at the next sign-in" } " "
                    (delete.only_button(&[("UserName", user)], "Take the password away")) }
            }
            None => { p { "None." } }
        }
        (set.folded(label, html! {
            (set.fixed("UserName", user))
            (set.secret("Password", "Password"))
            (set.choice("PasswordResetRequired", "Must it be changed at the next sign-in?", if must_change { "true" } else { "false" },
                [("false", "no"), ("true", "yes")]))
        }, label))
    }
}
