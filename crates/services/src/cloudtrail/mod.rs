//! AWS CloudTrail: reading the event log back, and trails, which deliver it.

pub(crate) mod lookup;
pub use crate::model::cloudtrail as model;
pub mod resources;
pub mod terms;
pub mod trails;

use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy;
use aws::throttle::Rate;
use aws::trail::small_first_letters;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rates, Rules, keep_to, needed, shown_parameters};
use crate::table::answers;
use crate::world::World;
use model::{EventCategory, Input, Operation, Output};

/// How CloudTrail names itself.
pub const EVENT_SOURCE: &str = "cloudtrail.amazonaws.com";

/// F-TRAIL-8: LookupEvents takes two requests a second, per account and Region.
pub const LOOKUP_RATE: Rate = Rate::per_second(2, 2);

/// F-TRAILS-RATE-1: what reads takes ten requests a second, what changes something one, per account and Region (documented).
const READING_RATE: Rate = Rate::per_second(10, 10);
const CHANGING_RATE: Rate = Rate::per_second(1, 1);

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        // Its clients use the longer prefix, which is the model's.
        further_target_prefixes: &["CloudTrail_20131101"],
        ..Profile::new(&model::SERVICE, "cloudtrail", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        is_read_only(self)
    }

    fn rates(self) -> Rates {
        Rates::of_accounts(match self {
            Self::LookupEvents => LOOKUP_RATE,
            reading if is_read_only(reading) => READING_RATE,
            _ => CHANGING_RATE,
        })
    }

    fn access(
        self,
        members: &Value,
        caller: &Caller,
        _validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        Ok(Some(trails::access::access(self, members, caller, world)?))
    }

    fn validate(self, members: &Value, _validation: Validation) -> Result<(), Refusal> {
        validate(self, members)
    }

    fn execute(
        self,
        permitted: Option<&Permitted>,
        caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<Value, Failure> {
        let input = Input::parse(self, members)?;
        let permitted = needed(permitted);
        Ok(execute(permitted, caller, input, context, world.change(permitted))?.to_value())
    }

    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        // F-TRAIL-13: parameters of this service begin with a small letter in records.
        let shown = shown_parameters(self.shape(), members);
        small_first_letters(smithy::with_times_as_text(self.shape().input_schema(), shown))
    }

    /// F-TRAILS-EVENT-1: records of changes show the answer, with small first letters, where it has members.
    fn response_elements(self, output: &Value) -> Value {
        let is_shown = !is_read_only(self) && output.as_object().is_some_and(|members| !members.is_empty());
        if is_shown { small_first_letters(output.clone()) } else { Value::Null }
    }
}

/// The model does not say which operations only read; their names do.
fn is_read_only(operation: Operation) -> bool {
    ["Describe", "Get", "List", "Lookup"].iter().any(|verb| operation.name().starts_with(verb))
}

/// Checks the members against the model's constraints.
///
/// # Errors
/// `ValidationException` in the words of AWS's older services.
pub fn validate(operation: Operation, members: &Value) -> Result<(), Refusal> {
    trails_check(operation, members)?;
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
    keep_to(operation.shape(), &members)?;
    // F-TRAIL-14: the rule is given 32 bits, and what needs more is beyond 50 as well.
    let fits = |number: &Value| number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
    if max_results.as_ref().is_some_and(|number| number.is_number() && !fits(number)) {
        return Err(lookup::invalid_max_results());
    }
    Ok(())
}

/// What an operation on trails refuses before the model's constraints.
fn trails_check(operation: Operation, members: &Value) -> Result<(), Refusal> {
    match operation {
        Operation::PutEventSelectors => trails::selectors::check_read_write_types(members),
        _ => Ok(()),
    }
}

/// Carries out an operation.
///
/// # Errors
/// What the operation refuses.
pub fn execute(
    permitted: &Permitted,
    caller: &Caller,
    input: Input,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Output, Failure> {
    use trails::{insights, logging, organization, public_keys, reading, selectors, settings, tags};
    let on = trails::On { account: caller.account(), context };
    Ok(answers! { input;
        AddTags(input) => tags::add(on, input, world),
        CreateTrail(input) => settings::create(on, input, world),
        DeleteTrail(input) => settings::delete(on, input, world),
        DeregisterOrganizationDelegatedAdmin(input) => organization::deregister(on, input, world),
        DescribeTrails(input) => reading::describe(on, input, world),
        GetEventSelectors(input) => selectors::get(on, input, world),
        GetInsightSelectors(input) => insights::get(on, input, world),
        GetTrail(input) => reading::get(on, input, world),
        GetTrailStatus(input) => logging::status(on, input, world),
        ListPublicKeys(input) => public_keys::list(on, input, world),
        ListTags(input) => tags::list(on, input, world),
        ListTrails(input) => reading::list(on, input, world),
        LookupEvents(input) => lookup::lookup_events(permitted, input, context, world),
        PutEventSelectors(input) => selectors::put(on, input, world),
        PutInsightSelectors(input) => insights::put(on, input, world),
        RegisterOrganizationDelegatedAdmin(input) => organization::register(on, input, world),
        RemoveTags(input) => tags::remove(on, input, world),
        StartLogging(input) => logging::start(on, input, world),
        StopLogging(input) => logging::stop(on, input, world),
        UpdateTrail(input) => settings::update(on, input, world),
    })
}
