//! AWS Identity and Access Management, version 2010-05-08: who a credential stands for, which policies bind
//! that caller, and the operations that change both. One file per resource of the model.

pub(crate) mod access;
pub(crate) mod account_properties;
pub(crate) mod certificates;
pub mod directory;
pub(crate) mod instance_profile;
pub(crate) mod last_access;
pub(crate) mod mfa;
pub use crate::model::iam as model;
pub(crate) mod outbound_federation;
pub(crate) mod passwords;
pub(crate) mod policies;
pub(crate) mod providers;
pub(crate) mod record;
pub(crate) mod refusal;
pub(crate) mod reports;
pub(crate) mod roles;
pub(crate) mod root_access;
pub(crate) mod simulator;
pub(crate) mod tag;
pub mod users;

mod operations;

use std::borrow::Cow;

use aws::arn::AccountId;
use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, Patterns};
use aws::throttle::Rate;
use aws::trail::small_first_letters;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rates, Rules, needed, shown_parameters};
use crate::world::World;
use directory::entity::Entity;
use model::{Input, Operation, Output};

/// How CloudTrail and service principals name the service.
pub const EVENT_SOURCE: &str = "iam.amazonaws.com";

impl Rules for Operation {
    const PROFILE: &'static Profile =
        &Profile { is_global: true, ..Profile::new(&model::SERVICE, "iam", EVENT_SOURCE) };

    fn is_read_only(self) -> bool {
        is_read_only(self)
    }

    /// F-QUOTA-7: AWS does not say how many calls IAM takes; these numbers are *assumed*.
    fn rates(self) -> Rates {
        Rates::of_accounts(if is_read_only(self) {
            Rate::per_second(20, 100)
        } else {
            Rate::per_second(5, 20)
        })
    }

    fn access(
        self,
        members: &Value,
        caller: &Caller,
        validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        validate(self, members, validation)?;
        Ok(Some(access::access(self, members, caller, world)?))
    }

    fn denied(self, denial: &Denial, _caller: &Caller, _context: &Context) -> Refusal {
        let resource = access::shown(self, &denial.resource);
        Self::PROFILE.access_denied(&denial.message_on(Some(resource.as_ref())))
    }

    /// IAM's constraints come before its permissions (F-IAMAPI-VAL-3), in [`Rules::access`].
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
        let input = Input::parse(self, members)?;
        let permitted = needed(permitted);
        let mut output = execute(permitted, caller, input, context, world.change(permitted))?.to_value();
        last_access::tell_milliseconds(&mut output);
        Ok(output)
    }

    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        // F-TRAIL-13: parameters of this service begin with a small letter in records.
        let mut shown = small_first_letters(shown_parameters(self.shape(), members));
        // F-MFA-13: one-time codes are in no record.
        if let Some(members) = shown.as_object_mut() {
            members.retain(|name, _| !name.starts_with("authenticationCode"));
        }
        shown
    }

    fn response_elements(self, output: &Value) -> Value {
        record::response_elements(self, output)
    }

    fn recorded_error_code(refusal: &Refusal) -> Cow<'_, str> {
        // F-EVENT-11: modeled errors have one name in the model and another one in answers.
        let code = refusal.code.as_ref();
        model::Error::name_of(code).unwrap_or(code).into()
    }
}

/// On which account an operation works, and for whom.
pub struct On<'a> {
    /// The account.
    pub account: AccountId,
    /// The caller.
    pub caller: &'a Caller,
    /// Time, seed and settings.
    pub context: &'a Context,
}

/// F-IAMAPI-READ-1: the model does not say which operations only read; their names do.
pub fn is_read_only(operation: Operation) -> bool {
    ["Get", "List", "Simulate", "Generate"].iter().any(|verb| operation.name().starts_with(verb))
}

/// F-IAMAPI-VAL-1: IAM's own words for names and paths with wrong characters.
const WRONG_NAME: &str =
    "is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-";
const WRONG_PATH: &str =
    "is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";

/// F-IAMAPI-ALIAS-3: and for an account's alias, with a blank at the end.
const WRONG_ALIAS: &str = "The specified value for accountAlias is invalid. It must be a minimum length of 3 characters \
    and maximum length of 63 characters, contain only digits, lowercase letters, and hyphens (-), but cannot begin or end \
    with a hyphen. ";

/// F-IAMAPI-VAL-1: of a member whose name has wrong characters.
fn wrong_name(member: &str) -> String {
    format!("The specified value for {member} {WRONG_NAME}")
}

/// Checks the members against the model's constraints.
///
/// # Errors
/// F-IAMAPI-VAL-2: `ValidationError` with every violation.
pub fn validate(operation: Operation, members: &Value, validation: Validation) -> Result<(), Refusal> {
    let patterns = match validation {
        Validation::Strict => Patterns::Applied,
        Validation::Masked => Patterns::Ignored,
    };
    let mut violations = smithy::check(operation.shape().input_schema(), members, patterns);
    if violations.is_empty() {
        return Ok(());
    }
    let is_of_alias = |violation: &smithy::Violation<'_>| {
        violation.path.first().is_some_and(|member| member == "AccountAlias")
            && !matches!(violation.constraint, Constraint::Required(_))
    };
    if violations.iter().all(is_of_alias) {
        return Err(refusal::validation(WRONG_ALIAS));
    }
    // IAM does not repeat values.
    violations.iter_mut().for_each(|violation| violation.sensitive = true);
    violations.sort_by_key(|violation| violation.path.first().map(|member| bucket(member)));
    let only_pattern = match violations.as_slice() {
        [violation] => match (&violation.constraint, violation.path.as_slice()) {
            (Constraint::Pattern(pattern), [member]) => match pattern.source() {
                r"[\w+=,.@-]+" => Some((member, WRONG_NAME)),
                source if source.starts_with(r"(\u002F)|") => Some((member, WRONG_PATH)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    Err(refusal::validation(match only_pattern {
        Some((member, wrong)) => {
            format!("The specified value for {} {wrong}", aws::trail::small_first(member))
        }
        None => smithy::coral_message(&violations),
    }))
}

/// F-IAMAPI-VAL-4: several violations are told in the order in which a hash table of Java with sixteen buckets holds the
/// names of their members, which are spelled with a small first letter there.
fn bucket(member: &str) -> u32 {
    let units = aws::trail::small_first(member);
    let hash = units.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    (hash ^ hash >> 16) & 15
}

/// Carries an operation out.
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
    let on = On { account: permitted.target(), caller, context };
    operations::run(&on, input, world)
}

/// Whether an entity's path begins with `prefix`.
fn is_under(entity: &impl Entity, prefix: &str) -> bool {
    entity.path().starts_with(prefix)
}

/// What keeps an entity with policies from being deleted (F-IAMAPI-ERR-3).
fn policy_conflict(entity: &impl Entity) -> Option<&'static str> {
    if !entity.attached_policies().is_empty() {
        Some("must detach all policies first.")
    } else if !entity.inline_policies().is_empty() {
        Some("must delete policies first.")
    } else {
        None
    }
}
