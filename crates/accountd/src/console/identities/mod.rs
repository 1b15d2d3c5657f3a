//! Identities of an account: users, groups, roles and policies, each with a page of its own.

mod documents;
mod overview;
mod policy;
mod principal;

use aws::arn::AccountId;
use maud::{Markup, html};
use services::front::acting::Actor;

use super::Console;
use super::acting::button;
use super::marks::account_link;
use super::shell::{Page, Place, Wrong};
use super::visit::Visit;
use principal::{GROUP, ROLE, USER};

/// The page at the rest of an address below `/accounts/ID/iam`.
///
/// # Errors
/// There is nothing at this address, or the store failed.
pub async fn page(console: &Console, visit: &Visit, account: &str, rest: &[&str]) -> Result<Page, Wrong> {
    let none = || Wrong::NotFound("There is no such account, user, group, role or policy.".to_owned());
    let account: AccountId = account.parse().map_err(|_| none())?;
    let page = match rest {
        [] => overview::page(console, visit, account).await?,
        ["users", name] => principal::page(console, visit, account, &USER, name).await?,
        ["groups", name] => principal::page(console, visit, account, &GROUP, name).await?,
        ["roles", name] => principal::page(console, visit, account, &ROLE, name).await?,
        ["policies", name] => policy::page(console, visit, account, name).await?,
        _ => None,
    };
    let (title, main) = page.ok_or_else(none)?;
    Ok(Page::new(Place::Identities, title, main))
}

/// Where the page is, and that IAM changes the account of whoever acts.
fn heading(visit: &Visit, account: AccountId, title: &Markup) -> Markup {
    let is_own = visit.actor.as_ref().is_some_and(|actor| actor.account() == account);
    html! {
        h1 { (title) }
        p { "Account " (account_link(account)) " · " a href={ "/accounts/" (account) "/iam" } { "all identities" } }
        @if !is_own {
            p class="quiet" { "IAM changes the account of whoever acts. To change anything here, act as somebody of it: "
                (button(visit, &Actor::Root(account), &visit.address, "act as its root user")) }
        }
    }
}
