//! Why a request may pass or not: what the policies of each type say, level by level and statement by statement.

use super::{
    AttachedPolicy, Decision, EVALUATION_ORDER, Observer, PolicySets, PolicyType, Request, Verdict, Verdicts,
    decide,
};
use crate::policy::{Attachment, Capacity, Effect, Question, Statement};
use crate::principal::Principal;

/// A decision with everything that was looked at for it.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// The decision, as [`evaluate`](super::evaluate) makes it.
    pub decision: Decision,
    /// What each type of policies says, in [`EVALUATION_ORDER`].
    pub layers: Vec<Layer>,
    /// Every statement that means the request, whether its conditions hold or not, in the order of evaluation.
    pub statements: Vec<MatchedStatement<'a>>,
}

/// What the policies of one type contribute to a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The type; a trust policy is of the type [`PolicyType::Resource`] here.
    pub policy_type: PolicyType,
    /// Its part in the decision.
    pub outcome: Outcome,
    /// What its policies say by themselves, also where nobody asked; `None` where the type does not apply.
    pub says: Option<Says>,
    /// What each level says, of the types that have levels.
    pub levels: Vec<Says>,
    /// Whether it is the one that decided: it denies, its allow is missing, or its allow is all that is needed.
    pub decides: bool,
}

/// A layer's part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It allows.
    Allows,
    /// It denies.
    Denies,
    /// It neither denies nor allows. That refuses the request where its allow is needed.
    Nothing,
    /// The decision was made before.
    NotReached,
    /// No such policies bind the caller or the resource.
    DoesNotApply,
}

/// What policies say by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A statement allows and none denies.
    Allow,
    /// A statement denies.
    Deny,
    /// No statement speaks of the request.
    Nothing,
}

/// A statement that means the request.
#[derive(Debug, Clone, Copy)]
pub struct MatchedStatement<'a> {
    /// The type of its policy.
    pub policy_type: PolicyType,
    /// The level its policy is attached to, counted from 0 at the root; 0 for types that have no levels.
    pub level: usize,
    /// Its policy.
    pub policy: &'a AttachedPolicy,
    /// Its position in the policy's list of statements, counted from 0.
    pub position: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// Whether its conditions let it apply.
    pub applies: bool,
}

/// Decides `request` as [`evaluate`](super::evaluate) does, and tells every statement that means it: those that decided
/// and those that did not, in [`EVALUATION_ORDER`].
pub fn explain<'a>(request: &Request<'_>, sets: &PolicySets<'a>) -> Explanation<'a> {
    let mut everything = Everything::default();
    let decision = decide(request, sets, &mut everything);
    let Everything { statements, mut levels, end } = everything;
    let is_root = matches!(request.caller.principal, Principal::Root { .. });
    // F-IAM-66: the root user needs no identity-based policy.
    let needs_no_identity = is_root && sets.identity.is_empty();
    let layers = EVALUATION_ORDER.into_iter().enumerate().map(|(place, policy_type)| {
        let end = end.as_ref();
        let says = end.and_then(|(_, said)| said[place]);
        let applies = says.is_some() && !(policy_type == PolicyType::Identity && needs_no_identity);
        let at = end.and_then(|(at, _)| EVALUATION_ORDER.iter().position(|it| it == at)).unwrap_or_default();
        Layer {
            policy_type,
            outcome: match says {
                Some(_) if place > at && applies => Outcome::NotReached,
                Some(says) if applies => says.into(),
                _ => Outcome::DoesNotApply,
            },
            says: says.filter(|_| applies),
            levels: levels
                .iter_mut()
                .find(|(of, _)| *of == policy_type)
                .map_or_else(Vec::new, |(_, said)| std::mem::take(said)),
            // Where all had to allow, none of them decided.
            decides: place == at && !(decision.is_allowed() && policy_type == PolicyType::Session),
        }
    });
    let layers = layers.collect();
    Explanation { decision, layers, statements }
}

impl From<Says> for Outcome {
    fn from(says: Says) -> Self {
        match says {
            Says::Allow => Self::Allows,
            Says::Deny => Self::Denies,
            Says::Nothing => Self::Nothing,
        }
    }
}

impl From<Verdict<'_>> for Says {
    fn from(verdict: Verdict<'_>) -> Self {
        match verdict {
            Verdict { denied: Some(_), .. } => Self::Deny,
            Verdict { allowed: Some(_), .. } => Self::Allow,
            _ => Self::Nothing,
        }
    }
}

/// What every type says, and at which the decision was made.
type End = (PolicyType, [Option<Says>; EVALUATION_ORDER.len()]);

/// Notes every statement, level and type.
#[derive(Default)]
struct Everything<'a> {
    statements: Vec<MatchedStatement<'a>>,
    levels: Vec<(PolicyType, Vec<Says>)>,
    end: Option<End>,
}

impl<'a> Observer<'a> for Everything<'a> {
    const EVERYTHING: bool = true;

    fn look(
        &mut self,
        seen: MatchedStatement<'a>,
        question: &Question<'_>,
        attachment: Attachment,
    ) -> Option<Capacity> {
        let capacity = seen.statement.means(question, attachment)?;
        let applies = seen.statement.conditions_hold(question.context);
        self.statements.push(MatchedStatement { applies, ..seen });
        applies.then_some(capacity)
    }

    fn level(&mut self, policy_type: PolicyType, verdict: Verdict<'a>) {
        match self.levels.last_mut() {
            Some((of, levels)) if *of == policy_type => levels.push(verdict.into()),
            _ => self.levels.push((policy_type, vec![verdict.into()])),
        }
    }

    fn ended(&mut self, at: PolicyType, verdicts: &Verdicts<'a>) {
        self.end = Some((at, verdicts.map(|verdict| verdict.map(Says::from))));
    }
}

impl MatchedStatement<'_> {
    /// Whether it allows or denies this very request.
    pub fn speaks(&self, effect: Effect) -> bool {
        self.applies && self.statement.effect() == effect
    }
}
