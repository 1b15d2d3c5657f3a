//! Turns to work beside the threads that answer everybody: as many at once as there are turns, in the order of asking.

use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// A value of any type.
pub(super) type Anything = Box<dyn Any + Send>;

/// Turns of one kind of work.
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    /// So many at once.
    pub fn new(turns: usize) -> Self {
        Self(Arc::new(Semaphore::new(turns)))
    }

    /// Does `work` on a thread of its own when it is its turn; `None` at the end of the process. Who goes away while
    /// waiting gives the turn up.
    pub async fn take<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> Option<R> {
        // A task's code is there once for all kinds of work, not once for each (decision 21).
        let done = self.take_boxed(Box::new(move || Box::new(work()))).await?.downcast();
        Some(*done.expect("INVARIANT: it is what the work gave"))
    }

    async fn take_boxed(&self, work: Box<dyn FnOnce() -> Anything + Send>) -> Option<Anything> {
        let turn = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also if the caller has gone away.
            let _turn = turn;
            work()
        });
        match done.await {
            Ok(value) => Some(value),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => None,
            },
        }
    }
}
