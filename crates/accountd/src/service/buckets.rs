//! The request rates, applied when `--throttle aws` asks for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use aws::throttle::{Rate, TokenBucket};
use jiff::Timestamp;
use services::front::ports;
use services::service::Bucket;

use crate::configuration::Throttle;

/// Above this many buckets the full ones are forgotten. A full bucket is the same as a new one.
const BUCKETS_KEPT: usize = 10_000;

/// Whether a request has paid its token, and what it got for it.
#[derive(Default)]
pub struct Paid {
    got: OnceLock<bool>,
    /// What it is to pay where other processes take from the same buckets: that takes longer than a run may.
    owed: Mutex<Option<Vec<(Bucket, Rate)>>>,
}

impl Paid {
    /// Whether it must pay before anything it decides counts.
    pub fn owes(&self) -> bool {
        self.got.get().is_none() && self.lock().is_some()
    }

    /// What it is to pay.
    pub fn owed(&self) -> Vec<(Bucket, Rate)> {
        self.lock().clone().unwrap_or_default()
    }

    /// Notes whether there were tokens for it.
    pub fn settle(&self, has_paid: bool) {
        // Paid once, whoever comes second.
        let _ = self.got.set(has_paid);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<(Bucket, Rate)>>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One bucket for each that calls have paid from.
pub struct Buckets {
    throttle: Throttle,
    /// Whether other processes take from the same buckets, which are in the store then.
    is_shared: bool,
    buckets: Mutex<HashMap<Bucket, (Rate, TokenBucket)>>,
}

impl Buckets {
    /// Full buckets, or none at all.
    pub fn new(throttle: Throttle, is_shared: bool) -> Self {
        Self { throttle, is_shared, buckets: Mutex::new(HashMap::new()) }
    }

    fn take_from(&self, from: &[(Bucket, Rate)], now: Timestamp) -> bool {
        // A panic while the lock was held leaves buckets that are at worst a token short.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_KEPT {
            buckets.retain(|_, (rate, bucket)| !bucket.is_full(*rate, now));
        }
        from.iter().all(|(bucket, rate)| {
            let (_, tokens) =
                buckets.entry(*bucket).or_insert_with(|| (*rate, TokenBucket::full(*rate, now)));
            tokens.take(*rate, now)
        })
    }
}

/// The buckets for one request, which pays once however often it is run.
pub struct PaidOnce<'a> {
    /// All buckets.
    pub buckets: &'a Buckets,
    /// What the request got.
    pub paid: &'a Paid,
}

impl ports::Buckets for PaidOnce<'_> {
    fn take(&self, from: &[(Bucket, Rate)], now: Timestamp) -> bool {
        if self.buckets.throttle == Throttle::Off {
            return true;
        }
        if self.buckets.is_shared {
            self.paid.lock().get_or_insert_with(|| from.to_vec());
            return self.paid.got.get().copied().unwrap_or(true);
        }
        *self.paid.got.get_or_init(|| self.buckets.take_from(from, now))
    }
}

#[cfg(test)]
mod tests {
    use aws::arn::AccountId;
    use services::service::Payer;

    use super::*;

    /// F-QUOTA-5: what one account of an organization takes is gone for the others.
    #[test]
    fn an_organization_has_a_rate_in_all_f_quota_5() {
        let buckets = Buckets::new(Throttle::Aws, false);
        let account = |digits: &str| digits.parse::<AccountId>().expect("twelve digits");
        let bucket = |payer| Bucket { payer, service: "organizations", operation: Some("DeclineHandshake") };
        let now = Timestamp::UNIX_EPOCH;
        let whole = (bucket(Payer::Organization(account("111111111111"))), Rate::per_second(1, 3));
        let calls = |digits| {
            let own = (bucket(Payer::Account(account(digits))), Rate::per_second(1, 2));
            buckets.take_from(&[own, whole], now)
        };
        assert!(calls("222222222222") && calls("222222222222") && !calls("222222222222"));
        assert!(calls("333333333333") && !calls("333333333333"), "three are all the organization has");
    }
}
