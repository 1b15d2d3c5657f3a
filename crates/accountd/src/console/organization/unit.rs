//! One root or unit: what is in it, which policies bind it, and what can be done with it.

mod accounts;
pub mod attached;
pub mod pending;
mod trust;

use std::sync::Arc;

use maud::{Markup, html};
use services::model::organizations::OrganizationFeatureSet;
use services::state::organization::{Organization, OrganizationId, OrganizationalUnit};
use services::world::key::Prefix;
use services::world::{Fault, World};

use super::tree::{self, Branch};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::marks;
use crate::console::news;
use crate::console::shell::{Page, Place, Wrong};
use crate::console::tags::Tagged;
use crate::console::visit::Visit;

/// Other organizations that a root's page leads to.
const OTHERS: usize = 20;

/// What the page shows.
struct Seen {
    organization: Arc<Organization>,
    way: Vec<Arc<OrganizationalUnit>>,
    tree: Option<Branch>,
    accounts: accounts::Accounts,
    attached: attached::Attached,
    pending: pending::Pending,
    /// Roots of other organizations, by their ids; only where this is a root.
    others: Vec<(String, String)>,
}

/// The page of a root or unit.
///
/// # Errors
/// There is none of this id, or the store failed.
pub async fn unit_page(console: &Console, visit: &Visit, id: &str) -> Result<Page, Wrong> {
    let (wanted, now) = (id.to_owned(), visit.now);
    let after = visit.query.filled("after").map(str::to_owned);
    let seen = console.look(move |world| see(&wanted, after.as_deref(), now, world)).await?;
    let Some(seen) = seen else {
        return Err(Wrong::NotFound(format!("There is no root or organizational unit {id}.")));
    };
    let unit = seen.unit();
    let title = if unit.parent_id.is_none() { "Organization".to_owned() } else { unit.name.clone() };
    let management = seen.organization.management_account;
    let newest = news::newest(console, management, now).await?;
    let news = news::address_of(newest, management.as_str(), now, seen.pending.soonest());
    Ok(Page::new(Place::Organization, title, shown(visit, &seen)).with_news(news))
}

fn see(
    id: &str,
    after: Option<&str>,
    now: jiff::Timestamp,
    world: &World<'_>,
) -> Result<Option<Seen>, Fault> {
    let Some(way) = tree::way_to(id, world)? else { return Ok(None) };
    let Some(unit) = way.last() else { return Ok(None) };
    let Some(organization) = world.get::<Organization>(OrganizationId(&unit.organization_id))? else {
        return Ok(None);
    };
    Ok(Some(Seen {
        tree: tree::around(&way, world)?,
        accounts: accounts::see(id, &organization, after, world)?,
        attached: attached::see(&organization, &way, world)?,
        pending: pending::see(&organization, now, world)?,
        others: if unit.parent_id.is_none() { others(&organization.id, world)? } else { Vec::new() },
        organization,
        way,
    }))
}

/// Other organizations, each with its root.
fn others(id: &str, world: &World<'_>) -> Result<Vec<(String, String)>, Fault> {
    let mut others = Vec::new();
    for key in world.keys::<Organization>(&Prefix::empty(), None, OTHERS + 1)? {
        if let Some(other) = world.get::<Organization>(key.id()?)?.filter(|other| other.id != id) {
            others.push((other.id.clone(), other.root_id.clone()));
        }
    }
    Ok(others)
}

impl Seen {
    fn unit(&self) -> &OrganizationalUnit {
        self.way.last().expect("INVARIANT: a way ends at what was asked for")
    }
}

fn shown(visit: &Visit, seen: &Seen) -> Markup {
    let (unit, organization) = (seen.unit(), &seen.organization);
    html! {
        h1 { @if unit.parent_id.is_none() { "Organization" } @else { "Unit " bdi { (unit.name) } } }
        div class="split" {
            section aria-label="Tree" {
                @if let Some(tree) = &seen.tree { (tree.shown(&unit.id)) }
                @if !seen.others.is_empty() {
                    p { "Other organizations: " @for (id, root) in &seen.others { a href={ "/units/" (root) } { code { (id) } } " " } }
                }
                p { a href={ "/policies?organization=" (organization.id) } { "Policies of the organization" } }
            }
            div {
                (facts(visit, seen))
                (accounts::shown(visit, unit, &seen.accounts, visit.now))
                (pending::shown(visit, &seen.pending))
                (attached::shown(visit, unit, organization, &seen.attached))
                (units(visit, unit))
                (Tagged::of_organization(&unit.id).shown(visit, &unit.tags))
                @if unit.parent_id.is_none() { (trust::shown(visit, organization)) }
            }
        }
    }
}

fn facts(visit: &Visit, seen: &Seen) -> Markup {
    let (unit, organization) = (seen.unit(), &seen.organization);
    let has_all = organization.feature_set == OrganizationFeatureSet::All;
    let all = Form::new(visit, "organizations:EnableAllFeatures", "all-features");
    let path: String = seen.way.iter().map(|unit| format!("{}/", unit.id)).collect();
    html! {
        dl {
            dt { "Id" } dd { (marks::id(&unit.id)) }
            dt { "Path" } dd { (marks::id(&format!("{}/{path}", organization.id))) }
            @if unit.parent_id.is_none() {
                dt { "Management account" } dd { (marks::account_link(organization.management_account)) }
                dt { "Features" } dd { (organization.feature_set.as_str()) @if !has_all { " " (all.only_button(&[], "Enable all features")) } }
            }
        }
    }
}

/// What can be done with the unit itself.
fn units(visit: &Visit, unit: &OrganizationalUnit) -> Markup {
    let create = Form::new(visit, "organizations:CreateOrganizationalUnit", "create-unit");
    let rename = Form::new(visit, "organizations:UpdateOrganizationalUnit", "rename-unit");
    let delete = Form::new(visit, "organizations:DeleteOrganizationalUnit", "delete-unit");
    let parent = unit.parent_id.as_deref().map(|parent| format!("/units/{parent}"));
    html! {
        h2 { "Units" }
        (create.folded("New unit below", html! {
            (create.fixed("ParentId", &unit.id))
            (create.text("Name", "Name", ""))
        }, "Create unit"))
        @if let Some(parent) = parent {
            (rename.folded("Rename", html! {
                (rename.fixed("OrganizationalUnitId", &unit.id))
                (rename.text("Name", "Name", &unit.name))
            }, "Rename unit"))
            (delete.confirmed(&[("OrganizationalUnitId", &unit.id)], "delete this unit",
                "A unit is deleted for good, and only while it is empty.", &parent))
        }
    }
}
