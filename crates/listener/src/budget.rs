//! The memory that bodies take while they arrive and until they are answered: one budget for all of them. F-COST-4
//!
//! A body that comes in one piece with nothing after it takes nothing of it, so that small requests are answered
//! whatever the large ones do.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Unread;
use super::watch::Pulse;

/// The budget is given out in pieces of so many bytes.
const PIECE_BYTES: u64 = 4096;

/// Bodies up to so many bytes have a third of the budget to themselves, so that large ones do not keep them waiting.
const SMALL_BYTES: usize = 1 << 20;

/// What all bodies together may take.
pub(super) struct Budget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Budget {
    /// So many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let pieces = |bytes: u64| {
            let pieces = usize::try_from(bytes / PIECE_BYTES).unwrap_or(usize::MAX);
            Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS)))
        };
        Self { small: pieces(bytes / 3), large: pieces(bytes / 3 * 2) }
    }

    /// A share for one body, empty at first.
    pub(super) fn share(&self) -> Share<'_> {
        Share { budget: self, bytes: 0, held: [None, None] }
    }
}

/// What one body takes of the budget; given back when dropped.
///
/// It is taken for the whole of the body at once, as it was declared, so that no two bodies wait for each other. One of
/// which the length was not declared takes what a small one may have, and then what the largest may.
pub(super) struct Share<'b> {
    budget: &'b Budget,
    bytes: usize,
    held: [Option<OwnedSemaphorePermit>; 2],
}

impl Share<'_> {
    /// Makes sure of room for `bytes` of a body that has `declared` bytes, or `most` where it does not say, and waits
    /// for it if need be.
    pub(super) async fn make_room(
        &mut self,
        bytes: usize,
        declared: Option<usize>,
        most: usize,
        pulse: &Pulse,
    ) -> Result<(), Unread> {
        if bytes <= self.bytes {
            return Ok(());
        }
        let wanted = match declared {
            Some(declared) => declared.max(bytes),
            None if bytes <= SMALL_BYTES => SMALL_BYTES,
            None => most,
        };
        let is_large = wanted > SMALL_BYTES;
        let semaphore = if is_large { &self.budget.large } else { &self.budget.small };
        let pieces = (wanted as u64).div_ceil(PIECE_BYTES);
        let pieces = u32::try_from(pieces).map_err(|_| Unread::TooLarge)?;
        let mut waiting = pin!(Arc::clone(semaphore).acquire_many_owned(pieces));
        let permit = poll_fn(|context| {
            if pulse.body_is_given_up() {
                return Poll::Ready(Err(Unread::TooSlow));
            }
            waiting.as_mut().poll(context).map(|permit| permit.map_err(|_| Unread::TooSlow))
        });
        self.held[usize::from(is_large)] = Some(permit.await?);
        self.bytes = wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    const MOST: usize = 10 << 20;

    /// F-COST-4
    #[test]
    fn who_comes_when_the_budget_is_used_up_waits_for_it() {
        let (budget, pulse) = (Budget::new(30 << 20), Pulse::default());
        let context = &mut Context::from_waker(Waker::noop());
        let mut shares: Vec<_> = (0..5).map(|_| budget.share()).collect();
        let mut polled = |share: &mut Share<'_>, bytes, declared| {
            pin!(share.make_room(bytes, declared, MOST, &pulse)).poll(context).is_ready()
        };
        assert!(polled(&mut shares[0], 1, Some(MOST)) && polled(&mut shares[1], 1, Some(MOST)));
        assert!(polled(&mut shares[0], MOST, Some(MOST)), "it has all that it needs");
        assert!(!polled(&mut shares[2], 1, Some(MOST)), "two of three have all there is");
        assert!(polled(&mut shares[3], 1, None) && polled(&mut shares[3], SMALL_BYTES, None));
        assert!(!polled(&mut shares[3], SMALL_BYTES + 1, None), "now it may be as large as they are");
        assert!((0..9).all(|_| {
            let mut share = budget.share();
            let has_room = polled(&mut share, 1, Some(100_000));
            std::mem::forget(share);
            has_room
        }));
        drop(shares.remove(0));
        assert!(polled(&mut shares[1], 1, Some(MOST)));
        pulse.give_up_body();
        let mut late = pin!(shares[3].make_room(1, Some(MOST), MOST, &pulse));
        assert!(matches!(late.as_mut().poll(context), Poll::Ready(Err(Unread::TooSlow))));
    }
}
