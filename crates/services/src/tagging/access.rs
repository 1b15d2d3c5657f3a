//! What a call asks to do: its own action on everything, and for each resource that it tags the action of the service
//! that has the resource.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html>

use aws::principal::Caller;
use aws::smithy::{Items, Value};

use super::model::{Operation, ResourceARN, Unchecked};
use super::tag_resources::{Change, planned};
use crate::authority::access::{Access, request_tag_keys};
use crate::context::Validation;
use crate::failure::Failure;
use crate::world::World;

/// F-TAG-6: a call needs `tag:…`; that a resource's own service denies its tags keeps only that resource from them.
pub(super) fn access(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    validation: Validation,
    world: &World<'_>,
) -> Result<Access, Failure> {
    let action = format!("tag:{}", operation.name());
    let on_everything = |keys| Access::to(caller.account(), action.clone(), "*", keys);
    let (arns, change, keys) = match Unchecked::of(operation, members) {
        Unchecked::TagResources(members) => {
            let tags = members.tags().and_then(Value::as_object).into_iter().flatten();
            let tags: Vec<_> =
                tags.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect();
            let keys = request_tag_keys(tags.iter().copied(), []);
            (members.resource_arn_list(), Change::Set(tags), keys)
        }
        Unchecked::UntagResources(members) => {
            let removed: Vec<&str> = members.tag_keys().into_iter().flat_map(Items::iter).collect();
            let keys = request_tag_keys([], removed.iter().copied());
            (members.resource_arn_list(), Change::Remove(removed), keys)
        }
        _ => return Ok(on_everything(Vec::new())),
    };
    let mut access = on_everything(keys);
    for native in planned(caller.account(), &looked_at(arns), &change, world)?.into_iter().flatten() {
        let asked = match native.access(caller, validation, world) {
            Ok(Some(asked)) => asked.first,
            // What the resource's own service refuses before it asks policies it refuses again when it is called.
            Ok(None) | Err(Failure::Refused(_) | Failure::RefusedAfterChange(_)) => access.first.clone(),
            Err(fault) => return Err(fault),
        };
        access.one_by_one.push(asked);
    }
    Ok(access)
}

/// The most ARNs of a call by the model, which is asked only later.
const MOST_ARNS: usize = 20;

fn looked_at(arns: Option<Items<'_, ResourceARN>>) -> Vec<&str> {
    arns.into_iter().flat_map(Items::iter).take(MOST_ARNS).collect()
}
