//! The well-known administrator of an account: a user who may do everything, for whoever begins with nothing. A root user may
//! not assume roles; this one may.

use std::collections::BTreeSet;

use aws::arn::{AccountId, PARTITION};
use aws::principal::Principal;

use crate::authority::caller::user_principal;
use crate::context::Context;
use crate::iam::directory::{self, names};
use crate::state::identity::{User, UserId};
use crate::world::{Fault, World};

/// The user's name, which nobody's own users have.
pub const NAME: &str = "well-known-administrator";

/// F-EDGE-13: the administrator, who is made where it is not there, with AdministratorAccess and no access key of its own.
/// What is done to the user afterwards counts as for any other.
///
/// # Errors
/// See [`Fault`].
pub fn on_first_use(
    account: AccountId,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Principal, Fault> {
    if let Some(user) = world.get::<User>(UserId::new(account, NAME))? {
        return Ok(user_principal(&user));
    }
    let id = names::unique_id_for("AIDA", "well-known administrator", &context.seed);
    let user = User {
        attached_policies: BTreeSet::from([format!("arn:{PARTITION}:iam::aws:policy/AdministratorAccess")]),
        ..User::new(account, NAME.to_owned(), id, context.now)
    };
    let principal = user_principal(&user);
    directory::save(user, world)?;
    Ok(principal)
}
