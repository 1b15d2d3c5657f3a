//! Whom a browser acts as: kept in a cookie, chosen on a page of its own.

use aws::arn::AccountId;
use maud::{Markup, html};
use services::front::acting::Actor;
use services::state::account::Account;
use services::state::identity::{Role, RoleId, User, UserId};
use services::world::key::Prefix;

use super::Console;
use super::fields::{address, escaped};
use super::marks::{self, account_link};
use super::shell::{Page, Place, Wrong};
use super::somebody::{self, Suggested};
use super::visit::Visit;

/// The name of the cookie.
pub const COOKIE: &str = "accountd_as";

/// Accounts, users or roles on one page.
const PER_PAGE: usize = 25;

/// The value of `Set-Cookie` for whoever was chosen; `None` where the text names nobody.
pub fn cookie(chosen: &str) -> Option<String> {
    if chosen.is_empty() {
        return Some(format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"));
    }
    let actor = somebody::read(chosen)?;
    Some(format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", escaped(&somebody::write(&actor))))
}

/// A button that chooses somebody and goes back.
pub fn button(visit: &Visit, actor: &Actor, back: &str, label: &str) -> Markup {
    html! {
        form class="inline" method="post" action="/acting" {
            (visit.hidden_token())
            input type="hidden" name="as" value=(somebody::write(actor));
            input type="hidden" name="back" value=(back);
            button type="submit" { (label) }
        }
    }
}

/// What the page lists.
struct Choice {
    accounts: Vec<(AccountId, String)>,
    more_accounts: Option<String>,
    users: Vec<String>,
    roles: Vec<String>,
    suggested: Suggested,
}

/// The page on which somebody is chosen.
///
/// # Errors
/// The store failed.
pub async fn page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    let account: Option<AccountId> = visit.query.filled("account").and_then(|text| text.parse().ok());
    let back = visit.query.filled("back").unwrap_or("/").to_owned();
    let after = visit.query.filled("after").map(str::to_owned);
    let actor = visit.actor.clone();
    let choice = console.look(move |world| {
        let suggested = somebody::suggested(actor.as_ref(), world)?;
        let (accounts, users, roles) = (Vec::new(), Vec::new(), Vec::new());
        let mut choice = Choice { accounts, more_accounts: None, users, roles, suggested };
        if let Some(account) = account {
            for key in world.keys::<User>(&UserId::within(account), None, PER_PAGE * 4)? {
                choice.users.extend(world.get::<User>(key.id()?)?.map(|user| user.name.clone()));
            }
            for key in world.keys::<Role>(&RoleId::within(account), None, PER_PAGE * 4)? {
                choice.roles.extend(world.get::<Role>(key.id()?)?.map(|role| role.name.clone()));
            }
            return Ok(choice);
        }
        let mut keys = world.keys::<Account>(&Prefix::empty(), after.as_deref(), PER_PAGE + 1)?;
        let is_cut = keys.len() > PER_PAGE;
        keys.truncate(PER_PAGE);
        for key in keys {
            choice.accounts.extend(world.get::<Account>(key.id()?)?.map(|it| (it.id, it.name.clone())));
        }
        choice.more_accounts = choice.accounts.last().filter(|_| is_cut).map(|(id, _)| id.to_string());
        Ok(choice)
    });
    let choice = choice.await?;
    let main = html! {
        h1 { "Act as" }
        p { "Every button of the console is a real operation of whoever you act as: it is decided, refused and recorded as \
             if they had called. Looking needs nobody." }
        @if visit.actor.is_some() {
            form method="post" action="/acting" {
                (visit.hidden_token())
                input type="hidden" name="as" value="";
                input type="hidden" name="back" value=(back);
                button type="submit" { "Act as nobody, only look" }
            }
        }
        @match account {
            Some(account) => { (principals(visit, account, &choice, &back)) }
            None => { (accounts(visit, &choice, &back)) }
        }
        h2 { "Somebody else" }
        form method="post" action="/acting" {
            (visit.hidden_token())
            input type="hidden" name="back" value=(back);
            (somebody::field("as", "Root user, user or role", "", &choice.suggested))
            p class="buttons" { button type="submit" { "Act as" } }
            p class="quiet" { "The root user of an account that is not there brings it into being with its first operation." }
        }
    };
    Ok(Page::new(Place::Elsewhere, "Act as", main))
}

fn accounts(visit: &Visit, choice: &Choice, back: &str) -> Markup {
    html! {
        h2 { "Accounts" }
        form method="get" action="/acting" class="row" {
            label { "Account number " input name="account" inputmode="numeric" required; }
            input type="hidden" name="back" value=(back);
            button type="submit" { "Show its users and roles" }
        }
        @if choice.accounts.is_empty() {
            p { "There is no account yet. Act as the root user of any account number, for example: " }
            @let first = Actor::Root(AccountId::from_number(0));
            (button(visit, &first, back, "root user of 000000000000"))
        } @else {
            table {
                thead { tr { th scope="col" { "Account" } th scope="col" { "Name" } th scope="col" { "Act as" } } }
                tbody {
                    @for (id, name) in &choice.accounts {
                        tr {
                            td { (account_link(*id)) }
                            td { bdi { (name) } }
                            td class="actions" {
                                (button(visit, &Actor::Root(*id), back, "root user"))
                                @let principals = address("/acting", &[("account", id.as_str()), ("back", back)]);
                                a href=(principals) { "users and roles of " (id) }
                            }
                        }
                    }
                }
            }
        }
        (marks::next_page(choice.more_accounts.as_deref().map(|after| {
            address("/acting", &[("after", after), ("back", back)])
        })))
    }
}

fn principals(visit: &Visit, account: AccountId, choice: &Choice, back: &str) -> Markup {
    html! {
        h2 { "Account " (account_link(account)) }
        ul class="plain" {
            li { (button(visit, &Actor::Root(account), back, "root user")) }
            @for name in &choice.users {
                li { (button(visit, &Actor::User(account, name.clone()), back, &format!("user {name}"))) }
            }
            @for name in &choice.roles {
                li { (button(visit, &Actor::Role(account, name.clone()), back, &format!("role {name}"))) }
            }
        }
        @if choice.users.is_empty() && choice.roles.is_empty() {
            p { "It has neither users nor roles." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_holds_whom_a_browser_acts_as_and_nothing_else() {
        let kept = cookie("111122223333:user/a,b=c").unwrap();
        assert_eq!(kept, "accountd_as=111122223333%3Auser%2Fa%2Cb%3Dc; Path=/; HttpOnly; SameSite=Strict");
        assert!(cookie("").unwrap().contains("Max-Age=0"));
        assert_eq!(cookie("nobody"), None);
        let hostile = cookie("111122223333:user/\r\nSet-Cookie: x=y; Path=/evil").unwrap();
        assert!(!hostile.contains(['\r', '\n']) && !hostile.contains("Path=/evil"), "{hostile}");
    }
}
