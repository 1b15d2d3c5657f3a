//! The locks and atomics of the cache and the queue. They are the standard library's; the test `interleavings` puts
//! others in their place, which try one order of events after another.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
pub(super) use std::thread::yield_now;
pub(super) use std::thread_local;

/// Locks even after a panic elsewhere: what these locks guard is never left half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
