//! The token bucket behind AWS's rates: so many requests a second, with a burst.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A published rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens that come back each minute.
    pub per_minute: u32,
    /// Tokens that a full bucket holds.
    pub burst: u32,
}

impl Rate {
    /// So many tokens each second.
    pub const fn per_second(tokens: u32, burst: u32) -> Self {
        Self { per_minute: tokens * 60, burst }
    }

    /// So many tokens each minute.
    pub const fn per_minute(tokens: u32, burst: u32) -> Self {
        Self { per_minute: tokens, burst }
    }

    fn tokens_after(self, seconds: f64) -> f64 {
        seconds * f64::from(self.per_minute) / 60.0
    }
}

/// A bucket of tokens. It starts full.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct TokenBucket {
    tokens: f64,
    filled_at: Timestamp,
}

impl TokenBucket {
    /// A full bucket.
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Self { tokens: f64::from(rate.burst), filled_at: now }
    }

    /// Takes one token, or says that there is none.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> bool {
        // A clock that steps back gives no tokens and takes none.
        let seconds = now.duration_since(self.filled_at).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + rate.tokens_after(seconds)).min(f64::from(rate.burst));
        self.filled_at = self.filled_at.max(now);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// When a token was last taken, or asked for.
    pub fn asked_at(&self) -> Timestamp {
        self.filled_at
    }

    /// Whether the bucket is full again, so that it can be forgotten.
    pub fn is_full(&self, rate: Rate, now: Timestamp) -> bool {
        let seconds = now.duration_since(self.filled_at).as_secs_f64();
        self.tokens + rate.tokens_after(seconds) >= f64::from(rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let rate = Rate::per_second(5, 8);
        let start = Timestamp::UNIX_EPOCH;
        let mut bucket = TokenBucket::full(rate, start);
        assert_eq!((0..20).filter(|_| bucket.take(rate, start)).count(), 8);
        let later = start.saturating_add(SignedDuration::from_secs(1)).expect("in range");
        assert_eq!((0..20).filter(|_| bucket.take(rate, later)).count(), 5);
        assert!(!bucket.take(rate, start), "a clock that steps back gives nothing");
        assert!(!bucket.is_full(rate, later));
        assert!(bucket.is_full(rate, later.saturating_add(SignedDuration::from_secs(2)).expect("in range")));
    }

    #[test]
    fn a_rate_may_be_less_than_one_a_second() {
        let rate = Rate::per_minute(3, 1);
        let start = Timestamp::UNIX_EPOCH;
        let later = |seconds| start.saturating_add(SignedDuration::from_secs(seconds)).expect("in range");
        let mut bucket = TokenBucket::full(rate, start);
        assert!(bucket.take(rate, start) && !bucket.take(rate, later(19)) && bucket.take(rate, later(20)));
    }
}
