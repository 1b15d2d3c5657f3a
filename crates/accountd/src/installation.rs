//! What outlives the process besides the accounts: the key of page tokens, and how far service time was moved. Both are
//! documents of the store (F-STORE-10).

use std::sync::Arc;

use services::context::TokenKey;
use services::state::identity::SealingKey;
use services::state::installation::{OrderedFaults, PageTokenKey, ServiceTime};
use services::world::Document;
use services::world::key::{Current, Key};

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
