//! Amazon EC2: the one operation of it that Account Management bears on, DescribeRegions.

pub mod describe_regions;
pub mod model;
pub mod record;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;

use crate::authority::access::{Access, Permitted};
use crate::context::Context;
use crate::failure::Failure;
use crate::sts::authorization_message;
use crate::table::answers;
use crate::world::World;
use model::{Input, Operation, Output};

/// How CloudTrail names the service.
pub const EVENT_SOURCE: &str = "ec2.amazonaws.com";

/// F-EC2-1: what the call asks to do: `ec2:DescribeRegions` knows no resources.
pub fn access(operation: Operation, caller: &Caller) -> Access {
    Access::to(caller.account(), format!("ec2:{}", operation.name()), "*", Vec::new())
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
    Refusal::new("UnauthorizedOperation", 403, message)
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
        DescribeRegions(input) => describe_regions::describe_regions(permitted, input, context, world),
    })
}
