//! AWS CloudTrail: reading the event log back.

pub(crate) mod lookup;
pub use crate::model::cloudtrail as model;
pub(crate) mod resources;

use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{self, Patterns};
use aws::throttle::Rate;
use aws::trail::small_first_letters;
use serde_json::Value;

use crate::authority::access::Permitted;
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rates, Rules, needed, shown_parameters};
use crate::table::answers;
use crate::world::World;
use model::{EventCategory, Input, Operation, Output};

/// How CloudTrail names itself.
pub const EVENT_SOURCE: &str = "cloudtrail.amazonaws.com";

/// F-TRAIL-8: LookupEvents takes two requests a second, per account and Region.
pub const LOOKUP_RATE: Rate = Rate::per_second(2, 2);

/// What a call asks to do has the form of most services: `cloudtrail:LookupEvents` knows no resources.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>
impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        // Its clients use the longer prefix, which is the model's.
        further_target_prefixes: &["CloudTrail_20131101"],
        ..Profile::new(&model::SERVICE, "cloudtrail", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        match self {
            Self::LookupEvents => true,
        }
    }

    fn rates(self) -> Rates {
        match self {
            Self::LookupEvents => Rates::of_accounts(LOOKUP_RATE),
        }
    }

    fn validate(self, members: &Value, _validation: Validation) -> Result<(), Refusal> {
        validate(self, members)
    }

    fn execute(
        self,
        permitted: Option<&Permitted>,
        _caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<Value, Failure> {
        let input = Input::parse(self, members)?;
        let permitted = needed(permitted);
        Ok(execute(permitted, input, context, world.change(permitted))?.to_value())
    }

    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        // F-TRAIL-13: parameters of this service begin with a small letter in records.
        let shown = shown_parameters(self.shape(), members);
        small_first_letters(smithy::with_times_as_text(self.shape().input_schema(), shown))
    }
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
