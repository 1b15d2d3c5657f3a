//! Values that conditions compare: numbers, points in time, networks.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::context::Value;

/// The number that `text` writes.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The number that a request's value is.
pub(super) fn number_of(value: &Value<'_>) -> Option<f64> {
    match value {
        // Context numbers are counts and seconds, far below 2^53, where the conversion is exact.
        Value::Number(whole) => Some(*whole as f64),
        Value::EpochTime(time) => Some(time.as_second() as f64),
        other => number(&other.text()),
    }
}

/// The point in time that `text` writes: ISO 8601 as W3C profiles it (a year and month, a day, or a day
/// with a time and an offset), or seconds since 1970 (F-IAM-22).
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || (at == 0 && byte == b'-')) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let day: Date = match text.len() {
        7 => format!("{text}-01").parse().ok()?,
        10 => text.parse().ok()?,
        _ => return None,
    };
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The point in time that a request's value is.
pub(super) fn time_of(value: &Value<'_>) -> Option<Timestamp> {
    match value {
        Value::Time(time) | Value::EpochTime(time) => Some(*time),
        other => self::time(&other.text()),
    }
}

/// The truth value that `text` writes, in any case.
pub(super) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The truth value that a request's value is.
pub(super) fn truth_of(value: &Value<'_>) -> Option<bool> {
    if let Value::Bool(truth) = value { Some(*truth) } else { truth(&value.text()) }
}

/// A range of addresses, as `203.0.113.0/24` or a single address writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

impl Network {
    /// Reads an address, or an address and the number of its leading bits that count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= longest)?,
            None => longest,
        };
        Some(Self { address, prefix_bits })
    }

    /// Whether `address` lies in the range; one of the other family never does.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let shift = 32 - u32::from(self.prefix_bits);
                u32::from(ours).checked_shr(shift) == u32::from(theirs).checked_shr(shift)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let shift = 128 - u32::from(self.prefix_bits);
                u128::from(ours).checked_shr(shift) == u128::from(theirs).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// The address that a request's value is.
pub(super) fn address_of(value: &Value<'_>) -> Option<IpAddr> {
    if let Value::Address(address) = value { Some(*address) } else { value.text().trim().parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_written_in_several_ways() {
        // F-IAM-22
        let noon = "2026-11-21T12:00:00Z".parse().ok();
        for text in ["2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21T12:00Z", "1795262400"] {
            assert_eq!(time(text), noon, "{text}");
        }
        assert_eq!(time("2026-11"), time("2026-11-01T00:00:00Z"));
        assert_eq!(time("2026-11-21"), time("2026-11-21T00:00:00Z"));
        for wrong in ["", "sdfdsf", "234-13", "2016-12-13t2:00:00.593194+1", "9223372036854775808", "2026-13"]
        {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_prefix() {
        let cases = [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("::/0", "8.8.8.8", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("203.0.113.0/24", "::ffff:203.0.113.9", true),
        ];
        for (network, address, expected) in cases {
            let network = Network::parse(network).expect("a network");
            assert_eq!(network.contains(address.parse().expect("an address")), expected, "{address}");
        }
        for wrong in ["", "203.0.113", "203.0.113.0/33", "203.0.113.0/x", "10.0.0.0/-1"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }
}
