//! Opt-in Regions that were switched, and the switches that quotas count.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Which way an opt-in Region was switched last, and from when until when. The status is a function of
/// this and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionOpt {
    /// `true` where it was enabled, `false` where it was disabled.
    pub enabled: bool,
    /// When that was asked for.
    pub since: Timestamp,
    /// When the switch is complete.
    pub until: Timestamp,
}

/// The open Region switches of one organization, for its quota. Key: `region-requests/<organization id>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct OrganizationRegionRequests {
    /// When each request that may still be open is complete.
    pub open_until: Vec<Timestamp>,
}
