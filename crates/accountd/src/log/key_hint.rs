//! One line for whoever comes with keys that nobody has: which ones work here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The line is told again after this time at the earliest, whatever is asked meanwhile.
const AT_MOST_EVERY: Duration = Duration::from_secs(3600);

/// The codes of a refusal because nobody has the access key, in every protocol.
const UNKNOWN_KEY: [&str; 3] = ["UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"];

/// Tells which keys work, seldom.
#[derive(Debug)]
pub struct KeyHint {
    line: &'static str,
    started: Instant,
    /// When it was told last, in seconds after the start and one; 0 is never.
    told: AtomicU64,
}

impl KeyHint {
    /// For a service that takes the well-known credentials, or does not.
    pub fn new(well_known: bool) -> Self {
        let line = match well_known {
            true => {
                "a call came with an access key that nobody has; these work without having been issued, all with the \
                 secret `test`: `test` is the root user of account 000000000000, 12 digits are that account's root \
                 user, `admin` and `admin` with 12 digits behind it an administrator"
            }
            false => {
                "a call came with an access key that nobody has; keys are those of --root-credentials, of the seed file, \
                 and what IAM and STS issue"
            }
        };
        Self { line, started: Instant::now(), told: AtomicU64::new(0) }
    }

    /// Notes a refusal, and tells the line where it helps.
    pub fn note(&self, code: &str) {
        if UNKNOWN_KEY.contains(&code) && self.is_due(self.started.elapsed()) {
            tracing::warn!("{}", self.line);
        }
    }

    fn is_due(&self, elapsed: Duration) -> bool {
        let told = self.told.load(Ordering::Relaxed);
        let now = elapsed.as_secs() + 1;
        if told != 0 && now < told + AT_MOST_EVERY.as_secs() {
            return false;
        }
        // Of two at once one tells it.
        self.told.compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-EDGE-42.
    #[test]
    fn it_is_told_at_first_and_then_once_an_hour() {
        let hint = KeyHint::new(true);
        assert!(hint.is_due(Duration::ZERO));
        assert!(!hint.is_due(Duration::ZERO) && !hint.is_due(Duration::from_secs(3599)));
        assert!(hint.is_due(Duration::from_secs(3600)));
        assert!(!hint.is_due(Duration::from_secs(3601)));
        assert!(hint.line.contains("`admin`") && !KeyHint::new(false).line.contains("test"));
    }
}
