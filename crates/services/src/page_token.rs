//! Page tokens: opaque, tamper-proof, bound to an operation, an account and a filter.
//!
//! A token holds where the last page ended and a keyed hash over that and what it is bound to. So the server
//! remembers nothing, and a token of another account, or with another filter, is malformed.

use std::borrow::Cow;

use aws::arn::AccountId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constant_time_eq::constant_time_eq;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::context::TokenKey;

const TAG_BYTES: usize = 16;

/// What a token is bound to.
pub struct Binding<'a> {
    operation: &'static str,
    account: AccountId,
    filter: Vec<Cow<'a, str>>,
}

impl<'a> Binding<'a> {
    /// A binding to an operation, an account and what the filter says; the order and repetitions of the
    /// filter's parts do not matter.
    pub fn new(
        operation: &'static str,
        account: AccountId,
        filter: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut filter: Vec<_> = filter.into_iter().map(Cow::Borrowed).collect();
        filter.sort_unstable();
        filter.dedup();
        Self { operation, account, filter }
    }

    /// A binding to an operation, an account and a filter as one text.
    pub fn of_text(operation: &'static str, account: AccountId, filter: String) -> Self {
        Self { operation, account, filter: vec![Cow::Owned(filter)] }
    }

    fn tag(&self, place: &str, key: &TokenKey) -> [u8; TAG_BYTES] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
        let bound_to =
            [self.operation, self.account.as_str()].into_iter().chain(self.filter.iter().map(Cow::as_ref));
        for part in bound_to.chain([place]) {
            // The length in front keeps two lists of parts with the same letters apart.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let full = mac.finalize().into_bytes();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&full[..TAG_BYTES]);
        tag
    }

    /// The token of the page that begins after `place`.
    pub fn seal(&self, place: &str, key: &TokenKey) -> String {
        let mut bytes = self.tag(place, key).to_vec();
        bytes.extend_from_slice(place.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place a token continues after; `None` where it was not made for this binding.
    pub fn open(&self, token: &str, key: &TokenKey) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, place) = bytes.split_at_checked(TAG_BYTES)?;
        let place = std::str::from_utf8(place).ok()?;
        constant_time_eq(&self.tag(place, key), tag).then(|| place.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_for_what_it_was_sealed_for() {
        let key = TokenKey::new([1; 32]);
        let account = AccountId::from_number(1);
        let binding = Binding::new("ListRegions", account, ["ENABLED", "DISABLED"]);
        let token = binding.seal("eu-west-1", &key);
        let same = Binding::new("ListRegions", account, ["DISABLED", "ENABLED", "ENABLED"]);
        assert_eq!(same.open(&token, &key).as_deref(), Some("eu-west-1"));
        for other in [
            Binding::new("ListRegions", account, []),
            Binding::new("ListRegions", AccountId::from_number(2), ["ENABLED", "DISABLED"]),
            Binding::new("LookupEvents", account, ["ENABLED", "DISABLED"]),
        ] {
            assert_eq!(other.open(&token, &key), None);
        }
        assert_eq!(binding.open(&token, &TokenKey::new([2; 32])), None);
        for place in 0..token.len() {
            let mut bent = token.clone().into_bytes();
            bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bent).expect("still ASCII");
            assert_eq!(binding.open(&bent, &key), None, "bent at {place}");
        }
    }
}
