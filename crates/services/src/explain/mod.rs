//! Why a call is allowed or refused, asked from outside of any call: of a call in the event log, of one that somebody
//! thinks of, with policies as they are or as drafts say, and of everybody at once.
//!
//! Policies are gathered and asked by [`crate::authority`] as for every request; nothing here decides anything.

pub mod answer;
mod attachments;
mod call;
mod drafts;
mod paced;
mod principal;
pub mod question;
mod recorded;
mod session_terms;
mod who;

use aws::refusal::Refusal;

pub use answer::{Answer, Decision, Explained};
pub use question::Question;

use crate::authority::explain::explain;
use crate::authority::explained::{AskedExplained, LayerName, Part, PolicySaid};
use crate::context::Context;
use crate::failure::Failure;
use crate::iam::simulator::statement_position;
use crate::world::{Fault, Snapshot, World};
use answer::{DecidedBy, RefusalTold};
use call::{Asks, Call};

/// What is known where a question is asked.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// Time, seed and settings, as for a request.
    pub context: &'a Context,
    /// Whether policies see a call over TLS (F-IAM-82).
    pub secure_transport: bool,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotExplained {
    /// The question is wrong; the text says what.
    Wrong(String),
    /// What it names is not there.
    NotFound(String),
}

impl NotExplained {
    /// The text for whoever asked.
    pub fn message(&self) -> &str {
        match self {
            Self::Wrong(message) | Self::NotFound(message) => message,
        }
    }
}

/// Why an answer was not finished.
#[derive(Debug)]
enum Stop {
    Not(NotExplained),
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn wrong(message: impl Into<String>) -> Stop {
    Stop::Not(NotExplained::Wrong(message.into()))
}

fn not_found(message: impl Into<String>) -> Stop {
    Stop::Not(NotExplained::NotFound(message.into()))
}

/// Answers a question against one state. It changes nothing, and drafts are gone with the answer.
///
/// # Errors
/// See [`Fault`]; the inner result says why there is no answer.
pub fn answer(
    question: &Question,
    situation: &Situation<'_>,
    snapshot: &dyn Snapshot,
) -> Result<Result<Answer, NotExplained>, Fault> {
    let mut world = World::new(snapshot);
    // Drafts may be long, and everybody may be many.
    world.take_time()?;
    let answered = match &question.who {
        Some(who) => who::list(who, question, situation, snapshot).map(Answer::Principals),
        None => explained(question, situation, &mut world).map(|explained| Answer::Call(Box::new(explained))),
    };
    match answered {
        Ok(answer) => Ok(Ok(answer)),
        Err(Stop::Not(why)) => Ok(Err(why)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

fn explained(
    question: &Question,
    situation: &Situation<'_>,
    world: &mut World<'_>,
) -> Result<Explained, Stop> {
    let mut call = match &question.event {
        Some(event) => recorded::call(event, question, situation, world)?,
        None => Call::imagined(question, situation, world)?,
    };
    let drafted = drafts::apply(question, &mut call.caller, world)?;
    let mut notes = std::mem::take(&mut call.notes);
    let (decision, refusal, asked) = match call.asks(situation.context, world)? {
        Asks::Nothing => {
            notes.push("The operation needs no permission, and no policy can take it away.".to_owned());
            (Decision::Allowed, None, Vec::new())
        }
        Asks::RefusedEarlier(refusal) => {
            notes.push("The service refuses the call before it asks any policy.".to_owned());
            (Decision::RefusedEarlier, Some(refusal), Vec::new())
        }
        Asks::Access(access) => {
            let mut asked = explain(&access, &call.caller, &call.origin(), world)?;
            for policy in asked.iter_mut().flat_map(every_policy) {
                finish(policy, &drafted);
            }
            let denial = asked.iter().find_map(|one| one.denial.as_deref());
            let decision = if denial.is_some() { Decision::Denied } else { Decision::Allowed };
            (decision, denial.map(|denial| call.refusal(denial, situation.context)), asked)
        }
    };
    note_what_policies_do_not_say(&call, decision, &asked, &mut notes);
    Ok(Explained {
        event: call.event,
        now: situation.context.now,
        principal: call.caller.principal.arn(),
        action: call.action,
        decision,
        refusal: refusal.as_ref().map(told),
        decided_by: decided_by(&asked),
        asked,
        drafts: drafted,
        notes,
    })
}

fn told(refusal: &Refusal) -> RefusalTold {
    RefusalTold {
        code: refusal.code.to_string(),
        status: refusal.status,
        message: refusal.message.as_deref().unwrap_or_default().to_owned(),
    }
}

/// What refused or may refuse a call that policies allow.
fn note_what_policies_do_not_say(
    call: &Call,
    decision: Decision,
    asked: &[AskedExplained],
    notes: &mut Vec<String>,
) {
    if decision != Decision::Allowed {
        return;
    }
    let delegation = |one: &AskedExplained| {
        let layer = one.layers.iter().find(|layer| layer.layer == LayerName::DelegationPolicy);
        layer.is_some_and(|layer| layer.outcome != Part::Allow)
    };
    if asked.iter().any(delegation) {
        notes.push(
            "The delegation policy of the organization does not allow it. Where only the management account or a \
             delegated administrator may do this, Organizations refuses in its own words."
                .to_owned(),
        );
    }
    if let Some(code) = call.event.as_ref().and_then(|event| event.error_code.as_ref())
        && !code.contains("AccessDenied")
        && !code.contains("UnauthorizedOperation")
    {
        notes.push(format!("It was not refused by policies but by the operation itself: {code}."));
    }
}

/// The layer, level, policy and statement that decided, of the first that was refused.
fn decided_by(asked: &[AskedExplained]) -> Option<DecidedBy> {
    let place = asked.iter().position(|one| !one.allowed)?;
    let layer = asked[place].layers.iter().find(|layer| layer.decides)?;
    let denies = layer.outcome == Part::Deny;
    let part = if denies { Part::Deny } else { Part::Nothing };
    let level = layer.levels.iter().find(|level| level.says == part);
    let policies = level.map_or(&layer.policies, |level| &level.policies);
    let statement = policies.iter().find_map(|policy| {
        let statement = policy.statements.iter().find(|it| it.applies && it.effect == "Deny")?;
        Some((policy.id.clone(), statement.number))
    });
    let (policy, statement) = statement.filter(|_| denies).unzip();
    Some(DecidedBy {
        asked: place,
        layer: layer.layer,
        level: level.map(|it| it.id.clone()),
        policy,
        statement,
    })
}

fn every_policy(asked: &mut AskedExplained) -> impl Iterator<Item = &mut PolicySaid> {
    asked.layers.iter_mut().flat_map(|layer| {
        let of_levels = layer.levels.iter_mut().flat_map(|level| &mut level.policies);
        of_levels.chain(&mut layer.policies)
    })
}

/// Says where the statements stand in the document, and whether the document is a draft.
fn finish(policy: &mut PolicySaid, drafted: &[String]) {
    policy.draft = drafted.contains(&policy.id);
    let Some(document) = &policy.document else { return };
    let lines = statement_position::lines(document);
    for statement in &mut policy.statements {
        statement.lines = lines.get(statement.number - 1).copied();
    }
}

/// A fault stops the answer; a refusal of the service is part of it.
fn refused_or_stop(failure: Failure) -> Result<Refusal, Stop> {
    match failure {
        Failure::Refused(refusal) | Failure::RefusedAfterChange(refusal) => Ok(*refusal),
        Failure::Fault(fault) => Err(fault.into()),
    }
}
