//! The account of a root user whose access key works without having been issued: it comes into being on first use.

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::state::account::{Account, EmailAddress, EmailOwner};
use crate::world::key::CaseInsensitive;
use crate::world::{Fault, World};

/// Makes the account, if it is not there yet.
///
/// # Errors
/// See [`Fault`].
pub fn come_into_being(account: AccountId, now: Timestamp, world: &mut World<'_>) -> Result<(), Fault> {
    if world.get::<Account>(account)?.is_some() {
        return Ok(());
    }
    let email = format!("root+{account}@accountd.invalid");
    world.put(EmailAddress(CaseInsensitive(&email)), EmailOwner { account });
    world.save(Account::new(account, format!("account-{account}"), email, now));
    Ok(())
}
