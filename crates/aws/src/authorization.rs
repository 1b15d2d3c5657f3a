//! Whether a request may pass: the policies of all sets together.
//!
//! The logic is documented at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
//! and, across accounts, at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>.
//! [`EVALUATION_ORDER`] is the one place that says which reason is told when several apply.

mod decision;
mod explanation;
mod global_keys;

use std::sync::Arc;

pub use crate::policy::{RequestContext, Value};
pub use decision::{Decision, Denial, Permit, PolicyType, Reason};
pub use explanation::{Explanation, Layer, MatchedStatement, Outcome, Says, explain};
pub use global_keys::{OrganizationFacts, RequestFacts};

use crate::arn::AccountId;
use crate::policy::{Attachment, Capacity, Effect, Policy, Question, Statement};
use crate::principal::{Caller, Principal};

/// In which order policy types are asked. An explicit deny of an earlier type is told before one of a later
/// type, and any explicit deny before an implicit one; implicit denies are told in the same order. It is
/// the order of AWS's evaluation page: RCP, SCP, resource-based, identity-based, boundary, session
/// (F-IAM-60).
/// O-alternate-5 fits it: an identity that allows and a session that does not gives
/// `no session policy allows`.
pub const EVALUATION_ORDER: [PolicyType; 6] = [
    PolicyType::ResourceControl,
    PolicyType::ServiceControl,
    PolicyType::Resource,
    PolicyType::Identity,
    PolicyType::PermissionsBoundary,
    PolicyType::Session,
];

/// A policy and the ARN under which it is known.
#[derive(Debug, Clone)]
pub struct AttachedPolicy {
    /// The ARN of a managed policy or of a policy of an organization; inline policies have none.
    pub arn: Option<Arc<str>>,
    /// The document.
    pub policy: Policy,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The IAM action, for example `account:GetAlternateContact`.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for an action that knows no resources.
    pub resource: &'a str,
    /// The account that the operation reads or changes; it goes into the permit as it is.
    pub target_account: AccountId,
    /// What the request says about itself.
    pub context: &'a RequestContext<'a>,
}

/// The policy of the resource that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ResourcePolicy<'a> {
    /// The policy.
    pub policy: &'a AttachedPolicy,
    /// The account that owns the resource; with a caller of another account both sides must allow.
    pub owner: AccountId,
    /// What kind of resource policy it is.
    pub kind: ResourcePolicyKind,
}

/// Kinds of resource policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourcePolicyKind {
    /// The trust policy of a role: it must allow, also within an account.
    RoleTrust,
    /// A policy that must allow, also within an account, as a KMS key's.
    Required,
    /// Any other: within an account it or an identity-based policy allows.
    Optional,
}

/// All policies that apply to a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicySets<'a> {
    /// Policies of the user, its groups, or the role.
    pub identity: &'a [AttachedPolicy],
    /// The permissions boundary of the user or role.
    pub permissions_boundary: Option<&'a AttachedPolicy>,
    /// Session policies, when the session was opened with any.
    pub session: Option<&'a [AttachedPolicy]>,
    /// Service control policies of the caller's account: one slice for the root, each OU on the way and the
    /// account. Empty where none apply: no organization, the management account, policies not enabled.
    pub service_control: &'a [&'a [AttachedPolicy]],
    /// Resource control policies of the account that owns the resource, in the same form.
    pub resource_control: &'a [&'a [AttachedPolicy]],
    /// The resource's policy; `None` where the service knows no resource policies.
    pub resource: Option<ResourcePolicy<'a>>,
}

/// Decides `request`.
pub fn evaluate(request: &Request<'_>, sets: &PolicySets<'_>) -> Decision {
    decide(request, sets, &mut Shortest)
}

/// Looks at the statements, and hears what they come to. Evaluation without one that looks at everything stops early.
trait Observer<'a> {
    /// Whether statements that can no longer change the decision are wanted too.
    const EVERYTHING: bool;

    /// In which capacity a statement means the caller, if it speaks of the request.
    fn look(
        &mut self,
        seen: MatchedStatement<'a>,
        question: &Question<'_>,
        attachment: Attachment,
    ) -> Option<Capacity>;

    /// What the policies of one level come to.
    fn level(&mut self, _policy_type: PolicyType, _verdict: Verdict<'a>) {}

    /// At which type the decision was made, and what each came to.
    fn ended(&mut self, _at: PolicyType, _verdicts: &Verdicts<'a>) {}
}

/// Looks no further than the decision needs.
struct Shortest;

impl<'a> Observer<'a> for Shortest {
    const EVERYTHING: bool = false;

    fn look(
        &mut self,
        seen: MatchedStatement<'a>,
        question: &Question<'_>,
        attachment: Attachment,
    ) -> Option<Capacity> {
        seen.statement.matches(question, attachment)
    }
}

/// The verdicts of all types, in [`EVALUATION_ORDER`]; `None` for a type that does not apply.
type Verdicts<'a> = [Option<Verdict<'a>>; EVALUATION_ORDER.len()];

/// What the policies of one type say.
#[derive(Clone, Copy, Default)]
struct Verdict<'a> {
    /// The strongest capacity in which the caller is allowed.
    allowed: Option<Capacity>,
    /// The first statement that denies.
    denied: Option<(&'a AttachedPolicy, &'a Statement)>,
}

/// Asks all types and draws the conclusion.
fn decide<'a, O: Observer<'a>>(request: &Request<'_>, sets: &PolicySets<'a>, observer: &mut O) -> Decision {
    let question = Question {
        caller: &request.caller.principal,
        action: request.action,
        resource: request.resource,
        context: request.context,
    };
    let mut verdicts = [None; EVALUATION_ORDER.len()];
    let mut denial = None;
    for (policy_type, slot) in EVALUATION_ORDER.into_iter().zip(&mut verdicts) {
        let verdict = ask(policy_type, &question, sets, observer);
        *slot = verdict;
        if let Some((policy, statement)) = verdict.and_then(|verdict| verdict.denied)
            && denial.is_none()
        {
            let shown_type = shown_type(policy_type, sets);
            denial = Some((policy_type, Denial::explicit(request, shown_type, policy, statement)));
            if !O::EVERYTHING {
                break;
            }
        }
    }
    let (at, decision) = match denial {
        Some((at, denial)) => (at, Decision::Denied(Box::new(denial))),
        None => match settle(request, sets, &verdicts) {
            Settled::Missing(at) => {
                (at, Decision::Denied(Box::new(Denial::implicit(request, shown_type(at, sets)))))
            }
            Settled::Granted(at) => (at, Decision::Allowed(Permit::of(request))),
        },
    };
    observer.ended(at, &verdicts);
    decision
}

/// The type that messages name: a role's trust policy is one of its own.
fn shown_type(policy_type: PolicyType, sets: &PolicySets<'_>) -> PolicyType {
    let trust = sets.resource.is_some_and(|resource| resource.kind == ResourcePolicyKind::RoleTrust);
    if policy_type == PolicyType::Resource && trust { PolicyType::RoleTrust } else { policy_type }
}

/// Asks the policies of one type; `None` where the type does not apply to the request.
fn ask<'a, O: Observer<'a>>(
    policy_type: PolicyType,
    question: &Question<'_>,
    sets: &PolicySets<'a>,
    observer: &mut O,
) -> Option<Verdict<'a>> {
    let mut survey = Survey { policy_type, level: 0, question, observer };
    match policy_type {
        PolicyType::ResourceControl => survey.levels(Attachment::ResourceAccount, sets.resource_control),
        PolicyType::ServiceControl => survey.levels(Attachment::Caller, sets.service_control),
        PolicyType::Resource | PolicyType::RoleTrust => sets
            .resource
            .map(|resource| survey.policies(Attachment::Resource, std::slice::from_ref(resource.policy))),
        PolicyType::Identity => Some(survey.policies(Attachment::Caller, sets.identity)),
        PolicyType::PermissionsBoundary => sets
            .permissions_boundary
            .map(|boundary| survey.policies(Attachment::Caller, std::slice::from_ref(boundary))),
        PolicyType::Session => {
            let verdict = session_policies(question.caller, sets)
                .map(|session| survey.policies(Attachment::Caller, session));
            match question.caller {
                // F-STSAPI-ROOT-4: a root user has them of AssumeRoot alone, whose policies allow nothing: they deny all but
                // the task.
                Principal::Root { .. } => {
                    verdict.map(|verdict| Verdict { allowed: Some(Capacity::Itself), ..verdict })
                }
                _ => verdict,
            }
        }
    }
}

/// The session policies that apply. A federated user without any may do nothing by identity-based policies
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>, F-IAM-67).
fn session_policies<'a>(caller: &Principal, sets: &PolicySets<'a>) -> Option<&'a [AttachedPolicy]> {
    match caller {
        Principal::FederatedUser { .. } => Some(sets.session.unwrap_or_default()),
        _ => sets.session,
    }
}

/// One pass over the policies of a type.
struct Survey<'s, 'q, O> {
    policy_type: PolicyType,
    level: usize,
    question: &'s Question<'q>,
    observer: &'s mut O,
}

impl<O> Survey<'_, '_, O> {
    /// Policies of which each may allow (F-IAM-61).
    fn policies<'a>(&mut self, attachment: Attachment, policies: &'a [AttachedPolicy]) -> Verdict<'a>
    where
        O: Observer<'a>,
    {
        let mut verdict = Verdict::default();
        for policy in policies {
            for (position, statement) in policy.policy.statements().iter().enumerate() {
                let settled = match statement.effect() {
                    Effect::Allow => verdict.allowed == Some(Capacity::Itself),
                    Effect::Deny => verdict.denied.is_some(),
                };
                if settled && !O::EVERYTHING {
                    continue;
                }
                let (policy_type, level) = (self.policy_type, self.level);
                let seen =
                    MatchedStatement { policy_type, level, policy, position, statement, applies: true };
                let Some(capacity) = self.observer.look(seen, self.question, attachment) else { continue };
                match statement.effect() {
                    Effect::Allow => verdict.allowed = verdict.allowed.max(Some(capacity)),
                    Effect::Deny => verdict.denied = verdict.denied.or(Some((policy, statement))),
                }
            }
        }
        verdict
    }

    /// Levels of which each must allow (F-IAM-62); none at all means that the type does not apply.
    fn levels<'a>(
        &mut self,
        attachment: Attachment,
        levels: &'a [&'a [AttachedPolicy]],
    ) -> Option<Verdict<'a>>
    where
        O: Observer<'a>,
    {
        let mut verdicts = levels.iter().enumerate().map(|(at, level)| {
            self.level = at;
            let verdict = self.policies(attachment, level);
            self.observer.level(self.policy_type, verdict);
            verdict
        });
        let first = verdicts.next()?;
        Some(verdicts.fold(first, |sum, level| Verdict {
            allowed: sum.allowed.min(level.allowed),
            denied: sum.denied.or(level.denied),
        }))
    }
}

/// What a request that nothing denies comes to, and at which type that is known.
enum Settled {
    /// An allow of this type is needed and missing; it is the first in [`EVALUATION_ORDER`].
    Missing(PolicyType),
    /// Everything that is needed allows; types after this one are not asked.
    Granted(PolicyType),
}

/// Looks for the allows that are needed.
fn settle(request: &Request<'_>, sets: &PolicySets<'_>, verdicts: &Verdicts<'_>) -> Settled {
    let [resource_control, service_control, resource, identity, boundary, session] =
        verdicts.map(|verdict| verdict.map(|verdict| verdict.allowed));
    // A type that does not apply limits nothing.
    let limits = |allowed: Option<Option<Capacity>>| allowed.is_some_and(|allowed| allowed.is_none());
    if limits(resource_control) {
        return Settled::Missing(PolicyType::ResourceControl);
    }
    if limits(service_control) {
        return Settled::Missing(PolicyType::ServiceControl);
    }
    let mut granted = resource.flatten();
    if let Some(policy) = sets.resource {
        let own_account = policy.owner == request.caller.account();
        // Across accounts, and for trust policies always, the resource must allow (F-IAM-64, F-IAM-65).
        if granted.is_none() && (!own_account || policy.kind != ResourcePolicyKind::Optional) {
            return Settled::Missing(PolicyType::Resource);
        }
        if !own_account {
            granted = Some(Capacity::Account);
        }
    }
    // Within an account a resource policy that names the user or session itself, or everyone, is enough
    // (F-IAM-63).
    if granted == Some(Capacity::Itself) {
        return Settled::Granted(PolicyType::Resource);
    }
    // The root user has every permission that its organization leaves it (F-IAM-66).
    let is_root = matches!(request.caller.principal, Principal::Root { .. });
    if limits(identity) && granted != Some(Capacity::Role) && !is_root {
        return Settled::Missing(PolicyType::Identity);
    }
    if limits(boundary) {
        return Settled::Missing(PolicyType::PermissionsBoundary);
    }
    if limits(session) {
        return Settled::Missing(PolicyType::Session);
    }
    Settled::Granted(PolicyType::Session)
}
