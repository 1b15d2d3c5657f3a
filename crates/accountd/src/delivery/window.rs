//! When records are delivered and what their files are called. Service time is cut into windows of one length; a file holds
//! records of one window, account and Region, and is written once its window has passed.

use std::time::Duration;

use aws::arn::AccountId;
use jiff::Timestamp;
use jiff::tz::Offset;

/// The least that a window may last.
pub const SHORTEST: Duration = Duration::from_secs(1);
/// The most.
pub const LONGEST: Duration = Duration::from_hours(1);

/// Windows of one length.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    microseconds: i64,
}

impl Windows {
    /// Windows that last as long as this, which is between [`SHORTEST`] and [`LONGEST`].
    pub fn of(length: Duration) -> Self {
        let length = length.clamp(SHORTEST, LONGEST);
        Self { microseconds: i64::try_from(length.as_micros()).unwrap_or(i64::MAX) }
    }

    /// The end of the window that `time` is in.
    pub fn end(self, time: Timestamp) -> Timestamp {
        let floor = time.as_microsecond().div_euclid(self.microseconds);
        let end = floor.saturating_add(1).saturating_mul(self.microseconds);
        Timestamp::from_microsecond(end).unwrap_or(Timestamp::MAX)
    }

    /// The beginning of the window that `time` is in.
    pub fn begin(self, time: Timestamp) -> Timestamp {
        let floor = time.as_microsecond().div_euclid(self.microseconds);
        Timestamp::from_microsecond(floor.saturating_mul(self.microseconds)).unwrap_or(Timestamp::MIN)
    }
}

/// Where files of an account's records lie: `<prefix>/AWSLogs/<organization>/<account>`.
pub fn folder(prefix: Option<&str>, organization: Option<&str>, account: AccountId) -> String {
    let mut folder = String::new();
    for part in [prefix, Some("AWSLogs"), organization, Some(account.as_str())].into_iter().flatten() {
        if !folder.is_empty() {
            folder.push('/');
        }
        folder.push_str(part);
    }
    folder
}

/// F-DELIVER-1: the key of a file below the folder of its account. `unique` has 16 letters and digits.
pub fn file_key(folder: &str, account: AccountId, region: &str, end: Timestamp, unique: &str) -> String {
    let at = Offset::UTC.to_datetime(end);
    let day = at.strftime("%Y/%m/%d");
    let minute = at.strftime("%Y%m%dT%H%MZ");
    format!("{folder}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{minute}_{unique}.json.gz")
}

/// F-DIGEST-1: the key of a digest file.
pub fn digest_key(
    folder: &str,
    account: AccountId,
    region: &str,
    trail: (&str, &str),
    end: Timestamp,
) -> String {
    let (name, home) = trail;
    let at = Offset::UTC.to_datetime(end);
    let day = at.strftime("%Y/%m/%d");
    let second = at.strftime("%Y%m%dT%H%M%SZ");
    let file = format!("{account}_CloudTrail-Digest_{region}_{name}_{home}_{second}.json.gz");
    format!("{folder}/CloudTrail-Digest/{region}/{day}/{file}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// F-DELIVER-1, F-DELIVER-2.
    #[test]
    fn a_file_is_called_after_the_end_of_its_window_f_deliver_1() {
        let windows = Windows::of(Duration::from_secs(300));
        let end = windows.end(time("2026-12-31T23:58:12.5Z"));
        assert_eq!(end, time("2027-01-01T00:00:00Z"));
        assert_eq!(windows.end(end), time("2027-01-01T00:05:00Z"));
        assert_eq!(windows.begin(end), end);
        let account = AccountId::from_number(111_122_223_333);
        let folder = folder(Some("p/q"), Some("o-abc"), account);
        let key = file_key(&folder, account, "eu-west-1", end, "0123456789abcDEF");
        let expected = "p/q/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2027/01/01/\
                        111122223333_CloudTrail_eu-west-1_20270101T0000Z_0123456789abcDEF.json.gz";
        assert_eq!(key, expected);
        let digest = digest_key("AWSLogs/111122223333", account, "eu-west-1", ("main", "us-east-1"), end);
        let expected = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2027/01/01/\
                        111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20270101T000000Z.json.gz";
        assert_eq!(digest, expected);
    }

    #[test]
    fn times_before_1970_have_windows_too() {
        let windows = Windows::of(Duration::from_secs(60));
        assert_eq!(windows.end(time("1969-12-31T23:59:30Z")), time("1970-01-01T00:00:00Z"));
    }
}
