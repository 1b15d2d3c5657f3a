//! The groups whose policies bind a user.

use std::sync::Arc;

use crate::state::identity::{Group, GroupId, User};
use crate::world::{Fault, World};

/// The groups a user is in.
///
/// # Errors
/// See [`Fault`].
pub(crate) fn groups_of(user: &User, world: &World<'_>) -> Result<Vec<Arc<Group>>, Fault> {
    let mut groups = Vec::with_capacity(user.groups.len());
    for name in &user.groups {
        let group = world.get::<Group>(GroupId::new(user.account, name))?;
        groups.push(group.ok_or_else(|| Fault::Broken("a user is in an absent group".into()))?);
    }
    Ok(groups)
}
