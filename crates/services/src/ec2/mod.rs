//! Amazon EC2: the operations of it that Account Management bears on, DescribeRegions and DescribeAvailabilityZones.

pub(crate) mod describe_regions;
pub use crate::model::ec2 as model;
pub(crate) mod record;
pub(crate) mod zones;

use std::borrow::Cow;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;
use serde_json::Value;

use crate::authority::access::Permitted;
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rules, needed};
use crate::sts::authorization_message;
use crate::table::answers;
use crate::world::World;
use model::{Input, Operation, Output};

/// How CloudTrail names the service.
pub const EVENT_SOURCE: &str = "ec2.amazonaws.com";

/// F-EC2-1: what a call asks to do has the form of most services: `ec2:DescribeRegions` knows no resources.
impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        // F-EC2-10 (*assumed*).
        is_closed_with_region: true,
        not_supported: "UnsupportedOperation",
        ..Profile::new(&model::SERVICE, "ec2", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        match self {
            Self::DescribeAvailabilityZones | Self::DescribeRegions => true,
        }
    }

    fn denied(self, denial: &Denial, caller: &Caller, context: &Context) -> Refusal {
        denied(denial, caller, context)
    }

    /// EC2's model has no constraints.
    fn validate(self, _members: &Value, _validation: Validation) -> Result<(), Refusal> {
        Ok(())
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
        record::request_parameters(self, members)
    }

    fn recorded_error_code(refusal: &Refusal) -> Cow<'_, str> {
        record::error_code(refusal).into()
    }
}

/// F-EC2-2: the refusal of a denied call: the text up to the policy type is recorded. The encoded message at
/// its end is what EC2 adds for calls on resources; here every denial has one, so that there is something to
/// decode.
pub fn denied(denial: &Denial, caller: &Caller, context: &Context) -> Refusal {
    let message = format!(
        "You are not authorized to perform this operation. {}. Encoded authorization failure message: {}",
        denial.message(),
        authorization_message::encode(denial, caller, context)
    );
    Operation::PROFILE.access_denied(&message)
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
        DescribeAvailabilityZones(input) => zones::describe_availability_zones(permitted, input),
        DescribeRegions(input) => describe_regions::describe_regions(permitted, input, context, world),
    })
}
