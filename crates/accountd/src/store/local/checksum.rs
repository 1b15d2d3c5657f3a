//! Checksums of what is stored, so that a byte that changed on the disk is noticed when it is read. F-STORE-16
//!
//! They are FNV-1a over 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): against accidents, not against people.
//! They cover where a text belongs as well as the text, so that one that is found in another's place is noticed too.

/// Of a document.
pub(super) fn of_document(key: &str, version: u64, text: &str) -> i64 {
    let hash = add(add(add(BEGIN, key.as_bytes()), &version.to_be_bytes()), text.as_bytes());
    hash.cast_signed()
}

/// Of a block of the event log.
pub(super) fn of_block(sequence: u64, records: &str) -> i64 {
    add(add(BEGIN, &sequence.to_be_bytes()), records.as_bytes()).cast_signed()
}

const BEGIN: u64 = 0xcbf2_9ce4_8422_2325;

fn add(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
