//! AWS Organizations, version 2016-11-28: the tree of accounts, who may act for whom, and the policies on the way.
//!
//! One file per resource of the model. F-ORGS-NOSUP-1: billing transfers are left out. <https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html>

pub(crate) mod access;
pub(crate) mod delegation;
mod ids;
pub mod index;
mod listing;
pub mod membership;
pub use crate::model::organizations as model;
mod operations;
pub mod policies;
pub(crate) mod record;
mod refusal;
mod standing;
pub mod tree;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::protocol;
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, Patterns};
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rules, needed};
use crate::state::organization::arn;
use crate::world::World;
use model::{Input, InvalidInputExceptionReason as Reason, Operation, Output};

/// How CloudTrail and service principals name the service.
pub const EVENT_SOURCE: &str = "organizations.amazonaws.com";

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        is_global: true,
        not_supported: "UnsupportedAPIEndpointException",
        ..Profile::new(&model::SERVICE, "organizations", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        is_read_only(self)
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
        // F-IAM-72: Organizations shows the resource of an action that knows none, too.
        Self::PROFILE.access_denied(&denial.message_on(Some(denial.resource.as_str())))
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

/// Checks the members against the model's constraints.
///
/// # Errors
/// F-ORGS-VAL-1: `InvalidInputException` with the reason of the first violation.
pub fn validate(operation: Operation, members: &Value, validation: Validation) -> Result<(), Refusal> {
    let patterns = match validation {
        Validation::Strict => Patterns::Applied,
        Validation::Masked => Patterns::Ignored,
    };
    let violations = smithy::check(operation.shape().input_schema(), members, patterns);
    let Some(first) = violations.first() else { return Ok(()) };
    let reason = match &first.constraint {
        Constraint::Type(_) => return Err(protocol::not_deserializable()),
        Constraint::Required(_) => Reason::InputRequired,
        Constraint::MinLength(_) => Reason::MinLengthExceeded,
        Constraint::MaxLength(_) => Reason::MaxLengthExceeded,
        Constraint::Min(_) => Reason::MinValueExceeded,
        Constraint::Max(_) => Reason::MaxValueExceeded,
        Constraint::Pattern(_) if first.path.last().is_some_and(|name| name == "TargetId") => {
            Reason::InvalidPatternTargetId
        }
        Constraint::Pattern(_) => Reason::InvalidPattern,
        Constraint::Enum(values) if values.contains(&"TAG_POLICY") => Reason::InvalidEnumPolicyType,
        Constraint::Enum(_) => Reason::InvalidEnum,
    };
    Err(refusal::invalid_input(reason).into())
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
