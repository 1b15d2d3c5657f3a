//! The date forms that signatures use.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::Offset;

/// Reads ISO 8601 "basic format", `YYYYMMDDTHHMMSSZ`; `None` for anything else.
pub(crate) fn parse_basic(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i16> {
        bytes[from..to]
            .iter()
            .try_fold(0_i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
    };
    let small = |from: usize| -> Option<i8> { number(from, from + 2)?.try_into().ok() };
    let date = Date::new(number(0, 4)?, small(4)?, small(6)?).ok()?;
    let time = Time::new(small(9)?, small(11)?, small(13)?, 0).ok()?;
    Offset::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()
}

/// Reads the form a `Date` header usually has, RFC 1123.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

/// Writes basic format, in whole seconds.
pub(crate) fn basic(at: Timestamp) -> String {
    let at = Offset::UTC.to_datetime(at);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_format_is_read_exactly_and_written_back() {
        let at = parse_basic("20150830T123600Z").expect("basic format");
        assert_eq!((at.as_second(), basic(at).as_str()), (1_440_938_160, "20150830T123600Z"));
        for wrong in
            ["", "2015", "2015-08-30T12:36:00Z", "20151330T123600Z", "20150830T126000Z", "+0150830T123600Z"]
        {
            assert_eq!(parse_basic(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_form_of_rfc_1123_is_read() {
        let expected = parse_basic("20150830T123600Z");
        assert_eq!(parse_http_date("Sun, 30 Aug 2015 12:36:00 GMT"), expected);
        assert_eq!(parse_http_date("30.8.2015"), None);
    }
}
