//! An account to begin with, and a context at an instant.

use std::time::Duration;

use aws::refusal::Refusal;
use jiff::Timestamp;
use serde_json::json;
use services::account::model::Error;
use services::context::{Context, Delays, Seed, TokenKey, Validation};
use services::state::account::Account;

/// The instant at which every test begins.
pub const START: &str = "2030-01-01T00:00:00Z";

/// The account of every test.
pub const ACCOUNT: &str = "111122223333";

/// An account as a seed file would leave it: a name, an address, nothing else.
pub fn account() -> Account {
    serde_json::from_value(json!({
        "id": ACCOUNT, "name": "Before", "email": "Root@Example.com", "created_at": "2020-05-05T05:05:05.999Z",
        "state": "ACTIVE"
    }))
    .unwrap()
}

/// The same with a primary contact.
pub fn account_with_contact() -> Account {
    let mut account = account();
    account.contact = Some(serde_json::from_value(contact()).unwrap());
    account
}

/// A primary contact.
pub fn contact() -> serde_json::Value {
    json!({
        "FullName": "Ada", "AddressLine1": "1 Main Street", "City": "Bonn", "StateOrRegion": "NW",
        "PostalCode": "53111", "CountryCode": "DE", "PhoneNumber": "+49228100"
    })
}

/// A context so long after [`START`]. The seed is of that instant, so that two codes differ.
pub fn after(time: Duration) -> Context {
    let now: Timestamp = START.parse::<Timestamp>().unwrap().checked_add(time).unwrap();
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&now.as_microsecond().to_be_bytes());
    Context {
        now,
        real_now: now,
        request_id: format!("request-{}", now.as_microsecond()),
        delays: Delays::AWS,
        quotas: services::quotas::Quotas::AWS,
        validation: Validation::Strict,
        seed: Seed::new(seed),
        token_key: TokenKey::new([1; 32]),
        trail_bucket: Default::default(),
        at_global_endpoint: false,
    }
}

/// A context so many seconds after [`START`].
pub fn at(seconds: u64) -> Context {
    after(Duration::from_secs(seconds))
}

/// The microsecond before an instant.
pub fn just_before(seconds: u64) -> Context {
    after(Duration::from_secs(seconds) - Duration::from_micros(1))
}

/// What a refusal comes down to: status, code, text.
#[track_caller]
pub fn told<T>(result: Result<T, Error>) -> (u16, String, String) {
    let Err(error) = result else { panic!("it was not refused") };
    let Refusal { status, code, message, .. } = error.into();
    (status, code.into_owned(), message.unwrap_or_default())
}

/// A refusal to compare with.
pub fn refusal(status: u16, code: &str, text: &str) -> (u16, String, String) {
    (status, code.to_owned(), text.to_owned())
}
