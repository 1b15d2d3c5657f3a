//! Checksums of what is stored, so that a byte that changed on the disk is noticed when it is read. F-STORE-16
//!
//! They are CRC-32 (IEEE 802.3), which processors compute many bytes at a time: against accidents, not against people.
//! They cover where a text belongs as well as the text, so that one that is found in another's place is noticed too.

use crc32fast::Hasher;

/// Of a document.
pub(super) fn of_document(key: &str, version: u64, text: &str) -> i64 {
    of([key.as_bytes(), &version.to_be_bytes(), text.as_bytes()])
}

/// Of a block of the event log.
pub(super) fn of_block(sequence: u64, records: &str) -> i64 {
    of([&sequence.to_be_bytes(), records.as_bytes()])
}

fn of<const N: usize>(parts: [&[u8]; N]) -> i64 {
    let mut hasher = Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}
