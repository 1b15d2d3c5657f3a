//! A statement, compiled: which requests it speaks of, and what it says of them.

use super::action_element::ActionElement;
use super::condition::{Condition, Holds};
use super::context::RequestContext;
use super::principal_element::{Capacity, PrincipalElement};
use super::variable::TextPattern;
use crate::principal::Principal;

/// What a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The request may pass.
    Allow,
    /// The request is refused, whatever else allows it.
    Deny,
}

/// A request as a statement sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'q> {
    /// Who asks.
    pub(crate) caller: &'q Principal,
    /// `service:Operation`
    pub(crate) action: &'q str,
    /// The ARN, or `*` for an action that knows no resources.
    pub(crate) resource: &'q str,
    /// What the request says about itself.
    pub(crate) context: &'q RequestContext<'q>,
}

/// To what a policy is attached, as far as it changes how its statements are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attachment {
    /// To the caller, or to an account: the statements name no principal.
    Caller,
    /// To the resource: the statements name principals, and may leave the resource out.
    Resource,
    /// To accounts that hold resources: every principal is meant.
    ResourceAccount,
}

/// A list of patterns, or all but them.
#[derive(Clone, Debug)]
pub(super) struct Selection<P> {
    /// Whether it is the `Not…` form.
    pub(super) negated: bool,
    pub(super) patterns: Box<[P]>,
}

/// One compiled statement.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) sid: Option<Box<str>>,
    pub(super) effect: Effect,
    pub(super) actions: ActionElement,
    pub(super) resources: Option<Selection<TextPattern>>,
    pub(super) principals: Option<PrincipalElement>,
    pub(super) conditions: Box<[Condition]>,
}

impl Statement {
    /// The statement's id.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// What it says.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The condition keys it looks at, as the document writes them.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(Condition::key)
    }

    /// In which capacity the statement means the caller, when it speaks of this request at all. Where no effort is
    /// left nothing is looked at any more.
    pub(crate) fn matches(&self, question: &Question<'_>, attachment: Attachment) -> Option<Capacity> {
        let capacity = self.means(question, attachment)?;
        self.conditions_hold(question.context).then_some(capacity)
    }

    /// In which capacity the statement means the caller, whatever its conditions say of the request.
    pub(crate) fn means(&self, question: &Question<'_>, attachment: Attachment) -> Option<Capacity> {
        if question.context.effort().is_exhausted()
            || !self.means_action(question)
            || !self.means_resource(question, attachment)
        {
            return None;
        }
        self.capacity(question.caller, attachment)
    }

    /// Whether all conditions hold. One that does not settles it; where one cannot be evaluated, a statement
    /// that allows does not apply and one that denies does (recorded, F-IAM-33).
    pub(crate) fn conditions_hold(&self, context: &RequestContext<'_>) -> bool {
        let mut undecidable = false;
        for condition in &self.conditions {
            match condition.holds(context) {
                Holds::Yes => {}
                Holds::No => return false,
                Holds::Undecidable => undecidable = true,
            }
        }
        !undecidable || self.effect == Effect::Deny
    }

    fn means_action(&self, question: &Question<'_>) -> bool {
        let denies = self.effect == Effect::Deny;
        self.actions.means(question.action, denies, question.context.effort())
    }

    /// A pattern with a variable that has no value lists no resource, also in `NotResource` (F-IAM-42).
    fn means_resource(&self, question: &Question<'_>, attachment: Attachment) -> bool {
        let Some(resources) = &self.resources else {
            // Only a policy attached to a resource may leave it out. Elsewhere such a statement is not in
            // the grammar; should one be stored all the same, it can refuse but never allow.
            return attachment == Attachment::Resource || self.effect == Effect::Deny;
        };
        let listed =
            resources.patterns.iter().any(|pattern| pattern.matches(question.resource, question.context));
        listed != resources.negated
    }

    fn capacity(&self, caller: &Principal, attachment: Attachment) -> Option<Capacity> {
        match (&self.principals, attachment) {
            (Some(principals), Attachment::Resource) => {
                principals.capacity(caller, self.effect == Effect::Deny)
            }
            // As with the resource: what is not in the grammar can refuse but never allow.
            (None, Attachment::Resource) | (Some(_), Attachment::Caller) => {
                (self.effect == Effect::Deny).then_some(Capacity::Itself)
            }
            (None, Attachment::Caller) | (_, Attachment::ResourceAccount) => Some(Capacity::Itself),
        }
    }
}
