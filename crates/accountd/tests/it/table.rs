//! Tables that a person reads and a test computes.

use std::path::Path;

/// Compares a computed table with the one that is checked in. With `ACCOUNTD_WRITE_TABLES` set it is written instead, so
/// that a change on purpose is one command and shows in the diff.
#[track_caller]
pub fn assert_table(name: &str, computed: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(name);
    if std::env::var_os("ACCOUNTD_WRITE_TABLES").is_some() {
        std::fs::write(&file, format!("{computed}\n")).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    for (number, (is, was)) in computed.lines().zip(checked_in.lines()).enumerate() {
        assert_eq!(is, was, "{name}, line {}", number + 1);
    }
    assert_eq!(computed.lines().count(), checked_in.lines().count(), "{name} has another length");
}
