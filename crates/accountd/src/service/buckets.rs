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
    kept: Mutex<Kept>,
}

/// Those that are not full, and full ones that nobody has looked for yet.
struct Kept {
    buckets: HashMap<Bucket, (Rate, TokenBucket)>,
    /// With so many full ones are looked for. Twice as many as were left the last time: however many there are, a call
    /// pays for few of them.
    looked_through_at: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self { buckets: HashMap::new(), looked_through_at: BUCKETS_KEPT }
    }
}

impl Buckets {
    /// Full buckets, or none at all.
    pub fn new(throttle: Throttle, is_shared: bool) -> Self {
        Self { throttle, is_shared, kept: Mutex::default() }
    }

    fn take_from(&self, from: &[(Bucket, Rate)], now: Timestamp) -> bool {
        // A panic while the lock was held leaves buckets that are at worst a token short.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { buckets, looked_through_at } = &mut *kept;
        if buckets.len() >= *looked_through_at {
            buckets.retain(|_, (rate, bucket)| !bucket.is_full(*rate, now));
            *looked_through_at = (buckets.len() * 2).max(BUCKETS_KEPT);
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
    use std::collections::BTreeSet;

    use aws::arn::AccountId;
    use services::service::Payer;

    use super::*;

    /// F-COST-14: where more accounts call than buckets are kept, not every call looks through all of them.
    #[test]
    fn many_buckets_are_looked_through_seldom_f_cost_14() {
        let buckets = Buckets::new(Throttle::Aws, false);
        let now = Timestamp::UNIX_EPOCH;
        let take = |number: u64, now| {
            let payer = Payer::Account(AccountId::from_number(number));
            let bucket = Bucket { payer, service: "iam", operation: None };
            buckets.take_from(&[(bucket, Rate::per_second(1, 10))], now)
        };
        let looked_through_at = || buckets.kept.lock().unwrap().looked_through_at;
        let mut seen = BTreeSet::new();
        for number in 0..(BUCKETS_KEPT as u64) * 4 {
            assert!(take(number, now));
            seen.insert(looked_through_at());
        }
        assert_eq!(seen, [BUCKETS_KEPT, BUCKETS_KEPT * 2, BUCKETS_KEPT * 4].into());
        let later = now + jiff::SignedDuration::from_secs(60);
        assert!(take(50_000, later) && take(1, later));
        assert_eq!(looked_through_at(), BUCKETS_KEPT, "the full ones are gone");
        assert!(buckets.kept.lock().unwrap().buckets.len() < 3);
    }

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
