//! AWS Identity and Access Management, version 2010-05-08: who a credential stands for, which policies bind
//! that caller, and the operations that change both. One file per resource of the model.

pub mod absent;
pub mod access;
pub mod attachment;
pub mod boundary;
pub mod directory;
pub mod entities_for_policy;
mod entity_policies;
pub mod inline_policy;
pub mod managed_policy;
pub mod model;
pub mod policy_version;
pub mod record;
pub mod refuse;
pub mod reports;
pub mod roles;
pub mod simulator;
pub mod tag;
pub mod trust_policy;
pub mod trusted_principals;
pub mod users;

mod operations;

use aws::arn::AccountId;
use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, Patterns};
use serde_json::Value;

use crate::authority::access::Permitted;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::world::World;
use directory::entity::Entity;
use model::{Input, Operation, Output};

/// How CloudTrail and service principals name the service.
pub const EVENT_SOURCE: &str = "iam.amazonaws.com";

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
    // IAM does not repeat values.
    violations.iter_mut().for_each(|violation| violation.sensitive = true);
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
    Err(refuse::validation(match only_pattern {
        Some((member, wrong)) => {
            format!("The specified value for {} {wrong}", aws::trail::small_first(member))
        }
        None => smithy::coral_message(&violations),
    }))
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
