//! The keys that sign outbound web identity tokens: drawn when the first token is asked for, and kept with the state.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use jiff::Timestamp;
use services::state::identity::{PrivateKeyDocument, TokenKeys};
use services::world::key::Current;
use services::world::{Fault, Snapshot, Wanted, World};

use crate::store::{Decided, Store, StoreError};

/// Draws the keys, if that is what a run wanted; the next one finds them.
pub(super) async fn were_drawn<T>(outcome: &Result<T, StoreError>, store: &Store) -> bool {
    let Err(StoreError::Fault(Fault::Wanted(wanted))) = outcome else { return false };
    if **wanted != Wanted::TokenKeys {
        return false;
    }
    let Ok(Some(keys)) = store.compute(drawn).await else { return false };
    let keep = move |snapshot: &dyn Snapshot| {
        let mut world = World::new(snapshot);
        // Of two requests that drew keys at a time, those of the first are kept.
        if world.get::<TokenKeys>(Current)?.is_none() {
            world.put(Current, keys.clone());
        }
        Ok(Decided { value: (), changes: world.into_reads_and_writes(), events: Vec::new() })
    };
    store.transact_boxed(keep).await.is_ok()
}

/// New keys; `None` where the machine gives no random numbers.
fn drawn() -> Option<TokenKeys> {
    let rsa = rsa::KeyPair::generate(KeySize::Rsa2048).ok()?;
    let rsa = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&rsa).ok()?.as_ref().to_vec();
    let ec384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).ok()?.to_pkcs8v1().ok()?;
    Some(TokenKeys {
        rsa: PrivateKeyDocument::new(rsa),
        ec384: PrivateKeyDocument::new(ec384.as_ref().to_vec()),
        created_at: Timestamp::now(),
    })
}
