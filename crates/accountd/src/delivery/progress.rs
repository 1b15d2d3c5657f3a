//! How far each place is, in memory and in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use aws::arn::AccountId;
use jiff::Timestamp;
use services::state::organization::Membership;
use services::state::trail::{
    DeliveredFile, Delivery, DeliveryId, DigestChain, DigestChainId, Place as LogPlace, Trail,
};
use services::world::key::Prefix;

use super::digest;
use super::place::Place;
use super::telling::Patience;
use crate::state_engine::{change, look};
use crate::store::{FollowedRecord, Store};

/// Trails that are listed at a time.
const PAGE: usize = 500;

/// A place may go on by this many commits without anything to deliver before that is kept: an installation that nobody
/// uses writes nothing.
const UNKEPT_COMMITS: u64 = 10_000;

/// How far a place is.
pub struct Progress {
    /// What is kept, and what has happened since.
    pub delivery: Delivery,
    kept: LogPlace,
    patience: Patience,
    /// The same of what its topic is told.
    pub telling: Patience,
    /// The time of the oldest record that waits, after a failure.
    waiting_since: Option<Timestamp>,
}

impl Progress {
    /// The time of the oldest record that waits because the place could not be reached.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting_since
    }

    /// Whether it is to be left alone for now.
    pub fn is_paused(&self) -> bool {
        self.patience.is_put_off()
    }

    /// When it is to be tried again, after a failure.
    pub fn retry_at(&self) -> Option<Instant> {
        [self.patience.until(), self.telling.until()].into_iter().flatten().min()
    }

    /// The place has moved on: keeps that, where it matters, with the files that digests are to vouch for.
    ///
    /// # Errors
    /// One line that says why the store failed.
    pub async fn moved(
        &mut self,
        store: &Store,
        place: &Place,
        delivery: Delivery,
        delivered: Vec<((AccountId, String), DeliveredFile)>,
    ) -> Result<(), String> {
        let is_worth_it = !delivered.is_empty()
            || delivery.ahead != self.delivery.ahead
            || delivery.untold != self.delivery.untold
            || delivery.reached.commit.saturating_sub(self.kept.commit) > UNKEPT_COMMITS;
        self.delivery = delivery;
        self.patience = Patience::default();
        self.waiting_since = None;
        if !is_worth_it {
            return Ok(());
        }
        self.kept = self.delivery.reached;
        let (name, kept) = (place.name.clone(), self.delivery.clone());
        let chained = place.vouched_for();
        change(store, move |world| {
            world.put(DeliveryId(&name), kept.clone());
            let Some(trail) = &chained else { return Ok(()) };
            for ((account, region), file) in &delivered {
                let id = digest::chain_id(trail, *account, region);
                let known = world.get::<DigestChain>(DigestChainId(&id))?;
                let mut chain = digest::chain(trail, known.as_deref(), file.oldest);
                chain.files.retain(|known| known.key != file.key);
                chain.files.push(file.clone());
                world.put(DigestChainId(&id), chain);
            }
            Ok(())
        })
        .await
    }

    /// The place could not be reached: it stays where it was, and is tried again later.
    ///
    /// # Errors
    /// One line that says why the store failed.
    pub async fn failed(
        &mut self,
        store: &Store,
        place: &Place,
        now: Timestamp,
        code: &str,
        oldest: Option<Timestamp>,
    ) -> Result<(), String> {
        self.waiting_since = oldest;
        self.patience.put_off();
        self.delivery.files.note(now, Err(code.to_owned()));
        self.keep(store, place).await
    }

    /// A topic was told of files, or was not.
    ///
    /// # Errors
    /// One line that says why the store failed.
    pub async fn told(&mut self, store: &Store, place: &Place, delivery: Delivery) -> Result<(), String> {
        self.delivery = delivery;
        self.keep(store, place).await
    }

    async fn keep(&self, store: &Store, place: &Place) -> Result<(), String> {
        let (name, kept) = (place.name.clone(), self.delivery.clone());
        change(store, move |world| {
            world.put(DeliveryId(&name), kept.clone());
            Ok(())
        })
        .await
    }
}

/// How far a place is: what is known of it, or what was kept, or the beginning: the whole log for a directory; for a
/// trail, what was recorded since `new_start`.
///
/// # Errors
/// One line that says why the store failed.
pub async fn open(
    store: &Store,
    place: &Place,
    new_start: LogPlace,
    known: Option<Progress>,
) -> Result<Progress, String> {
    let created_at = place.trail().map(|trail| trail.created_at);
    if let Some(known) = known.filter(|known| known.delivery.of_trail_created_at == created_at) {
        return Ok(known);
    }
    let name = place.name.clone();
    let kept = look(store, move |world| world.get::<Delivery>(DeliveryId(&name))).await?;
    let kept = kept.filter(|kept| kept.of_trail_created_at == created_at);
    let reached = if place.trail.is_some() { new_start } else { LogPlace::default() };
    let fresh = || Delivery { of_trail_created_at: created_at, reached, ..Delivery::default() };
    let delivery = kept.map_or_else(fresh, |kept| Delivery::clone(&kept));
    let (patience, telling) = (Patience::default(), Patience::default());
    Ok(Progress { kept: delivery.reached, delivery, patience, telling, waiting_since: None })
}

/// All trails that have ever been logging.
///
/// # Errors
/// One line that says why the store failed.
pub async fn trails(store: &Store) -> Result<Vec<Arc<Trail>>, String> {
    look(store, |world| {
        let (mut trails, mut after): (Vec<Arc<Trail>>, Option<String>) = (Vec::new(), None);
        let all = Prefix::<Trail>::empty();
        loop {
            let keys = world.keys(&all, after.as_deref(), PAGE)?;
            for key in &keys {
                trails.extend(world.get::<Trail>(key.id()?)?.filter(|trail| trail.started_at().is_some()));
            }
            match keys.last().filter(|_| keys.len() == PAGE) {
                Some(last) => after = Some(last.place(&all).to_owned()),
                None => return Ok(trails),
            }
        }
    })
    .await
}

/// The organizations of the accounts of records, if a place wants to know.
///
/// # Errors
/// One line that says why the store failed.
pub async fn organizations(
    store: &Store,
    places: &[Arc<Place>],
    records: &[FollowedRecord],
) -> Result<BTreeMap<AccountId, String>, String> {
    if !places.iter().any(|place| place.trail().is_some_and(|trail| trail.organization.is_some())) {
        return Ok(BTreeMap::new());
    }
    let accounts: BTreeSet<AccountId> = records.iter().map(|record| record.account).collect();
    look(store, move |world| {
        let mut organizations = BTreeMap::new();
        for account in &accounts {
            if let Some(membership) = world.get::<Membership>(*account)? {
                organizations.insert(*account, membership.organization_id.clone());
            }
        }
        Ok(organizations)
    })
    .await
}
