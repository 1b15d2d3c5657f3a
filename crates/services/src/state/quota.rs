//! What an account asked Service Quotas for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// F-SVCQ-5: how long a decided request is shown.
pub const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The most requests that are kept of an account.
const MOST: usize = 200;

/// The increases that an account asked for. Key: `quota-requests/<account id>`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct QuotaRequests {
    /// The requests, the newest last.
    #[serde(default)]
    pub requests: Vec<QuotaRequest>,
    /// What was granted by requests that are no longer kept, by the quota's code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub granted_before: BTreeMap<String, u32>,
}

/// A request. What becomes of it is decided when it is made, and is so from `decided_at` on.
#[derive(Clone, Serialize, Deserialize)]
pub struct QuotaRequest {
    /// Its id.
    pub id: String,
    /// The service's code.
    pub service: String,
    /// The quota's code.
    pub quota: String,
    /// What was asked for.
    pub desired: u32,
    /// The ARN of who asked.
    pub requester: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is decided.
    pub decided_at: Timestamp,
    /// Whether it is granted then.
    pub is_granted: bool,
}

impl QuotaRequest {
    /// Whether it is decided at an instant.
    pub fn is_decided(&self, now: Timestamp) -> bool {
        self.decided_at <= now
    }
}

impl QuotaRequests {
    /// The most that was granted of a quota until an instant.
    pub fn granted(&self, quota: &str, now: Timestamp) -> Option<u32> {
        let granted = self
            .requests
            .iter()
            .filter(|request| request.quota == quota && request.is_granted && request.is_decided(now));
        granted.map(|request| request.desired).chain(self.granted_before.get(quota).copied()).max()
    }

    /// Adds a request and lets go of those that are not shown any more.
    pub fn add(&mut self, request: QuotaRequest, now: Timestamp) {
        let oldest = now.saturating_sub(SHOWN_FOR).unwrap_or(Timestamp::MIN);
        while let Some(first) = self.requests.first()
            && (self.requests.len() >= MOST || first.created_at < oldest)
        {
            let first = self.requests.remove(0);
            if first.is_granted {
                let granted = self.granted_before.entry(first.quota).or_default();
                *granted = (*granted).max(first.desired);
            }
        }
        self.requests.push(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_granted_stays_granted_f_svcq_5() {
        let now = Timestamp::UNIX_EPOCH;
        let mut requests = QuotaRequests::default();
        for number in 0..300 {
            let request = QuotaRequest {
                id: String::new(),
                service: "iam".to_owned(),
                quota: "L-1".to_owned(),
                desired: 1000 - number,
                requester: String::new(),
                created_at: now,
                decided_at: now,
                is_granted: true,
            };
            requests.add(request, now);
        }
        assert_eq!(requests.requests.len(), MOST);
        assert_eq!(requests.granted("L-1", now), Some(1000));
        assert_eq!(requests.granted("L-2", now), None);
    }
}
