//! Ids of events. One looks as AWS's do, a random UUID; to this installation it also says when its record is of, so that the
//! record is found among millions without looking through them.
//!
//! Half of the id is random. The other half is the time, hidden by a mask that follows from the random half and the
//! installation's key. Nobody else can tell it from random, and an id of another installation (one that was imported) says
//! some other time or none: it is looked for everywhere then.

use aws::arn::AccountId;
use aws::trail::Record;
use jiff::{SignedDuration, Timestamp};
use siphasher::sip::SipHasher24;

use crate::context::{Context, TokenKey, uuid_text};
use crate::world::{EventPosition, EventQuery, Fault, LoggedEvent, World};

/// Bits of the time in microseconds since 1970: enough until the year 4253. Four bits that are zero come before them.
const TIME_BITS: u32 = 56;
const HIDDEN_BITS: u32 = 60;

/// How many records are read from the log together.
const RECORDS_PER_READ: usize = 500;

/// A request that is run again at a later service time keeps its id: its record is of that time.
const RUN_AGAIN_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// The id of the record of something at `time`. All its randomness comes from `random`.
pub fn seal(mut random: [u8; 16], time: Timestamp, key: &TokenKey) -> String {
    let known = u64::try_from(time.as_microsecond()).ok().filter(|time| time >> TIME_BITS == 0);
    // A time that does not fit is none: the bits before it are not zero.
    let hidden = known.unwrap_or((1 << HIDDEN_BITS) - 1) ^ mask(&random, key);
    let bytes = hidden.to_be_bytes();
    // 60 bits in the places of a UUID that are no version: 48 before it and 12 after.
    random[..6].copy_from_slice(&(hidden >> 12).to_be_bytes()[2..]);
    random[6] = bytes[6] & 0x0f;
    random[7] = bytes[7];
    uuid_text(random)
}

/// The time that an id says, if it is of this installation.
pub fn time_of(id: &str, key: &TokenKey) -> Option<Timestamp> {
    let bytes = read(id)?;
    let mut high = [0; 8];
    high[2..].copy_from_slice(&bytes[..6]);
    let low = u64::from(bytes[6] & 0x0f) << 8 | u64::from(bytes[7]);
    let known = (u64::from_be_bytes(high) << 12 | low) ^ mask(&bytes, key);
    (known >> TIME_BITS == 0).then(|| Timestamp::from_microsecond(i64::try_from(known).ok()?).ok()).flatten()
}

/// The mask of an id whose last eight bytes are these.
fn mask(bytes: &[u8; 16], key: &TokenKey) -> u64 {
    let mut random = [0; 8];
    random.copy_from_slice(&bytes[8..]);
    // The variant of the UUID stands there in what is read and not in what is drawn.
    random[0] &= 0x3f;
    // SipHash is made for this: nobody without the key can tell it from chance, and each call pays for it.
    SipHasher24::new_with_key(key.of_event_ids()).hash(&random) >> (u64::BITS - HIDDEN_BITS)
}

fn read(id: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut digits = id.bytes().filter(|byte| *byte != b'-').map(|digit| char::from(digit).to_digit(16));
    for byte in &mut bytes {
        *byte = u8::try_from(digits.next()?? << 4 | digits.next()??).ok()?;
    }
    (id.len() == 36 && digits.next().is_none()).then_some(bytes)
}

impl Context {
    /// The id of the record of something at `time`, which a request that is run again gives again.
    pub fn event_id(&self, purpose: &str, time: Timestamp) -> String {
        let mut random = [0; 16];
        random.copy_from_slice(&self.seed.bytes(purpose)[..16]);
        seal(random, time, &self.token_key)
    }
}

/// Where to look for the record of an id.
#[derive(Clone, Copy)]
pub struct Where<'a> {
    /// The account whose log is read; `None` for all of them.
    pub account: Option<AccountId>,
    /// Only records from here on.
    pub from: Timestamp,
    /// Only records before this time.
    pub until: Timestamp,
    /// The most records that are looked through where the id says no time.
    pub most: usize,
    /// The installation's key.
    pub key: &'a TokenKey,
}

/// The record of an id: F-TRAIL-15, at the time that the id says, and everywhere only where it is not there.
///
/// # Errors
/// See [`Fault`].
pub fn find(id: &str, place: Where<'_>, world: &World<'_>) -> Result<Option<LoggedEvent>, Fault> {
    if let Some(time) = time_of(id, place.key) {
        for length in [SignedDuration::from_micros(1), RUN_AGAIN_WITHIN] {
            let until = time.saturating_add(length).unwrap_or(Timestamp::MAX).min(place.until);
            let there = Where { from: time.max(place.from), until, ..place };
            if let Some(found) = find_between(id, there, world)? {
                return Ok(Some(found));
            }
        }
    }
    find_between(id, place, world)
}

fn find_between(id: &str, place: Where<'_>, world: &World<'_>) -> Result<Option<LoggedEvent>, Fault> {
    let Where { account, from, until, most, .. } = place;
    let mut before: Option<EventPosition> = None;
    for _ in 0..most.div_ceil(RECORDS_PER_READ) {
        let query = EventQuery { account, from, until, before, limit: RECORDS_PER_READ };
        let rows = world.events(&query)?;
        let is_end = rows.len() < RECORDS_PER_READ;
        before = rows.last().map(|row| row.position);
        if let Some(found) = rows.into_iter().find(|row| is_of(row, id)) {
            return Ok(Some(found));
        }
        if is_end {
            break;
        }
    }
    Ok(None)
}

/// Most records are none of it, which their text tells at once.
fn is_of(row: &LoggedEvent, id: &str) -> bool {
    let read = |text| serde_json::from_str::<Record<'_>>(text).ok();
    row.record.contains(id) && read(&row.record).is_some_and(|record| record.event_id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_its_time_to_who_has_the_key_f_trail_15() {
        let key = TokenKey::new([3; 32]);
        for text in ["1970-01-01T00:00:00Z", "2026-11-27T10:11:12.345678Z", "2999-12-31T23:59:59.999999Z"] {
            let time: Timestamp = text.parse().expect("a time");
            for byte in [0, 0x5a, 0xff] {
                let id = seal([byte; 16], time, &key);
                assert_eq!(id.len(), 36);
                assert_eq!((id.as_bytes()[14], &id[8..9]), (b'4', "-"));
                assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
                assert_eq!(time_of(&id, &key), Some(time), "{id}");
                assert_ne!(time_of(&id, &TokenKey::new([4; 32])), Some(time));
            }
        }
    }

    #[test]
    fn what_is_no_id_says_nothing() {
        let key = TokenKey::new([3; 32]);
        assert_eq!(time_of(&seal([9; 16], Timestamp::MAX, &key), &key), None);
        assert_eq!(time_of(&seal([9; 16], Timestamp::MIN, &key), &key), None);
        for text in
            ["", "event", "ffffffff-ffff-4fff-bfff-fffffffffffg", "ffffffff-ffff-4fff-bfff-ffffffffffff0"]
        {
            assert_eq!(time_of(text, &key), None, "{text}");
        }
    }
}
