//! AWS Organizations, version 2016-11-28: the tree of accounts, who may act for whom, and the policies on the way.
//!
//! One file per resource of the model. F-ORGS-NOSUP-1: billing transfers are left out. <https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html>

pub(crate) mod access;
mod constraints;
pub(crate) mod delegation;
mod ids;
pub mod index;
mod listing;
pub mod membership;
pub use crate::model::organizations as model;
mod operations;
pub mod policies;
pub mod rates;
pub(crate) mod record;
mod refusal;
mod standing;
pub mod tree;

pub use constraints::validate;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rates, Rules, needed};
use crate::state::organization::arn;
use crate::world::World;
use model::{Input, Operation, Output};

/// How CloudTrail and service principals name the service.
pub const EVENT_SOURCE: &str = "organizations.amazonaws.com";

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        is_global: true,
        not_supported: "UnsupportedAPIEndpointException",
        // F-QUOTA-5: recorded, with two full stops.
        too_many_requests: (
            "TooManyRequestsException",
            400,
            "You have sent too many requests in too short a period of time. Try again later..",
        ),
        ..Profile::new(&model::SERVICE, "organizations", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        is_read_only(self)
    }

    fn rates(self) -> Rates {
        rates::rates(self)
    }

    fn access(
        self,
        members: &Value,
        caller: &Caller,
        _validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        Ok(Some(access::access(self, members, caller, world)?))
    }

    fn denied(self, denial: &Denial, _caller: &Caller, _context: &Context) -> Refusal {
        // F-ORGS-AUTH-8: who is denied by policies is told what a member is told that may not by its position. What an
        // account does to itself alone is the exception; there the resource is shown in any case (F-IAM-72).
        match self {
            Self::LeaveOrganization => {
                Self::PROFILE.access_denied(&denial.message_on(Some(denial.resource.as_str())))
            }
            _ => refusal::access_denied().into(),
        }
    }

    fn validate(self, members: &Value, validation: Validation) -> Result<(), Refusal> {
        validate(self, members, validation)
    }

    fn execute(
        self,
        permitted: Option<&Permitted>,
        caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<Value, Failure> {
        let permitted = needed(permitted);
        Ok(execute(permitted, self, caller, members, context, world.change(permitted))?.to_value())
    }

    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        record::request_parameters(self, members)
    }

    fn response_elements(self, output: &Value) -> Value {
        record::response_elements(self, output)
    }

    fn resources(self, _members: &Value, output: Option<&Value>) -> Value {
        record::resources(output)
    }
}

/// One call: what is done, by whom, and when.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    operation: Operation,
    caller: &'a Caller,
    permitted: &'a Permitted,
    context: &'a Context,
}

/// Whether an operation only reads; the model does not say.
pub fn is_read_only(operation: Operation) -> bool {
    ["Describe", "List"].iter().any(|prefix| operation.name().starts_with(prefix))
}

/// Carries out an operation that policies allowed.
///
/// # Errors
/// What the operation refuses, in AWS's words; the world's changes are then discarded by whoever called.
pub fn execute(
    permitted: &Permitted,
    operation: Operation,
    caller: &Caller,
    members: &Value,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Output, Failure> {
    let input = Input::parse(operation, members)?;
    operations::run(&Call { operation, caller, permitted, context }, input, world)
}
