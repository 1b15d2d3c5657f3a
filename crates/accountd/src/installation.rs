//! What outlives the process besides the accounts: the key of page tokens, and how far service time was moved. Both are
//! documents of the store (F-STORE-10).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use services::context::TokenKey;
use services::state::identity::SealingKey;
use services::state::installation::{OrderedFaults, PageTokenKey, RateTokens, ServiceTime};
use services::world::Document;
use services::world::key::{Current, Key, Prefix};

use crate::clock::{Clock, TimeMode};
use crate::entropy;
use crate::state_engine::{change, look};
use crate::store::{Exported, Store};

/// Finds the key of page tokens, or makes it at the first start, and sets the clock to where it was moved.
///
/// # Errors
/// One line that says why the store failed.
pub async fn restore(store: &Store, clock: &Clock) -> Result<TokenKey, String> {
    let fresh = entropy::secret_bytes();
    let (key, time) = change(store, move |world| {
        let time = world.get::<ServiceTime>(Current)?;
        let key = match world.get::<PageTokenKey>(Current)? {
            Some(kept) => *kept.key.as_bytes(),
            None => {
                world.put(Current, PageTokenKey { key: SealingKey::new(fresh) });
                fresh
            }
        };
        Ok((key, time))
    })
    .await?;
    if let Some(time) = time {
        clock.restore(*time);
        if clock.moved() != *time {
            keep_time(store, clock).await?;
        }
    } else if store.is_shared() && clock.mode() == TimeMode::Manual {
        // F-STORE-27: it stands still at the same moment for every process.
        keep_time(store, clock).await?;
    }
    Ok(TokenKey::new(key))
}

/// Keeps how service time was moved. Of two moves at once the later one stays.
///
/// # Errors
/// One line that says why the store failed.
pub async fn keep_time(store: &Store, clock: &Clock) -> Result<(), String> {
    let time = clock.moved();
    change(store, move |world| {
        let is_kept = |kept: &ServiceTime| {
            kept.stands_still == time.stands_still && kept.microseconds >= time.microseconds
        };
        if !world.get::<ServiceTime>(Current)?.is_some_and(|kept| is_kept(&kept)) {
            world.put(Current, time);
        }
        Ok(())
    })
    .await
}

/// How long after the last request a bucket of any published rate is full again: the slowest take some minutes.
const BUCKETS_ARE_FULL_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Buckets looked at together.
const BUCKETS_AT_ONCE: usize = 500;

/// Deletes the buckets of request rates that nobody has taken a token from for so long that they are full: that is the same
/// as none. Says how many went. F-STORE-34
///
/// # Errors
/// One line that says why the store failed.
pub async fn forget_full_buckets(store: &Store, now: Timestamp) -> Result<u64, String> {
    if !store.is_shared() {
        return Ok(0);
    }
    let Ok(before) = now.checked_sub(BUCKETS_ARE_FULL_AFTER) else { return Ok(0) };
    let (mut forgotten, mut after) = (0, None);
    loop {
        let place: Option<String> = after.take();
        let (deleted, last) = change(store, move |world| {
            let keys = world.keys::<RateTokens>(&Prefix::empty(), place.as_deref(), BUCKETS_AT_ONCE)?;
            let mut deleted = 0;
            for key in &keys {
                let id = key.id()?;
                if world.get::<RateTokens>(id)?.is_some_and(|kept| kept.bucket.asked_at() < before) {
                    world.delete::<RateTokens>(id);
                    deleted += 1;
                }
            }
            let last = keys.last().filter(|_| keys.len() == BUCKETS_AT_ONCE);
            Ok((deleted, last.map(|key| key.place(&Prefix::empty()).to_owned())))
        })
        .await?;
        forgotten += deleted;
        match last {
            Some(last) => after = Some(last),
            None => return Ok(forgotten),
        }
    }
}

/// What there is of these, and the faults that were ordered, for whoever replaces everything else; all but the key only
/// where time goes on.
///
/// # Errors
/// One line that says why the store failed.
pub async fn documents(store: &Store, time_goes_on: bool) -> Result<Vec<Exported>, String> {
    fn exported<D: Document<Id<'static> = Current>>(document: &Arc<D>) -> Exported {
        Exported::Document { key: Key::<D>::of(Current).into_string(), text: document.encode() }
    }
    look(store, move |world| {
        let key = world.get::<PageTokenKey>(Current)?;
        let time = world.get::<ServiceTime>(Current)?.filter(|_| time_goes_on);
        let faults = world.get::<OrderedFaults>(Current)?.filter(|_| time_goes_on);
        let kept = key.iter().map(exported).chain(time.iter().map(exported));
        Ok(kept.chain(faults.iter().map(exported)).collect())
    })
    .await
}
