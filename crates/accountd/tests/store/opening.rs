//! Opening: what is found again, and what is refused and left alone.

use std::fs;

use accountd::store::{OpenError, Store, StoreOptions};
use jiff::Timestamp;
use rusqlite::Connection;
use services::world::EventQuery;

use crate::support::*;

fn refusal(directory: &Directory) -> String {
    match Store::open(directory.path(), &StoreOptions::default()) {
        Ok(_) => panic!("it was opened"),
        Err(error) => {
            let text = error.to_string();
            assert!(!text.contains('\n') && text.contains(&directory.path().display().to_string()), "{text}");
            text
        }
    }
}

/// Refused with this text, twice, and not a byte is different afterwards.
fn assert_refused(directory: &Directory, expected: &str) {
    let before = fs::read(directory.database()).unwrap();
    for _ in 0..2 {
        let text = refusal(directory);
        assert!(text.contains(expected), "{text}");
    }
    assert!(fs::read(directory.database()).unwrap() == before, "the file was changed");
}

fn filled() -> Directory {
    let directory = Directory::new();
    let store = directory.open();
    block_on(async {
        for number in 0..200 {
            put(&store, format!("{number}"), number).await.unwrap();
        }
    });
    directory
}

/// F-STORE-1
#[test]
fn reopening_finds_everything_and_goes_on_counting() {
    let directory = filled();
    let store = directory.open();
    block_on(async {
        assert_eq!(read(&store, "199").await, Some(199));
        assert_eq!(ids(&store, "", None, 1000).await.len(), 200);
        assert_eq!(increment(&store, "199").await, Ok(200));
        delete(&store, "0").await;
    });
    drop(store);
    let store = directory.open();
    assert_eq!(block_on(read(&store, "199")), Some(200));
    assert_eq!(block_on(read(&store, "0")), None);
    assert_eq!(store.statistics().documents.load(std::sync::atomic::Ordering::Relaxed), 199);
}

#[test]
fn a_missing_directory_is_made_for_its_owner_only() {
    let parent = Directory::new();
    let path = parent.path().join("a/b");
    drop(Store::open(&path, &StoreOptions::default()).unwrap());
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
}

/// F-STORE-7
#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let directory = Directory::new();
    let store = directory.open();
    let text = refusal(&directory);
    assert!(
        text.ends_with(&format!("is in use by another accountd (process {})", std::process::id())),
        "{text}"
    );
    drop(store);
    drop(directory.open());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = Directory::new();
    fs::write(directory.path().join("file"), "x").unwrap();
    let path = directory.path().join("file/data");
    let error = Store::open(&path, &StoreOptions::default()).err().unwrap();
    assert!(matches!(&error, OpenError::Directory { path: named, .. } if *named == path), "{error}");
}

#[test]
fn a_directory_in_the_files_place_is_named() {
    let directory = Directory::new();
    fs::create_dir(directory.database()).unwrap();
    assert!(refusal(&directory).starts_with("cannot keep data in"));
}

/// F-STORE-8
#[test]
fn foreign_files_are_refused() {
    let directory = Directory::new();
    fs::write(directory.database(), "a letter to my aunt").unwrap();
    assert_refused(&directory, "was not written by accountd");
    fs::write(directory.database(), "a letter to my aunt".repeat(100)).unwrap();
    assert_refused(&directory, "was not written by accountd");
    fs::remove_file(directory.database()).unwrap();
    Connection::open(directory.database())
        .unwrap()
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .unwrap();
    assert_refused(&directory, "was not written by accountd");
}

/// F-STORE-8
#[test]
fn a_newer_file_is_refused() {
    let directory = filled();
    Connection::open(directory.database()).unwrap().pragma_update(None, "user_version", 3).unwrap();
    assert_refused(&directory, "was written by a newer accountd (schema 3, this one reads up to 2)");
}

/// F-STORE-8
#[test]
fn damaged_files_are_refused() {
    let directory = filled();
    let whole = fs::read(directory.database()).unwrap();
    let damage = |bytes: Vec<u8>| {
        fs::write(directory.database(), bytes).unwrap();
        assert_refused(&directory, "is damaged");
    };
    damage(Vec::new());
    damage(whole[..50].to_vec());
    damage(whole[..whole.len() / 2].to_vec());
    let mut schema_gone = whole.clone();
    schema_gone[100..4096].fill(0xAA);
    damage(schema_gone);
    let mut pages_gone = whole.clone();
    pages_gone[4096..].fill(0);
    damage(pages_gone);
    fs::write(directory.database(), &whole).unwrap();
    Connection::open(directory.database()).unwrap().execute_batch("DROP TABLE event_account").unwrap();
    assert_refused(&directory, "is damaged (no such table: event_account");
    fs::write(directory.database(), &whole).unwrap();
    assert_eq!(block_on(read(&directory.open(), "7")), Some(7), "the whole file opens still");
}

#[test]
fn a_file_that_was_never_finished_is_made_anew() {
    let directory = Directory::new();
    fs::write(directory.path().join("accountd.sqlite.new"), "half a file").unwrap();
    let store = directory.open();
    block_on(put(&store, "a".to_owned(), 1)).unwrap();
    assert!(!directory.path().join("accountd.sqlite.new").exists());
}

/// A store that was copied while its log was not yet moved into the file, as a crash leaves it.
#[test]
fn what_is_only_in_the_log_is_found() {
    let (directory, copy) = (Directory::new(), Directory::new());
    let store = directory.open();
    block_on(async {
        for number in 0..100 {
            put(&store, format!("{number}"), number).await.unwrap();
        }
    });
    for name in ["accountd.sqlite", "accountd.sqlite-wal"] {
        fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
    }
    let copied = copy.open();
    assert_eq!(block_on(read(&copied, "99")), Some(99));
    let query =
        EventQuery { account: None, from: Timestamp::MIN, until: Timestamp::MAX, before: None, limit: 1 };
    assert!(block_on(copied.events(&query)).unwrap().is_empty());
}
