//! PutInsightSelectors and GetInsightSelectors: kept as they are given. Nothing here looks for unusual activity, so there
//! are no Insights events (F-TRAIL-12).

use aws::smithy::Shape;

use super::{On, find, open, refusal};
use crate::cloudtrail::model::{
    GetInsightSelectorsRequest, GetInsightSelectorsResponse, InsightSelector, PutInsightSelectorsRequest,
    PutInsightSelectorsResponse,
};
use crate::failure::Failure;
use crate::world::World;

/// F-TRAILS-INS-1: event data stores are not here, so a trail must be named.
fn named(trail: Option<&str>, event_data_store: bool) -> Result<&str, Failure> {
    match trail {
        Some(_) if event_data_store => {
            let text = "You can specify either a trail or an event data store, but not both.";
            Err(refusal::combination(text).into())
        }
        Some(trail) => Ok(trail),
        None => Err(refusal::invalid_parameter("You must specify a trail.").into()),
    }
}

/// PutInsightSelectors; an empty list turns Insights off.
///
/// # Errors
/// F-TRAILS-INS-1 (texts *assumed*): `InvalidParameterCombinationException`, `InvalidParameterException`,
/// `InvalidInsightSelectorsException`; and as [`open`].
pub(in crate::cloudtrail) fn put(
    on: On<'_>,
    input: PutInsightSelectorsRequest,
    world: &mut World<'_>,
) -> Result<PutInsightSelectorsResponse, Failure> {
    let mut trail = open(named(input.trail_name.as_deref(), input.event_data_store.is_some())?, on, world)?;
    if input.insight_selectors.iter().any(|selector| selector.insight_type.is_none()) {
        let text = "The InsightType of an Insights selector is missing.";
        return Err(refusal::refusal("InvalidInsightSelectorsException", text).into());
    }
    trail.insights = input.insight_selectors.iter().map(InsightSelector::to_value).collect();
    let trail_arn = Some(trail.arn());
    world.save(trail);
    Ok(PutInsightSelectorsResponse {
        trail_arn,
        insight_selectors: Some(input.insight_selectors),
        ..PutInsightSelectorsResponse::default()
    })
}

/// GetInsightSelectors.
///
/// # Errors
/// `InsightNotEnabledException` (text *assumed*), and as [`find`].
pub(in crate::cloudtrail) fn get(
    on: On<'_>,
    input: GetInsightSelectorsRequest,
    world: &World<'_>,
) -> Result<GetInsightSelectorsResponse, Failure> {
    let trail = find(named(input.trail_name.as_deref(), input.event_data_store.is_some())?, on, world)?;
    if trail.insights.is_empty() {
        let text = format!("Trail {} does not have Insights enabled.", trail.arn());
        return Err(refusal::refusal("InsightNotEnabledException", text).into());
    }
    let selectors = trail.insights.iter().map(InsightSelector::from_value).collect::<Result<_, _>>()?;
    Ok(GetInsightSelectorsResponse {
        trail_arn: Some(trail.arn()),
        insight_selectors: Some(selectors),
        ..GetInsightSelectorsResponse::default()
    })
}
