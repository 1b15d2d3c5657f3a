//! Which services were used when, by whom: what the newest records of the event log tell.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use aws::trail::Record;
use jiff::{SignedDuration, Timestamp};

use crate::service::Service;
use crate::world::{EventQuery, Fault, World};

/// F-IAMAPI-LASTACC-6: how far back it is told (AWS page: "at least 400 days"), and in how many records it is looked for.
const DAYS: i64 = 400;
const RECORDS: usize = 10_000;
const RECORDS_PER_READ: usize = 1_000;

/// A use of a service.
#[derive(Clone)]
pub(super) struct Use {
    pub(super) at: Timestamp,
    pub(super) region: String,
    /// The user or role.
    pub(super) principal: String,
}

/// The last uses, by namespace, and within it by principal and by action.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) by_principal: BTreeMap<(String, String), Use>,
    pub(super) by_action: BTreeMap<(String, String), Use>,
}

/// The ARN of the user or role that made a call; of others nobody asks.
fn caller_of(record: &Record<'_>) -> Option<String> {
    let identity = &record.user_identity;
    match identity.kind.as_deref()? {
        "IAMUser" => identity.arn.as_deref().map(str::to_owned),
        "AssumedRole" => identity.session_context.as_ref()?.session_issuer.arn.as_deref().map(str::to_owned),
        _ => None,
    }
}

/// The namespace of the service that a record is of.
fn namespace_of(record: &Record<'_>) -> String {
    let source = record.event_source.as_ref();
    let known = Service::ALL.into_iter().find(|service| service.event_source() == source);
    let prefix = known.map(|service| service.profile().action_prefix);
    prefix.map_or_else(|| source.split('.').next().unwrap_or_default().to_owned(), str::to_owned)
}

/// Looks through the newest records before an instant, newest first: of one account, or of all.
///
/// # Errors
/// See [`Fault`].
pub(super) fn look_through(
    account: Option<AccountId>,
    until: Timestamp,
    world: &World<'_>,
    seen: &mut dyn FnMut(&Record<'_>, String, Option<String>),
) -> Result<(), Fault> {
    let from = until.saturating_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    let until = until.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    let mut before = None;
    let mut looked_at = 0;
    while looked_at < RECORDS {
        let limit = RECORDS_PER_READ;
        let rows = world.events(&EventQuery { account, from, until, before, limit })?;
        looked_at += rows.len();
        before = rows.last().map(|row| row.position);
        for row in &rows {
            if let Ok(record) = serde_json::from_str::<Record<'_>>(&row.record) {
                let (namespace, caller) = (namespace_of(&record), caller_of(&record));
                seen(&record, namespace, caller);
            }
        }
        if rows.len() < limit {
            break;
        }
    }
    Ok(())
}

impl Uses {
    /// What these principals of an account used before an instant.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) fn of(
        principals: &[String],
        account: AccountId,
        until: Timestamp,
        world: &World<'_>,
    ) -> Result<Self, Fault> {
        let mut uses = Self::default();
        if principals.is_empty() {
            return Ok(uses);
        }
        look_through(Some(account), until, world, &mut |record, namespace, caller| {
            let Some(principal) = caller.filter(|caller| principals.contains(caller)) else { return };
            let used = Use {
                at: record.event_time,
                region: record.aws_region.to_string(),
                principal: principal.clone(),
            };
            // Records come newest first, so the first use that is seen is the last one there was.
            let by_action = (namespace.clone(), record.event_name.to_string());
            uses.by_action.entry(by_action).or_insert_with(|| used.clone());
            uses.by_principal.entry((namespace, principal)).or_insert(used);
        })?;
        Ok(uses)
    }

    /// The last use of a service, and by how many it was used.
    pub(super) fn of_service(&self, namespace: &str) -> (Option<&Use>, usize) {
        let all = self.by_principal.iter().filter(|((used, _), _)| used == namespace).map(|(_, used)| used);
        let count = all.clone().count();
        (all.max_by_key(|used| used.at), count)
    }
}
