//! Account ids and Amazon Resource Names.
//!
//! The format is documented at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The partition this service lives in. Account Management's Region operations exist in the
/// commercial partition only, so it is the one that accountd plays.
pub const PARTITION: &str = "aws";

/// A 12-digit account id. Small enough to copy, and never anything but 12 ASCII digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits are ever stored, so the conversion cannot fail.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The account id whose number is `number`, padded with zeros on the left; only the last
    /// twelve digits count.
    pub fn from_number(number: u64) -> Self {
        let mut digits = [b'0'; 12];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(digits)
    }
}

/// Says that a text is not a 12-digit account id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAccountId;

impl fmt::Display for NotAnAccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an account id has exactly 12 digits")
    }
}

impl std::error::Error for NotAnAccountId {}

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, NotAnAccountId> {
        let digits: [u8; 12] = text.as_bytes().try_into().map_err(|_| NotAnAccountId)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(NotAnAccountId) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A number is refused on purpose: YAML would silently drop the leading zeros of 000000000000.
        struct Digits;
        impl serde::de::Visitor<'_> for Digits {
            type Value = AccountId;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a 12-digit account id in quotes, such as \"111122223333\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AccountId, E> {
                text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Digits)
    }
}

/// The six parts of an ARN, borrowed from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// `iam`, `account`, …
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Empty, `aws`, or an account id.
    pub account: &'a str,
    /// Everything after the fifth colon, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `text` at its first five colons; `None` where it has fewer or does not begin with `arn`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_has_exactly_twelve_ascii_digits() {
        assert_eq!("000000000042".parse::<AccountId>(), Ok(AccountId::from_number(42)));
        for wrong in ["", "42", "1234567890123", "12345678901a", "１２３４"] {
            assert_eq!(wrong.parse::<AccountId>(), Err(NotAnAccountId), "{wrong}");
        }
    }

    #[test]
    fn an_arn_keeps_the_colons_of_its_resource() {
        let arn = Arn::parse("arn:aws:iam::111122223333:role/a:b").expect("six parts");
        assert_eq!((arn.service, arn.account, arn.resource), ("iam", "111122223333", "role/a:b"));
        assert_eq!(Arn::parse("arn:aws:iam::111122223333"), None);
    }
}
