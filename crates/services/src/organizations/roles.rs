//! The roles that AWS Organizations makes in accounts.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::{AccountId, PARTITION};
use aws::policy::Policy;
use jiff::Timestamp;

use crate::context::Context;
use crate::state::identity::Role;
use crate::world::{Fault, World};

/// The role that lets the management account into a new member, unless the caller names another.
pub const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";
/// The role that AWS Organizations itself uses in each account.
pub const SERVICE_LINKED_ROLE: &str = "AWSServiceRoleForOrganizations";

/// The alphabet of IAM's unique ids.
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn role(
    account: AccountId,
    name: &str,
    path: &str,
    at: Timestamp,
    trusted: &str,
    policy: &str,
    id: String,
) -> Role {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{trusted},"Action":"sts:AssumeRole"}}]}}"#
    );
    Role {
        account,
        name: name.to_owned(),
        id,
        path: path.to_owned(),
        created_at: at,
        trust_policy: Policy::parse(&trust)
            .expect("INVARIANT: the trust policy is made of an account id or a constant"),
        description: String::new(),
        max_session_duration_seconds: 3600,
        inline_policies: BTreeMap::new(),
        attached_policies: BTreeSet::from([format!("arn:{PARTITION}:iam::aws:policy/{policy}")]),
        permissions_boundary: None,
        tags: BTreeMap::new(),
    }
}

fn role_id(context: &Context, account: AccountId, name: &str) -> String {
    format!("AROA{}", context.seed.text(&format!("role {account} {name}"), BASE32, 17))
}

/// Puts the access role into a new member account (observed.md, "Organizations account creation").
pub(super) fn put_access(
    account: AccountId,
    management_account: AccountId,
    name: &str,
    at: Timestamp,
    context: &Context,
    world: &mut World<'_>,
) {
    let trusted = format!(r#"{{"AWS":"arn:{PARTITION}:iam::{management_account}:root"}}"#);
    let id = role_id(context, account, name);
    let role = role(account, name, "/", at, &trusted, "AdministratorAccess", id);
    world.put(&format!("{account}/{}", name.to_lowercase()), role);
}

/// F-ORGS-SLR-1: puts the service-linked role into an account of an organization with all features, if it is not there.
pub(super) fn ensure_service_linked(
    account: AccountId,
    context: &Context,
    world: &mut World<'_>,
) -> Result<(), Fault> {
    let key = format!("{account}/{}", SERVICE_LINKED_ROLE.to_lowercase());
    if world.get::<Role>(&key)?.is_none() {
        put_service_linked(account, context.now, context, world);
    }
    Ok(())
}

/// Puts the service-linked role into an account that is new.
pub(super) fn put_service_linked(
    account: AccountId,
    at: Timestamp,
    context: &Context,
    world: &mut World<'_>,
) {
    let role = role(
        account,
        SERVICE_LINKED_ROLE,
        "/aws-service-role/organizations.amazonaws.com/",
        at,
        r#"{"Service":"organizations.amazonaws.com"}"#,
        "aws-service-role/AWSOrganizationsServiceTrustPolicy",
        role_id(context, account, SERVICE_LINKED_ROLE),
    );
    world.put(&format!("{account}/{}", SERVICE_LINKED_ROLE.to_lowercase()), role);
}
