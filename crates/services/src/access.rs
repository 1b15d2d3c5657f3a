//! What a call asks to do: the action, the resource and the condition keys that policies decide on.

use aws::arn::AccountId;
use aws::authorization::Permit;

/// A condition key of the call with its values, for example `account:TargetRegion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionKey {
    /// The key's name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether the key is multivalued by definition, even with a single value.
    pub is_multivalued: bool,
}

/// What a call asks to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The IAM action, for example `account:GetAlternateContact`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// The account the call acts on. Not always the one in the ARN: in organizations mode that is the
    /// management account.
    pub target: AccountId,
    /// Condition keys of the service.
    pub keys: Vec<ConditionKey>,
}

impl Access {
    /// The access, allowed. Only this opens the target account's documents to a rule.
    pub fn permitted(self, _permit: Permit) -> Permitted {
        Permitted { target: self.target }
    }
}

/// An access that policies allowed. It can only be made from a [`Permit`], which only an allowing decision
/// makes, so no path can skip authorization.
#[derive(Debug)]
pub struct Permitted {
    target: AccountId,
}

impl Permitted {
    /// The account that may be acted on.
    pub fn target(&self) -> AccountId {
        self.target
    }
}
