//! Tables that a person reads and a test computes.

use std::path::Path;

use services::service::{Operation, Service};

use crate::wire::OTHERS;

/// Compares a computed table with the one that is checked in. With `ACCOUNTD_WRITE_TABLES` set a table that differs
/// is written anew, so that a change on purpose is one command and shows in the diff; the test fails all the same.
#[track_caller]
pub fn assert_table(name: &str, computed: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(name);
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    let computed_file = format!("{computed}\n");
    if checked_in != computed_file && std::env::var_os("ACCOUNTD_WRITE_TABLES").is_some() {
        std::fs::write(&file, computed_file).unwrap();
        panic!("{name} was stale and has been written anew, look at the difference and commit it");
    }
    for (number, (is, was)) in computed.lines().zip(checked_in.lines()).enumerate() {
        assert_eq!(is, was, "{name}, line {}", number + 1);
    }
    assert_eq!(computed.lines().count(), checked_in.lines().count(), "{name} has another length");
}

/// Every operation of the services beside Account Management has one row in the section of its service. One
/// that is added to a model has none until the table is written anew.
#[track_caller]
pub fn assert_every_operation_has_a_row(table: &str) {
    let mut sections = table.split("\n\n").skip(1);
    for service in OTHERS {
        let section = sections.next().expect("a section for each service");
        assert_eq!(section.lines().next(), Some(service.signing_name()));
        let rows = section.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let rows: Vec<_> = rows.filter(|name| !name.is_empty()).collect();
        let operations: Vec<_> =
            crate::wire::signed_operations(service).into_iter().map(Operation::name).collect();
        assert_eq!(rows, operations, "{service:?}");
    }
    assert_eq!(OTHERS.len() + 1, Service::ALL.len(), "Account Management has tables of its own");
}
