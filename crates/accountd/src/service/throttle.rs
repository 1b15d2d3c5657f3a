//! The published request rates, applied when `--throttle aws` asks for it.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws::arn::AccountId;
use aws::refusal::Refusal;
use aws::throttle::{Rate, TokenBucket};
use jiff::Timestamp;
use services::operation::Operation;

use super::Call;
use crate::configuration::Throttle;

/// Above this many buckets the full ones are forgotten. A full bucket is the same as a new one.
const BUCKETS_KEPT: usize = 10_000;

/// Whether a request has paid its token, and what it got for it.
pub type Paid = OnceLock<bool>;

type Key = (AccountId, &'static str);

/// One bucket for each account and operation.
///
/// F-QUOTA-3 (*assumed*): calls in organizations mode draw on the caller's account.
pub struct Buckets {
    throttle: Throttle,
    buckets: Mutex<HashMap<Key, (Rate, TokenBucket)>>,
}

impl Buckets {
    /// Full buckets, or none at all.
    pub fn new(throttle: Throttle) -> Self {
        Self { throttle, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes a token for the call.
    ///
    /// # Errors
    /// F-QUOTA-4: `TooManyRequestsException` in the gateway's words where there is none.
    pub fn take(&self, operation: Operation, account: AccountId, call: &Call) -> Result<(), Refusal> {
        let (Throttle::Aws, Some(rate)) = (self.throttle, operation.rate()) else { return Ok(()) };
        let granted =
            call.paid.get_or_init(|| self.take_from(rate, operation, account, call.context.real_now));
        if *granted { Ok(()) } else { Err(operation.too_many_requests()) }
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
