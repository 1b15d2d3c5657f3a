//! What the records of an account are looked up by, as numbers that an index of the log keeps.
//!
//! A store keeps these numbers for longer than a release lives: how they are made must not change.

use aws::trail::Record;

use super::lookup;
use super::model::LookupAttributeKey;
use crate::world::Term;

/// The number of an attribute in an account's log. Two attributes may have the same: whoever finds a record compares it.
pub fn term(account: &str, key: LookupAttributeKey, value: &str) -> Term {
    // FNV-1a: what is wanted is a number that is the same for ever, and spread.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in [account, key.as_str(), value] {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    Term(hash)
}

/// Calls `add` with the terms of a record of an account: all that LookupEvents takes but its id, which says where the record
/// is (F-TRAIL-15). A record that cannot be read has none; nobody is shown it.
pub fn each(account: &str, json: &str, add: &mut dyn FnMut(Term)) {
    let Ok(record) = serde_json::from_str::<Record<'_>>(json) else { return };
    lookup::each_attribute(&record, &mut |key, value| add(term(account, key, value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-TRAIL-17: what was indexed by an earlier release is found by a later one.
    #[test]
    fn a_term_is_the_same_for_ever_f_trail_17() {
        let name = term("111122223333", LookupAttributeKey::EventName, "ListRegions");
        assert_eq!(name, Term(0xdbab_6137_0d79_2dec));
        assert_ne!(name, term("111122223333", LookupAttributeKey::Username, "ListRegions"));
        assert_ne!(name, term("111122223334", LookupAttributeKey::EventName, "ListRegions"));
    }
}
