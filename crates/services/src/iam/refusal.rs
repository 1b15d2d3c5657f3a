//! IAM's refusals, in IAM's words. The texts were recorded from IAM's answers by public projects' issues and
//! test suites; those that were not are marked *assumed* in the ledger.

use aws::refusal::Refusal;

use super::directory::entity::EntityKind;
use super::model::StatusType;

/// F-IAMAPI-ERR-1: 404.
pub fn no_such_entity(text: impl Into<String>) -> Refusal {
    Refusal::new("NoSuchEntity", 404, text)
}

/// F-IAMAPI-ERR-2: 409.
pub fn already_exists(text: impl Into<String>) -> Refusal {
    Refusal::new("EntityAlreadyExists", 409, text)
}

/// F-IAMAPI-ERR-3: 409.
pub fn delete_conflict(text: impl Into<String>) -> Refusal {
    Refusal::new("DeleteConflict", 409, text)
}

/// F-IAMAPI-ERR-4: 409.
pub fn limit_exceeded(text: impl Into<String>) -> Refusal {
    Refusal::new("LimitExceeded", 409, text)
}

/// The refusal of one more than a quota allows; `quota` is IAM's name of it.
pub fn quota(quota: &str, limit: usize) -> Refusal {
    limit_exceeded(format!("Cannot exceed quota for {quota}: {limit}"))
}

/// F-IAMAPI-ERR-5: 400.
pub fn invalid_input(text: impl Into<String>) -> Refusal {
    Refusal::new("InvalidInput", 400, text)
}

/// F-IAMAPI-ERR-6: 400.
pub fn malformed_policy(text: impl Into<String>) -> Refusal {
    Refusal::new("MalformedPolicyDocument", 400, text)
}

/// F-IAMAPI-ERR-7: 400.
pub fn validation(text: impl Into<String>) -> Refusal {
    Refusal::new("ValidationError", 400, text)
}

/// F-IAMAPI-ERR-8: a role that belongs to a service, 400.
pub fn protected_role(name: &str) -> Refusal {
    let text = format!(
        "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    );
    Refusal::new("UnmodifiableEntity", 400, text)
}

/// F-IAMAPI-SLR-4: the longest session of a service-linked role.
pub fn protected_duration(name: &str) -> Refusal {
    let text = format!("{name} is an AWS service linked role, max session duration cannot be changed.");
    Refusal::new("UnmodifiableEntity", 400, text)
}

/// A user, group or role that is not there.
pub fn no_entity(kind: EntityKind, name: &str) -> Refusal {
    no_such_entity(format!("The {} with name {name} cannot be found.", kind.name()))
}

/// A name that a user, group or role has already.
pub fn entity_exists(kind: EntityKind, name: &str) -> Refusal {
    already_exists(format!("{} with name {name} already exists.", kind.capitalized()))
}

/// A managed policy that is not there.
pub fn no_policy(arn: &str) -> Refusal {
    no_such_entity(format!("Policy {arn} was not found."))
}

/// A managed policy that cannot be attached because it is not there.
pub fn not_attachable(arn: &str) -> Refusal {
    no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}

/// F-IAMAPI-BND-2: a permissions boundary that is not there.
pub fn no_boundary(arn: &str) -> Refusal {
    no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable."))
}

/// Whether a credential that gets this status may be used.
///
/// # Errors
/// F-IAMAPI-KEY-2: `Expired` cannot be set (text *assumed*).
pub fn is_active(status: StatusType) -> Result<bool, Refusal> {
    match status {
        StatusType::Active => Ok(true),
        StatusType::Inactive => Ok(false),
        StatusType::Expired => Err(invalid_input("Status must be either Active or Inactive.")),
    }
}

/// An ARN that is none of a policy (F-IAMAPI-ERR-9).
pub fn not_a_policy_arn(arn: &str) -> Refusal {
    invalid_input(format!("ARN {arn} is not valid."))
}
