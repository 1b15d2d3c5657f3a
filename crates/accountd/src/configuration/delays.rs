//! Durations as people write them, and the value of `--delays`.

use std::fmt;
use std::time::Duration;

use services::context::Delays;

/// What is wrong with a duration or with `--delays`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelaysError(String);

impl fmt::Display for DelaysError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for DelaysError {}

/// Reads a duration such as `250ms`, `5s`, `10m`, `24h`, `7d` or `1h30m`. `0` needs no unit.
///
/// # Errors
/// Says what a duration looks like.
pub fn parse_duration(text: &str) -> Result<Duration, DelaysError> {
    let wrong = || DelaysError(format!("`{text}` is not a duration such as 500ms, 5s, 10m, 24h or 1h30m"));
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    let mut previous_unit = u64::MAX;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        // From the larger unit to the smaller, each once: anything else is likelier a slip.
        if milliseconds >= previous_unit {
            return Err(wrong());
        }
        previous_unit = milliseconds;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(milliseconds).ok_or_else(wrong)?;
        total = total.checked_add(Duration::from_millis(part)).ok_or_else(wrong)?;
        rest = after;
    }
    Ok(total)
}

/// The longest delay: a year. More is likelier a slip, and service time has an end.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Reads the value of `--delays`: `instant`, `aws`, or a list such as `enable=5s,disable=2s` in which
/// what is not named keeps its default.
///
/// # Errors
/// Says which part is wrong.
pub fn parse_delays(text: &str) -> Result<Delays, DelaysError> {
    match text {
        "instant" => return Ok(Delays::INSTANT),
        "aws" => return Ok(Delays::AWS),
        _ => {}
    }
    let mut delays = Delays::SHORT;
    let mut seen: Vec<&str> = Vec::new();
    for part in text.split(',') {
        let Some((name, value)) = part.split_once('=') else {
            return Err(DelaysError(format!(
                "`{part}` is neither `instant` nor `aws` nor a delay such as enable=5s"
            )));
        };
        let name = name.trim();
        let place = match name {
            "enable" => &mut delays.region_enable,
            "disable" => &mut delays.region_disable,
            "account" => &mut delays.account_creation,
            "email" => &mut delays.email_completion,
            "quota" => &mut delays.quota_decision,
            _ => {
                let names = "enable, disable, account, email, quota";
                return Err(DelaysError(format!("`{name}` is not one of {names}")));
            }
        };
        if seen.contains(&name) {
            return Err(DelaysError(format!("`{name}` is given twice")));
        }
        seen.push(name);
        *place = parse_duration(value.trim())?;
        if *place > LONGEST {
            return Err(DelaysError(format!("`{name}` is longer than a year")));
        }
    }
    Ok(delays)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0s", 0),
            ("250ms", 250),
            ("5s", 5000),
            ("10m", 600_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
            ("1h30m", 5_400_000),
            ("1m1s1ms", 61_001),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "5", "s", "5 s", "-5s", "5x", "1s1h", "1s1s", "99999999999999999999s", "1.5s", "5sm"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn delays_keep_their_default_unless_named() {
        assert_eq!(parse_delays("instant"), Ok(Delays::INSTANT));
        assert_eq!(parse_delays("aws"), Ok(Delays::AWS));
        let expected = Delays {
            region_enable: Duration::from_secs(5),
            email_completion: Duration::ZERO,
            ..Delays::SHORT
        };
        assert_eq!(parse_delays("enable=5s, email=0"), Ok(expected));
        for text in ["", "fast", "enable", "enable=", "enable=1s,enable=2s", "reboot=1s", "enable=9999d"] {
            assert!(parse_delays(text).is_err(), "{text}");
        }
    }
}
