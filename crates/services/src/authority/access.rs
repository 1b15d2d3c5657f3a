//! What a call asks to do: the actions, the resources and the condition keys that policies decide on.

use aws::arn::{AccountId, Arn};
use aws::authorization::{Denial, Permit, RequestContext};

use super::delegation::Delegation;
use super::managed::AWS_MANAGED_PREFIX;
use crate::regions;

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

impl ConditionKey {
    /// A key with one value.
    pub fn single(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), values: vec![value.into()], is_multivalued: false }
    }

    /// A key that is multivalued by definition.
    pub fn multivalued(name: impl Into<String>, values: Vec<String>) -> Self {
        Self { name: name.into(), values, is_multivalued: true }
    }
}

/// `aws:RequestTag/…` and `aws:TagKeys`: the tags that a call gives, and the keys of those that it takes away.
pub fn request_tag_keys<'v>(
    given: impl IntoIterator<Item = (&'v str, &'v str)>,
    removed: impl IntoIterator<Item = &'v str>,
) -> Vec<ConditionKey> {
    let (mut keys, mut names) = (Vec::new(), Vec::new());
    for (key, value) in given {
        keys.push(ConditionKey::single(format!("aws:RequestTag/{key}"), value));
        names.push(key.to_owned());
    }
    names.extend(removed.into_iter().map(str::to_owned));
    if !names.is_empty() {
        keys.push(ConditionKey::multivalued("aws:TagKeys", names));
    }
    keys
}

/// An action on a resource, which policies allow or do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The IAM action, for example `account:GetAlternateContact`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// Condition keys of the service: those of the call and those of this resource.
    pub keys: Vec<ConditionKey>,
}

impl Asked {
    /// Adds the condition keys to what else is known of the request.
    pub fn add_keys<'a>(&'a self, context: &mut RequestContext<'a>) {
        for key in &self.keys {
            if key.is_multivalued {
                context.insert_all(key.name.as_str(), key.values.iter().map(String::as_str));
            } else if let Some(value) = key.values.first() {
                context.insert(key.name.as_str(), value.as_str());
            }
        }
    }
}

/// What a call asks to do. All of it must be allowed, each by itself.
#[derive(Debug, Clone)]
pub struct Access {
    /// The account the call acts on. Not always the one in the ARN: in organizations mode that is the
    /// management account.
    pub target: AccountId,
    /// The account that answers the call, whose resources are those that name no owner.
    pub answering: AccountId,
    /// The delegation policy of the organization, where the caller may do this only if that allows it, too. The rule of
    /// Organizations refuses where it does not, in its own words.
    pub delegation: Option<Delegation>,
    /// The ARN of a managed policy that binds the caller here as if it were attached, because a setting of its account gives
    /// its users these permissions.
    pub given_by_account: Option<&'static str>,
    /// The operation's own action on its first resource.
    pub first: Asked,
    /// The same action on the other resources, and the actions that the call needs besides.
    pub further: Vec<Asked>,
    /// What is decided one by one after all that: a denial here keeps the rule from that one thing only.
    pub one_by_one: Vec<Asked>,
}

impl Access {
    /// One action on one resource, of which the target answers.
    pub fn to(
        target: AccountId,
        action: impl Into<String>,
        resource: impl Into<String>,
        keys: Vec<ConditionKey>,
    ) -> Self {
        let first = Asked { action: action.into(), resource: resource.into(), keys };
        Self {
            target,
            answering: target,
            delegation: None,
            given_by_account: None,
            first,
            further: Vec::new(),
            one_by_one: Vec::new(),
        }
    }

    /// The same, and another action on the first resource.
    #[must_use]
    pub fn and_action(mut self, action: impl Into<String>) -> Self {
        self.further.push(Asked { action: action.into(), ..self.first.clone() });
        self
    }

    /// The same, and the first action on another resource.
    #[must_use]
    pub fn and_resource(mut self, resource: impl Into<String>, keys: Vec<ConditionKey>) -> Self {
        self.further.push(Asked { action: self.first.action.clone(), resource: resource.into(), keys });
        self
    }

    /// The same, and another action on another resource.
    #[must_use]
    pub fn and(
        mut self,
        action: impl Into<String>,
        resource: impl Into<String>,
        keys: Vec<ConditionKey>,
    ) -> Self {
        self.further.push(Asked { action: action.into(), resource: resource.into(), keys });
        self
    }

    /// The same, asked with a second factor that was shown just now (F-MFA-12).
    #[must_use]
    pub fn with_second_factor(mut self) -> Self {
        for asked in std::iter::once(&mut self.first).chain(&mut self.further) {
            asked.keys.push(ConditionKey::single("aws:MultiFactorAuthPresent", "true"));
            asked.keys.push(ConditionKey::single("aws:MultiFactorAuthAge", "0"));
        }
        self
    }

    /// Everything that is asked, in the order in which a refusal is told.
    pub fn asked(&self) -> impl Iterator<Item = &Asked> {
        std::iter::once(&self.first).chain(&self.further)
    }

    /// F-IAM-83: the account that owns a resource of the call: the one in its ARN, else the one that answers. The
    /// managed policies of AWS belong to nobody's account.
    pub(super) fn owner(&self, asked: &Asked) -> Option<AccountId> {
        if asked.resource.starts_with(AWS_MANAGED_PREFIX) {
            return None;
        }
        let named = Arn::parse(&asked.resource).and_then(|arn| arn.account.parse().ok());
        Some(named.unwrap_or(self.answering))
    }

    /// The access, allowed, in the Region that serves the call.
    pub(super) fn permitted(
        self,
        _permit: Permit,
        is_delegated: bool,
        region: &str,
        one_by_one: Vec<Result<(), Box<Denial>>>,
    ) -> Permitted {
        let region = regions::ALL.iter().find(|known| **known == region).copied();
        Permitted { target: self.target, is_delegated, region, one_by_one }
    }
}

/// An access that policies allowed. It can only be made from a [`Permit`], which only an allowing decision
/// makes, so no path can skip authorization.
#[derive(Debug)]
pub struct Permitted {
    target: AccountId,
    is_delegated: bool,
    region: Option<&'static str>,
    one_by_one: Vec<Result<(), Box<Denial>>>,
}

impl Permitted {
    /// The account that may be acted on.
    pub fn target(&self) -> AccountId {
        self.target
    }

    /// Whether the delegation policy of the organization allowed all of it as well.
    pub fn is_delegated(&self) -> bool {
        self.is_delegated
    }

    /// The Region that serves the call; `None` where AWS has no such Region.
    pub fn region(&self) -> Option<&'static str> {
        self.region
    }

    /// Whether what stands at this place of [`Access::one_by_one`] is allowed.
    ///
    /// # Errors
    /// The denial; nothing for a place that was not asked for, which is not allowed either.
    pub fn one_by_one(&self, place: usize) -> Result<(), Option<&Denial>> {
        match self.one_by_one.get(place) {
            Some(Ok(())) => Ok(()),
            Some(Err(denial)) => Err(Some(denial)),
            None => Err(None),
        }
    }
}
