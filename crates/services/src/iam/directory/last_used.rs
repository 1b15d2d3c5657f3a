//! When access keys and roles were used last, as far as the newest records of their account tell.
//!
//! Nothing is written on the path of a request for this; AWS, too, shows a use only after a while.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use aws::trail::Record;
use jiff::Timestamp;

use crate::model::iam::{AccessKeyLastUsed, RoleLastUsed};
use crate::state::identity::{KeyUse, Role};
use crate::world::{EventQuery, Fault, World};

/// F-IAMAPI-KEY-3: how many of an account's newest records are looked through.
const RECORDS: usize = 1_000;
/// What stands for a date, a service or a Region that is not known.
pub const NOT_KNOWN: &str = "N/A";

/// One use.
#[derive(Clone)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// Of which service, by its short name.
    pub service: String,
    /// In which Region.
    pub region: String,
}

/// The last uses in one account.
#[derive(Default)]
pub struct LastUses {
    keys: BTreeMap<String, Use>,
    roles: BTreeMap<String, Use>,
}

impl LastUses {
    /// The last uses that the newest records of an account tell.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn of(account: AccountId, world: &World<'_>) -> Result<Self, Fault> {
        Self::told_by(account, world, "")
    }

    /// The last uses that records with a text in them tell; only those are read.
    fn told_by(account: AccountId, world: &World<'_>, text: &str) -> Result<Self, Fault> {
        let mut uses = Self::default();
        let kept = super::account(account, world)?.key_uses;
        let records = world.events(&EventQuery::newest(account, RECORDS))?;
        for logged in records.iter().filter(|logged| logged.record.contains(text)) {
            uses.add(&logged.record);
        }
        // F-SEED-19: what the log does not tell, a seed file may have told.
        for (id, KeyUse { at, service, region }) in kept {
            uses.keys.entry(id).or_insert(Use { at, service, region });
        }
        Ok(uses)
    }

    /// Records come newest first, so the first use that is seen is the last one there was.
    fn add(&mut self, record: &str) {
        let Ok(record) = serde_json::from_str::<Record<'_>>(record) else { return };
        let service = record.event_source.split('.').next().unwrap_or(NOT_KNOWN).to_owned();
        let used = Use { at: record.event_time, service, region: record.aws_region.into_owned() };
        if let Some(id) = record.user_identity.access_key_id {
            self.keys.entry(id.into_owned()).or_insert_with(|| used.clone());
        }
        // A role's sessions have the role's id before the colon.
        let principal = record.user_identity.principal_id.unwrap_or_default();
        if let Some((role_id, _)) = principal.split_once(':').filter(|(id, _)| id.starts_with("AROA")) {
            self.roles.entry(role_id.to_owned()).or_insert(used);
        }
    }

    /// The last use of an access key.
    pub fn of_key(&self, access_key_id: &str) -> Option<&Use> {
        self.keys.get(access_key_id)
    }

    /// The last use of a role, as answers show it: without members where none is known.
    pub fn of_role(&self, role: &Role) -> RoleLastUsed {
        let told = self.roles.get(&role.id).map(|used| (used.at, &used.region));
        // F-SEED-19
        let used = told.or_else(|| role.last_used.as_ref().map(|used| (used.at, &used.region)));
        RoleLastUsed {
            last_used_date: used.map(|(at, _)| at),
            region: used.map(|(_, region)| region.clone()),
        }
    }
}

/// The last use of one access key, as GetAccessKeyLastUsed shows it.
///
/// # Errors
/// See [`Fault`].
pub fn of_key(account: AccountId, id: &str, world: &World<'_>) -> Result<AccessKeyLastUsed, Fault> {
    let uses = LastUses::told_by(account, world, id)?;
    let used = uses.of_key(id);
    Ok(AccessKeyLastUsed {
        last_used_date: used.map(|used| used.at),
        service_name: used.map_or(NOT_KNOWN, |used| &used.service).to_owned(),
        region: used.map_or(NOT_KNOWN, |used| &used.region).to_owned(),
    })
}

/// The last use of one role.
///
/// # Errors
/// See [`Fault`].
pub fn of_role(role: &Role, world: &World<'_>) -> Result<RoleLastUsed, Fault> {
    Ok(LastUses::told_by(role.account, world, &role.id)?.of_role(role))
}
