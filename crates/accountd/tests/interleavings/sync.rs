//! Shuttle's locks and atomics in the place of the standard library's.

pub use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
pub use shuttle::sync::{Mutex, MutexGuard};
pub use shuttle::thread::yield_now;
pub use shuttle::thread_local;

/// As the store's own; nothing panics here.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
