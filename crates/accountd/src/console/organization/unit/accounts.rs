//! The accounts of a root or unit, a page at a time, and how they come and move.

use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;
use maud::{Markup, html};
use services::model::organizations::ChildType;
use services::state::account::Account;
use services::state::organization::{
    Child, ChildId, Membership, Organization, OrganizationEntity, OrganizationEntityId, OrganizationalUnit,
    UnitId,
};
use services::world::key::Prefix;
use services::world::{Fault, World};

use crate::console::fields::address;
use crate::console::form::Form;
use crate::console::marks;
use crate::console::visit::Visit;

/// Accounts on one page.
const PER_PAGE: usize = 50;
/// Units that can be chosen from to move an account to; where there are more, an id is typed.
const CHOICES: usize = 100;

/// One page of accounts, and where they can go.
pub struct Accounts {
    rows: Vec<(Arc<Account>, Option<Arc<Membership>>)>,
    next: Option<String>,
    /// Ids and names of other units; `None` where there are too many to choose from.
    destinations: Option<Vec<(String, String)>>,
}

/// Reads a page. What it takes does not grow with the number of accounts.
///
/// # Errors
/// See [`Fault`].
pub fn see(
    parent: &str,
    organization: &Organization,
    after: Option<&str>,
    world: &World<'_>,
) -> Result<Accounts, Fault> {
    let prefix: Prefix<Child> = ChildId::within(parent, ChildType::Account);
    let mut keys = world.keys(&prefix, after, PER_PAGE + 1)?;
    let is_cut = keys.len() > PER_PAGE;
    keys.truncate(PER_PAGE);
    let next = keys.last().filter(|_| is_cut).map(|key| key.place(&prefix).to_owned());
    let mut rows = Vec::with_capacity(keys.len());
    for key in &keys {
        let Ok(id) = key.id()?.child.parse::<AccountId>() else { continue };
        if let Some(account) = world.get::<Account>(id)? {
            rows.push((account, world.get::<Membership>(id)?));
        }
    }
    Ok(Accounts { rows, next, destinations: destinations(organization, world)? })
}

/// The units of an organization. In the index they come after the accounts, which need not be read for them.
fn destinations(
    organization: &Organization,
    world: &World<'_>,
) -> Result<Option<Vec<(String, String)>>, Fault> {
    let prefix: Prefix<OrganizationEntity> = OrganizationEntityId::within(&organization.id);
    let keys = world.keys(&prefix, Some("ou"), CHOICES + 1)?;
    if keys.len() > CHOICES {
        return Ok(None);
    }
    let mut units = Vec::with_capacity(keys.len());
    for key in keys {
        let id = key.id()?.entity;
        if let Some(unit) = world.get::<OrganizationalUnit>(UnitId(id))? {
            units.push((unit.id.clone(), unit.name.clone()));
        }
    }
    Ok(Some(units))
}

/// The list and its forms.
pub fn shown(visit: &Visit, unit: &OrganizationalUnit, seen: &Accounts, now: Timestamp) -> Markup {
    html! {
        h2 { "Accounts" }
        @if seen.rows.is_empty() {
            p { "No account is directly in " bdi { (unit.name) } "." }
        } @else {
            table {
                thead { tr {
                    th scope="col" { "Move" } th scope="col" { "Account" } th scope="col" { "Name" }
                    th scope="col" { "State" } th scope="col" { "Address" }
                } }
                tbody { @for (account, membership) in &seen.rows { (row(account, membership.as_deref(), now)) } }
            }
            (marks::next_page(seen.next.as_deref().map(|after| {
                address(&format!("/units/{}", unit.id), &[("after", after)])
            })))
            (mover(visit, unit, seen.destinations.as_deref()))
        }
        (newcomers(visit))
    }
}

fn row(account: &Account, membership: Option<&Membership>, now: Timestamp) -> Markup {
    let label = format!("Move {}", account.id);
    html! {
        tr data-account=(account.id) {
            td { input type="radio" name="m.AccountId" value=(account.id) form="form-move" aria-label=(label); }
            td { (marks::account_link(account.id)) }
            td { bdi { (account.name) } }
            td { (marks::account_state(account, membership, now)) }
            td { bdi { (account.email_at(now)) } }
        }
    }
}

/// The form that moves the account that is marked in the list, by keyboard or by dragging.
fn mover(visit: &Visit, unit: &OrganizationalUnit, destinations: Option<&[(String, String)]>) -> Markup {
    let form = Form::new(visit, "organizations:MoveAccount", "move");
    let choices = destinations.map(|units| {
        units
            .iter()
            .filter(|(id, _)| *id != unit.id)
            .map(|(id, name)| (id.as_str(), name.as_str()))
            .collect::<Vec<_>>()
    });
    form.around(
        html! {
            (form.fixed("SourceParentId", &unit.id))
            @match choices {
                Some(choices) => { (form.choice("DestinationParentId", "Move the marked account to", "", choices)) }
                None => { (form.text("DestinationParentId", "Move the marked account to the unit", "")) }
            }
        },
        "Move account",
    )
}

/// How accounts come: created or invited.
fn newcomers(visit: &Visit) -> Markup {
    let create = Form::new(visit, "organizations:CreateAccount", "create-account");
    let invite = Form::new(visit, "organizations:InviteAccountToOrganization", "invite");
    html! {
        (create.folded("Create an account", html! {
            (create.text("AccountName", "Name", ""))
            (create.text("Email", "E-mail address of the root user", ""))
            (create.optional("RoleName", "Role that the management account may assume in it", ""))
            p class="quiet" { "A new account comes into the root; move it from there." }
        }, "Create account"))
        (invite.folded("Invite an account", html! {
            (invite.text("Target.Id", "Account id or e-mail address", ""))
            (invite.choice("Target.Type", "Which of the two", "ACCOUNT", [("ACCOUNT", "account id"), ("EMAIL", "e-mail address")]))
            (invite.optional("Notes", "Notes", ""))
        }, "Invite account"))
    }
}
