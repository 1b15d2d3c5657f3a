//! AWS CloudTrail: reading the event log back.

pub mod lookup;
pub mod model;
pub mod resources;

use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{self, Patterns};
use aws::throttle::Rate;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::context::Context;
use crate::failure::Failure;
use crate::table::answers;
use crate::world::World;
use model::{EventCategory, Input, Operation, Output};

/// How CloudTrail names itself.
pub const EVENT_SOURCE: &str = "cloudtrail.amazonaws.com";

/// F-TRAIL-8: LookupEvents takes two requests a second, per account and Region.
pub const LOOKUP_RATE: Rate = Rate { per_second: 2, burst: 2 };

/// What the call asks to do: `cloudtrail:LookupEvents` knows no resources.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>
pub fn access(operation: Operation, caller: &Caller) -> Access {
    Access::to(caller.account(), format!("cloudtrail:{}", operation.name()), "*", Vec::new())
}

/// Checks the members against the model's constraints.
///
/// # Errors
/// `ValidationException` in the words of AWS's older services.
pub fn validate(operation: Operation, members: &Value) -> Result<(), Refusal> {
    // These have exceptions of their own, so they are left to the rule.
    let mut members = members.clone();
    let mut max_results = None;
    if let Some(members) = members.as_object_mut() {
        max_results = members.remove("MaxResults");
        let category = members.remove("EventCategory");
        if category.is_some_and(|category| category != EventCategory::Insight.as_str()) {
            return Err(lookup::invalid_category());
        }
    }
    let violations = smithy::check(operation.shape().input_schema(), &members, Patterns::Applied);
    if !violations.is_empty() {
        return Err(Refusal::new("ValidationException", 400, smithy::coral_message(&violations)));
    }
    // F-TRAIL-14: the rule is given 32 bits, and what needs more is beyond 50 as well.
    let fits = |number: &Value| number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
    if max_results.as_ref().is_some_and(|number| number.is_number() && !fits(number)) {
        return Err(lookup::invalid_max_results());
    }
    Ok(())
}

/// Carries out an operation.
///
/// # Errors
/// What the operation refuses.
pub fn execute(
    permitted: &Permitted,
    input: Input,
    context: &Context,
    world: &World<'_>,
) -> Result<Output, Failure> {
    Ok(answers! { input;
        LookupEvents(input) => lookup::lookup_events(permitted, input, context, world),
    })
}
