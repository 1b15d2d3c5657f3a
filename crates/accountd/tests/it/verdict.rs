//! What a refusal of authorization says, read from its text.

use crate::cast::Caller;

/// The resource and the reason of `User: … is not authorized to perform: … on resource: … <reason>`.
pub struct Refused<'m> {
    /// As the service shows it; empty where none is told.
    pub resource: &'m str,
    /// What follows; empty where nothing does.
    pub because: &'m str,
}

impl<'m> Refused<'m> {
    /// Reads the text of a refusal of `action` to `caller`; `None` where it is no such text.
    pub fn read(caller: &Caller, action: &str, message: &'m str) -> Option<Self> {
        let prefix = format!("User: {} is not authorized to perform: {action}", caller.arn);
        let rest = message.strip_prefix(&prefix)?;
        Some(match rest.strip_prefix(" on resource: ") {
            Some(rest) => {
                let reason =
                    [" because no ", " with an explicit deny "].iter().find_map(|words| rest.find(words));
                let (resource, because) = rest.split_at(reason.unwrap_or(rest.len()));
                Self { resource, because: because.trim_start() }
            }
            None => Self { resource: "", because: rest.trim_start() },
        })
    }

    /// The policy type that did not allow the action.
    pub fn missing(&self, action: &str) -> Option<&'m str> {
        let kind = self
            .because
            .strip_prefix("because no ")?
            .strip_suffix(&format!(" allows the {action} action"))?;
        kind.strip_suffix(" policy").or(Some(kind))
    }
}
