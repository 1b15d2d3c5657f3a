//! Values that conditions compare: numbers, points in time, networks.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::context::Value;

/// A number. Whole ones are kept whole: AWS compares them exactly, also beyond 2^53 (F-IAM-22).
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    /// Reads decimal digits with an optional sign, fraction and exponent; infinities are no numbers.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse().ok().filter(|real: &f64| real.is_finite()).map(Self::Real)
    }

    /// The number that a request's value is.
    pub(super) fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Number(whole) => Some(Self::Whole((*whole).into())),
            Value::EpochTime(time) => Some(Self::Whole(time.as_second().into())),
            other => Self::parse(&other.text()),
        }
    }

    /// Their order; two whole numbers are compared exactly.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        let real = |number| match number {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        };
        match (self, other) {
            (Self::Whole(ours), Self::Whole(theirs)) => Some(ours.cmp(&theirs)),
            _ => real(self).partial_cmp(&real(other)),
        }
    }
}

/// The truth value that `text` writes: `true` in any case is true, any other text is false (F-IAM-23).
pub(super) fn truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// A range of addresses, as `203.0.113.0/24` or a single address writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix_bits: u8,
    /// Whether it is an IPv6 range with a part in dots.
    pub(super) is_mixed: bool,
}

impl Network {
    /// Reads an address, or an address and the number of its leading bits that count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address = written_address(address)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= longest)?,
            None => longest,
        };
        let is_mixed = text.contains(':') && text.contains('.');
        Some(Self { address, prefix_bits, is_mixed })
    }

    /// Whether `address` lies in the range; one of the other family never does. Bits behind the prefix are
    /// cut off an IPv4 range, while an IPv6 range that has any holds no address at all, as AWS was recorded
    /// to do (F-IAM-32).
    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let shift = 32 - u32::from(self.prefix_bits);
                u32::from(ours).checked_shr(shift) == u32::from(theirs).checked_shr(shift)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let shift = 128 - u32::from(self.prefix_bits);
                let behind = u128::MAX.checked_shr(self.prefix_bits.into()).unwrap_or(0);
                u128::from(ours) & behind == 0
                    && u128::from(ours).checked_shr(shift) == u128::from(theirs).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// The address that a request's value is; one of IPv4 written as one of IPv6 is one of IPv4.
pub(super) fn address_of(value: &Value<'_>) -> Option<IpAddr> {
    let address =
        if let Value::Address(address) = value { *address } else { written_address(&value.text())? };
    Some(address.to_canonical())
}

/// Whether a text is an address, as conditions read it.
pub fn is_address(text: &str) -> bool {
    written_address(text).is_some()
}

/// The address that `text` writes, as leniently as AWS was recorded to read it (F-IAM-32): zeros may lead the
/// numbers of an IPv4 address; beside the `::` of an IPv6 address one colon too many is passed over; its end
/// may be in dots only where it is an IPv4 address in the form of IPv6.
fn written_address(text: &str) -> Option<IpAddr> {
    if let Some(address) = dotted(text) {
        return Some(address.into());
    }
    let (before, after) = match text.split_once("::") {
        Some((before, after)) => {
            let after = after.strip_prefix(':').unwrap_or(after);
            (before, Some(after.strip_suffix(':').unwrap_or(after)))
        }
        None => (text, None),
    };
    let rebuilt = after.map(|after| format!("{before}::{after}"));
    let address: Ipv6Addr = rebuilt.as_deref().unwrap_or(text).parse().ok()?;
    (!text.contains('.') || address.to_ipv4_mapped().is_some()).then_some(address.into())
}

/// Four decimal numbers with dots between them.
fn dotted(text: &str) -> Option<Ipv4Addr> {
    let mut parts = text.split('.');
    let mut octets = [0; 4];
    for octet in &mut octets {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| octets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_compared_exactly() {
        // F-IAM-22
        let order = |ours, theirs| Number::parse(ours)?.order(Number::parse(theirs)?);
        assert_eq!(order("9007199254740992", "9007199254740993"), Some(Ordering::Less));
        for one in ["1", "01", "+1", "1.0", "1.", "1e0"] {
            assert_eq!(order(one, "1"), Some(Ordering::Equal), "{one}");
        }
        for wrong in ["", "NaN", "Infinity", "one"] {
            assert!(Number::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_prefix() {
        let cases = [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.9/24", "203.0.113.255", true),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("203.000.113.0/+024", "203.0.113.8", true),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("::/0", "8.8.8.8", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            // F-IAM-32
            ("2001:db8::5/64", "2001:db8::5", false),
            ("2001:db8::5", "2001:db8::5", true),
            ("2001:db8::1/0", "2001:db8::1", false),
            ("203.0.113.0/24", "::ffff:203.0.113.9", true),
            ("::ffff:203.0.113.0/120", "::ffff:203.0.113.9", false),
        ];
        for (network, address, expected) in cases {
            let read = Network::parse(network).expect("a network");
            let address_read = address_of(&Value::from(address)).expect("an address");
            assert_eq!(read.contains(address_read), expected, "{network} {address}");
        }
        for wrong in ["", "203.0.113", "203.0.113.0/33", "203.0.113.0/x", "10.0.0.0/-1", "2001:db8::1.2.3.4"]
        {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_may_be_written_carelessly() {
        // F-IAM-32
        let read = |text: &str| written_address(text).map(|address| address.to_string());
        for text in ["2001:db8:::1", "2001:db8::1:", "2001:db8::1"] {
            assert_eq!(read(text).as_deref(), Some("2001:db8::1"), "{text}");
        }
        assert_eq!(read(":::").as_deref(), Some("::"));
        assert_eq!(read("192.000.002.1").as_deref(), Some("192.0.2.1"));
        for wrong in [
            "",
            ":2001:db8::1",
            "2001:db8::::1",
            "2001::db8::1",
            "2001::db8:::1",
            "::ffff:::192.0.2.1",
            "::192.0.2.1",
            "192.0.513",
            "3221225985",
            "192.0.2.1/32",
            "192.0.2.+1",
            "192.0.2.",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
