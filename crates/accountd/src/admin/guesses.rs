//! Wrong tokens of the administrator: told in the log, and bounded for each address. F-EDGE-44
//!
//! A token that a person chose may be guessed, if one may try for long enough. Who has sent too many wrong ones is refused
//! without a look at what it sends, the right token too, until a minute after the first of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many wrong tokens an address may send in a window.
const MOST: u32 = 20;

/// How long a window is.
pub const WINDOW: Duration = Duration::from_secs(60);

/// How many addresses are counted. Further ones are told in the log and not bounded: who has so many addresses must not be
/// able to close the endpoints to everybody else's.
const ADDRESSES: usize = 1_000;

/// The wrong tokens of late.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<HashMap<Option<IpAddr>, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    begun: Instant,
    wrong: u32,
}

impl Window {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.begun) >= WINDOW
    }
}

impl Guesses {
    /// Whether an address has sent so many wrong tokens that it must wait.
    pub fn must_wait(&self, peer: IpAddr, now: Instant) -> bool {
        let windows = self.lock();
        let window = windows.get(&Some(network(peer)));
        window.is_some_and(|window| window.wrong >= MOST && !window.is_over(now))
    }

    /// Takes note of a wrong token. The log is told of the first and the last of a window, so that nobody fills it.
    pub fn note_wrong(&self, peer: IpAddr, now: Instant) {
        let network = network(peer);
        let mut windows = self.lock();
        if windows.len() >= ADDRESSES && !windows.contains_key(&Some(network)) {
            windows.retain(|_, window| !window.is_over(now));
        }
        let has_room = windows.len() < ADDRESSES || windows.contains_key(&Some(network));
        let window = windows.entry(has_room.then_some(network)).or_insert(Window { begun: now, wrong: 0 });
        if window.is_over(now) {
            *window = Window { begun: now, wrong: 0 };
        }
        window.wrong += 1;
        match window.wrong {
            1 => tracing::warn!(%peer, "a wrong administrator's token was sent"),
            MOST if !has_room => tracing::warn!("wrong administrator's tokens come from very many addresses"),
            MOST => tracing::warn!(
                %peer,
                "{MOST} wrong administrator's tokens were sent: this address is refused for a minute"
            ),
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has one address of IPv6 usually has all 2^64 of its network.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            let [one, two, three, four, ..] = address.segments();
            IpAddr::from([one, two, three, four, 0, 0, 0, 0])
        }
        _ => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// F-EDGE-44
    #[test]
    fn who_guesses_too_often_waits_and_others_do_not_f_edge_44() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for _ in 0..MOST {
            assert!(!guesses.must_wait(address("2001:db8::1"), now));
            guesses.note_wrong(address("2001:db8::1"), now);
        }
        assert!(guesses.must_wait(address("2001:db8::1"), now));
        assert!(guesses.must_wait(address("2001:db8::2"), now), "it is of the same network");
        assert!(!guesses.must_wait(address("2001:db8:0:1::1"), now));
        assert!(!guesses.must_wait(address("192.0.2.1"), now));
        assert!(!guesses.must_wait(address("2001:db8::1"), now + WINDOW));
        guesses.note_wrong(address("2001:db8::1"), now + WINDOW);
        assert!(!guesses.must_wait(address("2001:db8::1"), now + WINDOW), "it is counted anew");
    }

    /// F-EDGE-44
    #[test]
    fn of_many_addresses_few_are_counted_f_edge_44() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let peer = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 0..2 * u32::try_from(ADDRESSES).unwrap() {
            guesses.note_wrong(peer(number), now);
        }
        assert_eq!(guesses.lock().len(), ADDRESSES + 1);
        assert!(!guesses.must_wait(peer(0), now), "it has sent one");
        assert!(!guesses.must_wait(peer(5_000), now), "others' guesses are none of its business");
        guesses.note_wrong(peer(5_000), now + WINDOW);
        assert!(!guesses.must_wait(peer(5_000), now + WINDOW));
        assert_eq!(guesses.lock().len(), 1);
    }
}
