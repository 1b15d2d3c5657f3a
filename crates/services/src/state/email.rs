//! Whose an e-mail address is.

use aws::arn::AccountId;
use jiff::Timestamp;

use super::account::{Account, EmailOwner};
use crate::world::{Fault, World};

/// The account that claims this address, whatever its case. The index is a hint: an account that has moved to another
/// address keeps its old entry until somebody else takes the address.
///
/// # Errors
/// See [`Fault`].
pub fn account_using(address: &str, now: Timestamp, world: &World<'_>) -> Result<Option<AccountId>, Fault> {
    let address = address.trim().to_lowercase();
    let Some(owner) = world.get::<EmailOwner>(&address)? else { return Ok(None) };
    let account = world.get::<Account>(owner.account.as_str())?;
    Ok(account.filter(|account| account.claims_email(&address, now)).map(|_| owner.account))
}
