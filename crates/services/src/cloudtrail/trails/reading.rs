//! GetTrail, DescribeTrails and ListTrails.

use std::sync::Arc;

use super::{Named, On, find, seen, seen_by, shown};
use crate::cloudtrail::model::{
    DescribeTrailsRequest, DescribeTrailsResponse, GetTrailRequest, GetTrailResponse, ListTrailsRequest,
    ListTrailsResponse, TrailInfo,
};
use crate::failure::Failure;
use crate::state::trail::Trail;
use crate::world::World;

/// GetTrail.
///
/// # Errors
/// As [`find`].
pub(in crate::cloudtrail) fn get(
    on: On<'_>,
    input: GetTrailRequest,
    world: &World<'_>,
) -> Result<GetTrailResponse, Failure> {
    let trail = find(&input.name, on, world)?;
    Ok(GetTrailResponse { trail: Some(shown::described(&trail)) })
}

/// DescribeTrails. F-TRAILS-DESC-1: without names, the trails of this Region; unless told otherwise also the shadows of
/// those of all Regions whose home is another, and in a member those of the organization. A name that is not there is
/// passed over.
///
/// # Errors
/// F-TRAILS-NAME-1 and `CloudTrailARNInvalidException` for names that are none.
pub(in crate::cloudtrail) fn describe(
    on: On<'_>,
    input: DescribeTrailsRequest,
    world: &World<'_>,
) -> Result<DescribeTrailsResponse, Failure> {
    let with_shadows = input.include_shadow_trails.unwrap_or(true);
    let region = world.region();
    let is_at_home = |trail: &Trail| trail.account == on.account && trail.region == region;
    let is_here = |trail: &Trail| trail.region == region || trail.is_multi_region;
    let names = input.trail_name_list.unwrap_or_default();
    let mut trails: Vec<Arc<Trail>> = Vec::new();
    if names.is_empty() {
        trails = seen_by(on, world)?;
    }
    for name in &names {
        let named = Named::read(name)?;
        let found = match seen(&named, on, world)? {
            None if matches!(named, Named::Name(_)) => {
                seen_by(on, world)?.into_iter().find(|trail| trail.name == *name && is_here(trail))
            }
            found => found,
        };
        trails.extend(found.filter(|trail| !trails.iter().any(|known| known.arn() == trail.arn())));
    }
    let described = trails.iter().filter(|trail| is_at_home(trail) || (with_shadows && is_here(trail)));
    Ok(DescribeTrailsResponse { trail_list: Some(described.map(|trail| shown::described(trail)).collect()) })
}

/// ListTrails: all trails of the account and its organization, whichever their home. All fit on one page, so there are no
/// tokens (*assumed*).
///
/// # Errors
/// See [`Failure`].
pub(in crate::cloudtrail) fn list(
    on: On<'_>,
    _input: ListTrailsRequest,
    world: &World<'_>,
) -> Result<ListTrailsResponse, Failure> {
    let info = |trail: &Arc<Trail>| TrailInfo {
        trail_arn: Some(trail.arn()),
        name: Some(trail.name.clone()),
        home_region: Some(trail.region.clone()),
    };
    Ok(ListTrailsResponse { trails: Some(seen_by(on, world)?.iter().map(info).collect()), next_token: None })
}
