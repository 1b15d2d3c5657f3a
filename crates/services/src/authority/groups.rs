//! The groups whose policies bind a user.

use std::sync::Arc;

use super::caller::id_in_account;
use crate::state::identity::{Group, User};
use crate::world::{Fault, World};

/// The groups a user is in.
///
/// # Errors
/// See [`Fault`].
pub(crate) fn groups_of(user: &User, world: &World<'_>) -> Result<Vec<Arc<Group>>, Fault> {
    let mut groups = Vec::with_capacity(user.groups.len());
    for name in &user.groups {
        let group = world.get::<Group>(&id_in_account(user.account, name))?;
        groups.push(group.ok_or_else(|| Fault::Broken("a user is in an absent group".into()))?);
    }
    Ok(groups)
}
