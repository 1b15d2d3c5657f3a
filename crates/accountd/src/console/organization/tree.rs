//! The tree: the way down to what is selected, with what stands beside it.

use std::sync::Arc;

use maud::{Markup, html};
use services::model::organizations::ChildType;
use services::state::organization::{ChildId, OrganizationalUnit, UnitId};
use services::world::{Fault, World};

/// Units that are shown below one parent. The rest is found by search.
const SHOWN_BELOW: usize = 50;

/// A root or unit as the tree shows it.
pub struct Branch {
    unit: Arc<OrganizationalUnit>,
    /// Those below it, where the way leads through it.
    below: Vec<Branch>,
    /// Whether there are more than are shown.
    is_cut: bool,
}

/// The way from the root down to a unit; `None` where there is no such unit.
///
/// # Errors
/// See [`Fault`].
pub fn way_to(id: &str, world: &World<'_>) -> Result<Option<Vec<Arc<OrganizationalUnit>>>, Fault> {
    let mut way = Vec::new();
    let mut next = Some(id.to_owned());
    while let Some(id) = next {
        let Some(unit) = world.get::<OrganizationalUnit>(UnitId(&id))? else { return Ok(None) };
        next = unit.parent_id.clone();
        way.push(unit);
    }
    way.reverse();
    Ok(Some(way))
}

/// The tree around a way.
///
/// # Errors
/// See [`Fault`].
pub fn around(way: &[Arc<OrganizationalUnit>], world: &World<'_>) -> Result<Option<Branch>, Fault> {
    let Some((first, rest)) = way.split_first() else { return Ok(None) };
    let (ids, is_cut) = children(&first.id, world)?;
    let mut below = Vec::new();
    for id in ids {
        let is_on_way = rest.first().is_some_and(|next| next.id == id);
        let branch = match is_on_way {
            true => around(rest, world)?,
            false => world.get::<OrganizationalUnit>(UnitId(&id))?.map(|unit| Branch {
                unit,
                below: Vec::new(),
                is_cut: false,
            }),
        };
        below.extend(branch);
    }
    // What is selected is shown, however many stand before it.
    if let Some(next) = rest.first()
        && !below.iter().any(|branch| branch.unit.id == next.id)
    {
        below.extend(around(rest, world)?);
    }
    Ok(Some(Branch { unit: Arc::clone(first), below, is_cut }))
}

fn children(parent: &str, world: &World<'_>) -> Result<(Vec<String>, bool), Fault> {
    let prefix = ChildId::within(parent, ChildType::OrganizationalUnit);
    let keys = world.keys(&prefix, None, SHOWN_BELOW + 1)?;
    let is_cut = keys.len() > SHOWN_BELOW;
    let ids: Result<Vec<_>, _> =
        keys.iter().take(SHOWN_BELOW).map(|key| key.id().map(|id| id.child.to_owned())).collect();
    Ok((ids?, is_cut))
}

impl Branch {
    /// The tree as nested lists of links.
    pub fn shown(&self, selected: &str) -> Markup {
        html! { ul class="tree" { (self.item(selected)) } }
    }

    fn item(&self, selected: &str) -> Markup {
        let unit = &self.unit;
        html! {
            li {
                a href={ "/units/" (unit.id) } data-unit=(unit.id)
                    aria-current=[(unit.id == selected).then_some("true")] { bdi { (unit.name) } }
                @if !self.below.is_empty() {
                    ul class="tree" {
                        @for branch in &self.below { (branch.item(selected)) }
                        @if self.is_cut { li class="quiet" { "more, found by search" } }
                    }
                }
            }
        }
    }
}
