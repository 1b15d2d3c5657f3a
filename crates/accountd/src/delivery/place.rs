//! What is delivered to: the directory that gets everything, and each trail.

use std::sync::Arc;

use aws::arn::AccountId;
use services::cloudtrail::trails::selection::{SeenRecord, Selection};
use services::state::trail::Trail;

use super::target::Target;
use crate::store::FollowedRecord;

/// The name under which it is kept how far the directory is.
pub const DIRECTORY: &str = "directory";

/// One place.
pub struct Place {
    /// Its name.
    pub name: String,
    /// What takes its files.
    pub target: Target,
    /// The trail it is of; `None` of the directory that gets everything.
    pub trail: Option<(Arc<Trail>, Selection)>,
    /// Whether it is a trail's log group, which gets records and no files.
    pub gets_lines: bool,
}

impl Place {
    /// The directory that gets everything.
    pub fn directory(target: Target) -> Self {
        Self { name: DIRECTORY.to_owned(), target, trail: None, gets_lines: false }
    }

    /// A trail.
    pub fn of_trail(trail: Arc<Trail>, target: Target) -> Self {
        let selection = Selection::of(&trail);
        Self { name: trail.delivery_name(), target, trail: Some((trail, selection)), gets_lines: false }
    }

    /// The log group of a trail.
    pub fn of_log_group(trail: Arc<Trail>, target: Target) -> Self {
        let name = trail.log_delivery_name();
        Self { name, gets_lines: true, ..Self::of_trail(trail, target) }
    }

    /// The trail whose digests vouch for what is delivered here.
    pub fn vouched_for(&self) -> Option<Arc<Trail>> {
        let (trail, _) =
            self.trail.as_ref().filter(|(trail, _)| trail.validates_files && !self.gets_lines)?;
        Some(Arc::clone(trail))
    }

    /// The trail.
    pub fn trail(&self) -> Option<&Trail> {
        self.trail.as_ref().map(|(trail, _)| &**trail)
    }

    /// The Region in the names of a record's file, if the record is delivered here. `organization` is that of the record's
    /// account.
    pub fn takes(&self, record: &FollowedRecord, organization: Option<&str>) -> Option<String> {
        if !self.may_take(record.account, organization) || self.is_before_its_time(record) {
            return None;
        }
        let seen = SeenRecord::read(&record.json)?;
        let is_taken = self
            .trail
            .as_ref()
            .is_none_or(|(trail, selection)| trail.was_logging_at(record.time) && selection.takes(&seen));
        is_taken.then(|| path_part(&seen.aws_region))
    }

    /// F-NOTICE-4: whether a record was made before the log group was this one.
    fn is_before_its_time(&self, record: &FollowedRecord) -> bool {
        let since = self.trail().and_then(|trail| trail.logs.as_ref()?.since);
        self.gets_lines && since.is_some_and(|since| record.time < since)
    }

    /// Whether records of this account come here at all.
    pub fn may_take(&self, account: AccountId, organization: Option<&str>) -> bool {
        let Some(trail) = self.trail() else { return true };
        account == trail.account
            || trail.organization.as_deref().is_some_and(|of_trail| organization == Some(of_trail))
    }
}

/// F-DELIVER-5: a Region is whatever a client signed for, so that only what a path may hold is left of it in a name.
fn path_part(region: &str) -> String {
    let is_known = |character: &char| character.is_ascii_alphanumeric() || *character == '-';
    let part: String = region.chars().filter(is_known).take(32).collect();
    if part.is_empty() { "unknown".to_owned() } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-DELIVER-5.
    #[test]
    fn a_region_never_leads_out_of_its_folder_f_deliver_5() {
        assert_eq!(path_part("eu-west-1"), "eu-west-1");
        assert_eq!(path_part("../../x"), "x");
        assert_eq!(path_part("/.."), "unknown");
        assert_eq!(path_part(&"a".repeat(1024)).len(), 32);
    }
}
