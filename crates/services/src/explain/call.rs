//! A call to be explained, recorded or imagined: who makes it, what it asks for, and from where.

use std::net::{IpAddr, Ipv4Addr};

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::RecordedCall;
use super::question::Question;
use super::{Situation, Stop, principal, refused_or_stop, wrong};
use crate::authority::access::{Access, ConditionKey};
use crate::authority::policies::RequestOrigin;
use crate::context::Context;
use crate::service::{Operation, Service};
use crate::world::World;

/// The most condition keys, and the most bytes of their names and values, that a question may give.
const MOST_KEYS: usize = 200;
const MOST_KEY_BYTES: usize = 100_000;

/// A call with everything that decides about it.
pub(super) struct Call {
    pub caller: Caller,
    /// `None` for an action that is no operation here.
    pub operation: Option<Operation>,
    pub action: String,
    /// The operation's input, where it is known.
    pub members: Option<Value>,
    /// The one resource that is asked about, where it was named.
    pub resource: Option<String>,
    /// Condition keys that were given; they win.
    pub keys: Vec<ConditionKey>,
    pub from: Origin,
    /// What the event log says of it.
    pub event: Option<RecordedCall>,
    pub notes: Vec<String>,
}

/// From where and when a call comes.
pub(super) struct Origin {
    pub now: Timestamp,
    pub region: String,
    pub source_ip: IpAddr,
    pub user_agent: Option<String>,
    pub secure_transport: bool,
}

impl Origin {
    /// An imagined call comes from this machine, now.
    pub fn here(situation: &Situation<'_>) -> Self {
        Self {
            now: situation.context.now,
            region: "us-east-1".to_owned(),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            secure_transport: situation.secure_transport,
        }
    }
}

/// What a call asks of policies.
pub(super) enum Asks {
    /// Nothing: no permission is needed.
    Nothing,
    /// Nothing: the service refuses it before.
    RefusedEarlier(Refusal),
    /// This.
    Access(Access),
}

impl Call {
    /// A call that somebody thinks of.
    pub fn imagined(question: &Question, situation: &Situation<'_>, world: &World<'_>) -> Result<Self, Stop> {
        let Some(principal) = &question.principal else {
            return Err(wrong(
                "Give `event`, or `principal` and `action`, or `who` and `action`: what is to be explained.",
            ));
        };
        let caller = principal::caller(principal, situation.context.real_now, world)?;
        Self::by(caller, question, situation)
    }

    /// What a question asks, done by this caller.
    pub fn by(caller: Caller, question: &Question, situation: &Situation<'_>) -> Result<Self, Stop> {
        let Some(action) = &question.action else {
            return Err(wrong("Give `action`, for example \"account:EnableRegion\"."));
        };
        let named = named(action)?;
        Ok(Self {
            caller,
            operation: named.operation,
            action: named.action,
            members: question.members.clone(),
            resource: question.resource.clone(),
            keys: keys(question)?,
            from: Origin::here(situation),
            event: None,
            notes: Vec::new(),
        })
    }

    /// What the global condition keys say of it.
    pub fn origin(&self) -> RequestOrigin<'_> {
        RequestOrigin {
            now: self.from.now,
            region: &self.from.region,
            source_ip: self.from.source_ip,
            user_agent: self.from.user_agent.as_deref(),
            secure_transport: self.from.secure_transport,
        }
    }

    /// What the call asks for, with the keys that were given.
    pub fn asks(&self, context: &Context, world: &World<'_>) -> Result<Asks, Stop> {
        let mut access = match self.of_operation(context, world)? {
            Asks::Access(access) => access,
            other => return Ok(other),
        };
        if let Some(resource) = &self.resource {
            access.first.resource.clone_from(resource);
            access.further.clear();
        }
        access.first.keys.extend_from_slice(&self.keys);
        for asked in &mut access.further {
            asked.keys.extend_from_slice(&self.keys);
        }
        Ok(Asks::Access(access))
    }

    /// What the operation asks for by itself. Where its input is not known and it cannot do without, it is everything.
    fn of_operation(&self, context: &Context, world: &World<'_>) -> Result<Asks, Stop> {
        let anything =
            || Asks::Access(Access::to(self.caller.account(), self.action.as_str(), "*", Vec::new()));
        let Some(operation) = self.operation else { return Ok(anything()) };
        let nothing = Value::Object(Map::new());
        let members = self.members.as_ref().unwrap_or(&nothing);
        let read = operation.refuse_wrong_types(members).map_err(crate::failure::Failure::from);
        match read.and_then(|()| operation.access(members, &self.caller, context.validation, world)) {
            // What is asked with a device's serial number was asked with a good code of it, which nobody keeps.
            Ok(Some(access))
                if members["SerialNumber"].is_string() && operation.service() == Service::Sts =>
            {
                Ok(Asks::Access(access.with_second_factor()))
            }
            Ok(Some(access)) => Ok(Asks::Access(access)),
            Ok(None) => Ok(Asks::Nothing),
            Err(failure) => {
                let refusal = refused_or_stop(failure)?;
                Ok(if self.members.is_some() { Asks::RefusedEarlier(refusal) } else { anything() })
            }
        }
    }

    /// A denial as the service would answer it.
    pub fn refusal(&self, denial: &Denial, context: &Context) -> Refusal {
        match self.operation {
            Some(operation) => operation.denied(denial, &self.caller, context),
            None => Refusal::new("AccessDenied", 403, denial.message()),
        }
    }
}

/// An action and its operation.
pub(super) struct NamedAction {
    pub operation: Option<Operation>,
    pub action: String,
}

/// The operation that an action belongs to. Actions are the same in any case (F-IAM-10).
pub(super) fn named(action: &str) -> Result<NamedAction, Stop> {
    let Some((prefix, name)) =
        action.split_once(':').filter(|(prefix, name)| !prefix.is_empty() && !name.is_empty())
    else {
        return Err(wrong(format!(
            "`action` is a service's prefix and a name, for example \"iam:CreateUser\", not \"{action}\"."
        )));
    };
    if action.contains(['*', '?']) {
        return Err(wrong("`action` is one action, without wildcards: that is what a call asks for."));
    }
    let service =
        Service::ALL.into_iter().find(|service| service.profile().action_prefix.eq_ignore_ascii_case(prefix));
    let operation = service.and_then(|service| {
        Operation::supported(service)
            .into_iter()
            .find(|operation| operation.name().eq_ignore_ascii_case(name))
    });
    let action = match operation {
        Some(operation) => format!("{}:{}", operation.service().profile().action_prefix, operation.name()),
        None => action.to_owned(),
    };
    Ok(NamedAction { operation, action })
}

/// The condition keys that a question gives.
pub(super) fn keys(question: &Question) -> Result<Vec<ConditionKey>, Stop> {
    let size = |value: &Value| value.to_string().len();
    let bytes: usize = question.context.iter().map(|(key, value)| key.len() + size(value)).sum();
    if question.context.len() > MOST_KEYS || bytes > MOST_KEY_BYTES {
        return Err(wrong(format!("`context` has at most {MOST_KEYS} keys and {MOST_KEY_BYTES} bytes.")));
    }
    let text = |key: &str, value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(wrong(format!(
            "`context`: the value of \"{key}\" is a text, a number, true, false, or a list."
        ))),
    };
    let key = |(key, value): (&String, &Value)| match value {
        Value::Array(values) => {
            let values = values.iter().map(|value| text(key, value)).collect::<Result<_, _>>()?;
            Ok(ConditionKey::multivalued(key.as_str(), values))
        }
        one => Ok(ConditionKey::single(key.as_str(), text(key, one)?)),
    };
    question.context.iter().map(key).collect()
}
