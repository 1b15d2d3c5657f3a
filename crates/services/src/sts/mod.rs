//! AWS Security Token Service: who am I, and temporary credentials for somebody else.

pub(crate) mod access_key_info;
pub(crate) mod assume_role;
pub(crate) mod assume_root;
pub(crate) mod authorization_message;
pub(crate) mod credentials;
pub(crate) mod federation;
pub mod json_web_token;
pub(crate) mod mfa;
pub mod outbound_token;
pub use crate::model::sts as model;
pub(crate) mod record;
pub(crate) mod session;
pub(crate) mod session_policy;
pub(crate) mod session_tags;
pub mod session_token;
pub mod web_identity;

use std::borrow::Cow;

use aws::authorization::{Denial, PolicyType};
use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{self, Patterns, Value};
use aws::throttle::Rate;
use aws::trail::small_first_letters;

use crate::authority::access::{Access, Permitted};
use crate::authority::caller::is_token_session;
use crate::authority::guarded::{Guarded, Unpermitted};
use crate::authority::issuers::IssuerKeys;
use crate::authority::trust::is_role;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Endpoint, Profile, Rates, Rules, TargetRecord, needed, shown_parameters};
use crate::table::{always, answers};
use crate::world::{Fault, World};
use model::{GetCallerIdentityResponse, Input, Operation, Output};

/// How CloudTrail names the service.
pub const EVENT_SOURCE: &str = "sts.amazonaws.com";

/// The endpoint of STS that is of no Region.
const GLOBAL_HOST: &str = "sts.amazonaws.com";

/// F-STSAPI-43: whether a host, with a port or without, is STS's global endpoint. Any other name, such as that of this machine,
/// is one of a Region's endpoint, which SDKs ask if they are told nothing else.
pub fn is_global_endpoint(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |it| it.0);
    name.eq_ignore_ascii_case(GLOBAL_HOST)
}

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        is_closed_with_region: true,
        clock_window_minutes: 15,
        presigned_within_window: true,
        answers_in_json: true,
        ..Profile::new(&model::SERVICE, "sts", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        record::is_read_only(self)
    }

    /// F-QUOTA-6: the operations share one rate, for each account and Region; here for each account.
    fn rates(self) -> Rates {
        Rates::of_accounts(Rate::per_second(600, 600)).shared()
    }

    fn access(
        self,
        members: &Value,
        caller: &Caller,
        _validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        access(self, members, caller, world)
    }

    fn denied(self, denial: &Denial, _caller: &Caller, _context: &Context) -> Refusal {
        denied(denial)
    }

    fn caller_in(
        self,
        members: &Value,
        context: &Context,
        issuers: &dyn IssuerKeys,
        world: &World<'_>,
    ) -> Result<Caller, Failure> {
        validate(self, members)?;
        match Input::parse(self, members)? {
            Input::AssumeRoleWithWebIdentity(input) => web_identity::caller(&input, context, issuers, world),
            _ => Err(Fault::Broken("the operation takes a signature".to_owned()).into()),
        }
    }

    fn second_factor(
        self,
        members: &Value,
        caller: &Caller,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<bool, Failure> {
        mfa::shown(self, members, caller, context, world)
    }

    /// STS's constraints come before its permissions (F-STSAPI-1), in [`access`].
    fn validate(self, _members: &Value, _validation: Validation) -> Result<(), Refusal> {
        Ok(())
    }

    fn execute(
        self,
        permitted: Option<&Permitted>,
        caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<Value, Failure> {
        Ok(execute(permitted, caller, Input::parse(self, members)?, context, world)?.to_value())
    }

    fn request_parameters(self, members: &Value, caller: Option<&Caller>) -> Value {
        // F-STSAPI-34: parameters of this service begin with a small letter in records.
        let mut shown = small_first_letters(shown_parameters(self.shape(), members));
        record::hide_codes(&mut shown);
        if let (true, Some(caller)) = (shown.is_object(), caller) {
            record::inherited_parameters(self, &mut shown, caller);
        }
        shown
    }

    fn response_elements(self, output: &Value) -> Value {
        record::response_elements(self, output)
    }

    fn additional_event_data(self, endpoint: &Endpoint<'_>, context: &Context) -> Value {
        record::additional_event_data(endpoint, context)
    }

    fn resources(self, members: &Value, _output: Option<&Value>) -> Value {
        record::resources(self, members)
    }

    fn target_record(self) -> Option<TargetRecord> {
        record::is_recorded_in_target(self).then_some(TargetRecord::CallerUnnamed)
    }

    fn recorded_error_code(refusal: &Refusal) -> Cow<'_, str> {
        // F-EVENT-11: modeled errors have one name in the model and another one in answers.
        let code = refusal.code.as_ref();
        model::Error::name_of(code).unwrap_or(code).into()
    }
}

/// What the call asks to do; `None` where no permission is needed.
///
/// F-STSAPI-1 (*assumed*): STS checks the model's constraints before it asks who may.
///
/// # Errors
/// What is refused before policies are asked.
pub fn access(
    operation: Operation,
    members: &Value,
    caller: &Caller,
    world: &World<'_>,
) -> Result<Option<Access>, Failure> {
    validate(operation, members)?;
    refuse_token_session(operation, caller)?;
    let on_everything = || Access::to(caller.account(), format!("sts:{}", operation.name()), "*", Vec::new());
    Ok(match Input::parse(operation, members)? {
        // F-STSAPI-2: neither needs a permission, and no policy can take it away.
        Input::GetCallerIdentity(_) | Input::GetSessionToken(_) => None,
        Input::AssumeRole(input) => Some(assume_role::access(&input, caller, world)?),
        Input::AssumeRoleWithWebIdentity(input) => Some(web_identity::access(&input, caller, world)?),
        Input::GetWebIdentityToken(input) => Some(outbound_token::access(&input, caller)?),
        Input::AssumeRoot(input) => Some(assume_root::access(&input, caller)?),
        Input::GetFederationToken(input) => Some(federation::access(&input, caller)),
        Input::GetAccessKeyInfo(_) | Input::DecodeAuthorizationMessage(_) => Some(on_everything()),
    })
}

/// A refusal as STS words what is wrong with a request.
fn validation_error(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", 400, message)
}

/// A refusal of STS itself, before or beside policies.
fn access_denied(message: impl Into<String>) -> Refusal {
    Refusal::new("AccessDenied", 403, message)
}

/// Checks the members against the model's constraints.
fn validate(operation: Operation, members: &Value) -> Result<(), Refusal> {
    let violations = smithy::check(operation.shape().input_schema(), members, Patterns::Applied);
    if violations.is_empty() { Ok(()) } else { Err(validation_error(smithy::coral_message(&violations))) }
}

/// F-STSAPI-6: what credentials of GetSessionToken and GetFederationToken may ask of STS. That role sessions
/// cannot get either is documented too; the texts for other operations than these two are *assumed*.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
fn refuse_token_session(operation: Operation, caller: &Caller) -> Result<(), Refusal> {
    let is_federated = matches!(caller.principal, aws::principal::Principal::FederatedUser { .. });
    let refused = match operation {
        Operation::GetCallerIdentity
        | Operation::AssumeRoleWithWebIdentity
        | Operation::GetWebIdentityToken => false,
        Operation::AssumeRole | Operation::AssumeRoot => is_federated,
        Operation::GetSessionToken | Operation::GetFederationToken => caller.session.is_some(),
        Operation::GetAccessKeyInfo | Operation::DecodeAuthorizationMessage => is_token_session(caller),
    };
    if refused {
        return Err(access_denied(format!("Cannot call {} with session credentials", operation.name())));
    }
    Ok(())
}

/// F-STSAPI-7: the refusal of a denied call. Where a role's trust or the caller's identity-based policies do
/// not allow to assume it, STS names the role and no policy type (recorded; the reference's newer texts are
/// not seen there).
pub fn denied(denial: &Denial) -> Refusal {
    if denial.caller_arn.contains(":oidc-provider/") {
        // F-WEB-2: who has no name in AWS is told none.
        return access_denied(format!("Not authorized to perform {}", denial.action));
    }
    if denial.action == assume_root::ACTION {
        return assume_root::refused(&denial.caller_arn, &denial.resource);
    }
    let untold = matches!(denial.policy_type, PolicyType::RoleTrust | PolicyType::Identity);
    if is_role(&denial.resource) && untold && !denial.is_explicit() {
        return access_denied(format!(
            "User: {} is not authorized to perform: {} on resource: {}",
            denial.caller_arn, denial.action, denial.resource
        ));
    }
    access_denied(denial.message())
}

/// Carries out an operation.
///
/// # Errors
/// What the operation refuses.
pub fn execute(
    permitted: Option<&Permitted>,
    caller: &Caller,
    input: Input,
    context: &Context,
    world: &mut Guarded<'_>,
) -> Result<Output, Failure> {
    Ok(answers! { input;
        GetCallerIdentity(_) => always(get_caller_identity(caller)),
        GetSessionToken(input) => {
            let world = world.change_without_permit(Unpermitted::NoPermissionNeeded);
            session::get_session_token(caller, input, context, world)
        },
        AssumeRole(input) => {
            let permitted = needed(permitted);
            assume_role::assume_role(permitted, caller, input, context, world.change(permitted))
        },
        AssumeRoleWithWebIdentity(input) => {
            let permitted = needed(permitted);
            web_identity::assume(permitted, caller, input, context, world.change(permitted))
        },
        AssumeRoot(input) => {
            let world = world.change(needed(permitted));
            assume_root::assume_root(caller, &input, context, world)
        },
        GetFederationToken(input) => {
            let permitted = needed(permitted);
            federation::get_federation_token(permitted, caller, input, context, world.change(permitted))
        },
        GetWebIdentityToken(input) => outbound_token::get(caller, &input, context, world),
        GetAccessKeyInfo(input) => access_key_info::get(&input, world),
        DecodeAuthorizationMessage(input) => authorization_message::decode(needed(permitted), &input, context),
    })
}

/// GetCallerIdentity. It needs no permission, and no policy can take it away.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
pub fn get_caller_identity(caller: &Caller) -> GetCallerIdentityResponse {
    let principal = &caller.principal;
    GetCallerIdentityResponse {
        user_id: Some(principal.unique_id().as_str().into()),
        account: Some(principal.account().as_str().into()),
        arn: Some(principal.arn().as_str().into()),
    }
}
