//! Temporary credentials: drawn from the request's seed, and given out in a session token that holds them.

use aws::arn::AccountId;
use jiff::{SignedDuration, Timestamp};

use super::model::Credentials;
use super::session_token;
use crate::context::Context;
use crate::state::identity::{Credential, CredentialOwner};
use crate::world::{Fault, World};

/// The alphabet of access key ids: base 32.
const KEY_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The alphabet of secrets: base 64.
const SECRET_ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SECRET_LENGTH: usize = 40;
/// F-STSAPI-20: the size that `SessionTokenUtilization` is a percentage of.
const TOKEN_LIMIT: usize = 4_096;

/// Credentials that were drawn and not yet given out.
pub struct Drawn {
    access_key_id: String,
    secret_access_key: String,
    /// When they were issued: real time, by which they also expire.
    pub issued_at: Timestamp,
    /// When they stop working.
    pub expires_at: Timestamp,
}

/// What the caller is told of new credentials.
pub struct Issued {
    /// The credentials.
    pub credentials: Credentials,
    /// The session token's size in bytes.
    pub token_size: i32,
    /// How much of the greatest session token this one takes, in percent.
    pub token_utilization: i32,
}

impl Drawn {
    /// Draws credentials for `account` that live for `seconds`.
    pub fn draw(account: AccountId, seconds: u32, context: &Context) -> Self {
        // Answers show whole seconds, and what they show is when the credentials end.
        let issued_at = Timestamp::from_second(context.real_now.as_second()).unwrap_or(context.real_now);
        let lifetime = SignedDuration::from_secs(i64::from(seconds));
        Self {
            access_key_id: access_key_id("ASIA", account, context.seed.bytes("access key id")),
            secret_access_key: context.seed.text("secret access key", SECRET_ALPHABET, SECRET_LENGTH),
            issued_at,
            expires_at: issued_at.saturating_add(lifetime).unwrap_or(Timestamp::MAX),
        }
    }

    /// Seals the credentials of `owner` into their token (F-STSAPI-20).
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn issue(
        self,
        account: AccountId,
        owner: CredentialOwner,
        minimum_token_size: Option<i32>,
        context: &Context,
        world: &mut World<'_>,
    ) -> Result<Issued, Fault> {
        let credential = Credential {
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            account,
            owner,
            active: true,
            created_at: self.issued_at,
        };
        let minimum = minimum_token_size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let session_token = session_token::seal(&credential, minimum, context, world)?;
        let size = session_token.len();
        Ok(Issued {
            credentials: Credentials {
                access_key_id: credential.access_key_id.as_str().into(),
                secret_access_key: credential.secret_access_key.as_str().into(),
                session_token,
                expiration: self.expires_at,
            },
            token_size: i32::try_from(size).unwrap_or(i32::MAX),
            token_utilization: i32::try_from(size * 100 / TOKEN_LIMIT).unwrap_or(i32::MAX),
        })
    }
}

/// F-STSAPI-21: an access key id as AWS makes them since 2019: the prefix and 80 bits in base 32, of which
/// the first is set, the next 40 are the account, and the rest is random. Tools read the account from it.
pub fn access_key_id(prefix: &str, account: AccountId, random: [u8; 32]) -> String {
    let number: u128 = account.as_str().parse().unwrap_or_default();
    let [a, b, c, d, e, ..] = random;
    let low = u128::from(u64::from_be_bytes([0, 0, 0, a, b, c, d, e]) & ((1 << 39) - 1));
    let bits = (1 << 79) | (number << 39) | low;
    let mut id = String::with_capacity(20);
    id.push_str(prefix);
    id.extend((0..16).rev().map(|place| char::from(KEY_ALPHABET[(bits >> (place * 5)) as usize & 31])));
    id
}

/// The account that an access key id was made for, where it says so.
pub fn account_of(access_key_id: &str) -> Option<AccountId> {
    let text = access_key_id.strip_prefix("AKIA").or_else(|| access_key_id.strip_prefix("ASIA"))?;
    if text.len() != 16 {
        return None;
    }
    let mut bits = 0u128;
    for byte in text.bytes() {
        bits = bits << 5 | KEY_ALPHABET.iter().position(|letter| *letter == byte)? as u128;
    }
    let number = u64::try_from((bits >> 39) & ((1 << 40) - 1)).ok()?;
    (bits >> 79 == 1 && number < 1_000_000_000_000).then(|| AccountId::from_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-STSAPI-21
    #[test]
    fn an_access_key_id_tells_its_account() {
        for number in [0, 1, 123_456_789_012, 999_999_999_999] {
            let account = AccountId::from_number(number);
            for byte in [0, 0x5a, 0xff] {
                let id = access_key_id("ASIA", account, [byte; 32]);
                assert_eq!(id.len(), 20);
                assert_eq!(account_of(&id), Some(account), "{id}");
            }
        }
        // The first letter of a key of the older kind is below Q.
        for other in ["AKIAIOSFODNN7EXAMPLE", "ASIA", "AKIAQ", "test", "AROAQAAAAAAAAAAAAAAA"] {
            assert_eq!(account_of(other), None, "{other}");
        }
    }
}
