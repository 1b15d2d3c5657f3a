//! Trust policies: who may assume a role.

use aws::arn::{AccountId, Arn};
use aws::policy::{Policy, PolicyKind};

use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::names;
use crate::iam::directory::trusted_principals::named_in;
use crate::iam::policies::inline_policy::{read, size};
use crate::iam::{On, model, refusal};
use crate::service_quotas::TRUST_POLICY_LENGTH;
use crate::state::account::Account;
use crate::state::identity::{Role, RoleId, User, UserId};
use crate::world::{Fault, World};

/// Reads a trust policy that came with a request.
///
/// # Errors
/// `MalformedPolicyDocument`, also for a principal that does not exist (F-IAMAPI-TRUST-1), `LimitExceeded`.
pub fn read_checked(
    on: &On<'_>,
    document: &model::PolicyDocumentType,
    world: &World<'_>,
) -> Result<Policy, Failure> {
    // F-IAMAPI-LIM-7: white space is not counted, and as many as there may be are not too many.
    let beyond = size(document.as_str()).saturating_sub(1);
    if let Some(limit) = TRUST_POLICY_LENGTH.limit_reached(beyond, on.account, on.context.now, world)? {
        return Err(refusal::quota("ACLSizePerRole", limit).into());
    }
    let policy = read(document, PolicyKind::RoleTrust)?;
    for principal in named_in(&policy) {
        if !exists(&principal, world)? {
            let text = format!("Invalid principal in policy: \"AWS\":\"{principal}\"");
            return Err(refusal::malformed_policy(text).into());
        }
    }
    Ok(policy)
}

/// F-IAMAPI-TRUST-1: a user or role that a trust policy names must be there, with its path. Accounts as such
/// are not looked up, since one may come into being on first use; neither are the users of an account that is
/// not there.
pub(crate) fn exists(principal: &str, world: &World<'_>) -> Result<bool, Fault> {
    let Some(arn) = Arn::parse(principal).filter(|arn| arn.service == "iam") else { return Ok(true) };
    let Ok(account) = arn.account.parse::<AccountId>() else { return Ok(true) };
    if world.get::<Account>(account)?.is_none() {
        return Ok(true);
    }
    let name = names::last_part(arn.resource);
    Ok(if arn.resource.starts_with("user/") {
        world.get::<User>(UserId::new(account, name))?.is_some_and(|user| user.arn() == principal)
    } else if arn.resource.starts_with("role/") {
        world.get::<Role>(RoleId::new(account, name))?.is_some_and(|role| role.arn() == principal)
    } else {
        true
    })
}
