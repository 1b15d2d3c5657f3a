//! The watch over one connection: who is too slow, found out without a timer per request.
//!
//! Requests and the socket leave marks in a [`Pulse`]. A timer of the connection looks at them a few
//! times per timeout and keeps in a [`Watch`] since when it has seen the same picture. A timeout
//! therefore takes up to a quarter longer than configured, and a request costs no clock reading.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use http::Version;
use tokio::time::Instant;

use super::Limits;

/// What has happened on a connection so far.
#[derive(Default)]
pub(super) struct Pulse {
    received_bytes: AtomicU64,
    /// [`Self::received_bytes`] when the latest request began or ended: whatever came later and
    /// belongs to no request is part of a head.
    settled_bytes: AtomicU64,
    begun: AtomicU64,
    finished: AtomicU64,
    reading_body: AtomicBool,
    body_given_up: AtomicBool,
    multiplexed: AtomicBool,
    sent_bytes: AtomicU64,
    /// Whether the socket takes nothing more until the client reads.
    is_blocked: AtomicBool,
    /// Answers in pieces that are not at their end.
    streaming: AtomicU64,
}

impl Pulse {
    /// Notes bytes that came from the socket.
    pub(super) fn received(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes that a request's head is complete; its end is noted when the returned value is dropped.
    pub(super) fn begin(&self, version: Version) -> Finish<'_> {
        if version == Version::HTTP_2 {
            self.multiplexed.store(true, Ordering::Relaxed);
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.settle();
        Finish(self)
    }

    fn settle(&self) {
        self.settled_bytes.store(self.received_bytes.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Notes that a body is awaited (over HTTP/1.1, where there is one at a time).
    pub(super) fn awaiting_body(&self, awaiting: bool) {
        self.reading_body.store(awaiting, Ordering::Relaxed);
    }

    /// Lets the body that is awaited fail when it is polled next.
    pub(super) fn give_up_body(&self) {
        self.body_given_up.store(true, Ordering::Relaxed);
    }

    /// Notes what the socket took, or that it takes nothing now.
    pub(super) fn sent(&self, polled: &Poll<io::Result<usize>>) {
        self.is_blocked.store(polled.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = polled {
            self.sent_bytes.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }

    /// Notes that an answer in pieces begins or ends.
    pub(super) fn streaming(&self, does_begin: bool) {
        match does_begin {
            true => self.streaming.fetch_add(1, Ordering::Relaxed),
            false => self.streaming.fetch_sub(1, Ordering::Relaxed),
        };
    }

    /// Whether the connection speaks HTTP/2.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.multiplexed.load(Ordering::Relaxed)
    }

    /// Whether the body that is awaited took too long.
    pub(super) fn body_is_given_up(&self) -> bool {
        self.body_given_up.load(Ordering::Relaxed)
    }
}

/// Notes the end of a request when dropped, however it ends.
pub(super) struct Finish<'a>(&'a Pulse);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.settle();
        self.0.finished.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a connection waits for. A phase that lasts too long ends the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    FirstByte,
    Head,
    Body,
    Answer,
    /// The client does not read what it asked for.
    Reader,
    Idle,
}

/// What to do with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Wait,
    BodyTooSlow,
    Close,
}

/// Since when a connection has been waiting for the same thing.
pub(super) struct Watch {
    since: Instant,
    seen: Seen,
}

/// What a connection looked like: its phase, the requests that had begun, and the bytes that had been sent.
type Seen = (Phase, u64, u64);

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, seen: (Phase::FirstByte, 0, 0) }
    }

    /// Looks at the connection now. Where others wait for one, nothing is awaited from it for long.
    pub(super) fn look(&mut self, now: Instant, pulse: &Pulse, limits: &Limits, is_crowded: bool) -> Verdict {
        let begun = pulse.begun.load(Ordering::Relaxed);
        let phase = phase(pulse, begun);
        let seen = (phase, begun, pulse.sent_bytes.load(Ordering::Relaxed));
        if seen != self.seen {
            (self.seen, self.since) = (seen, now);
        }
        let (timeout, verdict) = match phase {
            Phase::FirstByte => (limits.first_byte_timeout, Verdict::Close),
            Phase::Head => (limits.head_timeout, Verdict::Close),
            Phase::Body => (limits.body_timeout, Verdict::BodyTooSlow),
            Phase::Reader => (limits.reader_timeout, Verdict::Close),
            Phase::Idle => (limits.idle_timeout, Verdict::Close),
            // Taking long is the service's right.
            Phase::Answer => return Verdict::Wait,
        };
        let timeout = match phase {
            Phase::FirstByte | Phase::Idle if is_crowded => timeout.min(limits.crowded_timeout),
            _ => timeout,
        };
        if now.duration_since(self.since) < timeout { Verdict::Wait } else { verdict }
    }
}

fn phase(pulse: &Pulse, begun: u64) -> Phase {
    let received = pulse.received_bytes.load(Ordering::Relaxed);
    let unsettled = received > pulse.settled_bytes.load(Ordering::Relaxed);
    let multiplexed = pulse.is_multiplexed();
    if pulse.is_blocked.load(Ordering::Relaxed) {
        Phase::Reader
    } else if begun > pulse.finished.load(Ordering::Relaxed) {
        let body = !multiplexed && pulse.reading_body.load(Ordering::Relaxed);
        if body { Phase::Body } else { Phase::Answer }
    } else if pulse.streaming.load(Ordering::Relaxed) > 0 {
        Phase::Answer
    } else if received == 0 {
        Phase::FirstByte
    } else if unsettled && !multiplexed {
        Phase::Head
    } else {
        // Over HTTP/2 bytes without a request are frames that keep the connection in order.
        Phase::Idle
    }
}

/// How often a connection is looked at: four times in its shortest timeout.
pub(super) fn interval(limits: &Limits) -> Duration {
    let Limits { first_byte_timeout, head_timeout, body_timeout, reader_timeout, idle_timeout, .. } = limits;
    let shortest =
        first_byte_timeout.min(head_timeout).min(body_timeout).min(reader_timeout).min(idle_timeout);
    (*shortest / 4).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            first_byte_timeout: Duration::from_secs(3),
            head_timeout: Duration::from_secs(2),
            body_timeout: Duration::from_secs(4),
            reader_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(10),
            ..Limits::default()
        }
    }

    #[test]
    fn a_silent_connection_is_closed_after_the_first_byte_timeout() {
        let start = Instant::now();
        let (pulse, limits, mut watch) = (Pulse::default(), limits(), Watch::new(start));
        assert_eq!(watch.look(start + Duration::from_secs(2), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(3), &pulse, &limits, false), Verdict::Close);
    }

    #[test]
    fn a_head_that_trickles_in_is_closed_though_bytes_keep_coming() {
        let start = Instant::now();
        let (pulse, limits, mut watch) = (Pulse::default(), limits(), Watch::new(start));
        for second in 1..=2 {
            pulse.received(1);
            let now = start + Duration::from_secs(second);
            assert_eq!(watch.look(now, &pulse, &limits, false), Verdict::Wait);
        }
        pulse.received(1);
        assert_eq!(watch.look(start + Duration::from_secs(3), &pulse, &limits, false), Verdict::Close);
    }

    #[test]
    fn an_answer_may_take_its_time_but_a_body_may_not() {
        let start = Instant::now();
        let (pulse, limits, mut watch) = (Pulse::default(), limits(), Watch::new(start));
        pulse.received(100);
        let finish = pulse.begin(Version::HTTP_11);
        assert_eq!(watch.look(start + Duration::from_secs(1), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(100), &pulse, &limits, false), Verdict::Wait);
        pulse.awaiting_body(true);
        assert_eq!(watch.look(start + Duration::from_secs(101), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(
            watch.look(start + Duration::from_secs(105), &pulse, &limits, false),
            Verdict::BodyTooSlow
        );
        drop(finish);
    }

    /// F-EDGE-38
    #[test]
    fn a_reader_may_be_slow_but_not_stand_still() {
        let start = Instant::now();
        let (pulse, limits, mut watch) = (Pulse::default(), limits(), Watch::new(start));
        pulse.received(100);
        drop(pulse.begin(Version::HTTP_11));
        for second in 0..30 {
            pulse.sent(&Poll::Ready(Ok(1)));
            pulse.sent(&Poll::Pending);
            let now = start + Duration::from_secs(second);
            assert_eq!(watch.look(now, &pulse, &limits, false), Verdict::Wait);
        }
        assert_eq!(watch.look(start + Duration::from_secs(33), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(34), &pulse, &limits, false), Verdict::Close);
    }

    /// F-EDGE-38
    #[test]
    fn an_answer_in_pieces_may_take_its_time_between_them() {
        let start = Instant::now();
        let (pulse, limits, mut watch) = (Pulse::default(), limits(), Watch::new(start));
        pulse.received(100);
        pulse.streaming(true);
        drop(pulse.begin(Version::HTTP_11));
        pulse.sent(&Poll::Ready(Ok(100)));
        for second in [0, 100, 1000] {
            let now = start + Duration::from_secs(second);
            assert_eq!(watch.look(now, &pulse, &limits, false), Verdict::Wait);
        }
        pulse.streaming(false);
        assert_eq!(watch.look(start + Duration::from_secs(1001), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(1011), &pulse, &limits, false), Verdict::Close);
    }

    #[test]
    fn an_idle_connection_lives_for_the_idle_timeout_after_each_request() {
        let start = Instant::now();
        let (pulse, limits, mut watch) = (Pulse::default(), limits(), Watch::new(start));
        for request in 0..3 {
            pulse.received(100);
            drop(pulse.begin(Version::HTTP_11));
            let now = start + Duration::from_secs(9 * request);
            assert_eq!(watch.look(now, &pulse, &limits, false), Verdict::Wait);
        }
        assert_eq!(watch.look(start + Duration::from_secs(27), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(28), &pulse, &limits, false), Verdict::Close);
    }

    #[test]
    fn where_others_wait_an_idle_connection_is_closed_and_a_busy_one_is_not() {
        let start = Instant::now();
        let limits = Limits { crowded_timeout: Duration::from_secs(1), ..limits() };
        let (pulse, mut watch) = (Pulse::default(), Watch::new(start));
        assert_eq!(watch.look(start + Duration::from_millis(900), &pulse, &limits, true), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(1), &pulse, &limits, false), Verdict::Wait);
        assert_eq!(watch.look(start + Duration::from_secs(1), &pulse, &limits, true), Verdict::Close);
        pulse.received(100);
        let _busy = pulse.begin(Version::HTTP_11);
        assert_eq!(watch.look(start + Duration::from_secs(9), &pulse, &limits, true), Verdict::Wait);
    }
}
