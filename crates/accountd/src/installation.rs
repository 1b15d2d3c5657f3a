//! What outlives the process besides the accounts: the key of page tokens, and how far service time was moved. Both are
//! documents of the store (F-STORE-10).

use std::sync::Arc;

use services::context::TokenKey;
use services::state::installation::{CURRENT, PageTokenKey, ServiceTime};
use services::world::{Document, key_of};

use crate::clock::Clock;
use crate::entropy;
use crate::state_engine::{change, look};
use crate::store::{Exported, Store};

/// Finds the key of page tokens, or makes it at the first start, and sets the clock to where it was moved.
///
/// # Errors
/// One line that says why the store failed.
pub async fn restore(store: &Store, clock: &Clock) -> Result<TokenKey, String> {
    let fresh = TokenKey::new(entropy::secret_bytes());
    let (key, time) = change(store, move |world| {
        let time = world.get::<ServiceTime>(CURRENT)?;
        let kept = world.get::<PageTokenKey>(CURRENT)?.and_then(|kept| kept.token_key());
        let key = kept.unwrap_or_else(|| {
            world.put(CURRENT, PageTokenKey::new(&fresh));
            fresh.clone()
        });
        Ok((key, time))
    })
    .await?;
    if let Some(time) = time {
        clock.restore(*time);
        if clock.moved() != *time {
            keep_time(store, clock).await?;
        }
    }
    Ok(key)
}

/// Keeps how service time was moved.
///
/// # Errors
/// One line that says why the store failed.
pub async fn keep_time(store: &Store, clock: &Clock) -> Result<(), String> {
    let time = clock.moved();
    change(store, move |world| {
        world.put(CURRENT, time);
        Ok(())
    })
    .await
}

/// Both documents as they are, for whoever replaces everything else.
///
/// # Errors
/// One line that says why the store failed.
pub async fn documents(store: &Store) -> Result<Vec<Exported>, String> {
    fn exported<D: Document>(document: &Arc<D>) -> Exported {
        Exported::Document { key: key_of::<D>(CURRENT), text: document.encode() }
    }
    look(store, |world| {
        let key = world.get::<PageTokenKey>(CURRENT)?;
        let time = world.get::<ServiceTime>(CURRENT)?;
        Ok(key.iter().map(exported).chain(time.iter().map(exported)).collect())
    })
    .await
}
