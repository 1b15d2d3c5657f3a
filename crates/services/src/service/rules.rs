//! What each service decides about its operations, and what most of them have in common.

use std::borrow::Cow;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::protocol::{self, Protocol};
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, ModeledOperation, OperationShape, Patterns, Violation};
use serde_json::Value;

use super::{Rates, profile::Profile};
use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::authority::issuers::IssuerKeys;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::world::{Fault, World};

/// Checks members against the constraints of an operation's model.
///
/// # Errors
/// `ValidationException` in the words of AWS's older services (F-TAG-2, F-SVCQ-6).
pub fn keep_to(shape: &OperationShape, members: &Value) -> Result<(), Refusal> {
    let violations = smithy::check(shape.input_schema(), members, Patterns::Applied);
    match violations.is_empty() {
        true => Ok(()),
        false => Err(Refusal::new("ValidationException", 400, smithy::coral_message(&violations))),
    }
}

/// What the log of another account than the caller's shows of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetRecord {
    /// The same as the caller's own.
    Same,
    /// F-EVENT-8: the same, but of the caller no more than whose it is.
    CallerUnnamed,
}

/// Where a call arrived.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// The name of the endpoint, with a port where the client says one.
    pub host: Option<&'a str>,
    /// The Region that serves it.
    pub region: &'a str,
}

/// The dozen answers that a service gives about its operations; its model's `Operation` implements this. What has a
/// default is what most services do.
pub trait Rules: ModeledOperation {
    /// What is true of the service, whatever is done with it.
    const PROFILE: &'static Profile;

    /// Whether the operation only reads. Most models do not say; their services do.
    fn is_read_only(self) -> bool {
        self.shape().read_only
    }

    /// The rates that `--throttle aws` applies.
    fn rates(self) -> Rates {
        Rates::default()
    }

    /// What the call asks to do; `None` for an operation that needs no permission. An operation that knows no
    /// resources is asked for on everything.
    ///
    /// # Errors
    /// What the service refuses before policies are asked.
    fn access(
        self,
        _members: &Value,
        caller: &Caller,
        _validation: Validation,
        _world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        let action = format!("{}:{}", Self::PROFILE.action_prefix, self.shape().name);
        Ok(Some(Access::to(caller.account(), action, "*", Vec::new())))
    }

    /// Who makes a call that takes no signature, by what its members say.
    ///
    /// # Errors
    /// The service's refusal of members that prove nobody.
    fn caller_in(
        self,
        _members: &Value,
        _context: &Context,
        _issuers: &dyn IssuerKeys,
        _world: &World<'_>,
    ) -> Result<Caller, Failure> {
        Err(Fault::Broken("the operation takes a signature".to_owned()).into())
    }

    /// Judges the second factor that comes with a call and takes note of it, once it is known what the call asks to do and
    /// before policies are asked; whether one was shown. Most operations take none.
    ///
    /// # Errors
    /// The service's refusal of a factor that is not good. A wrong code is counted, though it is refused.
    fn second_factor(
        self,
        _members: &Value,
        _caller: &Caller,
        _context: &Context,
        _world: &mut Guarded<'_>,
    ) -> Result<bool, Failure> {
        Ok(false)
    }

    /// The refusal of a denied call, in the service's form.
    fn denied(self, denial: &Denial, _caller: &Caller, _context: &Context) -> Refusal {
        Self::PROFILE.access_denied(&denial.message())
    }

    /// Refuses members whose JSON types are not the model's, before anybody asks who may.
    ///
    /// # Errors
    /// F-ORDER-3: `SerializationException` of the services that speak awsJson1.1. Account Management's validator tells
    /// types among its violations; the Query protocols know types when they read parameters.
    fn refuse_wrong_types(self, members: &Value) -> Result<(), Refusal> {
        if Self::PROFILE.shape.protocol != Protocol::AwsJson11 {
            return Ok(());
        }
        let violations = smithy::check(self.shape().input_schema(), members, Patterns::Ignored);
        let is_of_another_type =
            |violation: &Violation<'_>| matches!(violation.constraint, Constraint::Type(_));
        if violations.iter().any(is_of_another_type) { Err(protocol::not_deserializable()) } else { Ok(()) }
    }

    /// Checks the members against the model's constraints.
    ///
    /// # Errors
    /// The service's refusal; most say it in the words of AWS's older services: [`keep_to`].
    fn validate(self, members: &Value, _validation: Validation) -> Result<(), Refusal> {
        keep_to(self.shape(), members)
    }

    /// Carries the operation out and gives its output's members. `permitted` is there for every operation that
    /// [`Rules::access`] asks a permission for.
    ///
    /// # Errors
    /// What the operation refuses, in AWS's words; the world's changes are then discarded by whoever called.
    fn execute(
        self,
        permitted: Option<&Permitted>,
        caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<Value, Failure>;

    /// What the event log shows of a request. F-EVENT-5: names as on the wire, sensitive members hidden, `null` where
    /// there are no parameters.
    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        shown_parameters(self.shape(), members)
    }

    /// What the event log shows of an answer; most services show nothing of theirs.
    fn response_elements(self, _output: &Value) -> Value {
        Value::Null
    }

    /// What the event log says of an answered call besides; `Null` for most services.
    fn additional_event_data(self, _endpoint: &Endpoint<'_>, _context: &Context) -> Value {
        Value::Null
    }

    /// The resources that the event log names, of an answered call by its output too; `Null` where it names none.
    fn resources(self, _members: &Value, _output: Option<&Value>) -> Value {
        Value::Null
    }

    /// How the log of the account that a call acts on tells of it, where the caller is of another account; `None` where
    /// only the caller's log does.
    fn target_record(self) -> Option<TargetRecord> {
        None
    }

    /// The `errorCode` under which CloudTrail records a refusal. F-EVENT-9: a refusal of authorization has one name in
    /// all records.
    fn recorded_error_code(refusal: &Refusal) -> Cow<'_, str> {
        match refusal.code.as_ref() {
            "AccessDeniedException" => "AccessDenied".into(),
            code => code.into(),
        }
    }
}

/// F-EVENT-5: the members with what the model calls sensitive hidden; `null` where there are none.
pub fn shown_parameters(shape: &OperationShape, members: &Value) -> Value {
    match members.as_object() {
        Some(object) if !object.is_empty() => smithy::redact(shape.input_schema(), members),
        _ => Value::Null,
    }
}

/// The permit of an operation that needs one.
pub fn needed(permitted: Option<&Permitted>) -> &Permitted {
    permitted.expect("INVARIANT: `access` asks for a permission for this operation")
}
