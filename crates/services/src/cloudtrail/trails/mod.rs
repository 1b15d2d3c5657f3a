//! Trails: which records of whose calls are delivered where.
//!
//! A trail is found by its name in the Region that is asked, or by its ARN from anywhere. It belongs to one account; that
//! of an organization belongs to the management account, every member sees it, and its delegated administrators work on
//! it as the management account does (F-TRAILS-ORG-2).

pub(crate) mod access;
mod bucket;
pub(super) mod insights;
pub(super) mod logging;
mod names;
pub(super) mod organization;
pub(super) mod public_keys;
pub(super) mod reading;
mod refusal;
pub mod selection;
pub(super) mod selectors;
pub(super) mod settings;
mod shown;
pub(super) mod tags;

use std::sync::Arc;

use aws::arn::{AccountId, Arn};

use crate::context::Context;
use crate::failure::Failure;
use crate::state::trail::{Trail, TrailId};
use crate::world::{Fault, World};
use organization::Place;

/// One call on trails: whose, and when.
#[derive(Clone, Copy)]
pub(super) struct On<'a> {
    /// The caller's account.
    pub account: AccountId,
    /// Time, seed and settings.
    pub context: &'a Context,
}

/// Trails of one account that are read at most. The quota is five a Region.
const MOST_OF_ACCOUNT: usize = 1000;

/// A name or an ARN of a trail, as a request gives it.
enum Named<'n> {
    Name(&'n str),
    Arn { account: AccountId, region: &'n str, name: &'n str },
}

impl<'n> Named<'n> {
    /// # Errors
    /// `CloudTrailARNInvalidException`, F-TRAILS-NAME-1.
    fn read(text: &'n str) -> Result<Self, Failure> {
        if !text.starts_with("arn:") {
            names::check_trail(text)?;
            return Ok(Self::Name(text));
        }
        let parts = Arn::parse(text).filter(|arn| arn.service == "cloudtrail" && !arn.region.is_empty());
        let name = parts.as_ref().and_then(|arn| arn.resource.strip_prefix("trail/"));
        let account = parts.as_ref().and_then(|arn| arn.account.parse().ok());
        let (Some(arn), Some(name), Some(account)) = (parts, name, account) else {
            return Err(refusal::invalid_arn(text).into());
        };
        names::check_trail(name)?;
        Ok(Self::Arn { account, region: arn.region, name })
    }

    fn name(&self) -> &'n str {
        match self {
            Self::Name(name) | Self::Arn { name, .. } => name,
        }
    }
}

/// The trail that is named, if the caller may see it.
fn seen(named: &Named<'_>, on: On<'_>, world: &World<'_>) -> Result<Option<Arc<Trail>>, Fault> {
    let get = |account, region, name| world.get::<Trail>(TrailId { account, region, name });
    match *named {
        Named::Name(name) => get(on.account, world.region(), name),
        Named::Arn { account, region, name } if account == on.account => get(account, region, name),
        Named::Arn { account, region, name } => {
            let Some(trail) = get(account, region, name)? else { return Ok(None) };
            let place = Place::of(on.account, on.context.now, world)?;
            let is_shared =
                place.is_some_and(|place| trail.organization.as_ref() == Some(&place.organization.id));
            Ok(is_shared.then_some(trail))
        }
    }
}

/// The trail that a reading operation names. F-TRAILS-ERR-2: where there is none, the text has the name alone.
///
/// # Errors
/// `TrailNotFoundException`, and as [`Named::read`].
fn find(text: &str, on: On<'_>, world: &World<'_>) -> Result<Arc<Trail>, Failure> {
    let named = Named::read(text)?;
    let found = seen(&named, on, world)?;
    found.ok_or_else(|| refusal::unknown_trail(named.name(), on.account).into())
}

/// The trail that a changing operation names, to be changed. F-TRAILS-ERR-2: where there is none, the text has what was
/// sent.
///
/// # Errors
/// `TrailNotFoundException`. F-TRAILS-HOME-1: `InvalidHomeRegionException` from another Region than its home. F-TRAILS-ORG-2:
/// `NotOrganizationMasterAccountException` to a member on a trail of its organization.
fn open(text: &str, on: On<'_>, world: &World<'_>) -> Result<Trail, Failure> {
    let named = Named::read(text)?;
    let trail = match (seen(&named, on, world)?, &named) {
        (Some(trail), _) => trail,
        (None, Named::Name(name)) => {
            shadow(name, on, world)?.ok_or_else(|| refusal::unknown_trail(text, on.account))?
        }
        (None, Named::Arn { .. }) => return Err(refusal::unknown_trail(text, on.account).into()),
    };
    if trail.account != on.account {
        organization::require_administrator(on, world)?;
    }
    if trail.region != world.region() {
        return Err(refusal::other_home(&trail.arn(), &trail.region).into());
    }
    Ok(Trail::clone(&trail))
}

/// The trail of all Regions with this name whose home is another Region.
fn shadow(name: &str, on: On<'_>, world: &World<'_>) -> Result<Option<Arc<Trail>>, Fault> {
    let all = of_account(on.account, world)?;
    Ok(all.into_iter().find(|trail| trail.name == name && trail.is_multi_region))
}

/// All trails of an account, in order of Regions and names.
fn of_account(account: AccountId, world: &World<'_>) -> Result<Vec<Arc<Trail>>, Fault> {
    let mut trails = Vec::new();
    for key in world.keys::<Trail>(&TrailId::within(account), None, MOST_OF_ACCOUNT)? {
        trails.extend(world.get::<Trail>(key.id()?)?);
    }
    Ok(trails)
}

/// All trails that an account sees: its own, and those of its organization.
fn seen_by(on: On<'_>, world: &World<'_>) -> Result<Vec<Arc<Trail>>, Fault> {
    let mut trails = of_account(on.account, world)?;
    if let Some(place) = Place::of(on.account, on.context.now, world)?
        && place.organization.management_account != on.account
    {
        let shared = of_account(place.organization.management_account, world)?;
        let is_shared = |trail: &Arc<Trail>| trail.organization.as_ref() == Some(&place.organization.id);
        trails.extend(shared.into_iter().filter(is_shared));
    }
    Ok(trails)
}
