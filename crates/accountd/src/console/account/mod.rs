//! One account: its contacts, Regions, addresses and policies, each changed where it stands; and how to use it.

mod address;
mod contacts;
mod credentials;
mod membership;
mod regions;

use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;
use maud::{Markup, html};
use services::state::account::Account;
use services::state::organization::Membership;
use services::world::key::Prefix;

use super::Console;
use super::fields::address as address_with;
use super::form::Form;
use super::marks;
use super::news;
use super::shell::{Page, Place, Wrong};
use super::visit::Visit;
use crate::admin::access::Access;
use membership::Member;

/// Accounts on one page of the list.
const PER_PAGE: usize = 50;

/// An account, and its membership where it is in an organization.
type Listed = (Arc<Account>, Option<Arc<Membership>>);

/// All accounts, in an organization or not.
///
/// # Errors
/// The store failed.
pub async fn list(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let (accounts, next) = listed(console, visit).await?;
    let main = html! {
        h1 { "Accounts" }
        p { "All accounts that accountd holds, in an organization or not." }
        (table(visit, &accounts, ""))
        (marks::next_page(next.map(|after| address_with("/accounts", &[("after", &after)]))))
    };
    Ok(Page::new(Place::Accounts, "Accounts", main))
}

/// The accounts whose identities can be looked at.
///
/// # Errors
/// The store failed.
pub async fn list_for_identities(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let (accounts, next) = listed(console, visit).await?;
    let main = html! {
        h1 { "Identities" }
        p { "Users, groups, roles and policies belong to an account. Choose one." }
        (table(visit, &accounts, "/iam"))
        (marks::next_page(next.map(|after| address_with("/identities", &[("after", &after)]))))
    };
    Ok(Page::new(Place::Identities, "Identities", main))
}

async fn listed(console: &Console, visit: &Visit) -> Result<(Vec<Listed>, Option<String>), Wrong> {
    let after = visit.query.filled("after").map(str::to_owned);
    console
        .look(move |world| {
            let mut keys = world.keys::<Account>(&Prefix::empty(), after.as_deref(), PER_PAGE + 1)?;
            let is_cut = keys.len() > PER_PAGE;
            keys.truncate(PER_PAGE);
            let mut accounts = Vec::with_capacity(keys.len());
            for key in keys {
                let id = key.id()?;
                if let Some(account) = world.get::<Account>(id)? {
                    accounts.push((account, world.get::<Membership>(id)?));
                }
            }
            let next = accounts.last().filter(|_| is_cut).map(|(account, _)| account.id.to_string());
            Ok((accounts, next))
        })
        .await
}

fn table(visit: &Visit, accounts: &[Listed], below: &str) -> Markup {
    html! {
        @if accounts.is_empty() {
            p { "There is none yet. " a href="/acting?back=%2F" { "Act as" } " the root user of any account number, and make an organization." }
        } @else {
            table {
                thead { tr { th scope="col" { "Account" } th scope="col" { "Name" } th scope="col" { "State" } th scope="col" { "Address" } } }
                tbody { @for (account, membership) in accounts { tr {
                    td { a href={ "/accounts/" (account.id) (below) } { code { (account.id) } } }
                    td { bdi { (account.name) } }
                    td { (marks::account_state(account, membership.as_deref(), visit.now)) }
                    td { bdi { (account.email_at(visit.now)) } }
                } } }
            }
        }
    }
}

/// The page of one account.
///
/// # Errors
/// There is none of this id, or the store failed.
pub async fn page(console: &Console, visit: &Visit, id: &str) -> Result<Page, Wrong> {
    let none = || Wrong::NotFound(format!("There is no account {id}."));
    let Ok(account) = id.parse::<AccountId>() else { return Err(none()) };
    let now = visit.now;
    let seen = console
        .look(move |world| {
            let Some(found) = world.get::<Account>(account)? else { return Ok(None) };
            let member = Member::see(&found, now, world)?;
            Ok(Some((found, member)))
        })
        .await?;
    let Some((account, member)) = seen else { return Err(none()) };
    let is_well_known = matches!(console.admin.access, Access::Loopback);
    let main = shown(visit, &account, &member, is_well_known);
    let page = Page::new(Place::Accounts, format!("Account {}", account.id), main);
    let newest = news::newest(console, account.id, now).await?;
    Ok(page.with_news(news::address_of(newest, account.id.as_str(), now, soonest(&account, now))))
}

/// When the next of what the page shows as waiting has come.
fn soonest(account: &Account, now: Timestamp) -> Option<Timestamp> {
    let regions = account.regions.values().map(|switch| switch.until);
    let address = account.email_update.iter().filter_map(|update| update.completes_at);
    regions.chain(address).chain([account.created_at]).filter(|due| *due > now).min()
}

fn shown(visit: &Visit, account: &Account, member: &Member, is_well_known: bool) -> Markup {
    let rename = Form::new(visit, "account:PutAccountName", "name");
    html! {
        h1 { "Account " (marks::id(account.id.as_str())) " " bdi { (account.name) } }
        p class="row" {
            (marks::account_state(account, member.membership(), visit.now))
            a href={ "/accounts/" (account.id) "/iam" } { "Identities" }
            a href={ "/calls?account=" (account.id) } { "Calls" }
        }
        div class="halves" {
            div {
                (member.shown(visit, account))
                (rename.folded("Rename", html! {
                    (of_account(visit, &rename, account))
                    (rename.text("AccountName", "Name", &account.name))
                }, "Rename account"))
                (contacts::shown(visit, account))
                (address::shown(visit, account))
            }
            div {
                (regions::shown(visit, account))
                (credentials::shown(visit, account, member, is_well_known))
            }
        }
    }
}

/// The member `AccountId`, which is there unless somebody acts for their own account (F-ORG-1).
fn of_account(visit: &Visit, form: &Form<'_>, account: &Account) -> Markup {
    let is_own = visit.actor.as_ref().is_some_and(|actor| actor.account() == account.id);
    html! { @if !is_own { (form.fixed("AccountId", account.id.as_str())) } }
}

/// The same as the member of a form that is nothing but a button.
fn account_member<'a>(visit: &Visit, account: &'a Account) -> Option<(&'static str, &'a str)> {
    let is_own = visit.actor.as_ref().is_some_and(|actor| actor.account() == account.id);
    (!is_own).then(|| ("AccountId", account.id.as_str()))
}
