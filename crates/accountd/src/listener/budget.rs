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

/// What all bodies together may take.
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    /// So many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let pieces = usize::try_from(bytes / PIECE_BYTES).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS))))
    }

    /// A share for one body, empty at first.
    pub(super) fn share(&self) -> Share<'_> {
        Share { budget: self, held: None }
    }
}

/// What one body takes of the budget; given back when dropped.
pub(super) struct Share<'b> {
    budget: &'b Budget,
    held: Option<OwnedSemaphorePermit>,
}

impl Share<'_> {
    /// Makes room for a body of so many bytes, and waits for it if need be.
    pub(super) async fn grow_to(&mut self, bytes: usize, pulse: &Pulse) -> Result<(), Unread> {
        let pieces = (bytes as u64).div_ceil(PIECE_BYTES) as usize;
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = pieces.checked_sub(held).filter(|more| *more > 0) else { return Ok(()) };
        let more = u32::try_from(more).map_err(|_| Unread::TooLarge)?;
        let mut waiting = pin!(Arc::clone(&self.budget.0).acquire_many_owned(more));
        let permit = poll_fn(|context| {
            if pulse.body_is_given_up() {
                return Poll::Ready(Err(Unread::TooSlow));
            }
            waiting.as_mut().poll(context).map(|permit| permit.map_err(|_| Unread::TooSlow))
        });
        let permit = permit.await?;
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    /// F-COST-4
    #[test]
    fn who_comes_when_the_budget_is_used_up_waits_for_it() {
        let (budget, pulse) = (Budget::new(64 * 1024), Pulse::default());
        let context = &mut Context::from_waker(Waker::noop());
        let (mut first, mut second) = (budget.share(), budget.share());
        assert!(pin!(first.grow_to(40_000, &pulse)).poll(context).is_ready());
        assert!(pin!(first.grow_to(30_000, &pulse)).poll(context).is_ready(), "it has that much");
        assert!(pin!(second.grow_to(10_000, &pulse)).poll(context).is_ready());
        {
            let mut growing = pin!(second.grow_to(30_000, &pulse));
            assert!(growing.as_mut().poll(context).is_pending());
            drop(first);
            assert!(growing.as_mut().poll(context).is_ready());
        }
        let mut third = budget.share();
        let mut waiting = pin!(third.grow_to(60_000, &pulse));
        assert!(waiting.as_mut().poll(context).is_pending());
        pulse.give_up_body();
        assert!(matches!(waiting.as_mut().poll(context), Poll::Ready(Err(Unread::TooSlow))));
    }
}
