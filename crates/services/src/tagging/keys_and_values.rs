//! GetTagKeys and GetTagValues: which keys there are in the account, and which values a key has.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::model::{GetTagKeysInput, GetTagKeysOutput, GetTagValuesInput, GetTagValuesOutput};
use super::resources::Resources;
use super::{Call, Pages};
use crate::failure::Failure;
use crate::world::World;

/// F-TAG-8: keys or values of a page (*assumed*).
const PAGE: usize = 1_000;
/// F-TAG-8: how many resources are looked at.
const LOOKED_AT: usize = 20_000;

/// A page of the distinct texts that the resources have, in their order, after `after`.
fn distinct(
    call: &Call<'_>,
    after: Option<String>,
    text_of: impl Fn(&super::resources::Resource) -> Vec<String>,
    world: &World<'_>,
) -> Result<(Vec<String>, Option<String>), Failure> {
    world.take_time()?;
    let mut all = BTreeSet::new();
    if call.is_where_resources_stand() {
        let resources = Resources::of(call.caller.account(), Some(call.context.now), world)?;
        resources.walk(None, LOOKED_AT, &mut |resource| {
            all.extend(text_of(&resource));
            ControlFlow::Continue(())
        })?;
    }
    let mut rest = all.into_iter().filter(|text| after.as_ref().is_none_or(|after| text > after));
    let page: Vec<String> = rest.by_ref().take(PAGE).collect();
    let place = rest.next().and_then(|_| page.last().cloned());
    Ok((page, place))
}

/// GetTagKeys.
///
/// # Errors
/// F-TAG-5: `PaginationTokenExpiredException`.
pub(super) fn keys(
    call: &Call<'_>,
    input: &GetTagKeysInput,
    pages: &Pages<'_>,
    world: &World<'_>,
) -> Result<GetTagKeysOutput, Failure> {
    let after = pages.after(input.pagination_token.as_ref())?;
    let (keys, place) = distinct(call, after, |resource| resource.tags.keys().cloned().collect(), world)?;
    Ok(GetTagKeysOutput {
        pagination_token: Some(pages.token(place.as_deref())),
        tag_keys: Some(keys.into_iter().map(Into::into).collect()),
    })
}

/// GetTagValues.
///
/// # Errors
/// As [`keys`].
pub(super) fn values(
    call: &Call<'_>,
    input: &GetTagValuesInput,
    pages: &Pages<'_>,
    world: &World<'_>,
) -> Result<GetTagValuesOutput, Failure> {
    let after = pages.after(input.pagination_token.as_ref())?;
    let key = input.key.as_str();
    let (values, place) =
        distinct(call, after, |resource| resource.tags.get(key).cloned().into_iter().collect(), world)?;
    Ok(GetTagValuesOutput {
        pagination_token: Some(pages.token(place.as_deref())),
        tag_values: Some(values.into_iter().map(Into::into).collect()),
    })
}
