//! The tables of the schema `accountd`, and every statement that is run on them.
//!
//! Keys are bytes, not text: bytes are in byte order whatever the database's language is. Where a statement belongs to a
//! commit it does nothing unless the head is what that commit made it: its number and its writer's mark.

/// What a schema of version 1 is made of, one statement after the other, each of which may find that it was run before.
pub(super) const VERSION_1: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS accountd.document (
        key bytea PRIMARY KEY,
        version bigint NOT NULL,
        text text NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS accountd.head (
        id bigint PRIMARY KEY,
        sequence bigint NOT NULL,
        documents bigint NOT NULL,
        events bigint NOT NULL,
        writer text NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS accountd.event_block (
        sequence bigint PRIMARY KEY,
        first_time bigint NOT NULL,
        last_time bigint NOT NULL,
        count bigint NOT NULL,
        records text NOT NULL,
        changed text NOT NULL,
        writer text NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS accountd.event_account (
        account text NOT NULL,
        segment bigint NOT NULL,
        PRIMARY KEY (account, segment)
    )",
    "CREATE TABLE IF NOT EXISTS accountd.event_segment (
        segment bigint PRIMARY KEY,
        first_time bigint NOT NULL,
        last_time bigint NOT NULL,
        latest_until_here bigint NOT NULL
    )",
    // The commit before the first one, so that every number has a block.
    "INSERT INTO accountd.event_block (sequence, first_time, last_time, count, records, changed, writer)
        VALUES (0, 0, 0, 0, '', '', '') ON CONFLICT (sequence) DO NOTHING",
    "INSERT INTO accountd.head (id, sequence, documents, events, writer)
        VALUES (1, 0, 0, 0, '') ON CONFLICT (id) DO NOTHING",
];

pub(super) const HAS_SCHEMA: &str =
    "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'accountd'";
pub(super) const MAKE_SCHEMA: &str = "CREATE SCHEMA IF NOT EXISTS accountd";
pub(super) const MAKE_VERSION: &str = "CREATE TABLE IF NOT EXISTS accountd.schema_version (
        id bigint PRIMARY KEY,
        version bigint NOT NULL
    )";
pub(super) const SCHEMA_VERSION: &str = "SELECT version FROM accountd.schema_version WHERE id = 1";
pub(super) const FIRST_VERSION: &str =
    "INSERT INTO accountd.schema_version (id, version) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
pub(super) const NEXT_VERSION: &str =
    "UPDATE accountd.schema_version SET version = $2 WHERE id = 1 AND version = $1";

pub(super) const HEAD: &str = "SELECT sequence, documents, events FROM accountd.head WHERE id = 1";
/// What was committed after `$1`; one row at least, with the number and the mark of the last commit and the mark of `$1`.
pub(super) const CHANGES: &str = "SELECT h.sequence, h.writer,
        (SELECT writer FROM accountd.event_block WHERE sequence = $1), b.sequence, b.changed
    FROM accountd.head AS h LEFT JOIN (
        SELECT sequence, changed FROM accountd.event_block
        WHERE sequence > $1 ORDER BY sequence LIMIT 1001
    ) AS b ON true
    WHERE h.id = 1";
/// The documents under `$1` and all that these lead to, and the number of the last commit; one row at least. From a document
/// of the kind `$2`, the text in its member `$3`, or each text of a list there, leads to `$4`: its `$` is the text's last
/// part in lower case, its `@` the document's account.
pub(super) const FETCH: &str = r"WITH RECURSIVE walk (key) AS (
        SELECT asked.key FROM unnest($1::bytea[]) AS asked (key)
        UNION
        SELECT convert_to(replace(replace(l.leads_to, '@', coalesce(d.text::json ->> 'account', '')), '$',
            lower(regexp_replace(t.text, '^.*/', ''))), 'UTF8')
        FROM walk AS w
        JOIN accountd.document AS d ON d.key = w.key
        JOIN unnest($2::text[], $3::text[], $4::text[]) AS l (kind, member, leads_to)
            ON l.kind = split_part(convert_from(d.key, 'UTF8'), '/', 1)
        CROSS JOIN LATERAL json_array_elements_text(
            CASE json_typeof(d.text::json #> string_to_array(l.member, '.'))
                WHEN 'array' THEN d.text::json #> string_to_array(l.member, '.')
                WHEN 'string' THEN json_build_array(d.text::json #> string_to_array(l.member, '.'))
                ELSE json_build_array()
            END) AS t (text)
    )
    SELECT h.sequence, w.key, d.version, d.text
    FROM accountd.head AS h CROSS JOIN walk AS w LEFT JOIN accountd.document AS d ON d.key = w.key
    WHERE h.id = 1";
pub(super) const KEYS: &str = "SELECT key FROM accountd.document
    WHERE key >= $1 AND key > $2 AND key < $3 ORDER BY key LIMIT $4";
pub(super) const DOCUMENTS: &str = "SELECT key, text FROM accountd.document
    WHERE key > $1 ORDER BY key LIMIT $2";

/// The first segment with a record at or after the time `$2`, or one before it.
macro_rules! oldest_segment {
    () => {
        "coalesce((SELECT segment + 1 FROM accountd.event_segment WHERE latest_until_here < $2
            ORDER BY segment DESC LIMIT 1), 0)"
    };
}

pub(super) const BLOCKS: &str = concat!(
    "SELECT sequence, count, records FROM accountd.event_block
    WHERE sequence >= ",
    oldest_segment!(),
    " * 256 AND sequence > 0 AND sequence <= $1 AND last_time >= $2 AND first_time < $3
    ORDER BY sequence DESC LIMIT $4"
);
pub(super) const BLOCKS_OF_ACCOUNT: &str = concat!(
    "SELECT b.sequence, b.count, b.records
    FROM accountd.event_account AS a JOIN accountd.event_block AS b
        ON b.sequence >= a.segment * 256 AND b.sequence < (a.segment + 1) * 256
    WHERE a.account = $5 AND a.segment >= ",
    oldest_segment!(),
    " AND a.segment <= $1::bigint / 256 AND NOT EXISTS (SELECT 1 FROM accountd.event_segment AS s
            WHERE s.segment = a.segment AND (s.last_time < $2 OR s.first_time >= $3))
        AND b.sequence > 0 AND b.sequence <= $1 AND b.last_time >= $2 AND b.first_time < $3
    ORDER BY b.sequence DESC LIMIT $4"
);
/// What the log takes, and the time of its oldest record in seconds.
pub(super) const LOG_SIZE: &str = "SELECT pg_total_relation_size('accountd.event_block'),
    coalesce((SELECT first_time FROM accountd.event_block WHERE count > 0 ORDER BY sequence LIMIT 1), 0) / 1000000";
pub(super) const BLOCKS_FORWARD: &str = "SELECT sequence, count, records FROM accountd.event_block
    WHERE sequence > $1 ORDER BY sequence LIMIT $2";

pub(super) const LOCK: &str = "SELECT sequence, documents, events FROM accountd.head WHERE id = 1 FOR UPDATE";
/// The commit after `$1`, which was marked `$6`, itself marked `$2`, with `$3` events more, after which `$4` of the
/// documents under `$5` are there.
pub(super) const MOVE: &str = "UPDATE accountd.head
    SET sequence = sequence + 1, writer = $2, events = events + $3,
        documents = documents + $4 - (SELECT count(*) FROM accountd.document WHERE key = ANY($5))
    WHERE id = 1 AND sequence = $1 AND writer = $6
    RETURNING documents, events";
pub(super) const PUT: &str = "INSERT INTO accountd.document (key, version, text)
    SELECT p.key, h.sequence, p.text
    FROM accountd.head AS h, unnest($3::bytea[], $4::text[]) AS p (key, text)
    WHERE h.id = 1 AND h.sequence = $1 AND h.writer = $2
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, text = excluded.text";
pub(super) const DELETE: &str = "DELETE FROM accountd.document WHERE key = ANY($3)
    AND EXISTS (SELECT 1 FROM accountd.head WHERE id = 1 AND sequence = $1 AND writer = $2)";
pub(super) const APPEND: &str = "INSERT INTO accountd.event_block
        (sequence, first_time, last_time, count, records, changed, writer)
    SELECT sequence, $3, $4, $5, $6, $7, writer
    FROM accountd.head WHERE id = 1 AND sequence = $1 AND writer = $2";
pub(super) const APPEND_ACCOUNTS: &str = "INSERT INTO accountd.event_account (account, segment)
    SELECT a.account, h.sequence / 256
    FROM accountd.head AS h, unnest($3::text[]) AS a (account)
    WHERE h.id = 1 AND h.sequence = $1 AND h.writer = $2
    ON CONFLICT (account, segment) DO NOTHING";
/// Notes the times of the segment `$3`, to which nothing is added any more.
pub(super) const CLOSE_SEGMENT: &str = "INSERT INTO accountd.event_segment
        (segment, first_time, last_time, latest_until_here)
    SELECT t.segment, t.first_time, t.last_time, greatest(t.last_time, t.latest_before)
    FROM accountd.head AS h, (
        SELECT $3::bigint AS segment,
            coalesce((SELECT min(first_time) FROM accountd.event_block
                WHERE sequence >= $3 * 256 AND sequence < ($3 + 1) * 256 AND count > 0),
                9223372036854775807) AS first_time,
            coalesce((SELECT max(last_time) FROM accountd.event_block
                WHERE sequence >= $3 * 256 AND sequence < ($3 + 1) * 256 AND count > 0),
                -9223372036854775807) AS last_time,
            coalesce((SELECT latest_until_here FROM accountd.event_segment
                WHERE segment < $3 ORDER BY segment DESC LIMIT 1), -9223372036854775807) AS latest_before
    ) AS t
    WHERE h.id = 1 AND h.sequence = $1 AND h.writer = $2
    ON CONFLICT (segment) DO NOTHING";
pub(super) const WRITER: &str = "SELECT writer FROM accountd.event_block WHERE sequence = $1";

pub(super) const CLEAR: &[&str] = &[
    "DELETE FROM accountd.document",
    "DELETE FROM accountd.event_block",
    "DELETE FROM accountd.event_account",
    "DELETE FROM accountd.event_segment",
];
pub(super) const SET_HEAD: &str = "UPDATE accountd.head
    SET sequence = $1, writer = $2, events = $3, documents = (SELECT count(*) FROM accountd.document)
    WHERE id = 1 RETURNING documents";

pub(super) const OLD_BLOCKS: &str = "DELETE FROM accountd.event_block WHERE sequence IN (
        SELECT sequence FROM accountd.event_block
        WHERE last_time < $1 AND sequence < (SELECT sequence FROM accountd.head WHERE id = 1)
        ORDER BY sequence LIMIT $2)";
pub(super) const OLD_SEGMENTS: &str = "DELETE FROM accountd.event_segment WHERE last_time < $1
    AND segment < (SELECT max(segment) FROM accountd.event_segment)";
pub(super) const OLD_ACCOUNTS: &str = "DELETE FROM accountd.event_account
    WHERE segment < (SELECT max(segment) FROM accountd.event_segment)
        AND segment NOT IN (SELECT segment FROM accountd.event_segment)";

/// A segment of the log is as many block numbers as this many bits count. The statements above say it too.
pub(super) const SEGMENT_BITS: u32 = 8;
