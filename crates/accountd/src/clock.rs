//! The two times: real time, by which signatures are judged, and service time, which rules are told.
//!
//! Service time follows real time until an administrator moves it forward (`--time real`), stands still until then
//! (`--time manual`), or passes so many times as fast (`--time x60`). It never goes back: what is stored happened before now (F-EDGE-24). Only where
//! nothing is stored any more it starts anew.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use services::state::installation::ServiceTime;

/// How service time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMode {
    /// It passes as real time does, ahead of it by what an administrator added.
    Real,
    /// It stands still until it is moved.
    Manual,
    /// It passes so many times as fast as real time, from 2 to [`FASTEST`].
    Times(u16),
}

/// The most times that service time passes as fast as real time: a day in less than a minute and a half.
pub const FASTEST: u16 = 1000;

impl TimeMode {
    /// Reads `real`, `manual` or `x60`.
    ///
    /// # Errors
    /// Says what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "real" => Ok(Self::Real),
            "manual" => Ok(Self::Manual),
            _ => {
                let times = text.strip_prefix('x').and_then(|times| times.parse().ok());
                let times = times.filter(|times| (2..=FASTEST).contains(times)).map(Self::Times);
                times.ok_or_else(|| format!("it is real, manual, or x2 to x{FASTEST}, such as x60"))
            }
        }
    }
}

impl std::fmt::Display for TimeMode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Real => formatter.write_str("real"),
            Self::Manual => formatter.write_str("manual"),
            Self::Times(times) => write!(formatter, "x{times}"),
        }
    }
}

/// Both clocks. Cheap to read and free of locks.
#[derive(Debug)]
pub struct Clock {
    mode: TimeMode,
    /// In microseconds: with [`TimeMode::Real`] how far service time is ahead, with [`TimeMode::Manual`] service time
    /// itself, and with [`TimeMode::Times`] how far it was ahead at `begun`.
    microseconds: AtomicI64,
    /// From when on time passes faster, by real time in microseconds.
    begun: i64,
}

/// Why service time was not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMoved {
    /// It would go back.
    Back,
    /// It would leave the range that can be stored.
    TooFar,
}

impl std::fmt::Display for NotMoved {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Back => "service time only moves forward: what is stored happened before now",
            Self::TooFar => "service time cannot go beyond the year 9000",
        })
    }
}

/// Where time passes faster, how much real time each note of it is good for.
const KEPT_AHEAD: Duration = Duration::from_secs(8);

/// 9000-01-01T00:00:00Z. Four digits of a year are what every format on the wire can hold, and the
/// rules add durations to now.
const LATEST: i64 = 221_845_392_000_000_000;

impl Clock {
    /// A clock that starts at real time.
    pub fn new(mode: TimeMode) -> Self {
        let begun = Timestamp::now().as_microsecond();
        Self { mode, microseconds: AtomicI64::new(Self::start(mode)), begun }
    }

    fn start(mode: TimeMode) -> i64 {
        match mode {
            TimeMode::Real | TimeMode::Times(_) => 0,
            TimeMode::Manual => Timestamp::now().as_microsecond(),
        }
    }

    /// Starts anew at real time, where nothing is stored any more that happened later (F-EDGE-26).
    pub fn restart(&self) {
        let start = match self.mode {
            // What passed faster since the beginning is taken back.
            TimeMode::Times(_) => -self.gained(Timestamp::now().as_microsecond()),
            mode => Self::start(mode),
        };
        self.microseconds.store(start, Ordering::Release);
    }

    /// How much further service time came than real time since the beginning, by passing faster.
    fn gained(&self, real: i64) -> i64 {
        match self.mode {
            TimeMode::Times(times) => real.saturating_sub(self.begun).saturating_mul(i64::from(times) - 1),
            TimeMode::Real | TimeMode::Manual => 0,
        }
    }

    /// How service time passes.
    pub fn mode(&self) -> TimeMode {
        self.mode
    }

    /// Real time. Signatures and tokens' lifetimes in them are judged by it.
    pub fn real_now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Service time, to the microsecond.
    pub fn now(&self) -> Timestamp {
        self.service_time(Timestamp::now(), self.microseconds.load(Ordering::Acquire))
    }

    fn service_time(&self, real: Timestamp, stored: i64) -> Timestamp {
        let real = real.as_microsecond();
        let microseconds = match self.mode {
            TimeMode::Manual => stored,
            _ => real.saturating_add(self.gained(real)).saturating_add(stored).min(LATEST),
        };
        Timestamp::from_microsecond(microseconds).expect("INVARIANT: LATEST is within range")
    }

    /// Moves service time forward by `step` and returns it.
    ///
    /// # Errors
    /// Refuses to go back and to go beyond the year 9000; service time is then unchanged.
    pub fn advance(&self, step: SignedDuration) -> Result<Timestamp, NotMoved> {
        if step.is_negative() {
            return Err(NotMoved::Back);
        }
        let step = i64::try_from(step.as_micros()).map_err(|_| NotMoved::TooFar)?;
        self.change(|now| now.checked_add(step).ok_or(NotMoved::TooFar))
    }

    /// Moves service time forward to `target` and returns it.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn set(&self, target: Timestamp) -> Result<Timestamp, NotMoved> {
        self.change(|_| Ok(target.as_microsecond()))
    }

    /// How service time was moved, to be kept.
    pub fn moved(&self) -> ServiceTime {
        let stored = self.microseconds.load(Ordering::Acquire);
        let microseconds = match self.mode {
            TimeMode::Real | TimeMode::Manual => stored,
            // A restart must not go back behind what was answered until then, so that what will have passed is kept.
            TimeMode::Times(times) => {
                let ahead = i64::try_from(KEPT_AHEAD.as_micros()).unwrap_or(i64::MAX);
                let gained = self.gained(Timestamp::now().as_microsecond());
                stored.saturating_add(gained).saturating_add(ahead.saturating_mul(i64::from(times)))
            }
        };
        ServiceTime { stands_still: self.mode == TimeMode::Manual, microseconds }
    }

    /// How often [`Self::moved`] is to be kept although nobody moved it; `None` where it only changes by being moved.
    pub fn keep_every(&self) -> Option<Duration> {
        matches!(self.mode, TimeMode::Times(_)).then_some(KEPT_AHEAD / 4)
    }

    /// Goes on where `kept` was noted, also if time passed otherwise then. To be called before anything is answered.
    pub fn restore(&self, kept: ServiceTime) {
        let real = Timestamp::now().as_microsecond();
        let microseconds = match (self.mode, kept.stands_still) {
            (TimeMode::Real | TimeMode::Times(_), false) | (TimeMode::Manual, true) => kept.microseconds,
            (TimeMode::Real | TimeMode::Times(_), true) => kept.microseconds.saturating_sub(real),
            (TimeMode::Manual, false) => kept.microseconds.saturating_add(real),
        };
        self.microseconds.store(microseconds.clamp(0, LATEST), Ordering::Release);
    }

    fn change(&self, target: impl Fn(i64) -> Result<i64, NotMoved>) -> Result<Timestamp, NotMoved> {
        let real = Timestamp::now();
        let mut stored = self.microseconds.load(Ordering::Acquire);
        loop {
            let now = self.service_time(real, stored).as_microsecond();
            let target = target(now)?;
            if target < now {
                return Err(NotMoved::Back);
            }
            if target > LATEST {
                return Err(NotMoved::TooFar);
            }
            let next = stored + (target - now);
            match self.microseconds.compare_exchange(stored, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(self.service_time(real, next)),
                // Somebody else moved it: look again from there.
                Err(other) => stored = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_is_what_it_says() {
        let latest: Timestamp = "9000-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(latest.as_microsecond(), LATEST);
    }

    #[test]
    fn manual_time_stands_still_until_moved() {
        let clock = Clock::new(TimeMode::Manual);
        let start = clock.now();
        assert_eq!(clock.now(), start);
        assert!(start <= clock.real_now());
        let day = SignedDuration::from_hours(24);
        assert_eq!(clock.advance(day), Ok(start + day));
        assert_eq!(clock.now(), start + day);
    }

    #[test]
    fn real_time_passes_and_may_be_ahead() {
        let clock = Clock::new(TimeMode::Real);
        let hour = SignedDuration::from_hours(1);
        // Service time is kept to the microsecond, real time is finer.
        let before = Timestamp::from_microsecond(clock.real_now().as_microsecond()).unwrap();
        clock.advance(hour).unwrap();
        let ahead = clock.now().duration_since(before);
        assert!(ahead >= hour && ahead < hour + SignedDuration::from_mins(1));
        assert!(clock.now() >= clock.now() - hour);
    }

    /// F-STORE-10
    #[test]
    fn moved_time_goes_on_in_the_next_process_whichever_way_it_passes_there() {
        let target: Timestamp = "2199-01-01T00:00:00Z".parse().unwrap();
        for (before, after) in [TimeMode::Real, TimeMode::Manual]
            .into_iter()
            .flat_map(|mode| [(mode, TimeMode::Real), (mode, TimeMode::Manual)])
        {
            let clock = Clock::new(before);
            clock.set(target).unwrap();
            let next = Clock::new(after);
            next.restore(clock.moved());
            let passed = next.now().duration_since(target);
            assert!(passed.abs() < SignedDuration::from_mins(1), "{before:?}, {after:?}: {passed}");
        }
        let past = ServiceTime { stands_still: true, microseconds: 0 };
        let clock = Clock::new(TimeMode::Real);
        clock.restore(past);
        assert_eq!(clock.moved().microseconds, 0, "real time is not held back by a time that stood still");
    }

    /// F-EDGE-32
    #[test]
    fn time_that_passes_faster_goes_on_after_a_restart_and_starts_anew_after_a_reset() {
        let mut clock = Clock::new(TimeMode::Times(60));
        let second = SignedDuration::from_secs(1);
        // An hour of real time ago it began.
        clock.begun -= SignedDuration::from_hours(1).as_micros() as i64;
        let ahead = clock.now().duration_since(clock.real_now());
        assert!((ahead - SignedDuration::from_hours(59)).abs() < second * 60, "{ahead}");
        clock.advance(SignedDuration::from_hours(24)).unwrap();
        let kept = clock.moved();
        for mode in [TimeMode::Real, TimeMode::Times(2), TimeMode::Manual] {
            let next = Clock::new(mode);
            next.restore(kept);
            let passed = next.now().duration_since(clock.now());
            assert!(passed.is_positive() && passed < second * 60 * 10, "{mode}: {passed}");
        }
        clock.restart();
        assert!(clock.now().duration_since(clock.real_now()).abs() < second * 60);
        assert!(clock.keep_every().is_some_and(|every| every < KEPT_AHEAD));
    }

    #[test]
    fn how_time_passes_is_read_and_told() {
        for (text, mode) in
            [("real", TimeMode::Real), ("manual", TimeMode::Manual), ("x60", TimeMode::Times(60))]
        {
            assert_eq!(TimeMode::parse(text), Ok(mode));
            assert_eq!(mode.to_string(), text);
        }
        for wrong in ["x1", "x0", "x1001", "60", "x", "fast", "x-2"] {
            assert!(TimeMode::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn service_time_never_goes_back_nor_too_far() {
        let clock = Clock::new(TimeMode::Manual);
        let start = clock.now();
        assert_eq!(clock.set(start - SignedDuration::from_secs(1)), Err(NotMoved::Back));
        assert_eq!(clock.advance(SignedDuration::from_secs(-1)), Err(NotMoved::Back));
        assert_eq!(clock.advance(SignedDuration::MAX), Err(NotMoved::TooFar));
        assert_eq!(clock.set(Timestamp::MAX), Err(NotMoved::TooFar));
        assert_eq!(clock.now(), start);
        let target: Timestamp = "2199-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(clock.set(target), Ok(target));
        assert_eq!(clock.set(target), Ok(target));
    }
}
