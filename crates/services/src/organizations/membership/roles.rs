//! The roles that AWS Organizations makes in accounts.

use std::collections::BTreeSet;

use aws::arn::{AccountId, PARTITION};
use aws::policy::Policy;
use jiff::Timestamp;

use crate::context::Context;
use crate::iam::directory::{self, names};
use crate::iam::roles::service_linked_role;
use crate::state::identity::Role;
use crate::world::{Fault, World};

/// The role that lets the management account into a new member, unless the caller names another.
pub const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";

/// The access role of a member account: the management account may assume it and do everything.
///
/// O-creation-3: as it was observed.
pub fn access_role(
    account: AccountId,
    management_account: AccountId,
    name: &str,
    id: String,
    created_at: Timestamp,
) -> Role {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:{PARTITION}:iam::{management_account}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let trust = Policy::parse(&trust).expect("INVARIANT: the trust policy is made of an account id");
    Role {
        attached_policies: BTreeSet::from([format!("arn:{PARTITION}:iam::aws:policy/AdministratorAccess")]),
        ..Role::new(account, name.to_owned(), id, created_at, trust)
    }
}

/// Puts the access role into a new member account.
pub(crate) fn put_access(
    account: AccountId,
    management_account: AccountId,
    name: &str,
    at: Timestamp,
    context: &Context,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let id = names::unique_id_for("AROA", "access role", &context.seed);
    directory::save(access_role(account, management_account, name, id, at), world)
}

/// F-ORGS-SLR-1: puts the service-linked role into an account of an organization with all features, if it is
/// not there.
pub(crate) fn ensure_service_linked(
    account: AccountId,
    at: Timestamp,
    context: &Context,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let context = Context { now: at, ..context.clone() };
    service_linked_role::ensure_organizations_role(account, &context, world)
}
