//! The tables of the SQLite file, and every statement that is run on them.

/// Written once, when the file is made.
pub(super) const SCHEMA: &str = "
    CREATE TABLE document (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE event_block (
        sequence INTEGER PRIMARY KEY,
        first_time INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        count INTEGER NOT NULL,
        documents_total INTEGER NOT NULL,
        events_total INTEGER NOT NULL,
        records TEXT NOT NULL
    ) STRICT;
    CREATE TABLE event_account (
        account TEXT NOT NULL,
        segment INTEGER NOT NULL,
        PRIMARY KEY (account, segment)
    ) STRICT, WITHOUT ROWID;
";

/// Schema 2 adds this. The index finds the last segment that is too early as a whole.
pub(super) const SEGMENT_SCHEMA: &str = "
    CREATE TABLE event_segment (
        segment INTEGER PRIMARY KEY,
        first_time INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        latest_until_here INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX event_segment_latest ON event_segment (latest_until_here);
";

/// Schema 3 adds this: a checksum of each document and block (`checksum.rs`), none of those that are older.
pub(super) const CHECKSUM_SCHEMA: &str = "
    ALTER TABLE document ADD COLUMN checksum INTEGER;
    ALTER TABLE event_block ADD COLUMN checksum INTEGER;
";

/// Schema 4 has another checksum. What was written before it is read without one, as what is older still.
pub(super) const FORGET_CHECKSUMS: &str = "
    UPDATE document SET checksum = NULL;
    UPDATE event_block SET checksum = NULL;
";

/// Schema 5 adds this: the index of `index.rs`. In `blocks` each byte is the place of a block in its segment.
pub(super) const TERM_SCHEMA: &str = "
    CREATE TABLE event_term (
        term INTEGER NOT NULL,
        segment INTEGER NOT NULL,
        blocks BLOB NOT NULL,
        PRIMARY KEY (term, segment)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE event_indexed (
        id INTEGER PRIMARY KEY,
        until INTEGER NOT NULL
    ) STRICT;
    INSERT INTO event_indexed (id, until) VALUES (1, 0);
";

/// The first segment with a record at or after the time `?2`, or one before it.
macro_rules! oldest_segment {
    () => {
        "coalesce((SELECT segment + 1 FROM event_segment WHERE latest_until_here < ?2
            ORDER BY latest_until_here DESC, segment DESC LIMIT 1), 0)"
    };
}

pub(super) const HEAD: &str =
    "SELECT sequence, documents_total, events_total FROM event_block ORDER BY sequence DESC LIMIT 1";
pub(super) const VERSION: &str = "SELECT version FROM document WHERE key = ?1";
pub(super) const READ: &str = "SELECT version, text, checksum FROM document WHERE key = ?1";
pub(super) const KEYS: &str = "SELECT key FROM document WHERE key >= ?1 ORDER BY key";
pub(super) const PUT: &str = "INSERT INTO document (key, version, text, checksum) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE
    SET version = excluded.version, text = excluded.text, checksum = excluded.checksum";
pub(super) const DELETE: &str = "DELETE FROM document WHERE key = ?1";
pub(super) const APPEND: &str = "INSERT INTO event_block
    (sequence, first_time, last_time, count, documents_total, events_total, records, checksum)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
pub(super) const APPEND_ACCOUNT: &str =
    "INSERT OR IGNORE INTO event_account (account, segment) VALUES (?1, ?2)";
pub(super) const BLOCKS: &str = concat!(
    "SELECT sequence, count, records, checksum FROM event_block
    WHERE sequence >= ",
    oldest_segment!(),
    " << 8 AND sequence <= ?1 AND last_time >= ?2 AND first_time < ?3 ORDER BY sequence DESC"
);
pub(super) const BLOCKS_OF_ACCOUNT: &str = concat!(
    "SELECT b.sequence, b.count, b.records, b.checksum
    FROM event_account AS a JOIN event_block AS b
        ON b.sequence >= a.segment << 8 AND b.sequence < (a.segment + 1) << 8
    WHERE a.account = ?4 AND a.segment >= max(?5, ",
    oldest_segment!(),
    ") AND a.segment <= ?1 >> 8 AND NOT EXISTS (SELECT 1 FROM event_segment AS s
            WHERE s.segment = a.segment AND (s.last_time < ?2 OR s.first_time >= ?3))
        AND b.sequence <= ?1 AND b.last_time >= ?2 AND b.first_time < ?3
    ORDER BY a.segment DESC, b.sequence DESC"
);
pub(super) const OLDEST: &str = "SELECT events_total - count, first_time FROM event_block
    WHERE count > 0 ORDER BY sequence LIMIT 1";
pub(super) const BYTES: &str = "SELECT (page_count - freelist_count) * page_size
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
pub(super) const SEGMENTS_OF_TERM: &str = concat!(
    "SELECT segment, blocks FROM event_term WHERE term IN (?3, ?5) AND segment >= ",
    oldest_segment!(),
    " AND segment <= ?1 >> 8 AND segment < ?4 ORDER BY segment DESC"
);
pub(super) const BLOCK: &str = "SELECT sequence, count, records, checksum FROM event_block
    WHERE sequence = ?1 AND sequence <= ?4 AND last_time >= ?2 AND first_time < ?3";
pub(super) const INDEXED_UNTIL: &str = "SELECT until FROM event_indexed WHERE id = 1";
pub(super) const INDEXED: &str = "UPDATE event_indexed SET until = max(until, ?1) WHERE id = 1";
pub(super) const INDEX_TERM: &str =
    "INSERT OR REPLACE INTO event_term (term, segment, blocks) VALUES (?1, ?2, ?3)";
pub(super) const OLD_TERMS: &str =
    "DELETE FROM event_term WHERE segment < (SELECT min(sequence) >> 8 FROM event_block)";
pub(super) const BLOCKS_FROM: &str =
    "SELECT sequence, count, records, checksum FROM event_block WHERE sequence >= ?1 ORDER BY sequence";
pub(super) const LAST_SEGMENT: &str =
    "SELECT segment, latest_until_here FROM event_segment ORDER BY segment DESC LIMIT 1";
pub(super) const NEXT_BLOCK: &str = "SELECT min(sequence) FROM event_block WHERE sequence >= ?1";
pub(super) const TIMES: &str = "SELECT min(first_time), max(last_time) FROM event_block
    WHERE sequence >= ?1 << 8 AND sequence < (?1 + 1) << 8 AND count > 0";
pub(super) const CLOSE_SEGMENT: &str = "INSERT INTO event_segment VALUES (?1, ?2, ?3, ?4)";
pub(super) const ALL_DOCUMENTS: &str = "SELECT key, version, text, checksum FROM document ORDER BY key";
pub(super) const ALL_BLOCKS: &str =
    "SELECT sequence, count, records, checksum FROM event_block ORDER BY sequence";
pub(super) const OLD_BLOCKS: &str =
    "DELETE FROM event_block WHERE sequence IN (SELECT sequence FROM event_block
    WHERE last_time < ?1 AND sequence < (SELECT max(sequence) FROM event_block) ORDER BY sequence LIMIT ?2)";
pub(super) const OLD_SEGMENTS: &str = "DELETE FROM event_segment WHERE last_time < ?1
    AND segment < (SELECT max(segment) FROM event_segment)";
pub(super) const OLD_ACCOUNTS: &str =
    "DELETE FROM event_account WHERE segment < (SELECT max(segment) FROM event_segment)
    AND segment NOT IN (SELECT segment FROM event_segment)";
pub(super) const CLEAR: &str = "DELETE FROM document; DELETE FROM event_account; DELETE FROM event_block;
    DELETE FROM event_segment; DELETE FROM event_term;";

/// Every statement but the last, which is a script: what an opened file must be able to run.
pub(super) const STATEMENTS: [&str; 28] = [
    HEAD,
    VERSION,
    READ,
    KEYS,
    PUT,
    DELETE,
    APPEND,
    APPEND_ACCOUNT,
    BLOCKS,
    BLOCKS_OF_ACCOUNT,
    OLDEST,
    BYTES,
    SEGMENTS_OF_TERM,
    BLOCK,
    INDEXED_UNTIL,
    INDEXED,
    INDEX_TERM,
    OLD_TERMS,
    BLOCKS_FROM,
    LAST_SEGMENT,
    NEXT_BLOCK,
    TIMES,
    CLOSE_SEGMENT,
    ALL_DOCUMENTS,
    ALL_BLOCKS,
    OLD_BLOCKS,
    OLD_SEGMENTS,
    OLD_ACCOUNTS,
];

/// A segment of the log is as many block numbers as this many bits count. The statements above say it too.
pub(super) const SEGMENT_BITS: u32 = 8;
