//! Opening: what is found again, and what is refused and left alone.

use std::fs;
use std::path::Path;

use accountd::store::{Exported, OpenError, Store, StoreOptions};
use accountd::transfer;
use aws::arn::AccountId;
use jiff::Timestamp;
use rusqlite::Connection;
use services::world::{EventQuery, Snapshot};

use crate::log::record_change;
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
    Connection::open(directory.database()).unwrap().pragma_update(None, "user_version", 6).unwrap();
    assert_refused(&directory, "was written by a newer accountd (schema 6, this one reads up to 5)");
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

/// F-STORE-18
#[test]
fn files_are_their_owners_only_also_in_a_directory_that_others_may_look_into() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(directory.path(), 0o755);
    let open_and_look = || {
        let store = directory.open();
        block_on(put(&store, "a".to_owned(), 1)).unwrap();
        let files = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap());
        let modes: Vec<_> = files
            .map(|file| (file.file_name(), file.metadata().unwrap().permissions().mode() & 0o777))
            .collect();
        assert!(modes.len() >= 4, "{modes:?}");
        assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
    };
    open_and_look();
    // As an earlier release left it.
    set(&directory.database(), 0o644);
    open_and_look();
}

/// F-STORE-17
#[test]
fn a_store_whose_directory_was_removed_acknowledges_nothing_more() {
    let directory = Directory::new();
    let store = directory.open();
    block_on(async {
        put(&store, "a".to_owned(), 1).await.unwrap();
        store.check().await.unwrap();
        fs::remove_dir_all(directory.path()).unwrap();
        let refused = put(&store, "b".to_owned(), 1).await.unwrap_err().to_string();
        assert!(refused.contains("was removed"), "{refused}");
        assert!(store.check().await.is_err());
        assert_eq!(read(&store, "a").await, Some(1), "what is known is still answered");
    });
}

/// A store, closed, with one byte of it changed.
fn with_a_flipped_byte(text: &[u8]) -> Directory {
    let directory = Directory::new();
    let store = directory.open();
    block_on(async {
        for number in 0..200 {
            put(&store, format!("{number}"), 1_234_500_000 + number).await.unwrap();
            record_change(&store, vec![event(1, number as i64, "{\"padding\":\"of the log\"}")]).await;
        }
    });
    drop(store);
    let mut bytes = fs::read(directory.database()).unwrap();
    let at = bytes.windows(text.len()).rposition(|window| window == text).unwrap();
    bytes[at] ^= 1;
    fs::write(directory.database(), bytes).unwrap();
    directory
}

/// F-STORE-16
#[test]
fn a_byte_that_changed_on_the_disk_is_noticed_when_it_is_read() {
    let directory = with_a_flipped_byte(b"1234500123");
    let store = directory.open();
    let found = block_on(
        store.transact(|snapshot: &dyn Snapshot| run(snapshot, |world| count(world, "123"), vec![])),
    );
    assert!(found.unwrap_err().to_string().contains("`counter/123` is damaged"));
    assert_eq!(block_on(read(&store, "122")), Some(1_234_500_122), "the others are as they were");
    drop(store);
    let report = Store::verify(directory.path(), &|_, _| Ok(())).unwrap_err();
    assert!(report.contains("`counter/123` is damaged"), "{report}");

    let directory = with_a_flipped_byte(b"of the log");
    let store = directory.open();
    let query = EventQuery::newest(AccountId::from_number(1), 1000);
    let found = block_on(store.events(&query)).unwrap_err().to_string();
    assert!(found.contains("of the event log is damaged"), "{found}");
    drop(store);
    let report = Store::verify(directory.path(), &|_, _| Ok(())).unwrap_err();
    assert!(report.contains("of the event log is damaged"), "{report}");
}

/// F-STORE-40: wherever a byte of a document's key changes, in its row or in the index, nobody is told that there is none.
#[test]
fn a_damaged_index_of_a_small_store_is_noticed_when_it_is_opened() {
    let directory = filled();
    let bytes = fs::read(directory.database()).unwrap();
    let key = b"counter/123";
    let places: Vec<_> = (0..bytes.len() - key.len()).filter(|at| bytes[*at..].starts_with(key)).collect();
    assert!(places.len() >= 2, "it is in its row and in the index");
    let mut refused = 0;
    for at in places {
        for by in [8, key.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at + by] ^= 2;
            fs::write(directory.database(), damaged).unwrap();
            match Store::open(directory.path(), &StoreOptions::default()) {
                Err(OpenError::Damaged { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
                // A copy that is no longer used.
                Ok(store) => assert_eq!(block_on(read(&store, "123")), Some(123), "byte {at}+{by}"),
            }
        }
    }
    assert!(refused >= 4, "{refused}");
    fs::write(directory.database(), &bytes).unwrap();
    assert_eq!(block_on(read(&directory.open(), "123")), Some(123));
}

/// F-STORE-39
#[test]
fn documents_that_do_not_fit_together_are_found_f_store_39() {
    let directory = Directory::new();
    let store = directory.open();
    let account = "{\"v\":1,\"id\":\"111122223333\",\"name\":\"A\",\"email\":\"a@example.com\",\
        \"created_at\":\"2026-01-01T00:00:00Z\",\"state\":\"ACTIVE\"}";
    let user = |account: &str| {
        let id = format!("\"account\":\"{account}\",\"name\":\"ann\",\"id\":\"AIDAANN\",\"path\":\"/\"");
        (format!("user/{account}/ann"), format!("{{\"v\":1,{id},\"created_at\":\"2026-01-01T00:00:00Z\"}}"))
    };
    let documents = |users: &[&str]| {
        let users = users.iter().map(|account| user(account));
        let all = std::iter::once(("account/111122223333".to_owned(), account.to_owned())).chain(users);
        all.map(|(key, text)| Ok(Exported::Document { key, text })).collect::<Vec<_>>().into_iter()
    };
    block_on(store.import(documents(&["111122223333"]))).unwrap();
    drop(store);
    assert_eq!(transfer::verify(directory.path()).unwrap().documents, 2);
    let store = directory.open();
    block_on(store.import(documents(&["111122223333", "222233334444"]))).unwrap();
    drop(store);
    let told = transfer::verify(directory.path()).unwrap_err();
    assert_eq!(told, "`user/222233334444/ann` needs `account/222233334444`, which is not there");
}

/// F-STORE-16
#[test]
fn a_store_is_verified_as_a_whole() {
    let directory = filled();
    let verify = || Store::verify(directory.path(), &|_, _| Ok(()));
    assert_eq!(verify().unwrap().documents, 200);
    let wrong = Store::verify(directory.path(), &|_, _| Err("it is no document".to_owned())).unwrap_err();
    assert!(wrong.contains("it is no document"), "{wrong}");
    let store = directory.open();
    assert!(verify().unwrap_err().contains("is in use"));
    drop(store);
    let connection = Connection::open(directory.database()).unwrap();
    connection.execute("DELETE FROM document WHERE id = 1", []).unwrap();
    drop(connection);
    let lost = verify().unwrap_err();
    assert!(lost.contains("documents"), "{lost}");
    let empty = Directory::new();
    assert!(Store::verify(empty.path(), &|_, _| Ok(())).is_err());
    assert!(fs::read_dir(empty.path()).unwrap().next().is_none(), "nothing is made");
}
