//! Whether the database can be reached, as all connections of this process together find it. F-STORE-33
//!
//! Whoever fails to reach it tries again for a while, since a database that changes over is back within seconds. That
//! while is one for all: it begins with the first failure, so that nobody who comes later waits as long again. When it is
//! over, one attempt a second finds out whether the database is back, and everybody else is told at once.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::session::Failed;
use crate::store::seam::StoreStatistics;

/// How much longer than it is waited for a database may say nothing to what was sent. A statement that waits for another
/// process waits less, since the database ends what holds it up.
const LONGER_FOR_AN_ANSWER: Duration = Duration::from_secs(2);

/// How long nobody asks after an attempt failed that was made when patience had ended.
const LET_ALONE: Duration = Duration::from_secs(1);

/// A time without an answer.
#[derive(Clone, Copy)]
struct Away {
    since: Instant,
    last_failure: Instant,
}

/// What is known of the way to the database. Clones know the same.
#[derive(Clone)]
pub(super) struct Reach {
    away: Arc<Mutex<Option<Away>>>,
    patience: Duration,
    statistics: Arc<StoreStatistics>,
}

/// A connection that is open; counted until it is dropped.
pub(super) struct Open(Arc<StoreStatistics>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Relaxed);
    }
}

impl Reach {
    /// Nothing has failed yet. A database that is away is waited for as long as `patience`.
    pub fn new(patience: Duration, statistics: Arc<StoreStatistics>) -> Self {
        Self { away: Arc::default(), patience, statistics }
    }

    /// How long the database may say nothing.
    pub fn silence(&self) -> Duration {
        self.patience + LONGER_FOR_AN_ANSWER
    }

    /// What is counted.
    pub fn statistics(&self) -> &StoreStatistics {
        &self.statistics
    }

    /// Counts a connection.
    pub fn opened(&self) -> Open {
        self.statistics.connections_opened.fetch_add(1, Relaxed);
        self.statistics.connections.fetch_add(1, Relaxed);
        Open(Arc::clone(&self.statistics))
    }

    /// The database answered.
    pub fn answered(&self) {
        *self.away() = None;
    }

    /// Notes that it did not, and says whether there is time for another attempt after `pause`.
    pub fn is_worth_waiting(&self, pause: Duration) -> bool {
        self.failed_at(Instant::now(), pause)
    }

    /// Notes that it did not.
    pub fn failed(&self, failure: &Failed) {
        if !matches!(failure, Failed::NotAsked) {
            self.failed_at(Instant::now(), Duration::ZERO);
        }
    }

    fn failed_at(&self, now: Instant, pause: Duration) -> bool {
        let mut away = self.away();
        let since = match *away {
            // What failed long ago and was never tried again says nothing of now. One attempt may take as long as the
            // database may say nothing.
            Some(known) if now.duration_since(known.last_failure) < self.patience + self.silence() => {
                known.since
            }
            _ => now,
        };
        *away = Some(Away { since, last_failure: now });
        now.duration_since(since) + pause <= self.patience
    }

    /// Whether everybody has waited long enough, and somebody has just tried again in vain.
    pub fn is_given_up(&self) -> bool {
        self.is_given_up_at(Instant::now())
    }

    fn is_given_up_at(&self, now: Instant) -> bool {
        self.away().is_some_and(|away| {
            away.last_failure.duration_since(away.since) > self.patience.saturating_sub(LET_ALONE)
                && now.duration_since(away.last_failure) < LET_ALONE
        })
    }

    fn away(&self) -> MutexGuard<'_, Option<Away>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::Pauses;
    use super::*;

    /// F-STORE-33: where many ask at once, some are turned away just before the second is over and come to wait just after.
    #[test]
    fn whoever_was_not_let_through_does_not_keep_others_from_trying() {
        let reach = Reach::new(Duration::from_secs(10), Arc::default());
        let begin = Instant::now() - Duration::from_secs(11);
        assert!(reach.failed_at(begin, Duration::ZERO));
        assert!(reach.failed_at(begin + Duration::from_millis(9_900), Duration::ZERO));
        assert!(!reach.is_given_up(), "a second has passed");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        assert!(!runtime.block_on(Pauses::new(&reach).wait(&Failed::NotAsked)));
        reach.failed(&Failed::NotAsked);
        assert!(!reach.is_given_up(), "and others may try");
    }

    /// F-STORE-33
    #[test]
    fn the_time_of_waiting_is_one_for_all_and_then_one_attempt_a_second_is_made() {
        let reach = Reach::new(Duration::from_secs(10), Arc::default());
        let begin = Instant::now();
        let at = |milliseconds| begin + Duration::from_millis(milliseconds);
        let pause = Duration::from_millis(20);
        assert!(reach.failed_at(at(0), pause) && reach.failed_at(at(5_000), pause));
        assert!(reach.failed_at(at(8_000), pause) && !reach.is_given_up_at(at(8_000)));
        assert!(!reach.failed_at(at(9_990), pause), "whoever comes last waits no longer than the first");
        assert!(reach.is_given_up_at(at(10_500)), "and whoever comes now is told at once");
        assert!(!reach.is_given_up_at(at(11_000)), "until somebody looks again");
        assert!(!reach.failed_at(at(11_000), pause) && reach.is_given_up_at(at(11_500)));
        reach.answered();
        assert!(!reach.is_given_up_at(at(11_600)) && reach.failed_at(at(11_600), pause));
        // A failure of long ago that nobody tried to mend.
        assert!(reach.failed_at(at(60_000), pause));
    }
}
