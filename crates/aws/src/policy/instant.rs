//! Points in time as conditions write them: `2030-01-01T00:00:00Z`, parts of it, or seconds since 1970.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! names the forms of the W3C's profile of ISO 8601 and seconds; IAM was recorded to read more than that
//! (F-IAM-22): numbers with fewer digits, any part from the end left out, no offset for UTC.

use super::context::Value;

/// A point in time in whole milliseconds since 1970, the finest that AWS compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(i128);

impl Instant {
    /// The point in time that `text` writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds: i64 = text.parse().ok()?;
            return Some(Self(i128::from(seconds) * 1000));
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, time),
            None => (text, ""),
        };
        let (time, offset_minutes) = split_offset(time)?;
        let minutes = i128::from(days(date)?) * 24 * 60 - i128::from(offset_minutes);
        Some(Self(minutes * 60_000 + i128::from(milliseconds(time)?)))
    }

    /// The point in time that a request's value is.
    pub(super) fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Time(time) | Value::EpochTime(time) => Some(Self(time.as_millisecond().into())),
            other => Self::parse(&other.text()),
        }
    }
}

/// A number of at most `most` digits, and nothing else.
fn digits(text: &str, most: usize) -> Option<i64> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// Days from 1970-01-01 to a date whose day, or day and month, may be left out.
fn days(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 9)?;
    let month = parts.next().map_or(Some(1), |month| digits(month, 2))?;
    let day = parts.next().map_or(Some(1), |day| digits(day, 2))?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || !(1..=length).contains(&day) {
        return None;
    }
    // Counted in years that begin on the first of March, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// Splits a time from its offset, which is returned in minutes: `Z`, `+01:00`, `+0100` or `+01`.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, 0)) };
    let (time, offset) = text.split_at(at);
    let (hours, minutes) = offset[1..].split_at_checked(2)?;
    let hours = digits(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if minutes.is_empty() => 0,
        two if two.len() == 2 => digits(two, 2).filter(|minutes| *minutes < 60)?,
        _ => return None,
    };
    let offset_minutes = hours * 60 + minutes;
    Some((time, if offset.starts_with('-') { -offset_minutes } else { offset_minutes }))
}

/// Milliseconds of a time of day, whose parts may be left out from the end. What is finer is cut off.
fn milliseconds(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let mut parts = text.split(':');
    let mut part = |below: i64| match parts.next() {
        Some(part) => {
            let (whole, fraction) = part.split_once('.').map_or((part, None), |(a, b)| (a, Some(b)));
            Some((digits(whole, 2).filter(|number| *number < below)?, fraction))
        }
        None => Some((0, None)),
    };
    let ((hours, None), (minutes, None), (seconds, fraction)) = (part(24)?, part(60)?, part(60)?) else {
        return None;
    };
    let milliseconds = match fraction {
        Some(fraction) => {
            digits(fraction, 9)?;
            digits(&format!("{fraction}00")[..3], 3)?
        }
        None => 0,
    };
    let whole = (hours * 60 + minutes) * 60 + seconds;
    parts.next().is_none().then_some(whole * 1000 + milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_written_in_several_ways() {
        // F-IAM-22
        let noon = Some(Instant(1_795_262_400_000));
        for text in [
            "2026-11-21T12:00:00Z",
            "2026-11-21T13:00:00+01:00",
            "2026-11-21T13:00+0100",
            "2026-11-21T11-01",
            "2026-11-21T12:00Z",
            "2026-11-21t12:00:00",
            "2026-11-21T12:00:00.0009Z",
            "1795262400",
            "+1795262400",
        ] {
            assert_eq!(Instant::parse(text), noon, "{text}");
        }
        for (text, milliseconds) in [
            ("1970-01-01", 0),
            ("1970-01", 0),
            ("1969-12-31T23:59:59.9Z", -100),
            ("2000-02-29", 951_782_400_000),
            ("2030-01-01T00:00:00.1239Z", 1_893_456_000_123),
            ("01T", -62_135_596_800_000),
            ("2016-12-13t2:00:00.593194+23", 1_481_511_600_593),
        ] {
            assert_eq!(Instant::parse(text), Some(Instant(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_point_in_time_is_not_read() {
        for wrong in [
            "",
            "T",
            "-",
            "no-date",
            "234-13",
            "2026-13",
            "2026-02-29",
            "2026-1-1-1",
            "2026-11-21T24:00",
            "2026-11-21T12:00:00:00",
            "2026-11-21T12.5:00",
            "2016-12-13t2:00:00.593194+1",
            "2016-12-13t2:00:00.1999999999+10:59",
            "2026-11-21T12:00:00+01:",
            "2026-11-21T12:00:00+é",
            "9223372036854775808",
        ] {
            assert_eq!(Instant::parse(wrong), None, "{wrong}");
        }
    }
}
