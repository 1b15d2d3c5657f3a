//! Moving a file of an older schema forward, in the transaction that also looks whether it is sound. F-STORE-11
//!
//! An accountd that does not know the new schema refuses the file from then on (`open.rs`).

use std::fs;
use std::path::Path;

use rusqlite::Transaction;
use services::state::identity::SealingKey;
use services::state::installation::PageTokenKey;
use services::world::Document;
use services::world::key::{Current, Key};

use super::embedded::{append, close_segments, head, put};
use super::events::Block;
use super::listed::Listed;
use super::open::SCHEMA_VERSION;
use super::statements::{CHECKSUM_SCHEMA, FORGET_CHECKSUMS, SEGMENT_BITS, SEGMENT_SCHEMA, TERM_SCHEMA};

/// Schema 1 kept the key of page tokens in a file of this name beside the database.
const TOKEN_KEY_NAME: &str = "page-token-key";

/// Moves a file from `schema` to the one that this release writes.
pub(super) fn forward(transaction: &Transaction<'_>, schema: u32, directory: &Path) -> rusqlite::Result<()> {
    if schema < 3 {
        // First, since what is written below is written with its checksum.
        transaction.execute_batch(CHECKSUM_SCHEMA)?;
    }
    if schema < 2 {
        note_segments(transaction)?;
        take_in_token_key(transaction, directory)?;
    }
    if schema == 3 {
        transaction.execute_batch(FORGET_CHECKSUMS)?;
    }
    if schema < 5 {
        transaction.execute_batch(TERM_SCHEMA)?;
    }
    if schema < SCHEMA_VERSION {
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    Ok(())
}

/// To be called when the transaction is committed: removes what is in the database now. Left behind, it does no harm.
pub(super) fn tidy(schema: u32, directory: &Path) {
    if schema < SCHEMA_VERSION {
        let _ = fs::remove_file(directory.join(TOKEN_KEY_NAME));
        tracing::info!(from = schema, to = SCHEMA_VERSION, "the data directory was moved forward");
    }
}

fn note_segments(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(SEGMENT_SCHEMA)?;
    close_segments(transaction, head(transaction)?.sequence >> SEGMENT_BITS)
}

/// Tokens that were given out stay valid. Without a key in the directory there are none, and a key is made later.
fn take_in_token_key(transaction: &Transaction<'_>, directory: &Path) -> rusqlite::Result<()> {
    let bytes = fs::read(directory.join(TOKEN_KEY_NAME)).ok();
    let Some(key) = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else { return Ok(()) };
    let document = PageTokenKey { key: SealingKey::new(key) };
    let mut head = head(transaction)?;
    head.sequence += 1;
    head.documents += 1;
    let key = Key::<PageTokenKey>::of(Current).into_string();
    put(transaction, &key, head.sequence, &document.encode())?;
    append(transaction, &Block::default(), head, &Listed::default())
}
