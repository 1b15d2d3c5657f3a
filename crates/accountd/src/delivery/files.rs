//! From records to files: `{"Records":[…]}`, compressed, one file for each account, Region and window.

use std::collections::BTreeMap;
use std::io::Write;

use aws::arn::AccountId;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::notices::Line;
use super::window::{self, Windows};
use crate::store::FollowedRecord;

/// A file to be put.
pub struct File {
    /// The account whose records it holds.
    pub account: AccountId,
    /// The Region where they were recorded.
    pub region: String,
    /// Its key.
    pub key: String,
    /// Its content, compressed.
    pub content: Vec<u8>,
    /// SHA-256 of what is compressed, in hexadecimal digits.
    pub hash: String,
    /// The time of its newest record.
    pub newest: Timestamp,
    /// The time of its oldest record.
    pub oldest: Timestamp,
    /// Its records, as many as there are.
    pub records: usize,
    /// Its records for CloudWatch Logs, where they go there and no file is written.
    pub lines: Vec<Line>,
}

/// Where files of one place lie.
pub struct Naming<'n> {
    /// The name of the place, which sets its files apart from those of others.
    pub place: &'n str,
    /// What keys begin with.
    pub prefix: Option<&'n str>,
    /// The organization in the keys of its accounts' files.
    pub organization: Option<&'n str>,
    /// When files are written.
    pub windows: Windows,
    /// Whether records are wanted for CloudWatch Logs, and no files.
    pub as_lines: bool,
}

/// The files of records, which are in the order of the log. F-DELIVER-3: a file's name follows from where its first record
/// lies, so that a delivery that is repeated after a crash writes the same files again.
pub fn files<'r>(
    naming: &Naming<'_>,
    records: impl Iterator<Item = (&'r FollowedRecord, String)>,
) -> Vec<File> {
    let mut groups: BTreeMap<(AccountId, String, Timestamp), Vec<&FollowedRecord>> = BTreeMap::new();
    for (record, region) in records {
        let end = naming.windows.end(record.time);
        groups.entry((record.account, region, end)).or_default().push(record);
    }
    groups.into_iter().filter_map(|(group, records)| file(naming, group, &records)).collect()
}

fn file(
    naming: &Naming<'_>,
    (account, region, end): (AccountId, String, Timestamp),
    records: &[&FollowedRecord],
) -> Option<File> {
    let first = records.first()?;
    let of_file = format!(
        "{} {account} {region} {} {} {}",
        naming.place,
        end.as_microsecond(),
        first.position.commit,
        first.position.index
    );
    let unique = letters_and_digits(&Sha256::digest(of_file.as_bytes()));
    let folder = window::folder(naming.prefix, naming.organization, account);
    let key = window::file_key(&folder, account, &region, end, &unique);
    let text = if naming.as_lines { Vec::new() } else { text_of(records) };
    let times = || records.iter().map(|record| record.time);
    Some(File {
        account,
        region,
        key,
        hash: hexadecimal(&Sha256::digest(&text)),
        content: compressed(&text),
        newest: times().max()?,
        oldest: times().min()?,
        records: records.len(),
        lines: records.iter().filter(|_| naming.as_lines).map(|record| line(record)).collect(),
    })
}

/// What a file holds, before it is compressed.
fn text_of(records: &[&FollowedRecord]) -> Vec<u8> {
    let mut text = Vec::with_capacity(records.iter().map(|record| record.json.len() + 1).sum::<usize>() + 16);
    text.extend_from_slice(b"{\"Records\":[");
    for (number, record) in records.iter().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        text.extend_from_slice(record.json.as_bytes());
    }
    text.extend_from_slice(b"]}");
    text
}

fn line(record: &FollowedRecord) -> Line {
    Line { milliseconds: record.time.as_millisecond(), json: record.json.clone() }
}

/// gzip, fast rather than small: files are read once or twice and written all the time.
pub fn compressed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    encoder.write_all(text).and_then(|()| encoder.finish()).expect("INVARIANT: memory takes what is written")
}

/// Hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits =
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

/// The sixteen letters and digits that set a file's name apart.
fn letters_and_digits(hash: &[u8]) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    hash.iter().take(16).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Duration;

    use services::world::EventPosition;

    use super::*;

    fn record(commit: u64, at: &str, json: &str) -> FollowedRecord {
        FollowedRecord {
            position: EventPosition { commit, index: 0 },
            account: AccountId::from_number(1),
            time: at.parse().expect("a time"),
            json: json.to_owned(),
        }
    }

    /// F-DELIVER-3.
    #[test]
    fn records_are_in_files_by_window_and_in_order_f_deliver_3() {
        let records = [
            record(1, "2027-01-01T00:00:10Z", "{\"a\":1}"),
            record(2, "2027-01-01T00:00:05Z", "{\"a\":2}"),
            record(3, "2027-01-01T00:01:00Z", "{\"a\":3}"),
        ];
        let windows = Windows::of(Duration::from_secs(60));
        let naming =
            Naming { place: "directory", prefix: None, organization: None, windows, as_lines: false };
        let of = || files(&naming, records.iter().map(|record| (record, "us-east-1".to_owned())));
        let (made, again) = (of(), of());
        assert_eq!(made.len(), 2);
        let mut text = String::new();
        flate2::read::GzDecoder::new(made[0].content.as_slice()).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, "{\"Records\":[{\"a\":1},{\"a\":2}]}");
        assert_eq!(made[0].oldest, records[1].time);
        assert_eq!((made[0].newest, made[0].records), (records[0].time, 2));
        assert!(made.iter().zip(&again).all(|(one, other)| one.key == other.key && one.hash == other.hash));
        assert_ne!(made[0].key, made[1].key);
        let elsewhere = Naming { place: "trail", ..naming };
        let other = files(&elsewhere, records.iter().map(|record| (record, "us-east-1".to_owned())));
        assert_ne!(other[0].key, made[0].key);
    }
}
