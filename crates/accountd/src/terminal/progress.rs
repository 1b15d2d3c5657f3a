//! How far something long has come, told on standard error once a second when it takes longer than one.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(1);

/// Something that goes on.
pub(super) struct Progress {
    what: &'static str,
    begun: Instant,
    told_at: Instant,
    bytes: u64,
}

impl Progress {
    /// It begins now. `what` is its past participle.
    pub(super) fn new(what: &'static str) -> Self {
        let now = Instant::now();
        Self { what, begun: now, told_at: now, bytes: 0 }
    }

    /// So many bytes more were done.
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        let now = Instant::now();
        if let Some(line) = self.line_at(now) {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// The line that is due at `now`.
    fn line_at(&mut self, now: Instant) -> Option<String> {
        if now.duration_since(self.told_at) < EVERY {
            return None;
        }
        self.told_at = now;
        Some(format!("{} so far, {} s", self.told(), now.duration_since(self.begun).as_secs()))
    }

    /// What was done, in megabytes.
    pub(super) fn told(&self) -> String {
        let tenths = self.bytes.div_ceil(100_000);
        format!("{} {}.{} MB", self.what, tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_second_and_not_before() {
        let mut progress = Progress::new("exported");
        progress.add(2_340_000);
        let begun = progress.begun;
        assert_eq!(progress.line_at(begun + Duration::from_millis(999)), None);
        let line = progress.line_at(begun + Duration::from_secs(3));
        assert_eq!(line.as_deref(), Some("exported 2.4 MB so far, 3 s"));
        assert_eq!(progress.line_at(begun + Duration::from_millis(3500)), None);
    }
}
