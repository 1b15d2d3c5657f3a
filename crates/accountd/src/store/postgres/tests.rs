//! The statements, as texts, and how the keys of a commit are written down.

use super::reading::{escaped, unescaped};

/// Every statement and all of the schema, without this crate's own words about them.
fn texts() -> String {
    let source = include_str!("statements.rs");
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n").to_ascii_lowercase()
}

/// F-STORE-26: what not all of PostgreSQL 14 to 18, CockroachDB, YugabyteDB and Aurora DSQL have is in no statement.
#[test]
fn no_statement_uses_what_one_of_these_databases_lacks() {
    let texts = texts();
    for (word, because) in [
        ("advisory", "CockroachDB has only a stub of advisory locks"),
        ("listen", "CockroachDB has no LISTEN"),
        ("notify", "CockroachDB has no NOTIFY"),
        ("jsonb", "Aurora DSQL has no such columns"),
        ("serial", "CockroachDB numbers otherwise"),
        ("identity", "Aurora DSQL wants large caches of numbers"),
        ("nextval", "sequences leave gaps, and order nothing"),
        (" int ", "CockroachDB takes it for eight bytes"),
        ("integer", "CockroachDB takes it for eight bytes"),
        ("create index", "Aurora DSQL builds indexes another way"),
        ("trigger", "Aurora DSQL has none"),
        ("plpgsql", "Aurora DSQL has none"),
        ("create temp", "Aurora DSQL has none"),
        ("partition", "Aurora DSQL has none"),
        ("exclude using", "YugabyteDB has no exclusion constraints"),
        ("extension", "Aurora DSQL has none"),
        ("collate", "Aurora DSQL has one only"),
        ("references", "Aurora DSQL has had foreign keys for a short time only"),
        ("truncate", "Aurora DSQL has none"),
        ("savepoint", "Aurora DSQL has none"),
        ("vacuum", "Aurora DSQL has none"),
        ("lock table", "YugabyteDB has none"),
        ("deferrable", "YugabyteDB has none"),
        ("generated", "YugabyteDB stores none"),
        ("alter table", "Aurora DSQL changes no columns"),
        ("drop ", "nothing is ever destroyed"),
        ("xmax", "a column of PostgreSQL's own"),
        ("ctid", "a column of PostgreSQL's own"),
    ] {
        assert!(!texts.contains(word), "{word:?}: {because}");
    }
}

/// F-STORE-26: an array is a parameter and never a column.
#[test]
fn every_column_is_a_number_a_text_or_bytes() {
    for statement in super::statements::VERSION_1.iter().filter(|text| text.starts_with("CREATE TABLE")) {
        let columns = statement.split_once('(').expect("columns").1;
        for column in columns.lines().map(str::trim).filter(|line| !line.is_empty() && *line != ")") {
            let kind = column.split_whitespace().nth(1).expect("a type");
            assert!(["bigint", "text", "bytea", "KEY"].contains(&kind), "{column}");
        }
    }
}

#[test]
fn keys_with_line_breaks_are_one_line_each_and_read_back() {
    let keys = ["user/1/ann", "a\nb", "\\n", "c\r\\", ""].map(str::to_owned);
    let text = escaped(keys.iter());
    let back: Vec<String> = text.lines().map(unescaped).collect();
    assert_eq!(back, keys);
}
