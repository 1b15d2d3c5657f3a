//! What is wrong with an input, as AWS Organizations tells it: a reason, and for a constraint of the model the parameter that
//! breaks it.

use std::borrow::Cow;

use aws::protocol;
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, Patterns, Value, Violation};

use super::membership::invitation;
use super::model::{
    EffectivePolicyType, InvalidInputExceptionReason as Reason, Operation, PolicyType, Unchecked,
};
use super::refusal;
use crate::context::Validation;

/// Checks the members against what some operations say themselves, and then against the model's constraints.
///
/// # Errors
/// F-ORGS-VAL-1: `InvalidInputException` with the reason of the first violation.
pub fn validate(operation: Operation, members: &Value, validation: Validation) -> Result<(), Refusal> {
    let patterns = match validation {
        Validation::Strict => Patterns::Applied,
        Validation::Masked => Patterns::Ignored,
    };
    let violations = smithy::check(operation.shape().input_schema(), members, patterns);
    if violations.iter().any(|violation| matches!(violation.constraint, Constraint::Type(_))) {
        return Err(protocol::not_deserializable());
    }
    if let Some(reason) = own_rule(Unchecked::of(operation, members)) {
        return Err(refusal::invalid_input(reason).into());
    }
    violations.first().map_or(Ok(()), |violation| Err(broken(violation)))
}

/// F-ORGS-VAL-2: members that an operation looks at by itself, before the constraints of the model and with reasons that name
/// no parameter.
fn own_rule(request: Unchecked<'_>) -> Option<Reason> {
    match request {
        Unchecked::InviteAccountToOrganization(members) => invitation::wrong_target(members.target()),
        Unchecked::ListEffectivePolicyValidationErrors(members) => {
            let is_account = members.account_id().is_some_and(|id| id.parse::<aws::arn::AccountId>().is_ok());
            if is_account {
                no_effective_type(members.policy_type())
            } else {
                Some(Reason::TargetNotSupported)
            }
        }
        Unchecked::ListAccountsWithInvalidEffectivePolicy(members) => {
            no_effective_type(members.policy_type())
        }
        // Of the types without effective policies the model's words are told, save of this one.
        Unchecked::DescribeEffectivePolicy(members) => {
            let refused = members.policy_type() == Some(PolicyType::ServiceControlPolicy.as_str());
            refused.then_some(Reason::InvalidEnumPolicyType)
        }
        _ => None,
    }
}

/// What is said of a word that is no type of effective policies.
fn no_effective_type(word: Option<&str>) -> Option<Reason> {
    word.filter(|word| word.parse::<EffectivePolicyType>().is_err()).map(|_| Reason::InvalidEnumPolicyType)
}

/// F-ORGS-VAL-1: `MAX_LENGTH_EXCEEDED:TAGS_2_MEMBER_KEY`, with the text of the bare reason.
fn broken(violation: &Violation<'_>) -> Refusal {
    let mut path = violation.path.clone();
    let reason = match &violation.constraint {
        // Types are refused before anything else.
        Constraint::Type(_) => return protocol::not_deserializable(),
        Constraint::Required(names) => {
            path.extend(names.first().map(|name| Cow::Borrowed(*name)));
            Reason::InputRequired
        }
        Constraint::MinLength(_) => Reason::MinLengthExceeded,
        Constraint::MaxLength(_) => Reason::MaxLengthExceeded,
        Constraint::Min(_) => Reason::MinValueExceeded,
        Constraint::Max(_) => Reason::MaxValueExceeded,
        Constraint::Pattern(_) => Reason::InvalidPattern,
        Constraint::Enum(_) => Reason::InvalidEnum,
    };
    let refusal: Refusal = refusal::invalid_input(reason).into();
    refusal.with("Reason", format!("{}:{}", reason.as_str(), parameter(&path)))
}

/// A member's path in upper case with `_` between words; a place in a list is followed by `MEMBER`.
fn parameter(path: &[Cow<'static, str>]) -> String {
    let mut words = Vec::new();
    for step in path {
        words.push(upper_snake_case(step));
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            words.push("MEMBER".to_owned());
        }
    }
    words.join("_")
}

fn upper_snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for (place, letter) in name.char_indices() {
        if place > 0 && letter.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(letter.to_ascii_uppercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(operation: Operation, members: &Value) -> String {
        let refusal = validate(operation, members, Validation::Strict).expect_err("it is wrong");
        refusal.members["Reason"].as_str().expect("a reason").to_owned()
    }

    /// F-ORGS-VAL-1.
    #[test]
    fn a_constraint_names_the_parameter_that_breaks_it() {
        use Operation as O;
        let long = "é".repeat(129);
        let cases = [
            (O::DescribeHandshake, json!({}), "INPUT_REQUIRED:HANDSHAKE_ID"),
            (O::DescribeHandshake, json!({"HandshakeId": "bad"}), "INVALID_PATTERN:HANDSHAKE_ID"),
            (O::TagResource, json!({"ResourceId": "r-abcd", "Tags": null}), "INPUT_REQUIRED:TAGS"),
            (
                O::TagResource,
                json!({"ResourceId": "r-abcd", "Tags": [{"Key": "a"}]}),
                "INPUT_REQUIRED:TAGS_1_MEMBER_VALUE",
            ),
            (
                O::TagResource,
                json!({"ResourceId": "r-abcd", "Tags": [{"Key": "a", "Value": ""}, {"Key": long, "Value": ""}]}),
                "MAX_LENGTH_EXCEEDED:TAGS_2_MEMBER_KEY",
            ),
            (
                O::UntagResource,
                json!({"ResourceId": "r-abcd", "TagKeys": ["a", long]}),
                "MAX_LENGTH_EXCEEDED:TAG_KEYS_2_MEMBER",
            ),
            (O::ListAccounts, json!({"MaxResults": 0}), "MIN_VALUE_EXCEEDED:MAX_RESULTS"),
            (O::ListAccounts, json!({"MaxResults": 21}), "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
            (
                O::ListHandshakesForAccount,
                json!({"Filter": {"ActionType": "invalid"}}),
                "INVALID_ENUM:FILTER_ACTION_TYPE",
            ),
            (
                O::UpdateOrganizationalUnit,
                json!({"OrganizationalUnitId": "ou-abcd-abcdefgh", "Name": ""}),
                "MIN_LENGTH_EXCEEDED:NAME",
            ),
        ];
        for (operation, members, expected) in cases {
            assert_eq!(reason(operation, &members), expected, "{members}");
        }
    }

    /// F-ORGS-VAL-2.
    #[test]
    fn what_an_operation_says_by_itself_names_no_parameter_and_comes_first() {
        use Operation as O;
        let invite = O::InviteAccountToOrganization;
        let notes = "x".repeat(1_025);
        let cases = [
            (invite, json!({}), "INVALID_PATTERN"),
            (invite, json!({"Target": {}}), "INVALID_PARTY_TYPE_TARGET"),
            (invite, json!({"Target": {"Type": "INVALID", "Id": "1"}}), "INVALID_PARTY_TYPE_TARGET"),
            (invite, json!({"Target": {"Type": "EMAIL", "Id": "a b@c.d"}}), "INVALID_EMAIL_ADDRESS_TARGET"),
            (invite, json!({"Target": {"Type": "ACCOUNT", "Id": "1"}, "Notes": notes}), "INVALID_PATTERN"),
            (
                invite,
                json!({"Target": {"Type": "ACCOUNT", "Id": "111122223333"}, "Notes": notes}),
                "MAX_LENGTH_EXCEEDED:NOTES",
            ),
            (
                O::DescribeEffectivePolicy,
                json!({"PolicyType": "SERVICE_CONTROL_POLICY"}),
                "INVALID_ENUM_POLICY_TYPE",
            ),
            (
                O::DescribeEffectivePolicy,
                json!({"PolicyType": "RESOURCE_CONTROL_POLICY"}),
                "INVALID_ENUM:POLICY_TYPE",
            ),
            (O::DescribeEffectivePolicy, json!({}), "INPUT_REQUIRED:POLICY_TYPE"),
            (
                O::ListEffectivePolicyValidationErrors,
                json!({"AccountId": "r-abcd", "PolicyType": "NONE"}),
                "TARGET_NOT_SUPPORTED",
            ),
            (
                O::ListEffectivePolicyValidationErrors,
                json!({"AccountId": "111122223333", "PolicyType": "RESOURCE_CONTROL_POLICY"}),
                "INVALID_ENUM_POLICY_TYPE",
            ),
            (
                O::ListEffectivePolicyValidationErrors,
                json!({"AccountId": "111122223333"}),
                "INPUT_REQUIRED:POLICY_TYPE",
            ),
        ];
        for (operation, members, expected) in cases {
            assert_eq!(reason(operation, &members), expected, "{members}");
        }
    }
}
