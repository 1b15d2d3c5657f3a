//! Who delivers, where several processes share a store: one at a time. It renews its lease while it lives; when it dies another
//! takes over once the lease has ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use services::state::trail::DeliveryLease;
use services::world::key::Current;

use crate::entropy;
use crate::state_engine::change;
use crate::store::Store;

/// F-DELIVER-11: how long a lease lasts, by real time, and how often it is renewed or asked for.
const LENGTH: SignedDuration = SignedDuration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_secs(8);

/// This process's part in it.
#[derive(Clone)]
pub struct Lease {
    store: Arc<Store>,
    holder: String,
    asked: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Lease {
    /// A process that holds nothing yet.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, holder: entropy::request_id(), asked: Arc::default() }
    }

    /// Whether this process delivers now.
    ///
    /// # Errors
    /// One line that says why the store failed.
    pub async fn is_held(&self) -> Result<bool, String> {
        self.is_held_at(Timestamp::now()).await
    }

    async fn is_held_at(&self, now: Timestamp) -> Result<bool, String> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, held)) = asked
            && at.elapsed() < ASK_EVERY
        {
            return Ok(held);
        }
        let held = self.ask(now).await?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), held));
        Ok(held)
    }

    /// Takes the lease or renews it; `false` where another process has it.
    async fn ask(&self, now: Timestamp) -> Result<bool, String> {
        let holder = self.holder.clone();
        change(&self.store, move |world| {
            let lease = world.get::<DeliveryLease>(Current)?;
            if lease.is_some_and(|lease| lease.holder != holder && lease.until > now) {
                return Ok(false);
            }
            let until = now.saturating_add(LENGTH).unwrap_or(Timestamp::MAX);
            world.put(Current, DeliveryLease { holder: holder.clone(), until });
            Ok(true)
        })
        .await
    }

    /// Gives the lease up, so that another process need not wait.
    pub async fn give_up(&self) {
        let holder = self.holder.clone();
        if !self.store.is_shared() {
            return;
        }
        let given_up = change(&self.store, move |world| {
            if world.get::<DeliveryLease>(Current)?.is_some_and(|lease| lease.holder == holder) {
                world.delete::<DeliveryLease>(Current);
            }
            Ok(())
        });
        if let Err(reason) = given_up.await {
            tracing::warn!(reason, "the lease of delivery was not given up and will end by itself");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreOptions;

    /// F-DELIVER-11.
    #[tokio::test]
    async fn one_process_delivers_and_another_takes_over_f_deliver_11() {
        let store = Arc::new(Store::in_memory(&StoreOptions::default()).expect("a store"));
        let (first, second) = (Lease::new(Arc::clone(&store)), Lease::new(store));
        assert!(first.is_held().await.expect("an answer") && second.is_held().await.expect("an answer"));
        let now: Timestamp = "2027-01-01T00:00:00Z".parse().expect("a time");
        let at = |seconds| now + SignedDuration::from_secs(seconds);
        assert!(first.ask(at(0)).await.expect("an answer"));
        assert!(!second.ask(at(1)).await.expect("an answer"));
        assert!(first.ask(at(20)).await.expect("an answer"));
        assert!(!second.ask(at(49)).await.expect("an answer"));
        assert!(second.ask(at(50)).await.expect("an answer"));
        assert!(!first.ask(at(51)).await.expect("an answer"));
    }
}
