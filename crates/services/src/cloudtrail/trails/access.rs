//! What each operation of CloudTrail asks to do: its action on the trail that it names, or on everything.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>

use aws::principal::Caller;
use aws::smithy::Items;
use serde_json::Value;

use crate::authority::access::{Access, ConditionKey, request_tag_keys};
use crate::cloudtrail::model::{Operation, Tag, Unchecked};
use crate::state::trail::{self, Trail, TrailId};
use crate::world::{Fault, World};

/// The trail that an operation names, if it names one, and the tags that it gives.
struct Asks<'v> {
    trail: Option<&'v str>,
    given: Option<Items<'v, Tag>>,
    removed: Option<Items<'v, Tag>>,
}

fn on(trail: Option<&str>) -> Asks<'_> {
    Asks { trail, given: None, removed: None }
}

fn asks(request: Unchecked<'_>) -> Asks<'_> {
    use Unchecked as Op;
    match request {
        Op::AddTags(m) => Asks { given: m.tags_list(), ..on(m.resource_id()) },
        Op::CreateTrail(m) => Asks { given: m.tags_list(), ..on(m.name()) },
        Op::DeleteTrail(m) => on(m.name()),
        Op::GetEventSelectors(m) => on(m.trail_name()),
        Op::GetInsightSelectors(m) => on(m.trail_name()),
        Op::GetTrail(m) => on(m.name()),
        Op::GetTrailStatus(m) => on(m.name()),
        Op::PutEventSelectors(m) => on(m.trail_name()),
        Op::PutInsightSelectors(m) => on(m.trail_name()),
        Op::RemoveTags(m) => Asks { removed: m.tags_list(), ..on(m.resource_id()) },
        Op::StartLogging(m) => on(m.name()),
        Op::StopLogging(m) => on(m.name()),
        Op::UpdateTrail(m) => on(m.name()),
        Op::DeregisterOrganizationDelegatedAdmin(_)
        | Op::DescribeTrails(_)
        | Op::ListPublicKeys(_)
        | Op::ListTags(_)
        | Op::ListTrails(_)
        | Op::LookupEvents(_)
        | Op::RegisterOrganizationDelegatedAdmin(_) => on(None),
    }
}

/// F-TRAILS-AUTH-1: the action on the trail's ARN, with the tags of the call and of the trail.
///
/// # Errors
/// See [`Fault`].
pub(in crate::cloudtrail) fn access(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Access, Fault> {
    let asks = asks(Unchecked::of(operation, members));
    let account = caller.account();
    let action = format!("cloudtrail:{}", operation.name());
    let Some(named) = asks.trail else { return Ok(Access::to(account, action, "*", Vec::new())) };
    let (arn, id) = match named.strip_prefix("arn:") {
        Some(_) => (named.to_owned(), id_of_arn(named)),
        None => {
            let id = TrailId { account, region: world.region(), name: named };
            (trail::arn(account, world.region(), named), Some(id))
        }
    };
    let given = asks.given.into_iter().flat_map(Items::iter);
    let given: Vec<_> = given.filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default()))).collect();
    let removed: Vec<_> =
        asks.removed.into_iter().flat_map(Items::iter).filter_map(|tag| tag.key()).collect();
    let mut keys = request_tag_keys(given, removed);
    if operation != Operation::CreateTrail
        && let Some(id) = id
        && let Some(stored) = world.get::<Trail>(id)?
    {
        let own = stored.tags.iter();
        keys.extend(
            own.map(|(key, value)| ConditionKey::single(format!("aws:ResourceTag/{key}"), value.as_str())),
        );
    }
    Ok(Access::to(account, action, arn, keys))
}

fn id_of_arn(text: &str) -> Option<TrailId<'_>> {
    let arn = aws::arn::Arn::parse(text)?;
    let name = arn.resource.strip_prefix("trail/")?;
    Some(TrailId { account: arn.account.parse().ok()?, region: arn.region, name })
}
