//! What processes that share a store agree on besides the accounts: service time, the faults that a person ordered, and
//! the tokens of request rates. F-STORE-27, F-STORE-28, F-STORE-29
//!
//! Each process has a clock and faults of its own, which say what is in the store as it last saw it. Every request reads
//! what is there as it reads everything else; where that is something new, it is taken over and the request begins again.
//! Where one process alone has the store, none of this is done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws::throttle::{Rate, TokenBucket};
use jiff::Timestamp;
use services::service::{Bucket, Payer};
use services::state::installation::{OrderedFaults, RateTokens, ServiceTime};
use services::world::key::Current;
use services::world::{self, Snapshot, World};

use super::buckets::Paid;
use super::{Kept, Service};
use crate::admin::faults::{self, Fault, Rule};
use crate::state_engine::change;
use crate::store::{Decided, StoreError};

/// How often a request begins again before it fails: time would have to be moved meanwhile every time.
const MOST_ATTEMPTS: usize = 20;

/// What is in the store of these things.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Agreed {
    time: Option<ServiceTime>,
    faults: Option<String>,
}

impl Agreed {
    fn read(world: &World<'_>) -> Result<Self, world::Fault> {
        let time = world.get::<ServiceTime>(Current)?.map(|time| *time);
        let faults = world.get::<OrderedFaults>(Current)?.map(|ordered| ordered.rules.clone());
        Ok(Self { time, faults })
    }
}

/// A request that was drawn, whichever way it came.
pub(super) trait Begun: Send + Sync + 'static {
    /// What it paid.
    fn paid(&self) -> &Paid;

    /// The same request at another service time.
    fn at(&self, now: Timestamp) -> Self;
}

/// What a run came to.
enum Step<T> {
    Done(T),
    /// Something else was agreed on.
    Behind(Agreed),
    /// It must pay first.
    Owes,
}

/// Decides one request over one state.
pub(super) type Decide<B, T> = fn(&Kept, &B, &dyn Snapshot) -> Result<Decided<T>, world::Fault>;

impl Service {
    /// Runs a request over the store, in step with whoever else uses it. `None` where faults turned out to be ordered, and
    /// it was not yet looked whether one is for this request.
    pub(super) async fn transact<B: Begun, T: Send + 'static>(
        &self,
        begun: &Arc<B>,
        decide: Decide<B, T>,
        has_looked: bool,
    ) -> Result<Option<T>, StoreError> {
        if !self.store.is_shared() {
            let (kept, begun) = (Arc::clone(&self.kept), Arc::clone(begun));
            let run = move |snapshot: &dyn Snapshot| decide(&kept, &begun, snapshot);
            return self.store.transact_boxed(run).await.map(Some);
        }
        Box::pin(self.transact_in_step(begun, decide, has_looked)).await
    }

    async fn transact_in_step<B: Begun, T: Send + 'static>(
        &self,
        begun: &Arc<B>,
        decide: Decide<B, T>,
        has_looked: bool,
    ) -> Result<Option<T>, StoreError> {
        for _ in 0..MOST_ATTEMPTS {
            // In this order: a clock that is moved in between is ahead of what is known here, and it begins again.
            let known = self.agreed().clone();
            let begun = Arc::new(begun.at(self.clock.now()));
            match self.step(&begun, decide, known).await? {
                Step::Done(value) => return Ok(Some(value)),
                Step::Behind(agreed) => {
                    self.take_over(agreed);
                    if !has_looked && self.has_faults() {
                        return Ok(None);
                    }
                }
                Step::Owes => self.pay(begun.paid()).await?,
            }
        }
        Err(StoreError::NotCommitted("service time was moved again and again".to_owned()))
    }

    async fn step<B: Begun, T: Send + 'static>(
        &self,
        begun: &Arc<B>,
        decide: Decide<B, T>,
        known: Agreed,
    ) -> Result<Step<T>, StoreError> {
        let (kept, begun) = (Arc::clone(&self.kept), Arc::clone(begun));
        let run = move |snapshot: &dyn Snapshot| {
            let world = World::new(snapshot);
            let agreed = Agreed::read(&world)?;
            let read = world.into_reads_and_writes();
            if agreed != known {
                return Ok(Decided { value: Step::Behind(agreed), changes: read, events: Vec::new() });
            }
            let mut decided = decide(&kept, &begun, snapshot)?;
            if begun.paid().owes() {
                return Ok(Decided { value: Step::Owes, changes: read, events: Vec::new() });
            }
            decided.changes.reads.add(read.reads);
            let Decided { value, changes, events } = decided;
            Ok(Decided { value: Step::Done(value), changes, events })
        };
        self.store.transact_boxed(run).await
    }

    fn agreed(&self) -> MutexGuard<'_, Agreed> {
        self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_over(&self, agreed: Agreed) {
        let mut known = self.agreed();
        if known.time != agreed.time {
            match agreed.time {
                Some(time) => self.clock.restore(time),
                None => self.clock.restart(),
            }
        }
        if known.faults != agreed.faults {
            // What is no list of rules was written by another accountd; none of it is carried out.
            self.faults.take_over(rules_of(agreed.faults.as_deref()));
        }
        *known = agreed;
    }

    /// Takes over what other processes agreed on, so that whoever looks at time or faults sees it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn follow(&self) -> Result<(), StoreError> {
        if !self.store.is_shared() {
            return Ok(());
        }
        let read = |snapshot: &dyn Snapshot| {
            let world = World::new(snapshot);
            let value = Agreed::read(&world)?;
            Ok(Decided { value, changes: world.into_reads_and_writes(), events: Vec::new() })
        };
        let agreed = self.store.transact_boxed(read).await?;
        self.take_over(agreed);
        Ok(())
    }

    /// What was ordered to happen to such a request. One process alone uses up each of a rule's `times`.
    pub(super) async fn fault_for(
        &self,
        service: &'static str,
        operation: &str,
    ) -> Result<Option<Fault>, StoreError> {
        if !self.store.is_shared() {
            return Ok(self.faults.decide(service, operation));
        }
        if !self.has_faults() {
            return Ok(None);
        }
        let operation = operation.to_owned();
        let take = move |snapshot: &dyn Snapshot| {
            let mut world = World::new(snapshot);
            let ordered = world.get::<OrderedFaults>(Current)?;
            let mut rules = rules_of(ordered.as_ref().map(|ordered| ordered.rules.as_str()));
            let before = rules.clone();
            let value = faults::take(&mut rules, service, &operation);
            if rules != before {
                world.put(Current, ordered_faults(&rules));
            }
            Ok(Decided { value, changes: world.into_reads_and_writes(), events: Vec::new() })
        };
        self.store.transact_boxed(take).await
    }

    /// Whether any fault is ordered, as far as this process knows.
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.rules().is_empty()
    }

    /// Lets every process know which faults are ordered.
    ///
    /// # Errors
    /// One line that says why the store failed.
    pub async fn keep_faults(&self, rules: Vec<Rule>) -> Result<(), String> {
        if !self.store.is_shared() {
            return Ok(());
        }
        change(&self.store, move |world| {
            if rules.is_empty() {
                if world.get::<OrderedFaults>(Current)?.is_some() {
                    world.delete::<OrderedFaults>(Current);
                }
            } else {
                world.put(Current, ordered_faults(&rules));
            }
            Ok(())
        })
        .await
    }

    /// Takes tokens for a request from buckets that all processes take from.
    async fn pay(&self, paid: &Paid) -> Result<(), StoreError> {
        let owed = paid.owed();
        let now = self.clock.now();
        let take = move |snapshot: &dyn Snapshot| {
            let mut world = World::new(snapshot);
            let mut has_all = true;
            for (bucket, rate) in &owed {
                has_all = has_all && take_token(&mut world, bucket, *rate, now)?;
            }
            Ok(Decided { value: has_all, changes: world.into_reads_and_writes(), events: Vec::new() })
        };
        paid.settle(self.store.transact_boxed(take).await?);
        Ok(())
    }
}

fn take_token(
    world: &mut World<'_>,
    bucket: &Bucket,
    rate: Rate,
    now: Timestamp,
) -> Result<bool, world::Fault> {
    let payer = match bucket.payer {
        Payer::Account(account) => format!("account-{account}"),
        Payer::Organization(account) => format!("organization-{account}"),
    };
    let id = format!("{payer}/{}/{}", bucket.service, bucket.operation.unwrap_or("-"));
    let kept = world.get::<RateTokens>(&id)?;
    let mut tokens = kept.map_or_else(|| TokenBucket::full(rate, now), |kept| kept.bucket);
    let has_one = tokens.take(rate, now);
    world.put(id.as_str(), RateTokens { bucket: tokens });
    Ok(has_one)
}

fn rules_of(text: Option<&str>) -> Vec<Rule> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn ordered_faults(rules: &[Rule]) -> OrderedFaults {
    OrderedFaults { rules: serde_json::to_string(rules).unwrap_or_default() }
}

/// What this process last saw.
pub(super) type Seen = Mutex<Agreed>;
