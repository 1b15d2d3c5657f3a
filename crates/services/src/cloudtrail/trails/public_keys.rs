//! ListPublicKeys: the keys that digest files are signed with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};

use super::{On, refusal};
use crate::cloudtrail::model::{ListPublicKeysRequest, ListPublicKeysResponse, PublicKey};
use crate::failure::Failure;
use crate::state::trail::DigestKey;
use crate::world::key::Prefix;
use crate::world::{Fault, World};

/// Keys that are read at most: there is a new one every month at the most.
const MOST: usize = 10_000;

/// ListPublicKeys: those that were good at some time between the two that are given; a day until now, unless it is said
/// otherwise (documented). F-TRAILS-KEYS-1: a NextToken that is none is passed over (recorded).
///
/// # Errors
/// `InvalidTimeRangeException` (text *assumed*).
pub(in crate::cloudtrail) fn list(
    on: On<'_>,
    input: ListPublicKeysRequest,
    world: &World<'_>,
) -> Result<ListPublicKeysResponse, Failure> {
    let day = SignedDuration::from_hours(24);
    let end = input.end_time.unwrap_or(on.context.now);
    let default_start = || end.checked_sub(day).unwrap_or(Timestamp::MIN);
    let start = input.start_time.unwrap_or_else(default_start);
    if start > end {
        let text = "The start time must not be later than the end time.";
        return Err(refusal::refusal("InvalidTimeRangeException", text).into());
    }
    let mut keys = Vec::new();
    for key in world.keys::<DigestKey>(&Prefix::empty(), None, MOST)? {
        let id = key.id()?;
        let Some(stored) = world.get::<DigestKey>(id)? else { continue };
        if stored.from > end || stored.until < start {
            continue;
        }
        let value =
            STANDARD.decode(&stored.public).map_err(|_| Fault::Broken("a key is no base64".into()))?;
        keys.push(PublicKey {
            value: Some(value),
            validity_start_time: Some(stored.from),
            validity_end_time: Some(stored.until),
            fingerprint: Some(id.0.to_owned()),
        });
    }
    keys.sort_by_key(|key| key.validity_start_time);
    Ok(ListPublicKeysResponse { public_key_list: Some(keys), next_token: None })
}
