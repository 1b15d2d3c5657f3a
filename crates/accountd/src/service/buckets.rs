//! The published request rates, applied when `--throttle aws` asks for it.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws::arn::AccountId;
use aws::throttle::{Rate, TokenBucket};
use jiff::Timestamp;
use services::front::ports;
use services::service::Operation;

use crate::configuration::Throttle;

/// Above this many buckets the full ones are forgotten. A full bucket is the same as a new one.
const BUCKETS_KEPT: usize = 10_000;

/// Whether a request has paid its token, and what it got for it.
pub type Paid = OnceLock<bool>;

type Key = (AccountId, &'static str);

/// One bucket for each account and operation.
pub struct Buckets {
    throttle: Throttle,
    buckets: Mutex<HashMap<Key, (Rate, TokenBucket)>>,
}

impl Buckets {
    /// Full buckets, or none at all.
    pub fn new(throttle: Throttle) -> Self {
        Self { throttle, buckets: Mutex::new(HashMap::new()) }
    }

    fn take_from(&self, rate: Rate, operation: Operation, account: AccountId, now: Timestamp) -> bool {
        // A panic while the lock was held leaves buckets that are at worst a token short.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_KEPT {
            buckets.retain(|_, (rate, bucket)| !bucket.is_full(*rate, now));
        }
        let (_, bucket) = buckets
            .entry((account, operation.name()))
            .or_insert_with(|| (rate, TokenBucket::full(rate, now)));
        bucket.take(rate, now)
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
    fn take(&self, rate: Rate, operation: Operation, account: AccountId, now: Timestamp) -> bool {
        self.buckets.throttle == Throttle::Off
            || *self.paid.get_or_init(|| self.buckets.take_from(rate, operation, account, now))
    }
}
