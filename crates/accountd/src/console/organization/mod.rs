//! The organization: its tree, one root or unit with what is in it, and its policies.

mod policies;
pub mod tree;
mod unit;
pub mod what_if;

use maud::{Markup, html};
use services::state::organization::Organization;
use services::world::key::Prefix;

use super::Console;
use super::form::Form;
use super::marks::snippet;
use super::shell::{Page, Place, Wrong};
use super::visit::Visit;
use crate::console::commands::as_cli;
use crate::console::outcome;

pub use policies::{policies_page, policy_page};
pub use unit::{attached, pending, unit_page};

/// The root of the organization that matters most to whoever looks: their own, or the first there is.
///
/// # Errors
/// The store failed.
pub async fn first_page(console: &Console, visit: &Visit) -> Result<Page, Wrong> {
    match organization_of(console, visit).await? {
        Some(organization) => unit_page(console, visit, &organization.root_id).await,
        None => Ok(Page::new(Place::Organization, "Organization", nothing_yet(visit))),
    }
}

/// The organization that is asked for, that of whoever acts, or the first.
async fn organization_of(console: &Console, visit: &Visit) -> Result<Option<Organization>, Wrong> {
    use services::state::organization::{Membership, OrganizationId};
    let wanted = visit.query.filled("organization").map(str::to_owned);
    let account = visit.actor.as_ref().map(|actor| actor.account());
    console
        .look(move |world| {
            let own = match account {
                Some(account) => {
                    world.get::<Membership>(account)?.map(|member| member.organization_id.clone())
                }
                None => None,
            };
            for id in [&wanted, &own].into_iter().flatten() {
                if let Some(organization) = world.get::<Organization>(OrganizationId(id))? {
                    return Ok(Some((*organization).clone()));
                }
            }
            let first = world.keys::<Organization>(&Prefix::empty(), None, 1)?;
            let Some(first) = first.first() else { return Ok(None) };
            Ok(world.get::<Organization>(first.id()?)?.map(|organization| (*organization).clone()))
        })
        .await
}

/// What stands where no organization is: what it is, and the one command that makes one.
fn nothing_yet(visit: &Visit) -> Markup {
    let form = Form::new(visit, "organizations:CreateOrganization", "create-organization");
    let members = serde_json::json!({ "FeatureSet": "ALL" });
    let command = outcome::operation("organizations:CreateOrganization")
        .map(|operation| as_cli(operation, &members, &visit.endpoint()));
    html! {
        h1 { "Organization" }
        p { "There is no organization yet. It holds accounts in a tree of units, and the policies that bind them; the \
             account that creates it is its management account." }
        (form.only_button(&[("FeatureSet", "ALL")], "Create an organization"))
        @if visit.actor.is_none() {
            p { "Choose first " a href="/acting?back=%2F" { "whom to act as" } ": the root user of any account number will do." }
        }
        @if let Some(command) = command { (snippet("The same in a terminal", &command)) }
    }
}
