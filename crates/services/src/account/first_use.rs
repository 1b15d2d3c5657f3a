//! The account of a root user whose access key works without having been issued: it comes into being on first use.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::state::account::{Account, AccountState, EmailAddress, EmailOwner};
use crate::state::key::CaseInsensitive;
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
    let new = Account {
        id: account,
        name: format!("account-{account}"),
        email,
        created_at: now,
        state: AccountState::Active,
        contact: None,
        alternate_contacts: BTreeMap::new(),
        regions: BTreeMap::new(),
        email_update: None,
        email_update_starts: Vec::new(),
        phone_verification: None,
        verified_phone_number: None,
        gov_cloud: None,
    };
    world.save(new);
    Ok(())
}
