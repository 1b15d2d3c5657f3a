//! The outcome of an evaluation: a permit, or a denial that says why.

use std::sync::Arc;

use super::{AttachedPolicy, Request};
use crate::arn::AccountId;
use crate::policy::Statement;

/// The types of policies that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyType {
    /// Resource control policies of the organization of the resource's account.
    ResourceControl,
    /// Service control policies of the organization of the caller's account.
    ServiceControl,
    /// The policy of the resource.
    Resource,
    /// The trust policy of a role.
    RoleTrust,
    /// Policies of the user, its groups, or the role.
    Identity,
    /// The permissions boundary of the user or role.
    PermissionsBoundary,
    /// Policies passed when the session was opened.
    Session,
}

impl PolicyType {
    /// The name in "because no … allows".
    pub fn name(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::Resource => "resource-based policy",
            Self::RoleTrust => "role trust policy",
            Self::Identity => "identity-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }

    /// The article in "with an explicit deny in … …".
    fn article(self) -> &'static str {
        match self {
            Self::Identity => "an",
            Self::RoleTrust => "the",
            _ => "a",
        }
    }
}

/// Whether a request may pass.
#[derive(Debug)]
#[must_use]
pub enum Decision {
    /// It may; the permit is the proof.
    Allowed(Permit),
    /// It may not.
    Denied(Box<Denial>),
}

impl Decision {
    /// Whether the request may pass.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// The permit, or the denial as an error.
    ///
    /// # Errors
    /// The denial.
    pub fn into_result(self) -> Result<Permit, Box<Denial>> {
        match self {
            Self::Allowed(permit) => Ok(permit),
            Self::Denied(denial) => Err(denial),
        }
    }
}

/// The proof that a request was allowed. Only an evaluation makes one: its fields are private, and there
/// is no other constructor.
///
/// ```compile_fail,E0451
/// let permit = aws::authorization::Permit {
///     action: "account:PutAlternateContact".to_owned(),
///     resource: "*".to_owned(),
///     target_account: aws::arn::AccountId::from_number(1),
/// };
/// ```
#[derive(Debug)]
pub struct Permit {
    action: String,
    resource: String,
    target_account: AccountId,
}

impl Permit {
    /// The permit for `request`, which an evaluation has just allowed.
    pub(super) fn of(request: &Request<'_>) -> Self {
        Self {
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            target_account: request.target_account,
        }
    }

    /// The action that may be done.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource it may be done to.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The account that may be read or changed.
    pub fn target_account(&self) -> AccountId {
        self.target_account
    }
}

/// What made a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No policy of the type allows.
    NoAllow,
    /// A statement denies.
    ExplicitDeny {
        /// The ARN of its policy; an inline policy has none.
        policy_arn: Option<Arc<str>>,
        /// Its id.
        statement_id: Option<String>,
    },
}

/// A refused request, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The ARN of the caller, as messages show it.
    pub caller_arn: String,
    /// The action that was asked for.
    pub action: String,
    /// The resource that was asked for.
    pub resource: String,
    /// The type of policy that decided.
    pub policy_type: PolicyType,
    /// Whether a statement denied, or none allowed.
    pub reason: Reason,
}

impl Denial {
    /// The denial by `statement`.
    pub(super) fn explicit(
        request: &Request<'_>,
        policy_type: PolicyType,
        policy: &AttachedPolicy,
        statement: &Statement,
    ) -> Self {
        let reason = Reason::ExplicitDeny {
            policy_arn: policy.arn.clone(),
            statement_id: statement.sid().map(str::to_owned),
        };
        Self { reason, ..Self::implicit(request, policy_type) }
    }

    /// The denial because no policy of the type allows.
    pub(super) fn implicit(request: &Request<'_>, policy_type: PolicyType) -> Self {
        Self {
            caller_arn: request.caller.principal.arn(),
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            policy_type,
            reason: Reason::NoAllow,
        }
    }

    /// Whether a statement denied.
    pub fn is_explicit(&self) -> bool {
        matches!(self.reason, Reason::ExplicitDeny { .. })
    }

    /// The ARN of the policy that denied, where it has one.
    pub fn policy_arn(&self) -> Option<&str> {
        match &self.reason {
            Reason::ExplicitDeny { policy_arn, .. } => policy_arn.as_deref(),
            Reason::NoAllow => None,
        }
    }

    /// The message clients get (F-IAM-70), in the words of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.
    ///
    /// An explicit deny names the policy's ARN where it has one (F-IAM-71). The resource is left out for an
    /// action that knows none (F-IAM-72).
    pub fn message(&self) -> String {
        self.message_on(Some(self.resource.as_str()).filter(|resource| *resource != "*"))
    }

    /// The same with the resource as the service shows it. It is left out for trust policies, as in AWS's
    /// examples (F-IAM-73).
    pub fn message_on(&self, resource: Option<&str>) -> String {
        let Self { caller_arn, action, policy_type, reason, .. } = self;
        let mut message = format!("User: {caller_arn} is not authorized to perform: {action}");
        if let Some(resource) = resource.filter(|_| *policy_type != PolicyType::RoleTrust) {
            message.push_str(" on resource: ");
            message.push_str(resource);
        }
        let name = policy_type.name();
        match reason {
            Reason::NoAllow => message.push_str(&format!(" because no {name} allows the {action} action")),
            Reason::ExplicitDeny { policy_arn, .. } => {
                message.push_str(&format!(" with an explicit deny in {} {name}", policy_type.article()));
                if let Some(arn) = policy_arn {
                    message.push_str(": ");
                    message.push_str(arn);
                }
            }
        }
        message
    }
}
